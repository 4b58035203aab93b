"""Renames that a plan would rather be: a deletion and a creation that are nearly the same resource."""

from collections.abc import Sequence

from reconciler.core.canon import same
from reconciler.core.declared import Address
from reconciler.core.model import Action, Applied

_ALIKE = 0.75
_MOST_PAIRS = 10_000


def _likeness(gone: Applied, new: Applied) -> float:
    """The share of declared fields that are equal (0 to 1); titles do not count, since a rename often changes them."""
    fields = (gone.attributes.keys() | new.attributes.keys()) - {"display_name"}
    if not fields:
        return 0.0
    missing = object()
    equal = sum(same(gone.attributes.get(field, missing), new.attributes.get(field, missing)) for field in fields)
    return equal / len(fields)


def renames_suggested(actions: Sequence[Action]) -> tuple[tuple[Address, Address], ...]:
    """Pairs (old, new) of a deletion and a creation that look like a rename; each resource is in one pair at most."""
    deletions = [action for action in actions if action.action == "delete"]
    creations = [action for action in actions if action.action == "create" and action.known is None]  # not what comes back
    if len(deletions) * len(creations) > _MOST_PAIRS:
        return ()
    found: list[tuple[float, Address, Address]] = []
    for gone in deletions:
        for new in creations:
            if gone.address.kind == new.address.kind and gone.known and new.record:
                alike = _likeness(gone.known, new.record)
                if alike >= _ALIKE:
                    found.append((-alike, gone.address, new.address))
    pairs: list[tuple[Address, Address]] = []
    taken: set[Address] = set()
    for _, old, named in sorted(found):
        if old not in taken and named not in taken:
            taken |= {old, named}
            pairs.append((old, named))
    return tuple(sorted(pairs))
