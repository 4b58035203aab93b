"""Cuts received bytes into exactly one answer, with a complete and checked head.

The HTTP library accepts more than a Space may send (folded fields, bare line feeds, other versions)
and keeps bytes after an answer for the next one. Unsolicited bytes must never become an answer.
"""

import re

from reconciler.core.regex import regex
from reconciler.space.http.library import library

LONGEST_HEAD = 100 * 1024

_START = b"HTTP/1."
_STATUS_LINE = regex(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: [^\r\n]*)?\r\n")
_BLANK_LINE = regex(
    rb"\n\r?\n"
)  # As lax as the library: the end is the only place where it can stop.
_FRAMING_FIELD = regex(
    rb"\r\n(content-length|transfer-encoding):[ \t]*([^\r]*?)[ \t]*(?=\r\n)", re.IGNORECASE
)
_LONGEST_LENGTH = 18  # digits
_BODILESS = frozenset({204, 304})
SWITCHING_PROTOCOLS = 101


class UpgradeRefused(library.RemoteProtocolError):
    """The answer is a 101: HTTP ends here."""


def _refused(why: str) -> Exception:
    return library.RemoteProtocolError(f"not HTTP/1.1: {why}")


def has_bare_line_feed(content: bytes, since: int, end: int) -> bool:
    """Whether ``content`` has, from ``since`` to before ``end``, a line feed after no carriage return."""
    pairs = content.count(b"\r\n", max(since - 1, 0), end)
    return content.count(b"\n", since, end) != pairs


def is_length(value: bytes) -> bool:
    """Whether ``value`` is a number of bytes: digits alone."""
    return value.isdigit() and len(value) <= _LONGEST_LENGTH


class Framing:
    """Bytes of one answer: ``add`` received bytes, ``take`` what the library may parse."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Expect the head of an answer."""
        self._held = b""
        self._checked = 0
        self._in_head = True
        self._is_chunked = False
        self._left: int | None = None
        self._tail = b""
        self._ends_connection = False

    @property
    def is_used_up(self) -> bool:
        """Whether all received bytes were handed over."""
        return not self._held

    @property
    def is_clean(self) -> bool:
        """Whether the connection is between answers: no bytes left and none expected."""
        return not self._held and not self._ends_connection

    def add(self, received: bytes) -> None:
        """Buffer received bytes."""
        self._held = self._held + received if self._held else received

    def take(self) -> bytes:
        """Return the next bytes of the answer; empty if more must be received first."""
        if not self._held:
            return b""
        if self._in_head:
            return self._head()
        if self._is_chunked:
            return self._until_blank_line()
        return self._cut(len(self._held) if self._left is None else self._left)

    def _cut(self, end: int) -> bytes:
        taken, self._held = self._held[:end], self._held[end:]
        if self._left is not None:
            self._left -= len(taken)
        return taken

    def _head(self) -> bytes:
        if not _START.startswith(self._held[: len(_START)]):
            raise _refused("another protocol")
        # Resume where the last search ended: a head may arrive byte by byte.
        since = max(0, self._checked - 3)
        blank = self._held.find(b"\r\n\r\n", since)
        end = len(self._held) if blank < 0 else blank
        if has_bare_line_feed(self._held, since, end):
            raise _refused("a line feed alone")
        if end > LONGEST_HEAD:
            raise _refused("the answer's header is too long")
        self._checked = end if blank < 0 else 0
        if blank < 0:
            return b""
        head = self._cut(blank + 4)
        self._read_head(head)
        if not self._in_head and self._left is not None and len(self._held) >= self._left:
            return head + self._cut(self._left)  # a whole answer: one piece less for the library
        return head

    def _read_head(self, head: bytes) -> None:
        line = _STATUS_LINE.match(head)
        if line is None:
            raise _refused("the status line is not valid")
        if b"\r\n " in head or b"\r\n\t" in head:
            raise _refused("a header field over several lines")
        status = int(line[1])
        if status == SWITCHING_PROTOCOLS:
            raise UpgradeRefused("a protocol upgrade that was not requested")
        if status < 200:
            return  # an interim answer: another head follows
        self._in_head = False
        self._tail = b"\n"
        self._frame(
            status, [(name.lower(), value.lower()) for name, value in _FRAMING_FIELD.findall(head)]
        )

    def _frame(self, status: int, fields: list[tuple[bytes, bytes]]) -> None:
        codings = [value for name, value in fields if name == b"transfer-encoding"]
        lengths = [value for name, value in fields if name == b"content-length"]
        if codings not in ([], [b"chunked"]):
            raise _refused("a transfer coding that was not requested")
        if len(lengths) > 1 or (lengths and codings):
            raise _refused("two lengths")
        if lengths and not is_length(lengths[0]):
            raise _refused("a content length that is not valid")
        if status in _BODILESS:
            self._left = 0
            # Some servers send a body after a 204 anyway.
            self._ends_connection = status == 204 and (bool(codings) or lengths not in ([], [b"0"]))
        elif codings:
            self._is_chunked = True
        elif lengths:
            self._left = int(lengths[0])
        else:
            self._ends_connection = True  # the answer ends with the connection

    def _until_blank_line(self) -> bytes:
        """Return the bytes up to the next blank line, where a chunked body may end."""
        # A blank line may begin in bytes handed over before.
        seen = self._tail + self._held
        position = 0
        while (found := _BLANK_LINE.search(seen, position)) and found.end() <= len(self._tail):
            position = found.start() + 1
        taken = self._cut(found.end() - len(self._tail) if found else len(self._held))
        self._tail = (self._tail + taken)[-2:]
        return taken
