"""Every call that the record, its journal and its lock make of the file system: the operating system's, or another's."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

if sys.platform == "win32":
    import msvcrt

    def _locked(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        """Closing is enough: no other process has the descriptor."""
else:
    import fcntl

    def _locked(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        # Closing is not enough: a process that another thread starts right now holds a copy of the
        # descriptor from its fork to its exec, and the lock would last as long.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)


POSIX = os.name == "posix"
# Never through a link, and never waiting for somebody at the other end of a pipe.
_WARY = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class Status(NamedTuple):
    """What a path or an open file is: its mode as ``stat`` has it, how many names it has, its size in bytes."""

    mode: int
    links: int
    size: int


class Disk(Protocol):
    """The calls, each as small as the system's own; every one may raise an OSError. What is made is private."""

    def status(self, path: Path) -> Status:
        """What is at ``path`` itself, a link not followed. FileNotFoundError where nothing is."""

    def status_open(self, descriptor: int) -> Status:
        """What an open file is."""

    def open(self, path: Path, *, create: bool = False) -> int:
        """Open to read and to write at the end; ``create`` makes a new file (600) and fails where there is one."""

    def close(self, descriptor: int) -> None:
        """Close; a lock on it goes with it."""

    def read(self, descriptor: int, most: int, *, start: int) -> bytes:
        """Up to ``most`` bytes from the byte ``start`` on; empty at the end."""

    def write(self, descriptor: int, content: bytes) -> int:
        """Write at the end; how many bytes were taken."""

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut the file down to ``size`` bytes."""

    def sync(self, descriptor: int) -> None:
        """Wait until what is in the file would survive a power cut."""

    def lock(self, descriptor: int) -> bool:
        """Take the one lock of the file, at once or not at all; it goes when the process does."""

    def replace(self, source: Path, target: Path) -> None:
        """Give ``source`` the name ``target`` in one step."""

    def unlink(self, path: Path) -> None:
        """Take the name away. FileNotFoundError where nothing has it."""

    def make_folder(self, path: Path) -> None:
        """Make a folder (700). FileExistsError where something has the name."""

    def sync_folder(self, path: Path) -> None:
        """Wait until the names in the folder would survive a power cut."""


class SystemDisk:
    """The operating system."""

    def status(self, path: Path) -> Status:
        """See Disk."""
        found = os.lstat(path)
        return Status(found.st_mode, found.st_nlink, found.st_size)

    def status_open(self, descriptor: int) -> Status:
        """See Disk."""
        found = os.fstat(descriptor)
        return Status(found.st_mode, found.st_nlink, found.st_size)

    def open(self, path: Path, *, create: bool = False) -> int:
        """See Disk."""
        flags = os.O_RDWR | os.O_APPEND | _WARY | (os.O_CREAT | os.O_EXCL if create else 0)
        descriptor = os.open(path, flags, 0o600)
        if create and POSIX:
            os.fchmod(descriptor, 0o600)  # whatever the umask left of it
        return descriptor

    def close(self, descriptor: int) -> None:
        """See Disk."""
        _unlock(descriptor)
        os.close(descriptor)

    def read(self, descriptor: int, most: int, *, start: int) -> bytes:
        """See Disk."""
        os.lseek(descriptor, start, os.SEEK_SET)
        return os.read(descriptor, most)

    def write(self, descriptor: int, content: bytes) -> int:
        """See Disk."""
        return os.write(descriptor, content)

    def truncate(self, descriptor: int, size: int) -> None:
        """See Disk."""
        os.ftruncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        """See Disk."""
        os.fsync(descriptor)

    def lock(self, descriptor: int) -> bool:
        """See Disk."""
        return _locked(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """See Disk."""
        source.replace(target)

    def unlink(self, path: Path) -> None:
        """See Disk."""
        path.unlink()

    def make_folder(self, path: Path) -> None:
        """See Disk."""
        path.mkdir(mode=0o700)
        if POSIX:
            path.chmod(0o700)  # whatever the umask left of it

    def sync_folder(self, path: Path) -> None:
        """See Disk."""
        if not POSIX:
            return
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


SYSTEM_DISK = SystemDisk()
