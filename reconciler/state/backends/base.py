"""Backend protocol: load a snapshot, compare-and-swap it."""

from typing import Protocol

from reconciler.core.errors import StateError
from reconciler.core.named_tuple import NamedTuple
from reconciler.state.lock_record import LockRecord


class Snapshot(NamedTuple):
    """Lock, newest version, record (JSON) and journal lines of a shared state.

    All of them change in one write or not at all, so a run that lost the lock can write none of
    them.
    """

    head: LockRecord = LockRecord()
    record: str | None = None
    journal: tuple[str, ...] = ()


class VersionedSnapshot(NamedTuple):
    """A snapshot with the store's own version of it ('' for one not written yet).

    ``remains`` names what is left of a snapshot that was removed, for messages; '' if none.
    """

    snapshot: Snapshot = Snapshot()
    version: str = ""
    remains: str = ""


class Conflict(Exception):
    """The stored snapshot is not the expected one. Nothing was written, or a write of ours already
    was.
    """


class Unavailable(StateError):
    """The store did not answer. The outcome of a write is unknown."""


class Backend(Protocol):
    """One snapshot in a shared store, for one thread at a time.

    Every method raises Unavailable or another StateError.
    """

    @property
    def place(self) -> str:
        """Location for messages, without secrets."""

    @property
    def earlier(self) -> str:
        """How to get earlier versions of the record; completes 'restore …'."""

    def load(self) -> VersionedSnapshot:
        """Load the current snapshot."""

    def swap(self, current: VersionedSnapshot, snapshot: Snapshot) -> VersionedSnapshot:
        """Replace the snapshot ``current`` by ``snapshot``. Conflict if the stored one is another."""

    def silence(self, current: VersionedSnapshot) -> float | None:
        """Seconds since ``current`` was written, by the store's clock; None if it has none."""

    def close(self) -> None:
        """Close connections. The next call opens new ones."""


def text_of(content: bytes) -> str:
    """Decode a file. Invalid UTF-8 is kept as it is and fails every later check."""
    return content.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """Encode a text; the reverse of ``text_of``."""
    return text.encode("utf-8", "surrogateescape")


def lines_of(text: str) -> tuple[str, ...]:
    """Split a journal into lines with their newlines; an unfinished last line has none."""
    *whole, rest = text.split("\n")
    return (*(f"{line}\n" for line in whole), *([rest] if rest else []))
