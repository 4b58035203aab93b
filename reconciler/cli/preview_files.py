"""Thumbnails and walls as files: names that any file system takes, and content that is there whole or not at all."""

import re
from collections.abc import Iterable
from pathlib import Path

from reconciler.atomic_write import write_whole
from reconciler.core.errors import ReconcilerError
from reconciler.core.resources import Address

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


def put_file(path: Path, content: bytes) -> None:
    """Write ``content`` whole; folders are made. ReconcilerError where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise ReconcilerError(
            f"{path}: cannot be written: {error.strerror or type(error).__name__}",
            hint="is it a folder, or may you not write there?",
        ) from error
