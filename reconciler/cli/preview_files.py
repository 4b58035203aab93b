"""Thumbnails and walls as files: names that any file system takes, and content that is there whole or not at all."""

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from reconciler.core.errors import ReconcilerError
from reconciler.core.model import Address

_UNUSUAL = re.compile(r"[^A-Za-z0-9_-]")


def file_names(addresses: Iterable[Address]) -> dict[Address, str]:
    """``Room-lobby.webp`` for each; two that a file system could take for one get a number."""
    taken: set[str] = set()
    names = {}
    for address in sorted(addresses):
        stem = _UNUSUAL.sub("_", f"{address.kind}-{address.name}")[:120]
        tries = (stem if number == 1 else f"{stem}.{number}" for number in range(1, len(taken) + 2))
        chosen = next(name for name in tries if name.casefold() not in taken)
        taken.add(chosen.casefold())
        names[address] = f"{chosen}.webp"
    return names


def write_whole(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` in one step, for its owner alone; folders are made. ReconcilerError where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(temporary, path)  # noqa: PTH105  # the one call that replaces in one step everywhere
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ReconcilerError(
            f"{path}: cannot be written: {error.strerror or type(error).__name__}", hint="is it a folder, or may you not write there?"
        ) from error
