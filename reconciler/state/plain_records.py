"""Decodes many records of the common form at once: nearly all of a large state."""

import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from reconciler.core.resources import Address, Applied
from reconciler.state.record import Stamp

_FIELDS = itemgetter(
    "kind",
    "name",
    "id",
    "attributes",
    "children",
    "protect",
    "renamed_from",
    "applied_at",
    "commit",
)
_NUMBER_OF_FIELDS = 9


def _all_are(wanted: type, values: Iterable[Any]) -> bool:
    return set(map(type, values)) == {wanted}


def decode_plain(
    items: Sequence[Any], *, is_id: Callable[[str], object]
) -> tuple[Iterable[Applied], Iterable[Stamp]] | None:
    """The records and stamps of ``items``, in order.

    None if one of them has another form, be it valid or not: a field more or less, sub-resources, a
    rename, nested values.
    """
    if not _all_are(dict, items) or set(map(len, items)) != {_NUMBER_OF_FIELDS}:
        return None
    try:
        kinds, names, ids, attributes, children, protects, renames, times, commits = zip(
            *map(_FIELDS, items), strict=True
        )
    except KeyError:
        return None
    texts = all(_all_are(str, column) for column in (kinds, names, ids, times, commits))
    if not (texts and all(kinds) and all(names) and all(map(is_id, ids))):
        return None
    if any(children) or not (_all_are(dict, attributes) and _all_are(dict, children)):
        return None
    if not (
        _all_are(bool, protects)
        and _all_are(type(None), renames)
        and {dict, list}.isdisjoint(map(type, chain.from_iterable(map(dict.values, attributes))))
    ):
        return None
    # A text that is the same object compares faster.
    addresses = map(Address, map(sys.intern, kinds), names)
    records = map(Applied, addresses, ids, attributes, children, protects)
    return records, map(Stamp, times, commits)
