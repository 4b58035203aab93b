"""One run at a time: a lock that the operating system frees when its holder dies."""

import contextlib
import getpass
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from reconciler.core.errors import Refused, StateError
from reconciler.core.text import printable

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> bool:
        """Whether the lock on the open file is ours now; it goes when the process does."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _take(descriptor: int) -> bool:
        """Whether the lock on the open file is ours now; it goes when the process does."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def _holder(descriptor: int) -> str:
    """Who holds the lock, in the words that the holder left; nothing in them is trusted."""
    try:
        told = json.loads(os.read(descriptor, 4096))
        words = f"{told['user']} on {told['host']} (process {told['process']}) since {told['since']}, for {told['reason']}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "another run"
    return printable(words)[:200]


def _opened(path: Path, flags: int = 0) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        raise StateError(f"{path}: the lock cannot be opened: {error.strerror}") from error
    if os.fstat(descriptor).st_nlink != 1:
        os.close(descriptor)
        raise StateError(f"{path}: the lock has another name elsewhere, and will not be written", hint="remove it")
    return descriptor


def released(path: Path) -> str:
    """Clear what a dead holder left at ``path``, and say who it was ('' where nothing was left). Refused names a living one."""
    if not path.exists():
        return ""
    descriptor = _opened(path)
    try:
        if not _take(descriptor):
            raise Refused(f"the state is locked by {_holder(descriptor)}, which is still running", hint="end that run, or wait for it")
        left = os.fstat(descriptor).st_size > 0
        holder = _holder(descriptor) if left else ""
        os.ftruncate(descriptor, 0)
        return holder
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(path: Path, *, reason: str, since: str) -> Iterator[None]:
    """Hold the lock at ``path`` meanwhile. Refused names the holder where another run has it; ``since`` is the time shown to others."""
    descriptor = _opened(path, os.O_CREAT)
    try:
        if not _take(descriptor):
            raise Refused(f"the state is locked by {_holder(descriptor)}", hint="wait until that run has ended")
        told = {"user": _user(), "host": socket.gethostname(), "process": os.getpid(), "since": since, "reason": reason}
        try:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, json.dumps(told).encode())
        except OSError as error:
            raise StateError(f"{path}: the lock cannot be written: {error.strerror}") from error
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
