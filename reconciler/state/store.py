"""Protocol of every state store."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from reconciler.state.record import Entry, State


class StateStore(Protocol):
    """One record, read and written whole, with a lock and a journal.

    Methods raise StateError if the record cannot be used, and Refused if another run holds the
    lock.
    """

    @property
    def place(self) -> str:
        """Location for messages."""

    def read(self) -> State:
        """The record with its journal replayed; a new one (serial 0) if there is none."""

    def write(self, state: State) -> State:
        """Write ``state`` as the next serial, if the stored record is the one it came from."""

    def push(self, state: State) -> State:
        """Install an edited or restored record."""

    def note(self, state: State, *entries: Entry) -> None:
        """Append entries to the journal, durably, before returning."""

    def noting(self, state: State, *entries: Entry) -> Callable[[], None]:
        """Append entries after earlier ones; the returned function waits and raises on failure."""

    def lock(self, *, reason: str, since: str) -> AbstractContextManager[None]:
        """Hold the lock."""

    def unlock(self) -> str:
        """Clear the lock of a dead run and return its holder."""
