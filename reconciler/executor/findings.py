"""Observations during one action, beside its success."""

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.plan_model import FieldChange


@dataclass(slots=True)
class Findings:
    """``moved`` are fields of ``kinds`` that a PUT changed without being asked.

    Their ``before`` is the old value. ``notes`` are sentences for the user.
    """

    moved: list[FieldChange] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
