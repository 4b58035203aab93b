"""Private, crash-safe files: checked reads, atomic replacement, durable appends."""

import contextlib
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from reconciler.core.errors import StateError
from reconciler.state.filesystem import POSIX, Disk, Status

MAX_BYTES = 64 * 1024**2
_CHUNK_LINES = 1 << 20
_ROOM = "check the free space and the permissions there, and run it again"


def write_error(path: Path, error: OSError) -> StateError:
    """Error for a failed write."""
    return StateError(f"{path}: cannot be written: {error.strerror or error}", hint=_ROOM)


def _read_error(path: Path, error: OSError) -> StateError:
    """Error for a failed read."""
    return StateError(
        f"{path}: cannot be read: {error.strerror or error}",
        hint="check its permissions and the disk",
    )


def _mode_hint(mode: int, mend: str) -> str:
    """How to correct a mode: by chmod, or otherwise if the volume seems to ignore it."""
    of_others, of_group = mode & 0o007, mode & 0o070
    if of_others == 0o007 or (stat.S_ISREG(mode) and of_others & 0o001):
        return f"{mend}; where that has no effect (a volume of Windows, SMB or FAT), keep the record in git (state: git in reconciler.yaml)"
    if not of_others and of_group & 0o060 == 0o060:
        return f"{mend}; where the volume gives it to your own group (fsGroup), write state: {{path: …, mode: group}}"
    return mend


def _no_modes(path: Path) -> StateError:
    return StateError(
        f"{path}: chmod has no effect on this volume: others may read or write what is kept there",
        hint="keep the record in git (state: git in reconciler.yaml), or in a folder on another disk",
    )


def _refuse_foreign(path: Path, found: Status) -> None:
    if not stat.S_ISREG(found.mode) or found.links != 1:
        raise StateError(
            f"{path}: this must be a plain file, not a link or device",
            hint="remove the link, and put the file itself there",
        )


def _refuse_unsafe(path: Path, found: Status) -> None:
    """StateError for a link, a device, or a file that other users can access."""
    _refuse_foreign(path, found)
    if POSIX and found.mode & 0o077:
        raise StateError(
            f"{path}: others may read or write the state (mode {found.mode & 0o777:o})",
            hint=_mode_hint(found.mode, f"chmod 600 {path}"),
        )


def status(disk: Disk, path: Path) -> Status | None:
    """Status of ``path``; None if it does not exist."""
    try:
        return disk.status(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _read_error(path, error) from error


def check_folder(disk: Disk, folder: Path) -> None:
    """StateError if the folder is a link or writable for others. A missing one is accepted."""
    found = status(disk, folder)
    if found is None:
        return
    if not stat.S_ISDIR(found.mode):
        what = "a link" if stat.S_ISLNK(found.mode) else "no folder"
        raise StateError(
            f"{folder}: cannot be used for the record: it is {what}",
            hint="put a folder there in its place",
        )
    if POSIX and found.mode & 0o022:
        raise StateError(
            f"{folder}: others may put files beside the record (mode {found.mode & 0o777:o})",
            hint=_mode_hint(found.mode, f"chmod go-w {folder}"),
        )


def make_folders(disk: Disk, folder: Path) -> None:
    """Create ``folder`` and missing parents, private and durable.

    OSError on failure, StateError if the volume keeps no modes.
    """
    missing = [one for one in (folder, *folder.parents) if status(disk, one) is None]
    for one in reversed(missing):
        with contextlib.suppress(FileExistsError):  # created by another run meanwhile
            disk.make_folder(one)
        disk.sync_folder(one.parent)
    made = disk.status(folder) if missing else None
    if POSIX and made and made.mode & 0o022:
        raise _no_modes(folder)


@contextlib.contextmanager
def open_file(disk: Disk, path: Path, *, create: bool = False) -> Iterator[int]:
    """Open a plain file; ``create`` makes a missing one, durably. OSError or StateError."""
    found = status(disk, path)
    if found is not None:
        _refuse_foreign(path, found)  # Checked before opening: opening a device may have effects.
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


def _read_open(disk: Disk, descriptor: int, path: Path) -> bytes:
    """Read an open file whole. StateError if it is too large for a state."""
    parts = []
    size = 0
    while part := disk.read(descriptor, _CHUNK_LINES, start=size):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise StateError(
                f"{path}: is larger than {MAX_BYTES // 1024**2} MiB, too large for a state",
                hint="restore a backup of the state with: reconciler state push FILE",
            )
    return b"".join(parts)


def read(disk: Disk, path: Path) -> bytes | None:
    """Read a private file; None if missing. StateError if it is unsafe or unreadable."""
    found = status(disk, path)
    if found is None:
        return None
    _refuse_unsafe(path, found)
    try:
        with open_file(disk, path) as descriptor:
            _refuse_unsafe(path, disk.status_open(descriptor))
            return _read_open(disk, descriptor, path)
    except OSError as error:
        raise _read_error(path, error) from error


def write_open(disk: Disk, descriptor: int, content: bytes) -> None:
    """Append all of ``content``, repeating partial writes. OSError if nothing is taken."""
    while content:
        taken = disk.write(descriptor, content)
        if taken <= 0:
            raise OSError("the write stopped early")
        content = content[taken:]


def write_whole(disk: Disk, path: Path, content: bytes) -> None:
    """Replace ``path`` atomically: a crash leaves the old or the new file. OSError on failure."""
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
    """Open a private file for appending lines; returns its size. OSError or StateError."""
    found = status(disk, path)
    if found is not None:
        _refuse_foreign(path, found)
    descriptor = _descriptor(disk, path, create=True)
    try:
        found = disk.status_open(descriptor)
        _refuse_unsafe(path, found)
        size = found.size
        if size and disk.read(descriptor, 1, start=size - 1) != b"\n":
            # An unfinished line is removed, so that the next one does not continue it.
            size = _read_open(disk, descriptor, path).rfind(b"\n") + 1
            disk.truncate(descriptor, size)
    except BaseException:
        disk.close(descriptor)
        raise
    return descriptor, size


def add_lines(disk: Disk, descriptor: int, lines: bytes) -> None:
    """Append whole lines and sync them. OSError on failure."""
    write_open(disk, descriptor, lines)
    disk.sync(descriptor)


def check_private(disk: Disk, path: Path) -> Status | None:
    """Status of ``path``; None if missing. StateError if not a plain, private file."""
    found = status(disk, path)
    if found is not None:
        _refuse_unsafe(path, found)
    return found
