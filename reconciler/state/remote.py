"""State shared between machines: only the lock's holder writes record, journal and lock."""

import contextlib
import secrets
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from reconciler.core.errors import StateError
from reconciler.state import checks
from reconciler.state.backends.base import (
    Backend,
    Conflict,
    Snapshot,
    Unavailable,
    VersionedSnapshot,
)
from reconciler.state.group_commit import GroupCommit
from reconciler.state.journal_codec import line_out, replayed
from reconciler.state.lease import CLOCK, TIMING, Clock, Timing, expired, locked_by
from reconciler.state.lock_record import Lock, LockRecord, Version, new_lock
from reconciler.state.record import Entry, State, new_state
from reconciler.state.safe_files import MOST_BYTES
from reconciler.state.snapshot import high_water, record_on, serial_after, with_record

_MOST_TURNS = 30  # a writer loses far fewer rounds even with as many contenders
_MOST_SILENCES = 4
_PAUSE = 0.25
_LONG = 30.0  # no retry after a wait of this length


def _silent(_: str) -> None:
    """Discard the message."""


class SharedState:
    """The state record of one Space in a shared backend; implements StateStore, thread-safe.

    The lock is a lease: ``timing`` sets its length and heartbeat. ``tell`` receives a sentence
    before a wait.
    """

    def __init__(
        self,
        shelf: Backend,
        *,
        space: str,
        project: str,
        kinds: Collection[str] | None = None,
        timing: Timing = TIMING,
        clock: Clock = CLOCK,
        tell: Callable[[str], None] = _silent,
    ) -> None:
        self.space = space
        self.project = project
        self._kinds = kinds
        self._shelf = shelf
        self._timing = timing
        self._clock = clock
        self._tell = tell
        self._one = threading.RLock()  # one backend call at a time
        self._notes = GroupCommit(self._write_notes, turn=self._one)
        self._held: VersionedSnapshot | None = (
            None  # the snapshot last written by this run, while it holds the lock
        )
        self._nonce = ""
        self._alive_at = 0.0

    @property
    def place(self) -> str:
        """Location for messages."""
        return self._shelf.place

    def read(self) -> State:
        """The record with its journal replayed; a new one if there is none."""
        with self._alone():
            held = self._shelf.load()
            if self._nonce:
                self._check_lock(held.page.head)
                self._held = held
        state = record_on(held, self._shelf)
        if state is None:
            return new_state(self.space, self.project)
        checks.check_owner(state, where=self.place, space=self.space, project=self.project)
        for newest in high_water(held.page.head, where=self.place):
            checks.check_newest(
                state, where=self.place, lineage=newest.lineage, serial=newest.serial
            )
        mend = f"restore {self._shelf.earlier} with: reconciler state push; what only the journal holds is lost then"
        found = replayed(held.page.journal, state, where=f"the journal in {self.place}", mend=mend)
        checks.check_kinds(found, self._kinds, where=self.place)
        return found

    def write(self, state: State) -> State:
        """Write ``state`` as the next serial and clear the journal. StateError after a concurrent
        write.
        """
        written = replace(state, serial=state.serial + 1)

        def change(held: VersionedSnapshot) -> Snapshot:
            self._check_lock(held.page.head)
            high_water(held.page.head, where=self.place)
            checks.check_unchanged(state, record_on(held, self._shelf), where=self.place)
            return with_record(held.page, written, where=self.place)

        self._do(change)
        return written

    def push(self, state: State) -> State:
        """Install an edited or restored record as the newest of its lineage."""
        checks.check_owner(state, where=self.place, space=self.space, project=self.project)

        def change(held: VersionedSnapshot) -> Snapshot:
            self._check_lock(held.page.head)
            return with_record(
                held.page,
                replace(state, serial=serial_after(held, state, self._shelf)),
                where=self.place,
            )

        held = self._do(change)
        newest = held.page.head.newest
        assert newest is not None
        return replace(state, serial=newest.serial)

    def note(self, state: State, *entries: Entry) -> None:
        """Append entries to the shared journal before returning.

        Entries that arrive during a write go into the next one together.
        """
        self.noting(state, *entries)()

    def noting(self, state: State, *entries: Entry) -> Callable[[], None]:
        """Append entries after earlier ones; the returned function waits until they are written."""
        return self._notes.put(
            [line_out(entry, state=state) for entry in entries],
            interrupted=f"{self.place}: the journal was interrupted",
        )

    @contextlib.contextmanager
    def lock(self, *, reason: str, since: str) -> Iterator[None]:
        """Hold the lock on all machines. Refused names the current holder."""
        self._take(new_lock(reason=reason, since=since, seconds=self._timing.lease))
        over = threading.Event()
        beating = threading.Thread(target=self._beat, args=(over,), name="state-lock", daemon=True)
        try:
            beating.start()
            yield
        finally:
            over.set()
            if beating.is_alive():  # false if no thread could be started
                beating.join()
            self._let_go()

    def unlock(self) -> str:
        """Clear the lock of a dead run and return its holder. Refused if the holder is alive."""
        told = ""

        def change(held: VersionedSnapshot) -> Snapshot:
            nonlocal told
            lock = held.page.head.lock
            page, silence = self._ended(held, living=True)
            # Clears only the lock that was read: the write is conditional on that snapshot.
            if lock is not None and silence is not None:
                told = f"{lock.holder} (lock {lock.nonce[:8]}, silent for {silence:.0f} s)"
            return page._replace(head=page.head._replace(lock=None))

        with self._alone():
            if self._shelf.load().page.head.lock is not None:
                self._changed(change)
        return told

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Use the backend exclusively; connections stay open only while the lock is held."""
        with self._one:
            try:
                yield
            finally:
                if not self._nonce:
                    self._shelf.close()

    def _do(self, change: Callable[[VersionedSnapshot], Snapshot]) -> VersionedSnapshot:
        """Change the snapshot, with or without the lock."""
        with self._alone():
            held, self._held = self._held, None
            done = self._changed(change, held)
            if self._nonce:
                self._held, self._alive_at = done, self._clock.monotonic()
            return done

    def _changed(
        self, change: Callable[[VersionedSnapshot], Snapshot], held: VersionedSnapshot | None = None
    ) -> VersionedSnapshot:
        """Compare-and-swap the result of ``change``, repeated after conflicts and failures.

        ``change`` raises if the change is not allowed. A write whose answer was lost is recognised
        by its write id.
        """
        turns: set[str] = set()
        silences = 0
        for _ in range(_MOST_TURNS):
            began = self._clock.monotonic()
            try:
                held = held or self._shelf.load()
                if held.page.head.turn in turns:
                    return held
                page = change(held)
                turn = secrets.token_hex(8)
                turns.add(turn)
                return self._shelf.swap(held, page._replace(head=page.head._replace(turn=turn)))
            except Conflict:
                held = None
            except Unavailable:
                held = None
                silences += 1
                if silences == _MOST_SILENCES or self._clock.monotonic() - began > _LONG:
                    raise
                self._clock.sleep(_PAUSE * 2**silences)
        raise StateError(
            f"{self.place}: others write there all the time",
            hint="wait until they have ended, and run it again",
        )

    def _take(self, mine: Lock) -> None:
        def change(held: VersionedSnapshot) -> Snapshot:
            page, _ = self._ended(held)
            newest = page.head.newest
            return page._replace(
                head=page.head._replace(lock=mine._replace(newest=newest or Version()))
            )

        with self._alone():
            if self._nonce:
                raise locked_by(mine)
            self._held = self._changed(change)
            self._nonce, self._alive_at = mine.nonce, self._clock.monotonic()

    def _ended(
        self, held: VersionedSnapshot, *, living: bool = False
    ) -> tuple[Snapshot, float | None]:
        found, silence = expired(
            self._shelf,
            held,
            clock=self._clock,
            look=self._timing.look,
            tell=self._tell,
            living=living,
        )
        if found.version != held.version:
            raise Conflict
        return found.page, silence

    def _beat(self, over: threading.Event) -> None:
        """Renew the lease until ``over`` is set or the lock is lost."""
        while not over.wait(self._timing.beat):
            with self._one:
                if self._clock.monotonic() - self._alive_at < self._timing.beat / 2:
                    continue
                try:
                    self._do(self._renewed)
                except Unavailable:
                    # The next heartbeat may succeed, and every write is conditional anyway.
                    continue
                except StateError:
                    return  # the next write reports it

    def _renewed(self, held: VersionedSnapshot) -> Snapshot:
        self._check_lock(held.page.head)
        return held.page

    def _let_go(self) -> None:
        """Release the lock if it is still ours. On failure it expires by itself."""
        with self._one:
            try:
                self._do(
                    lambda held: self._renewed(held)._replace(
                        head=held.page.head._replace(lock=None)
                    )
                )
            except StateError:
                pass
            finally:
                self._nonce, self._held = "", None
                self._shelf.close()

    def _check_lock(self, head: LockRecord) -> None:
        """StateError if this run lost its lock; Refused if it has none and another run has."""
        if not self._nonce:
            if head.lock is not None:
                raise locked_by(head.lock)
        elif head.lock is None or head.lock.nonce != self._nonce:
            now = f"{head.lock.holder} has it now" if head.lock else "it was cleared"
            raise StateError(
                f"{self.place}: the lock is lost: this run gave no sign of life for {self._timing.lease:.0f} s, and {now}",
                hint="nothing more is written by this run; plan again",
            )

    def _write_notes(self, lines: Sequence[str]) -> None:
        def change(held: VersionedSnapshot) -> Snapshot:
            self._check_lock(held.page.head)
            journal = (*held.page.journal, *lines)
            if sum(map(len, journal)) > MOST_BYTES:
                raise StateError(
                    f"the journal in {self.place} is full",
                    hint="run it again: what was done is recorded",
                )
            return held.page._replace(journal=journal)

        self._do(change)
