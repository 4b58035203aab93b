"""Reads and replaces the record within a snapshot of a shared store."""

from reconciler.core.errors import StateError
from reconciler.state import checks
from reconciler.state.backends.base import Backend, Snapshot, VersionedSnapshot
from reconciler.state.decode import decode_state
from reconciler.state.lock_record import LockRecord, Version
from reconciler.state.record import State, encode_state
from reconciler.state.record_size import check_size


def _refuse_remains(current: VersionedSnapshot, backend: Backend) -> None:
    """StateError if the record is missing but traces of one exist."""
    head = current.snapshot.head
    remains = ["journal"] if current.snapshot.journal else []
    remains += ["mark"] if head.newest is None or head.newest.serial else []
    remains += [current.remains] if current.remains else []
    if remains:
        verb = "are" if len(remains) > 1 or remains[0].endswith("s") else "is"
        raise StateError(
            f"{backend.place} is missing, but its {' and its '.join(remains)} {verb} still there",
            hint=f"restore {backend.earlier} with: reconciler state push",
        )


def decode_record(
    current: VersionedSnapshot, backend: Backend, *, edited: bool = False
) -> State | None:
    """Decode the snapshot's record, without its journal; None if there never was one.

    StateError says why it cannot be used. ``edited`` accepts a record whose checksum does not
    match: one that was changed on purpose.
    """
    if current.snapshot.record is None:
        _refuse_remains(current, backend)
        return None
    try:
        return decode_state(current.snapshot.record, where=backend.place, edited=edited)
    except StateError as error:
        # The hint names a backup file, which only the local backend has.
        raise StateError(
            error.message, hint=error.hint.replace(f"the backup {backend.place}.1", backend.earlier)
        ) from error


def newest_versions(head: LockRecord, *, where: str) -> tuple[Version, ...]:
    """The newest versions ever written, by the head and by its lock. StateError if unknown."""
    if head.newest is None:
        raise StateError(
            f"{where}: does not say which version of the record is the newest",
            hint="restore the newest copy that you have with: reconciler state push FILE",
        )
    return (head.newest, head.lock.newest) if head.lock else (head.newest,)


def serial_after(current: VersionedSnapshot, state: State, backend: Backend) -> int:
    """The serial that makes ``state`` the newest of its lineage. StateError for another lineage."""
    newest = current.snapshot.head.newest or Version()
    try:
        existing = decode_record(current, backend, edited=True)
    except StateError:
        existing = None  # push is the way to replace a record that cannot be read
    checks.check_history(
        state, existing.lineage if existing else newest.lineage, where=backend.place
    )
    known = newest.serial if newest.lineage == state.lineage else 0
    return max(state.serial, existing.serial if existing else 0, known) + 1


def with_record(snapshot: Snapshot, state: State, *, where: str) -> Snapshot:
    """``snapshot`` with another record and an empty journal."""
    text = encode_state(state)
    check_size(text, where=where)
    newest = Version(state.lineage, state.serial)
    lock = snapshot.head.lock._replace(newest=newest) if snapshot.head.lock else None
    return Snapshot(snapshot.head._replace(newest=newest, lock=lock), text)
