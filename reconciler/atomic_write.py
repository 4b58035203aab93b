"""Atomic writes of files that users read."""

import errno
import os
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT)


def why_unwritable(error: OSError) -> tuple[str, str]:
    """Why a file could not be written, and the likely fix: ``('its folder does not exist', …)``."""
    if isinstance(error, FileNotFoundError):
        return "its folder does not exist", "create the folder, or name another file"
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "a file stands where its folder should be", "name another path, or move that file"
    if isinstance(error, IsADirectoryError):
        return "it is a folder", "name a file in it"
    if isinstance(error, PermissionError):
        return "permission denied", "allow this user to write there, or name another file"
    if error.errno in _FULL:
        return "the disk is full", "free space on the disk, or name a file on another one"
    return error.strerror or type(error).__name__, "name another file"


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace ``path`` atomically; private unless ``mode`` says otherwise. OSError on failure.

    A pipe or a device such as standard output is written to directly.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    import tempfile  # noqa: PLC0415  # slow to import, and most runs write no file

    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
