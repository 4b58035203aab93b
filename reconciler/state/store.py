"""What every place that can keep the record must be able to do."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from reconciler.state.record import Entry, State


class StateStore(Protocol):
    """One record, read and written as a whole, with a lock and a journal beside it.

    Every method raises a StateError where the record cannot be used or kept, and Refused where somebody else has the lock.
    """

    @property
    def place(self) -> str:
        """Where the record is, for messages."""

    def read(self) -> State:
        """The record with everything that its journal holds; a new one (serial 0) where there is none."""

    def write(self, state: State) -> State:
        """Write ``state`` under the next serial, if the one there is still the one that ``state`` came from."""

    def push(self, state: State) -> State:
        """Put in place what a person edited or restored on purpose."""

    def note(self, state: State, *entries: Entry) -> None:
        """Journal what is about to happen, or has, in this order; it is kept when this returns."""

    def noting(self, state: State, *entries: Entry) -> Callable[[], None]:
        """As ``note``, after all that was noted before; it is kept once the function returns, which raises where it is not."""

    def lock(self, *, reason: str, since: str) -> AbstractContextManager[None]:
        """Keep other runs away meanwhile."""

    def unlock(self) -> str:
        """Clear what a dead holder left, and say who it was."""
