"""Pairs the sub-resources of a parent with its declared ones, and compares them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.core.deferred_dataclass import replace
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.matching import Match
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.normalize import canonical_attributes, sealed
from reconciler.core.plan_model import ChangeOrigin, FieldChange
from reconciler.core.resources import Applied, AppliedChild, Live
from reconciler.core.value_diff import differences, origin_of


class Pair(NamedTuple):
    """A declared sub-resource and its live one; either may be None."""

    wanted: dict[str, Any] | None
    live: Live | None


def _fields(child: Kind, live: Live) -> dict[str, Any]:
    return canonical_attributes(child, live.attributes, name="")


def _identity(child: Kind, fields: Mapping[str, Any], key: bytes) -> Any:
    return sealed(fields.get(child.key), key)


def pairs(
    child: Kind,
    wanted: Sequence[Mapping[str, Any]],
    there: Sequence[Live],
    *,
    ours: frozenset[str],
    key: bytes,
) -> tuple[Pair, ...]:
    """Pair by the child's key; then new ones replace managed ones no longer declared.

    Returns declared ones in manifest order, then undeclared live ones. A list is a multiset: two
    equal sub-resources are two.
    """
    declared = [canonical_attributes(child, attributes, name="") for attributes in wanted]
    free = sorted(there, key=lambda live: live.id not in ours)
    identities = [_identity(child, _fields(child, live), key) for live in free]
    found: dict[int, Live] = {}
    for index, fields in enumerate(declared):
        identity = _identity(child, fields, key)
        if identity in identities:
            position = identities.index(identity)
            found[index] = free.pop(position)
            identities.pop(position)
    reusable = [live for live in free if live.id in ours]
    for index in range(len(declared)):
        if index not in found and reusable:
            found[index] = reusable.pop(0)
            free.remove(found[index])
    matched = [Pair(fields, found.get(index)) for index, fields in enumerate(declared)]
    undeclared = [Pair(None, live) for live in free]
    return (*matched, *undeclared)


def _recorded(match: Match, field: str) -> tuple[AppliedChild, ...]:
    return match.applied.children.get(field, ()) if match.applied else ()


def _live_children(match: Match, field: str) -> tuple[Live, ...]:
    return match.live.children.get(field, ()) if match.live else ()


def pair_up(kinds: Kinds, match: Match, field: str, *, key: bytes) -> tuple[Pair, ...] | None:
    """Return the pairs of one list; None if the manifest does not declare the list."""
    if match.desired is None or field not in match.desired.children:
        return None
    child = kinds[kinds[match.desired.address.kind].children[field]]
    ours = frozenset(one.id for one in _recorded(match, field))
    return pairs(
        child, match.desired.children[field], _live_children(match, field), ours=ours, key=key
    )


def _origin(
    child: Kind,
    pair: Pair,
    *,
    recorded: Sequence[AppliedChild],
    declared_before: bool,
    there: Sequence[Live],
    key: bytes,
) -> ChangeOrigin:
    """Return the cause of a difference.

    Foreign sub-resources are no drift before the list was declared.
    """
    if pair.live is None:
        living = {one.id for one in there}
        lost = [one.attributes.get(child.key) for one in recorded if one.id not in living]
        return "drift" if _identity(child, pair.wanted or {}, key) in lost else "manifest"
    record = next((one for one in recorded if one.id == pair.live.id), None)
    if pair.wanted is None:
        return "manifest" if record or not declared_before else "drift"
    if record is None:
        return "manifest"
    live = sealed(_fields(child, pair.live), key)
    return origin_of(
        desired=sealed(pair.wanted, key),
        applied=dict(record.attributes),
        live={name: value for name, value in live.items() if name in record.attributes},
    )


def _released(match: Match, field: str, child: Kind) -> Iterator[FieldChange]:
    """Yield the removal of our sub-resources from a list that is no longer declared."""
    ours = {one.id for one in _recorded(match, field)}
    for index, one in enumerate(one for one in _live_children(match, field) if one.id in ours):
        yield FieldChange(
            f"{field}[{index}]", _fields(child, one), None, "released", child=field, child_id=one.id
        )


def child_changes(kinds: Kinds, kind: Kind, match: Match, *, key: bytes) -> Iterator[FieldChange]:
    """Yield the changes of every list: declared lists become exact, released ones lose ours."""
    origins = match.desired.origins if match.desired else {}
    for field, child_name in kind.children.items():
        child = kinds[child_name]
        found = pair_up(kinds, match, field, key=key)
        if found is None:
            yield from _released(match, field, child)
            continue
        for spot, pair in enumerate(found):
            before = None if pair.live is None else _fields(child, pair.live)
            if before is not None and pair.wanted is not None:
                before = {name: before.get(name) for name in pair.wanted}
                if not differences(sealed(before, key), sealed(pair.wanted, key)):
                    continue
            path = f"{field}[{spot}]"
            before_it = match.applied is not None and field in match.applied.children
            recorded, there = _recorded(match, field), _live_children(match, field)
            origin = _origin(
                child, pair, recorded=recorded, declared_before=before_it, there=there, key=key
            )
            place = origins.get(f"{path}.{child.key}") or origins.get(path) or origins.get(field)
            yield FieldChange(
                path, before, pair.wanted, origin, place, field, pair.live.id if pair.live else None
            )


def child_records(
    kinds: Kinds, kind: Kind, match: Match, *, key: bytes
) -> dict[str, tuple[AppliedChild, ...]]:
    """Return the records of declared sub-resources; new ones have an empty id."""
    records: dict[str, tuple[AppliedChild, ...]] = {}
    for field in kind.children:
        found = pair_up(kinds, match, field, key=key)
        if found is not None:
            children = (
                AppliedChild(pair.live.id if pair.live else "", sealed(pair.wanted, key))
                for pair in found
                if pair.wanted is not None
            )
            records[field] = tuple(sorted(children, key=lambda one: one.id))
    return records


def without_removals(
    changes: Sequence[FieldChange], record: Applied, *, known: Applied | None
) -> tuple[tuple[FieldChange, ...], Applied]:
    """Drop the removals of sub-resources; ``record`` keeps the ones that so remain ours."""
    staying = {(change.child, change.child_id) for change in changes if change.after is None}
    children = dict(record.children)
    for field, recorded in known.children.items() if known else ():
        kept = [one for one in recorded if (field, one.id) in staying]
        if kept:
            both = (*children.get(field, ()), *kept)
            children[field] = tuple(sorted(both, key=lambda one: one.id))
    others = tuple(change for change in changes if change.after is not None)
    return others, replace(record, children=children)
