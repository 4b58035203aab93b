"""A state store whose lock can be kept over several runs of one program."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from reconciler.state.record import Entry, State
from reconciler.state.store import StateStore


class HeldState:
    """Passes everything on to ``store``. Within ``keep`` its thread may take the lock again.

    So the steps of one pass are one run to all others, and other threads are refused as always.
    A record that does not exist yet is the same one at each reading, with one key for its secrets.
    """

    def __init__(self, store: StateStore) -> None:
        self._store = store
        self._keeper: int | None = None
        self._new: State | None = None

    @property
    def place(self) -> str:
        """Location for messages."""
        return self._store.place

    def read(self) -> State:
        """The record with its journal replayed."""
        state = self._store.read()
        if state.serial:
            return state
        self._new = self._new or state
        return self._new

    def write(self, state: State) -> State:
        """Write ``state`` as the next serial."""
        return self._store.write(state)

    def push(self, state: State) -> State:
        """Install an edited or restored record."""
        return self._store.push(state)

    def note(self, state: State, *entries: Entry) -> None:
        """Append entries to the journal, durably, before returning."""
        self._store.note(state, *entries)

    def noting(self, state: State, *entries: Entry) -> Callable[[], None]:
        """Append entries after earlier ones; the returned function waits and raises on failure."""
        return self._store.noting(state, *entries)

    @contextlib.contextmanager
    def lock(self, *, reason: str, since: str) -> Iterator[None]:
        """Hold the lock; without a request where this thread keeps it."""
        if self._keeper == threading.get_ident():
            yield
            return
        with self._store.lock(reason=reason, since=since):
            yield

    @contextlib.contextmanager
    def keep(self, *, reason: str, since: str) -> Iterator[None]:
        """Hold the lock, so that this thread may take it again within."""
        with self.lock(reason=reason, since=since):
            before, self._keeper = self._keeper, threading.get_ident()
            try:
                yield
            finally:
                self._keeper = before

    def unlock(self) -> str:
        """Clear the lock of a dead run and return its holder."""
        return self._store.unlock()
