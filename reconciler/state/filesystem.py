"""File system interface used by record, journal and lock; tests replace it to inject faults."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from reconciler.core.named_tuple import NamedTuple

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
# Never follow a link, and never wait for the other end of a pipe.
_WARY = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class Status(NamedTuple):
    """Status of a path or open file: ``stat`` mode, number of links, size in bytes."""

    mode: int
    links: int
    size: int


class Disk(Protocol):
    """File system calls, one system call each. Each may raise OSError; new files are private."""

    def status(self, path: Path) -> Status:
        """Status of ``path``, links not followed. FileNotFoundError if it does not exist."""

    def status_open(self, descriptor: int) -> Status:
        """What an open file is."""

    def open(self, path: Path, *, create: bool = False) -> int:
        """Open for reading and appending; ``create`` makes a new file (600) and fails if one
        exists.
        """

    def close(self, descriptor: int) -> None:
        """Close the file and release its lock."""

    def read(self, descriptor: int, most: int, *, start: int) -> bytes:
        """Read up to ``most`` bytes from offset ``start``; empty at the end."""

    def write(self, descriptor: int, content: bytes) -> int:
        """Append; returns the number of bytes taken."""

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut the file to ``size`` bytes."""

    def sync(self, descriptor: int) -> None:
        """Wait until the content would survive a power cut."""

    def lock(self, descriptor: int) -> bool:
        """Take the file's exclusive lock without waiting; it ends with the process."""

    def replace(self, source: Path, target: Path) -> None:
        """Rename ``source`` to ``target`` atomically."""

    def unlink(self, path: Path) -> None:
        """Remove the name. FileNotFoundError if it does not exist."""

    def make_folder(self, path: Path) -> None:
        """Create a folder (700). FileExistsError if the name is taken."""

    def sync_folder(self, path: Path) -> None:
        """Wait until names in the folder would survive a power cut."""


class SystemDisk:
    """Disk of the operating system."""

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
            os.fchmod(descriptor, 0o600)  # regardless of the umask
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
            path.chmod(0o700)  # regardless of the umask

    def sync_folder(self, path: Path) -> None:
        """See Disk."""
        if not POSIX:
            return
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class _GroupDisk(SystemDisk):
    """Disk of the operating system for a state shared by a group (fsGroup of Kubernetes).

    Files of the process's own groups may be accessed by that group; other bits count as usual.
    """

    def _status(self, found: os.stat_result) -> Status:
        ours = POSIX and found.st_gid in {os.getegid(), *os.getgroups()}
        return Status(
            found.st_mode & ~0o070 if ours else found.st_mode, found.st_nlink, found.st_size
        )

    def status(self, path: Path) -> Status:
        """See Disk."""
        return self._status(os.lstat(path))

    def status_open(self, descriptor: int) -> Status:
        """See Disk."""
        return self._status(os.fstat(descriptor))

    def open(self, path: Path, *, create: bool = False) -> int:
        """See Disk; a new file is open to the group (660)."""
        descriptor = super().open(path, create=create)
        if create and POSIX:
            os.fchmod(descriptor, 0o660)
        return descriptor

    def make_folder(self, path: Path) -> None:
        """See Disk; the folder is open to the group (770), which owns new files in it."""
        super().make_folder(path)
        if POSIX:
            path.chmod(0o2770)


SYSTEM_DISK = SystemDisk()
GROUP_DISK = _GroupDisk()
