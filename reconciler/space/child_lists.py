"""Checks that each list of sub-resources is about one resource, as its path says."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from reconciler.core.errors import ProtocolError
from reconciler.core.kinds import Kinds
from reconciler.core.resources import Address, Applied, Live
from reconciler.space.client import Reader
from reconciler.space.live_resource import inconsistent
from reconciler.space.observe import children_of
from reconciler.space.paths import expand

_Child = tuple[str, str]  # the kind of its resource, and its own id in lower case
_MOST_ASKED = 2


def _children(resource: Live | Applied) -> Iterator[tuple[str, _Child]]:
    """Yield each sub-resource with the name of its list."""
    for field, children in resource.children.items():
        for child in children:
            yield field, (resource.address.kind, child.id.lower())


def _contradiction(
    kinds: Kinds, field: str, one: Live, other: Address, child: _Child
) -> ProtocolError:
    kind = kinds[one.address.kind]
    path = expand(kinds[kind.children[field]].parents[kind.name], id=one.id)
    what = f"the Space lists one of the {field} of {other} among those of {one.address}: {child[1]}"
    return inconsistent(f"GET {path}", what)


def check_child_lists(
    reader: Reader,
    kinds: Kinds,
    live: Iterable[Live],
    *,
    records: Iterable[Applied] = (),
    others: Iterable[Live | Applied] = (),
) -> None:
    """ProtocolError if a list of sub-resources shows those of another resource of the kind.

    A Space that ignores whose list is requested shows everyone's, and a plan would remove those of
    others. A sub-resource belongs to the resource that has it by ``records``, else by the first
    list. If it is in no record, the list of one of ``others`` is read for comparison. Two kinds
    may show one room, with the same sub-resources.
    """
    owners: dict[_Child, tuple[str, Address]] = {}
    for record in records:
        owners |= {child: (record.id, record.address) for _, child in _children(record)}
    whole = [one for one in live if one.children]
    foreign: dict[_Child, tuple[str, Live]] = {}
    for one in whole:
        for field, child in _children(one):
            if child not in owners:
                foreign[child] = field, one
            owner, address = owners.setdefault(child, (one.id, one.address))
            if owner.lower() != one.id.lower():
                raise _contradiction(kinds, field, one, address, child)
    if foreign:
        _compare(reader, kinds, foreign, _not_read(whole, foreign, others))


def _not_read(
    whole: Iterable[Live], foreign: Iterable[_Child], others: Iterable[Live | Applied]
) -> list[Live | Applied]:
    """Return some of ``others`` whose lists were not read, of the kinds in question."""
    read, asked = {one.id.lower() for one in whole}, {kind for kind, _ in foreign}
    left = (one for one in others if one.address.kind in asked and one.id.lower() not in read)
    return list(islice(left, _MOST_ASKED))


def _compare(
    reader: Reader,
    kinds: Kinds,
    foreign: Mapping[_Child, tuple[str, Live]],
    others: Iterable[Live | Applied],
) -> None:
    """Read the lists of the first of ``others`` that exists, and compare them with ``foreign``."""
    for other in others:
        children = children_of(reader, kinds[other.address.kind], other.id, kinds)
        if children is None:
            continue
        for _, child in _children(Live(other.address, other.id, {}, children)):
            if child in foreign:
                field, one = foreign[child]
                raise _contradiction(kinds, field, one, other.address, child)
        return
