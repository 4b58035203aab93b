"""File lock for one run at a time; the operating system frees it when the holder dies."""

import contextlib
import getpass
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from reconciler.core.errors import Locked, StateError
from reconciler.core.text import printable
from reconciler.state import safe_files
from reconciler.state.filesystem import SYSTEM_DISK, Disk


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "an unknown user"


def _holder(disk: Disk, descriptor: int) -> str:
    """The holder's own description of itself, as untrusted text."""
    try:
        told = json.loads(disk.read(descriptor, 4096, start=0))
        words = f"{told['user']} on {told['host']} (process {told['process']}) since {told['since']}, for {told['reason']}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "another run"
    return printable(words)[:200]


@contextlib.contextmanager
def _open_lock_file(disk: Disk, path: Path, *, create: bool = False) -> Iterator[int]:
    """Open the lock file. Links, devices and files with other names are refused unread."""
    with contextlib.ExitStack() as stack:
        try:
            descriptor = stack.enter_context(safe_files.open_file(disk, path, create=create))
        except OSError as error:
            raise StateError(
                f"{path}: the lock cannot be opened: {error.strerror or error}",
                hint="check the permissions of its folder",
            ) from error
        yield descriptor


def _acquire(disk: Disk, descriptor: int, path: Path) -> bool:
    try:
        return disk.lock(descriptor)
    except OSError as error:
        raise StateError(
            f"{path}: this file system has no locks: {error.strerror or error}",
            hint="keep the state on a local disk",
        ) from error


def clear_lock(path: Path, *, disk: Disk = SYSTEM_DISK) -> str:
    """Clear what a dead holder left at ``path`` and return its holder ('' if none).

    Refused names a living holder.
    """
    if safe_files.status(disk, path) is None:
        return ""
    with _open_lock_file(disk, path) as descriptor:
        if not _acquire(disk, descriptor, path):
            holder = _holder(disk, descriptor)
            raise Locked(
                f"the state is locked by {holder}, which is still running",
                hint="end that run, or wait for it",
            )
        try:
            left = disk.status_open(descriptor).size > 0
            holder = _holder(disk, descriptor) if left else ""
            disk.truncate(descriptor, 0)
        except OSError as error:
            raise safe_files.write_error(path, error) from error
        return holder


@contextlib.contextmanager
def hold_lock(path: Path, *, reason: str, since: str, disk: Disk = SYSTEM_DISK) -> Iterator[None]:
    """Hold the lock at ``path``. Refused names another holder; ``since`` is shown to other runs."""
    with _open_lock_file(disk, path, create=True) as descriptor:
        if not _acquire(disk, descriptor, path):
            raise Locked(
                f"the state is locked by {_holder(disk, descriptor)}",
                hint="wait until that run has ended",
            )
        told = {
            "user": _user(),
            "host": socket.gethostname(),
            "process": os.getpid(),
            "since": since,
            "reason": reason,
        }
        try:
            disk.truncate(descriptor, 0)
            safe_files.write_open(disk, descriptor, json.dumps(told).encode())
        except OSError as error:
            raise safe_files.write_error(path, error) from error
        try:
            yield
        finally:
            # The content names a finished run; the lock itself ends with the descriptor.
            with contextlib.suppress(OSError):
                disk.truncate(descriptor, 0)
