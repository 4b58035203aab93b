"""Gives live resources the spelling of their ids that the record has: letter case means nothing."""

from collections.abc import Callable, Iterable, Mapping

from reconciler.core.deferred_dataclass import replace
from reconciler.core.resources import Applied, Live

Children = Mapping[str, tuple[Live, ...]]


def children_as_recorded(children: Children, record: Applied | None) -> Children:
    """Return ``children`` with the recorded spelling of the ids of those in ``record``."""
    recorded = {
        one.id.lower(): one.id
        for ones in (record.children.values() if record else ())
        for one in ones
    }
    if all(
        recorded.get(child.id.lower(), child.id) == child.id
        for ones in children.values()
        for child in ones
    ):
        return children  # the usual case
    return {
        field: tuple(replace(child, id=recorded.get(child.id.lower(), child.id)) for child in ones)
        for field, ones in children.items()
    }


def recorded_spelling(records: Iterable[Applied]) -> Callable[[Live], Live]:
    """Return a function that gives a live resource the recorded spelling of its own id."""
    recorded = {(one.address.kind, one.id.lower()): one.id for one in records}

    def spelled(live: Live) -> Live:
        known = recorded.get((live.address.kind, live.id.lower()), live.id)
        return live if known == live.id else replace(live, id=known)

    return spelled


def children_with_recorded_ids(
    live: Iterable[Live], records: Iterable[Applied]
) -> tuple[Live, ...]:
    """Return ``live`` with the recorded spelling of the ids of their sub-resources."""
    with_children = {(one.address.kind, one.id.lower()): one for one in records if one.children}
    if not with_children:
        return tuple(live)
    spelled = []
    for one in live:
        record = with_children.get((one.address.kind, one.id.lower())) if one.children else None
        children = children_as_recorded(one.children, record)
        spelled.append(one if children is one.children else replace(one, children=children))
    return tuple(spelled)
