"""What a run learns while it carries out one action, beside whether it went well."""

from dataclasses import dataclass, field

from reconciler.core.plan_model import FieldChange


@dataclass(slots=True)
class Findings:
    """``moved`` are fields that a PUT moved though nobody asked for it (``before`` is the old value), of which ``kinds``.

    ``notes`` are sentences for people.
    """

    moved: list[FieldChange] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
