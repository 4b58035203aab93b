"""Suggests renames: pairs of a deletion and a creation of nearly the same resource."""

import itertools
import json
from collections.abc import Iterator, Sequence

from reconciler.core.normalize import same
from reconciler.core.plan_model import Action
from reconciler.core.resources import Address, Applied

_ALIKE = 0.75
_MOST_PAIRS = 10_000
_TITLE = "display_name"  # does not count, since a rename often changes it

_Pair = tuple[float, Address, Address]


def _likeness(gone: Applied, new: Applied) -> float:
    """Return the share of equal declared fields (0 to 1), titles excluded."""
    fields = (gone.attributes.keys() | new.attributes.keys()) - {_TITLE}
    if not fields:
        return 0.0
    missing = object()
    equal = sum(
        same(gone.attributes.get(field, missing), new.attributes.get(field, missing))
        for field in fields
    )
    return equal / len(fields)


def _same_letters(gone: Action, new: Action) -> bool:
    """Whether the names differ in case only; some Spaces treat them as one."""
    return gone.address.name.casefold() == new.address.name.casefold()


def _content(record: Applied | None) -> str:
    """Serialise the declared fields without titles; '' if there are none."""
    fields = (
        {field: value for field, value in record.attributes.items() if field != _TITLE}
        if record
        else {}
    )
    return json.dumps(fields, sort_keys=True, default=repr) if fields else ""


def _compared(gone: Sequence[Action], new: Sequence[Action]) -> Iterator[_Pair]:
    """Yield every pair that is similar enough; the most similar has the smallest number."""
    for old, created in itertools.product(gone, new):
        if _same_letters(old, created):
            yield -2.0, old.address, created.address
        elif old.known and created.record:
            likeness = _likeness(old.known, created.record)
            if likeness >= _ALIKE:
                yield -likeness, old.address, created.address


def _equal(gone: Sequence[Action], new: Sequence[Action]) -> Iterator[_Pair]:
    """Yield pairs with equal fields, or names equal but for case.

    Used where there are too many to compare each with each.
    """
    by_letters = {created.address.name.casefold(): created for created in new}
    by_content: dict[str, list[Action]] = {}
    for created in reversed(new):
        by_content.setdefault(_content(created.record), []).append(created)
    for old in gone:
        named = by_letters.get(old.address.name.casefold())
        if named:
            yield -2.0, old.address, named.address
        alike = by_content.get(_content(old.known))
        if alike and _content(old.known):
            yield -1.0, old.address, alike.pop().address


def _pairs(deletions: Sequence[Action], creations: Sequence[Action]) -> Iterator[_Pair]:
    for kind in sorted({action.address.kind for action in deletions}):
        gone = [action for action in deletions if action.address.kind == kind]
        new = [action for action in creations if action.address.kind == kind]
        # Every pair is compared, so the cost is the product: many are paired only if equal.
        few = len(gone) * len(new) <= _MOST_PAIRS
        yield from _compared(gone, new) if few else _equal(gone, new)


def rename_hints(actions: Sequence[Action]) -> tuple[tuple[Address, Address], ...]:
    """Return pairs (old, new) that look like a rename; each resource is in one pair at most."""
    deletions = [action for action in actions if action.action == "delete"]
    # A known resource is created again, not renamed.
    creations = [action for action in actions if action.action == "create" and action.known is None]
    pairs: list[tuple[Address, Address]] = []
    taken: set[Address] = set()
    for _, old, named in sorted(_pairs(deletions, creations)):
        if old not in taken and named not in taken:
            taken |= {old, named}
            pairs.append((old, named))
    return tuple(sorted(pairs))
