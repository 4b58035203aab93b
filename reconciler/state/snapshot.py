"""Reads and replaces the record within a snapshot of a shared store."""

from reconciler.core.errors import StateError
from reconciler.state import checks
from reconciler.state.backends.base import Backend, Snapshot, VersionedSnapshot
from reconciler.state.decode import state_in
from reconciler.state.lock_record import LockRecord, Version
from reconciler.state.record import State, state_out
from reconciler.state.safe_files import MOST_BYTES


def _refuse_remains(held: VersionedSnapshot, shelf: Backend) -> None:
    """StateError if the record is missing but traces of one exist."""
    head = held.page.head
    remains = ["journal"] if held.page.journal else []
    remains += ["mark"] if head.newest is None or head.newest.serial else []
    remains += [held.remains] if held.remains else []
    if remains:
        raise StateError(
            f"{shelf.place} is gone, and its {' and its '.join(remains)} {'are' if remains[-1].endswith('s') else 'is'} still there",
            hint=f"restore {shelf.earlier} with: reconciler state push",
        )


def record_on(held: VersionedSnapshot, shelf: Backend, *, edited: bool = False) -> State | None:
    """Decode the snapshot's record, without its journal; None if there never was one.

    StateError says why it cannot be used. ``edited`` accepts a record whose checksum does not
    match: one that was changed on purpose.
    """
    if held.page.record is None:
        _refuse_remains(held, shelf)
        return None
    try:
        return state_in(held.page.record, where=shelf.place, edited=edited)
    except StateError as error:
        # The hint names a backup file, which only the local backend has.
        raise StateError(
            error.message, hint=error.hint.replace(f"the backup {shelf.place}.1", shelf.earlier)
        ) from error


def high_water(head: LockRecord, *, where: str) -> tuple[Version, ...]:
    """The newest versions ever written, by the head and by its lock. StateError if unknown."""
    if head.newest is None:
        raise StateError(
            f"{where}: does not say which version of the record is the newest",
            hint="put the newest that you have in place on purpose with: reconciler state push",
        )
    return (head.newest, head.lock.newest) if head.lock else (head.newest,)


def serial_after(held: VersionedSnapshot, state: State, shelf: Backend) -> int:
    """The serial that makes ``state`` the newest of its lineage. StateError for another lineage."""
    newest = held.page.head.newest or Version()
    try:
        there = record_on(held, shelf, edited=True)
    except StateError:
        there = None  # push is the way to replace a record that cannot be read
    checks.check_history(state, there.lineage if there else newest.lineage, where=shelf.place)
    known = newest.serial if newest.lineage == state.lineage else 0
    return max(state.serial, there.serial if there else 0, known) + 1


def with_record(page: Snapshot, state: State, *, where: str) -> Snapshot:
    """``page`` with another record and an empty journal."""
    text = state_out(state)
    if len(text.encode()) > MOST_BYTES:
        raise StateError(
            f"{where}: would be larger than {MOST_BYTES // 1024**2} MiB",
            hint="manage so much in several environments",
        )
    newest = Version(state.lineage, state.serial)
    lock = page.head.lock._replace(newest=newest) if page.head.lock else None
    return Snapshot(page.head._replace(newest=newest, lock=lock), text)
