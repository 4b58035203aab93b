"""Atomic writes of files that users read."""

import os
from pathlib import Path


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
