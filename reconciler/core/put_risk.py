"""The fields of a live resource that an update could reset without being asked to."""

from typing import Any

from reconciler.core.kinds import Kind
from reconciler.core.normalize import canonical, same
from reconciler.core.resources import Live

_NUMBERS = frozenset((bool, int, float))


def _is_default(kind: Kind, field: str, value: Any, *, name: str) -> bool:
    return field in kind.defaults and same(
        canonical(kind, field, value, name=name), kind.default(field, name)
    )


def fields_at_risk(kind: Kind, live: Live) -> frozenset[str]:
    """Return the fields of ``live`` whose reset would show, each with its side if it is a boolean.

    A field that is empty or has its default proves nothing about a Space that resets it.
    """
    held = set()
    ignored = {"id", kind.key, kind.session, *kind.volatile}
    for field, value in live.attributes.items():
        is_empty = not value and type(value) not in _NUMBERS
        if is_empty or field in ignored:
            continue
        if _is_default(kind, field, value, name=live.address.name):
            continue
        held.add(f"{field}={value}" if isinstance(value, bool) else field)
    return frozenset(held)
