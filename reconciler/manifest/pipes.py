"""Reads pipes, ``<(command)`` and standard input, which can be read once, with a notice and a deadline."""

import errno
import os
import select
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

from reconciler.core.regex import regex
from reconciler.core.text import printable

NOTICE_SECONDS = 2.0
# A shell opens both ends at once; a pipe without a writer would block the run.
NO_WRITER_SECONDS = 10.0
SILENT_SECONDS = 60.0

_Notify = Callable[[str], None]

_CHUNK = 1 << 16
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_DESCRIPTOR = regex(r"/(?:dev|proc/self)/(?:fd/([0-9]{1,6})|(stdin))")
# A socket (and on some systems a pipe of another user) cannot be opened again by its name.
_NOT_OPENED = (errno.ENXIO, errno.EACCES, errno.EPERM)


def _descriptor(path: str) -> int | None:
    """The file descriptor that ``path`` names; None if it names none."""
    found = _DESCRIPTOR.fullmatch(path)
    return None if found is None else int(found[1] or 0)


def is_stream(path: str) -> bool:
    """Whether ``path`` is a pipe, or a terminal or socket of this process: it can be read once."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  # a path of any form
    except (OSError, ValueError):
        return False
    number = _descriptor(path)
    if number is not None and stat.S_ISCHR(mode):
        return os.isatty(number)
    return stat.S_ISFIFO(mode) or (number is not None and stat.S_ISSOCK(mode))


def _opened(path: str) -> int:
    try:
        return os.open(path, _FLAGS)
    except OSError as error:
        number = _descriptor(path)
        if number is None or error.errno not in _NOT_OPENED:
            raise
        return os.dup(number)


class _Deadline:
    """Time left for the next bytes, and whether the user was notified."""

    def __init__(self, path: str, notify: _Notify) -> None:
        self._path, self._notify, self._notified = path, notify, False
        self.seconds = SILENT_SECONDS if _descriptor(path) is not None else NO_WRITER_SECONDS
        self._since = time.monotonic()

    def began(self) -> None:
        """Restart the wait: bytes have come."""
        self.seconds, self._since = SILENT_SECONDS, time.monotonic()

    def left(self) -> float:
        """Seconds until the notice or the deadline. OSError at the deadline."""
        waited = time.monotonic() - self._since
        if waited >= self.seconds:
            raise OSError(errno.ETIMEDOUT, f"nothing was written to it within {self.seconds:.0f} s")
        if waited >= NOTICE_SECONDS and not self._notified:
            self._notified = True
            self._notify(f"waiting for input from {printable(self._path)}")
        return self.seconds - waited if self._notified else max(0.0, NOTICE_SECONDS - waited)


def _drained(descriptor: int, most: int, deadline: _Deadline) -> bytes:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    parts: list[bytes] = []
    size = 0
    while size < most:
        if not poll.poll(min(deadline.left(), NOTICE_SECONDS) * 1000):
            continue
        try:
            part = os.read(descriptor, min(_CHUNK, most - size))
        except BlockingIOError:
            continue
        if not part:
            break
        parts.append(part)
        size += len(part)
        deadline.began()
    return b"".join(parts)


def read_once(path: str, *, most: int, notify: _Notify) -> bytes:
    """Read up to ``most`` bytes from ``path``. OSError if nothing is written in time.

    ``notify`` receives a sentence when the wait gets long.
    """
    if not hasattr(select, "poll"):  # Windows, where pipes have no paths of this kind
        with Path(path).open("rb") as file:
            return file.read(most)
    descriptor = _opened(path)
    try:
        return _drained(descriptor, most, _Deadline(path, notify))
    finally:
        os.close(descriptor)


def standard_input(notify: _Notify) -> bytes:
    """Read all of standard input; ``notify`` receives a sentence when the wait gets long."""
    if sys.stdin is None:
        return b""
    try:
        ready = select.select([sys.stdin.fileno()], [], [], NOTICE_SECONDS)[0]
    except (OSError, ValueError):  # no system file, or Windows
        ready = [None]
    if not ready:
        notify("waiting for standard input; Ctrl-D ends it")
    return sys.stdin.buffer.read()
