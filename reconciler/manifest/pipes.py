"""What can be read once only: pipes, ``<(command)``, standard input. No wait is silent, and none is without an end."""

import errno
import os
import re
import select
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

from reconciler.core.text import printable

NOTICE_SECONDS = 2.0
NO_WRITER_SECONDS = 10.0
SILENT_SECONDS = 60.0

Tell = Callable[[str], None]

_CHUNK = 1 << 16
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/(?:fd/([0-9]{1,6})|(stdin))")
# A socket (and on some systems a pipe of another user) cannot be opened again by its name.
_NOT_OPENED = (errno.ENXIO, errno.EACCES, errno.EPERM)


def _descriptor(path: str) -> int | None:
    """The open file of this process that ``path`` names; None where it names none."""
    found = _DESCRIPTOR.fullmatch(path)
    return None if found is None else int(found[1] or 0)


def is_stream(path: str) -> bool:
    """Whether ``path`` is a pipe, or a terminal or socket that this process was given: it can be read once."""
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


class _Patience:
    """How long is waited for the next bytes, and whether that was told."""

    def __init__(self, path: str, tell: Tell) -> None:
        self._path, self._tell, self._told = path, tell, False
        self.seconds = SILENT_SECONDS if _descriptor(path) is not None else NO_WRITER_SECONDS
        self._since = time.monotonic()

    def began(self) -> None:
        """Somebody writes to it."""
        self.seconds, self._since = SILENT_SECONDS, time.monotonic()

    def left(self) -> float:
        """Seconds until there is something to say. OSError where that is that nothing comes."""
        waited = time.monotonic() - self._since
        if waited >= self.seconds:
            raise OSError(errno.ETIMEDOUT, f"nothing was written to it within {self.seconds:.0f} s")
        if waited >= NOTICE_SECONDS and not self._told:
            self._told = True
            self._tell(f"waiting for something to be written to {printable(self._path)}")
        return self.seconds - waited if self._told else max(0.0, NOTICE_SECONDS - waited)


def _drained(descriptor: int, most: int, patience: _Patience) -> bytes:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    parts: list[bytes] = []
    size = 0
    while size < most:
        if not poll.poll(min(patience.left(), NOTICE_SECONDS) * 1000):
            continue
        try:
            part = os.read(descriptor, min(_CHUNK, most - size))
        except BlockingIOError:
            continue
        if not part:
            break
        parts.append(part)
        size += len(part)
        patience.began()
    return b"".join(parts)


def read_once(path: str, *, most: int, tell: Tell) -> bytes:
    """Up to ``most`` bytes of what is written to ``path`` until its end. OSError where nothing comes, or it cannot be read.

    ``tell`` takes a sentence where it is waited for.
    """
    if not hasattr(select, "poll"):  # Windows, where pipes have no paths of this kind
        with Path(path).open("rb") as file:
            return file.read(most)
    descriptor = _opened(path)
    try:
        return _drained(descriptor, most, _Patience(path, tell))
    finally:
        os.close(descriptor)


def standard_input(tell: Tell) -> bytes:
    """All of standard input; what seems to hang is told. Its end is its writer's to choose."""
    if sys.stdin is None:
        return b""
    try:
        ready = select.select([sys.stdin.fileno()], [], [], NOTICE_SECONDS)[0]
    except (OSError, ValueError):  # none of the system's, as in a test; or Windows
        ready = [None]
    if not ready:
        tell("waiting for standard input; Ctrl-D ends it")
    return sys.stdin.buffer.read()
