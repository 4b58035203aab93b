"""Deletes scratch resources by their record; what the record does not prove to be ours stays."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import ApiError, NotFound, Unreachable
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.text import is_uuid, printable
from reconciler.engine.probe.scratch import Entry, Record, Scratch, mark_field, mark_text
from reconciler.executor.results import unknown_outcome
from reconciler.space.client import Writer
from reconciler.space.live_resource import unwrapped
from reconciler.space.paths import expand

_TRIES = 3
# As for other lost creations: after this time a request is taken to have had no effect.
_SETTLED_SECONDS = 90.0
# A list may leave out for some seconds what was just created.
_LATE_LIST_SECONDS = 10.0


class _NotOurs(Exception):
    """A resource with a recorded id has a name of another owner."""


class Cleaned(NamedTuple):
    """What a cleanup deleted, what it could not, and creations that never showed."""

    deleted: int = 0
    failed: tuple[str, ...] = ()
    unseen: tuple[Entry, ...] = ()


def has_scratch_name(kind: Kind, entry: Entry, mark: str, answer: Mapping[str, Any]) -> bool:
    """Whether a resource has a name of ``entry``, perhaps with a suffix; each has the mark."""
    name = answer.get(kind.key)
    return isinstance(name, str) and mark in name and name.startswith(entry.names)


def _is_marked(kind: Kind, mark: str, answer: Mapping[str, Any]) -> bool:
    field = mark_field(kind)
    return not field or mark_text(mark) in str(answer.get(field))


def _listed(client: Writer, kind: Kind, entry: Entry) -> Iterator[Mapping[str, Any]]:
    try:
        for page in client.pages(entry.path, page_size=None if entry.parent else kind.page_size):
            yield from (unwrapped(kind, one, f"GET {entry.path}") for one in page)
    except NotFound:
        return  # the resource that the list belonged to is gone


def _found(client: Writer, kind: Kind, entry: Entry, record: Record) -> list[str]:
    """Return the ids of what a creation without an answer made."""
    candidates: list[Mapping[str, Any]] = list(_listed(client, kind, entry))
    if kind.lookup:
        for name in entry.names:
            path = expand(kind.lookup, name=name)
            try:
                candidates.append(unwrapped(kind, client.get(path), f"GET {path}"))
            except NotFound:
                continue
    claimed = {*record.before, *(one.id.lower() for one in record.entries)}
    ids = dict.fromkeys(
        str(one.get("id"))
        for one in candidates
        if str(one.get("id")).lower() not in claimed
        and has_scratch_name(kind, entry, record.mark, one)
        and _is_marked(kind, record.mark, one)
    )
    return [one for one in ids if is_uuid(one)]


def _is_below_its_parent(client: Writer, kind: Kind, entry: Entry) -> bool:
    """Whether the list of the scratch resource has this sub-resource.

    The id comes from the answer to a POST, which may be about another owner's. What a late list
    leaves out goes with the scratch resource.
    """
    listed = (str(one.get("id")).lower() for one in _listed(client, kind, entry))
    return entry.id.lower() in listed


def _still_there(client: Writer, kind: Kind, entry: Entry, mark: str) -> bool:
    """Whether the Space has the resource with the entry's id. _NotOurs if its name is another's."""
    if entry.parent:
        # A Space may change the spelling of what names it, so its place is the proof.
        return _is_below_its_parent(client, kind, entry)
    path = expand(kind.item, id=entry.id)
    try:
        answer = unwrapped(kind, client.get(path), f"GET {path}")
    except NotFound:
        return False
    if not has_scratch_name(kind, entry, mark, answer):
        name = printable(str(answer.get(kind.key)))[:100]
        raise _NotOurs(f"{kind.name} {entry.id} is called {name} now and was not deleted")
    return True


def _delete(client: Writer, kind: Kind, entry: Entry, mark: str) -> str:
    """Delete the resource with the entry's id; returns why not, '' if it is gone.

    It is read again after a confirmed deletion: a proxy may have answered, or the Space may take
    its time. Raises the ApiError of a reading.
    """
    reason = ""
    for attempt in range(_TRIES + 1):
        try:
            if not _still_there(client, kind, entry, mark):
                return ""
        except _NotOurs as told:
            return str(told)
        if attempt == _TRIES:
            break
        try:
            client.delete(expand(kind.deletion, id=entry.id))
        except NotFound:
            return ""
        except ApiError as error:
            reason = error.message
            if not unknown_outcome(error):
                break
        else:
            reason = f"{kind.name} {entry.id} is still there, although its deletion was confirmed"
    return reason


def _entries(scratch: Scratch) -> tuple[Entry, ...]:
    """Return the record, sub-resources first, later ones before earlier ones."""
    entries = scratch.record.entries[::-1]
    return tuple(sorted(entries, key=lambda one: not one.parent))


def _found_there(client: Writer, kind: Kind, entry: Entry, record: Record) -> list[str]:
    """As ``_found``, without what a late list shows although it was deleted."""
    there = []
    for one in _found(client, kind, entry, record):
        try:
            if _still_there(client, kind, replace(entry, id=one), record.mark):
                there.append(one)
        except _NotOurs:
            there.append(one)  # which _delete reports
    return there


def _delete_all(
    scratch: Scratch, client: Writer, kind: Kind, entry: Entry
) -> tuple[int, list[str]]:
    """Delete what an entry names; returns how many, and why others are still there."""
    ids = [entry.id] if entry.id else _found_there(client, kind, entry, scratch.record)
    mark = scratch.record.mark
    reasons = [_delete(client, kind, replace(entry, id=one), mark) for one in ids]
    left = [reason for reason in reasons if reason]
    return len(ids) - len(left), left


def _is_settled(entry: Entry, now: float) -> bool:
    """Whether the creation of ``entry``, whose answer was lost, can no longer take effect."""
    return abs(now - entry.since) >= _SETTLED_SECONDS


def clean(
    scratch: Scratch,
    client: Writer,
    kinds: Kinds,
    *,
    now: float,
    sleep: Callable[[float], object] | None = None,
) -> Cleaned:
    """Delete everything in the record that is in the Space. Never raises ApiError.

    ``now`` is the time in seconds since 1970. A creation whose answer was lost and that is not in
    the Space is kept in the record until it can no longer take effect; then the Space is read twice,
    with a pause by ``sleep`` between. Without ``sleep`` it stays in the record.
    """
    deleted = 0
    failed: list[str] = []
    unseen: list[Entry] = []
    for entry in _entries(scratch):
        kind = kinds.get(entry.kind)
        if kind is None:
            failed.append(f"{printable(entry.kind)} is not a kind of this version")
            continue
        is_lost = not entry.id
        may_forget = not is_lost or (sleep is not None and _is_settled(entry, now))
        try:
            number, left = _delete_all(scratch, client, kind, entry)
            if is_lost and may_forget and sleep and not number and not left:
                sleep(_LATE_LIST_SECONDS)
                number, left = _delete_all(scratch, client, kind, entry)
        except ApiError as error:
            failed.append(error.message)
            if isinstance(error, Unreachable):
                break  # the next ones would wait as long
            continue
        deleted += number
        failed += left
        if left:
            continue
        if number or may_forget:
            scratch.forget(entry)
        else:
            unseen.append(entry)
    return Cleaned(deleted, tuple(failed), tuple(unseen))
