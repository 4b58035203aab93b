"""Finds what the Space confirmed as deleted and still shows, and keeps it in the state."""

from collections.abc import Iterable, Iterator, Sequence

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import ApiError, StateError
from reconciler.core.kinds import Kinds
from reconciler.core.plan_model import Action, Outcome, Plan
from reconciler.core.resources import Address, Applied, AppliedChild
from reconciler.core.text import printable
from reconciler.engine.connection import Connection
from reconciler.engine.options import ApplyOptions
from reconciler.space.client import Reader
from reconciler.space.observe import fetch, listed, pages_of
from reconciler.state.record import Entry, State

_MOST_SHOWN = 10

_Removed = tuple[Address, str, AppliedChild]


def _ids_listed(
    reader: Reader, kinds: Kinds, deleted: Sequence[Action], after: Plan | None
) -> set[str]:
    """Return the ids that the lists of the deleted resources show. ``after`` has read some lists."""
    ids = set(after.ids) if after else set()
    # The plan lists a kind that few use only while a resource of it is declared or recorded.
    unlisted = {
        one.address.kind
        for one in deleted
        if after is None
        or (kinds[one.address.kind].list_if_used and not after.managed.get(one.address.kind))
    }
    with reader.hidden.in_errors():
        for kind in (kinds[name] for name in sorted(unlisted)):
            ids.update(live.id.lower() for live in listed(kind, pages_of(reader, kind)))
    return ids


def _resources_still_there(
    reader: Reader, kinds: Kinds, outcomes: Sequence[Outcome], after: Plan | None
) -> list[Action]:
    """Return the deletions that the Space confirmed and that its lists and items contradict."""
    deleted = [
        one.action for one in outcomes if one.action.action == "delete" and one.status == "done"
    ]
    ids = _ids_listed(reader, kinds, deleted, after) if deleted else set()
    return [
        action
        for action in deleted
        if (action.id or "").lower() in ids
        and fetch(reader, kinds[action.address.kind], action.id or "", kinds, with_children=False)
    ]


def _removed(outcomes: Iterable[Outcome]) -> Iterator[_Removed]:
    """Yield the recorded sub-resources that were removed from lists no longer declared.

    Of a declared list, the plan after the run shows what is left.
    """
    for outcome in outcomes:
        known = outcome.action.known
        for change in outcome.action.changes:
            if not change.child or change.origin != "released" or outcome.status != "done":
                continue
            for one in known.children.get(change.child, ()) if known else ():
                if one.id == change.child_id:
                    yield outcome.action.address, change.child, one


def _parents_of_those_still_there(
    reader: Reader, kinds: Kinds, outcomes: Iterable[Outcome], state: State
) -> tuple[Applied, ...]:
    """Return the records of resources that still have a removed sub-resource, with it."""
    found: dict[Address, Applied] = {}
    for address, field, one in _removed(outcomes):
        record = found.get(address) or state.resources.get(address)
        child = kinds[kinds[address.kind].children[field]]
        if record is None or not fetch(reader, child, one.id, kinds, with_children=False):
            continue
        both = sorted((*record.children.get(field, ()), one), key=lambda each: each.id)
        found[address] = replace(record, children={**record.children, field: tuple(both)})
    return tuple(found.values())


def record_again(
    options: ApplyOptions,
    connection: Connection,
    state: State,
    outcomes: Sequence[Outcome],
    *,
    after: Plan | None,
) -> str:
    """Keep in the state what was not deleted after all. Returns a sentence on it, or nothing.

    ``after`` is the plan after the run, if it was made: its lists are not read again.
    Raises ApiError and StateError.
    """
    kinds, reader = options.workspace.kinds, connection.client
    there = [
        (str(action.address), action.known)
        for action in _resources_still_there(reader, kinds, outcomes, after)
    ]
    for record in _parents_of_those_still_there(reader, kinds, outcomes, state):
        lists = "a sub-resource" if len(record.children) > 1 else "".join(record.children)
        there.append((f"{lists} of {record.address}", record))
    if not there:
        return ""
    connection.state.write(state.with_entries(*(Entry(record) for _, record in there if record)))
    named = ", ".join(printable(name) for name, _ in there[:_MOST_SHOWN])
    more = f" and {len(there) - _MOST_SHOWN} more" if len(there) > _MOST_SHOWN else ""
    return (
        f"the Space confirmed the deletion of {named}{more}, but still shows it;"
        " it stays in the state"
    )


def note_what_is_still_there(
    options: ApplyOptions, connection: Connection, state: State, outcomes: Sequence[Outcome]
) -> None:
    """Do ``record_again`` after a run that failed or was stopped; a note says what was found."""
    try:
        found = record_again(options, connection, state, outcomes, after=None)
    except (ApiError, StateError) as error:
        found = f"what was deleted could not be verified: {error.message}"
    if found:
        options.observer.note(found)
