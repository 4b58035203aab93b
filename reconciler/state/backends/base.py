"""What a shared place must be able to do: keep one page, and change it as a whole if it is still the one that was read."""

from typing import NamedTuple, Protocol

from reconciler.core.errors import StateError
from reconciler.state.lock_record import LockRecord


class Snapshot(NamedTuple):
    """Everything that is kept in a shared place: the lock and the newest version, the record as JSON, the journal's lines.

    Lock, record and journal change in one step or not at all. So whoever has lost the lock can write none of them.
    """

    head: LockRecord = LockRecord()
    record: str | None = None
    journal: tuple[str, ...] = ()


class VersionedSnapshot(NamedTuple):
    """A page as it was read or written, and the store's own mark of that version ('' where nothing is there yet).

    ``remains`` says what is left of a page that is gone, for people; '' where there never was one.
    """

    page: Snapshot = Snapshot()
    version: str = ""
    remains: str = ""


class Conflict(Exception):
    """The page is not the one that was read any more; nothing was written, or it was written already."""


class Unavailable(StateError):
    """The store cannot be reached, or did not answer; whether something was written is not known."""


class Backend(Protocol):
    """One page in a shared place. Used by one thread at a time; every method raises Unreached or another StateError."""

    @property
    def place(self) -> str:
        """Where it is, for messages; no secret is in it."""

    @property
    def earlier(self) -> str:
        """How a person gets at earlier versions of the record; follows the word 'restore'."""

    def load(self) -> VersionedSnapshot:
        """The page as it is now."""

    def swap(self, held: VersionedSnapshot, page: Snapshot) -> VersionedSnapshot:
        """Put ``page`` in the place of the one that was read as ``held``. Moved where another is there meanwhile."""

    def silence(self, held: VersionedSnapshot) -> float | None:
        """Seconds since the page was written as ``held``, by the store's own clock; None where it has none."""

    def close(self) -> None:
        """Let connections go; the next call makes new ones."""


def text_of(content: bytes) -> str:
    """The text of a file; what is none becomes one that no check lets pass, and stays as it was when it is written."""
    return content.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """The file of a text; the other way round from ``text_of``."""
    return text.encode("utf-8", "surrogateescape")


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a journal, each with its newline; a last one without it stays so."""
    *whole, rest = text.split("\n")
    return (*(f"{line}\n" for line in whole), *([rest] if rest else []))
