"""Preview files: safe file names, and atomic writes."""

from collections.abc import Iterable
from pathlib import Path

from reconciler.atomic_write import why_unwritable, write_whole
from reconciler.core.errors import ReconcilerError
from reconciler.core.regex import regex
from reconciler.core.resources import Address

_UNUSUAL = regex(r"[^A-Za-z0-9_-]")


def file_names(addresses: Iterable[Address]) -> dict[Address, str]:
    """``Room-lobby.webp`` for each room, numbered if a file system could confuse two of them."""
    used: set[str] = set()
    names = {}
    for address in sorted(addresses):
        stem = _UNUSUAL.sub("_", f"{address.kind}-{address.name}")[:120]
        tries = (stem if number == 1 else f"{stem}.{number}" for number in range(1, len(used) + 2))
        chosen = next(name for name in tries if name.casefold() not in used)
        used.add(chosen.casefold())
        names[address] = f"{chosen}.webp"
    return names


def put_file(path: Path, content: bytes) -> None:
    """Write ``content`` atomically, with its folders. Raises ReconcilerError if that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        why, fix = why_unwritable(error)
        raise ReconcilerError(f"{path}: cannot be written: {why}", hint=fix) from error
