"""The fields that a deletion presumes: one that changed since the plan holds it back."""

from typing import Any

from reconciler.core.kinds import Kind
from reconciler.core.normalize import canonical
from reconciler.core.resources import Attributes, Live


def _is_stable(value: Any) -> bool:
    """Whether an undocumented value changes only by an edit: a flag, a text, or null.

    Numbers may be counters, and links may be signed again for each answer.
    """
    return value is None or isinstance(value, bool) or (isinstance(value, str) and ":" not in value)


def presumed_fields(kind: Kind, live: Live) -> Attributes:
    """Return the fields read from a resource to delete, except its id, name, times and session.

    Undocumented ones too, such as a flag or a note that the dashboard sets.
    """
    excluded = {"id", kind.session, *kind.volatile}
    if kind.key not in kind.attributes:
        excluded.add(kind.key)
    presumed = {}
    for field, value in live.attributes.items():
        if field in excluded or (field not in kind.attributes and field.endswith("_at")):
            continue
        if field in kind.attributes or field in kind.answers or _is_stable(value):
            presumed[field] = canonical(kind, field, value, name=live.address.name)
    return presumed
