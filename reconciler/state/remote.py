"""State shared between machines: only the lock's holder writes record, journal and lock."""

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Sequence

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import StateError
from reconciler.state import checks
from reconciler.state.backends.base import (
    Backend,
    Conflict,
    Snapshot,
    Unavailable,
    VersionedSnapshot,
)
from reconciler.state.conditional_write import write_conditionally
from reconciler.state.group_commit import GroupCommit
from reconciler.state.journal_codec import encode_line, replayed
from reconciler.state.lease import CLOCK, TIMING, Clock, Timing, expired, locked_by
from reconciler.state.lock_record import Lock, LockRecord, Version, new_lock
from reconciler.state.record import Entry, State, new_state
from reconciler.state.safe_files import MAX_BYTES
from reconciler.state.snapshot import decode_record, newest_versions, serial_after, with_record


def _ignore(_: str) -> None:
    """Discard the message."""


class SharedState:
    """The state record of one Space in a shared backend; implements StateStore, thread-safe.

    The lock is a lease: ``timing`` sets its length and heartbeat. ``notify`` receives a sentence
    before a wait.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        space: str,
        project: str,
        kinds: Collection[str] | None = None,
        timing: Timing = TIMING,
        clock: Clock = CLOCK,
        notify: Callable[[str], None] = _ignore,
    ) -> None:
        self.space = space
        self.project = project
        self._kinds = kinds
        self._backend = backend
        self._timing = timing
        self._clock = clock
        self._notify = notify
        self._mutex = threading.RLock()  # one backend call at a time
        self._group_commit = GroupCommit(self._write_notes, exclusive=self._mutex)
        # The snapshot last written by this run, while it holds the lock.
        self._cached: VersionedSnapshot | None = None
        self._nonce = ""
        self._renewed_at = 0.0

    @property
    def place(self) -> str:
        """Location for messages."""
        return self._backend.place

    def read(self) -> State:
        """The record with its journal replayed; a new one if there is none."""
        with self._exclusive():
            current = self._backend.load()
            if self._nonce:
                self._check_lock(current.snapshot.head)
                self._cached = current
        state = decode_record(current, self._backend)
        if state is None:
            return new_state(self.space, self.project)
        checks.check_owner(state, where=self.place, space=self.space, project=self.project)
        for newest in newest_versions(current.snapshot.head, where=self.place):
            checks.check_newest(
                state, where=self.place, lineage=newest.lineage, serial=newest.serial
            )
        hint = (
            f"restore {self._backend.earlier} with: reconciler state push; "
            "entries that only the journal has are then lost"
        )
        state = replayed(
            current.snapshot.journal, state, where=f"the journal in {self.place}", hint=hint
        )
        checks.check_kinds(state, self._kinds, where=self.place)
        return state

    def write(self, state: State) -> State:
        """Write ``state`` as the next serial and clear the journal.

        StateError after a concurrent write.
        """
        written = replace(state, serial=state.serial + 1)

        def change(current: VersionedSnapshot) -> Snapshot:
            self._check_lock(current.snapshot.head)
            newest_versions(current.snapshot.head, where=self.place)
            checks.check_unchanged(state, decode_record(current, self._backend), where=self.place)
            return with_record(current.snapshot, written, where=self.place)

        self._update(change)
        return written

    def push(self, state: State) -> State:
        """Install an edited or restored record as the newest of its lineage."""
        checks.check_owner(state, where=self.place, space=self.space, project=self.project)

        def change(current: VersionedSnapshot) -> Snapshot:
            self._check_lock(current.snapshot.head)
            return with_record(
                current.snapshot,
                replace(state, serial=serial_after(current, state, self._backend)),
                where=self.place,
            )

        current = self._update(change)
        newest = current.snapshot.head.newest
        assert newest is not None
        return replace(state, serial=newest.serial)

    def note(self, state: State, *entries: Entry) -> None:
        """Append entries to the shared journal before returning.

        Entries that arrive during a write go into the next one together.
        """
        self.noting(state, *entries)()

    def noting(self, state: State, *entries: Entry) -> Callable[[], None]:
        """Append entries after earlier ones; the returned function waits until they are written."""
        return self._group_commit.put(
            [encode_line(entry, state=state) for entry in entries],
            interrupted=f"{self.place}: the journal was interrupted",
        )

    @contextlib.contextmanager
    def lock(self, *, reason: str, since: str) -> Iterator[None]:
        """Hold the lock on all machines. Refused names the current holder."""
        self._acquire(new_lock(reason=reason, since=since, seconds=self._timing.lease))
        stopped = threading.Event()
        heartbeats = threading.Thread(
            target=self._send_heartbeats, args=(stopped,), name="state-lock", daemon=True
        )
        try:
            heartbeats.start()
            yield
        finally:
            stopped.set()
            if heartbeats.is_alive():  # false if no thread could be started
                heartbeats.join()
            self._release()

    def unlock(self) -> str:
        """Clear the lock of a dead run and return its holder. Refused if the holder is alive."""
        holder = ""

        def change(current: VersionedSnapshot) -> Snapshot:
            nonlocal holder
            lock = current.snapshot.head.lock
            snapshot, silence = self._expire_lock(current, alive=True)
            # Clears only the lock that was read: the write is conditional on that snapshot.
            if lock is not None and silence is not None:
                holder = f"{lock.holder} (lock {lock.nonce[:8]}, silent for {silence:.0f} s)"
            return snapshot._replace(head=snapshot.head._replace(lock=None))

        with self._exclusive():
            if self._backend.load().snapshot.head.lock is not None:
                self._write(change)
        return holder

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Use the backend exclusively; connections stay open only while the lock is held."""
        with self._mutex:
            try:
                yield
            finally:
                if not self._nonce:
                    self._backend.close()

    def _update(self, change: Callable[[VersionedSnapshot], Snapshot]) -> VersionedSnapshot:
        """Change the snapshot, with or without the lock."""
        with self._exclusive():
            current, self._cached = self._cached, None
            written = self._write(change, current)
            if self._nonce:
                self._cached, self._renewed_at = written, self._clock.monotonic()
            return written

    def _write(
        self,
        change: Callable[[VersionedSnapshot], Snapshot],
        current: VersionedSnapshot | None = None,
    ) -> VersionedSnapshot:
        return write_conditionally(self._backend, change, current=current, clock=self._clock)

    def _acquire(self, lock: Lock) -> None:
        def change(current: VersionedSnapshot) -> Snapshot:
            snapshot, _ = self._expire_lock(current)
            newest = snapshot.head.newest
            return snapshot._replace(
                head=snapshot.head._replace(lock=lock._replace(newest=newest or Version()))
            )

        with self._exclusive():
            if self._nonce:
                raise locked_by(lock)
            self._cached = self._write(change)
            self._nonce, self._renewed_at = lock.nonce, self._clock.monotonic()

    def _expire_lock(
        self, current: VersionedSnapshot, *, alive: bool = False
    ) -> tuple[Snapshot, float | None]:
        latest, silence = expired(
            self._backend,
            current,
            clock=self._clock,
            poll=self._timing.poll,
            notify=self._notify,
            alive=alive,
        )
        if latest.version != current.version:
            raise Conflict
        return latest.snapshot, silence

    def _send_heartbeats(self, stopped: threading.Event) -> None:
        """Renew the lease until ``stopped`` is set or the lock is lost."""
        while not stopped.wait(self._timing.heartbeat):
            with self._mutex:
                if self._clock.monotonic() - self._renewed_at < self._timing.heartbeat / 2:
                    continue
                try:
                    self._update(self._renew)
                except Unavailable:
                    # The next heartbeat may succeed, and every write is conditional anyway.
                    continue
                except StateError:
                    return  # the next write reports it

    def _renew(self, current: VersionedSnapshot) -> Snapshot:
        self._check_lock(current.snapshot.head)
        return current.snapshot

    def _release(self) -> None:
        """Release the lock if it is still ours. On failure it expires by itself."""
        with self._mutex:
            try:
                self._update(
                    lambda current: self._renew(current)._replace(
                        head=current.snapshot.head._replace(lock=None)
                    )
                )
            except StateError:
                pass
            finally:
                self._nonce, self._cached = "", None
                self._backend.close()

    def _check_lock(self, head: LockRecord) -> None:
        """StateError if this run lost its lock; Refused if it has none and another run has."""
        if not self._nonce:
            if head.lock is not None:
                raise locked_by(head.lock)
        elif head.lock is None or head.lock.nonce != self._nonce:
            now = f"holder: {head.lock.holder}" if head.lock else "it was cleared"
            raise StateError(
                f"{self.place}: the lock is lost: "
                f"this run did not renew it for {self._timing.lease:.0f} s ({now})",
                hint="this run stopped writing; check with: reconciler plan",
            )

    def _write_notes(self, lines: Sequence[str]) -> None:
        def change(current: VersionedSnapshot) -> Snapshot:
            self._check_lock(current.snapshot.head)
            journal = (*current.snapshot.journal, *lines)
            if sum(map(len, journal)) > MAX_BYTES:
                raise StateError(
                    f"the journal in {self.place} is full",
                    hint="run it again: what was done is recorded",
                )
            return current.snapshot._replace(journal=journal)

        self._update(change)
