"""Private files that a crash leaves whole: read with care, replaced in one step, added to line by line."""

import contextlib
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from reconciler.core.errors import StateError
from reconciler.state.disk import POSIX, Disk, Status

MOST_BYTES = 64 * 1024**2
_CHUNK = 1 << 20
_ROOM = "make room there, or look at who may write there, and run it again"


def unwritable(path: Path, error: OSError) -> StateError:
    """The error for what could not be written."""
    return StateError(f"{path}: cannot be written: {error.strerror or error}", hint=_ROOM)


def unreadable(path: Path, error: OSError) -> StateError:
    """The error for what could not be read."""
    return StateError(f"{path}: cannot be read: {error.strerror or error}", hint="look at who may read it, and whether the disk is well")


def _mode_hint(mode: int, mend: str) -> str:
    """How a mode is mended: by chmod, and where the volume looks as if it undid that, another way."""
    of_others, of_group = mode & 0o007, mode & 0o070
    if of_others == 0o007 or (stat.S_ISREG(mode) and of_others & 0o001):
        return f"{mend}; where that has no effect (a volume of Windows, SMB or FAT), keep the record with state: git"
    if not of_others and of_group & 0o060 == 0o060:
        return f"{mend}; where the volume gives it to your own group (fsGroup), write state: {{path: …, mode: group}}"
    return mend


def _no_modes(path: Path) -> StateError:
    return StateError(
        f"{path}: chmod has no effect on this volume: others may read or write what is kept there",
        hint="keep the record with state: git, or in a folder on another disk",
    )


def _refuse_foreign(path: Path, found: Status) -> None:
    if not stat.S_ISREG(found.mode) or found.links != 1:
        raise StateError(f"{path}: the state must be a plain file, not a link or device", hint="move it away, or put the file itself there")


def _refuse_unsafe(path: Path, found: Status) -> None:
    """A file that is a link or device, or that others may read or write, is not used."""
    _refuse_foreign(path, found)
    if POSIX and found.mode & 0o077:
        raise StateError(
            f"{path}: others may read or write the state (mode {found.mode & 0o777:o})",
            hint=_mode_hint(found.mode, f"chmod 600 {path}"),
        )


def status(disk: Disk, path: Path) -> Status | None:
    """What is at ``path``; None where nothing is."""
    try:
        return disk.status(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path, error) from error


def check_folder(disk: Disk, folder: Path) -> None:
    """StateError where the folder of the record is a link, or others may put files into it; one that is not there is well."""
    found = status(disk, folder)
    if found is None:
        return
    if not stat.S_ISDIR(found.mode):
        what = "a link" if stat.S_ISLNK(found.mode) else "no folder"
        raise StateError(f"{folder}: cannot be used for the record: it is {what}", hint="move it away, or put the folder itself there")
    if POSIX and found.mode & 0o022:
        raise StateError(
            f"{folder}: others may put files beside the record (mode {found.mode & 0o777:o})",
            hint=_mode_hint(found.mode, f"chmod go-w {folder}"),
        )


def make_folders(disk: Disk, folder: Path) -> None:
    """Make ``folder`` and what is missing above it, private, so that a crash does not take it away again.

    OSError where that fails, StateError where the volume keeps no modes.
    """
    missing = [one for one in (folder, *folder.parents) if status(disk, one) is None]
    for one in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another run was quicker
            disk.make_folder(one)
        disk.sync_folder(one.parent)
    made = disk.status(folder) if missing else None
    if POSIX and made and made.mode & 0o022:
        raise _no_modes(folder)


@contextlib.contextmanager
def opened(disk: Disk, path: Path, *, create: bool = False) -> Iterator[int]:
    """An open plain file meanwhile; ``create`` makes it (and its name lasting) where there is none. OSError or StateError."""
    found = status(disk, path)
    if found is not None:
        _refuse_foreign(path, found)  # before it is opened: a device may act on being opened
    descriptor = _descriptor(disk, path, create=create)
    try:
        _refuse_foreign(path, disk.status_open(descriptor))
        yield descriptor
    finally:
        disk.close(descriptor)


def _descriptor(disk: Disk, path: Path, *, create: bool) -> int:
    try:
        return disk.open(path)
    except FileNotFoundError:
        if not create:
            raise
    try:
        descriptor = disk.open(path, create=True)
    except FileExistsError:
        return disk.open(path)
    try:
        if POSIX and disk.status_open(descriptor).mode & 0o077:
            disk.unlink(path)
            raise _no_modes(path)
    except (OSError, StateError):
        disk.close(descriptor)
        raise
    disk.sync_folder(path.parent)
    return descriptor


def read_open(disk: Disk, descriptor: int, path: Path) -> bytes:
    """All that an open file holds. StateError where that is too much to be a state."""
    parts = []
    size = 0
    while part := disk.read(descriptor, _CHUNK, start=size):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise StateError(
                f"{path}: is larger than {MOST_BYTES // 1024**2} MiB, which no state is", hint="move it away, or restore a backup"
            )
    return b"".join(parts)


def read(disk: Disk, path: Path) -> bytes | None:
    """What a private file holds; None where there is none. StateError where it is not private, not plain, or cannot be read."""
    found = status(disk, path)
    if found is None:
        return None
    _refuse_unsafe(path, found)
    try:
        with opened(disk, path) as descriptor:
            _refuse_unsafe(path, disk.status_open(descriptor))
            return read_open(disk, descriptor, path)
    except OSError as error:
        raise unreadable(path, error) from error


def write_open(disk: Disk, descriptor: int, content: bytes) -> None:
    """Write all of ``content`` at the end, however little the system takes at a time. OSError where it takes no more."""
    while content:
        taken = disk.write(descriptor, content)
        if taken <= 0:
            raise OSError("nothing more could be written")
        content = content[taken:]


def write_whole(disk: Disk, path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` so that a crash leaves the old or the new file, never a part. OSError where that fails."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        descriptor = disk.open(temporary, create=True)
        try:
            write_open(disk, descriptor, content)
            disk.sync(descriptor)
        finally:
            disk.close(descriptor)
        disk.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            disk.unlink(temporary)
        raise
    disk.sync_folder(path.parent)


def open_lines(disk: Disk, path: Path) -> tuple[int, int]:
    """An open private file to add whole lines to, and its size; what a killed run left unfinished is gone. OSError or StateError."""
    found = status(disk, path)
    if found is not None:
        _refuse_foreign(path, found)
    descriptor = _descriptor(disk, path, create=True)
    try:
        found = disk.status_open(descriptor)
        _refuse_unsafe(path, found)
        size = found.size
        if size and disk.read(descriptor, 1, start=size - 1) != b"\n":
            # A line that is not whole never was: the next one must not be written onto it.
            size = read_open(disk, descriptor, path).rfind(b"\n") + 1
            disk.truncate(descriptor, size)
    except BaseException:
        disk.close(descriptor)
        raise
    return descriptor, size


def add_lines(disk: Disk, descriptor: int, lines: bytes) -> None:
    """Add whole lines to an open file; they are on the disk when this returns. OSError where that fails."""
    write_open(disk, descriptor, lines)
    disk.sync(descriptor)


def check_private(disk: Disk, path: Path) -> Status | None:
    """What is at ``path``; None where nothing is. StateError where it is not a plain file, or not private."""
    found = status(disk, path)
    if found is not None:
        _refuse_unsafe(path, found)
    return found
