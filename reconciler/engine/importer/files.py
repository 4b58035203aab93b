"""Paths of imported manifests; files written atomically and rolled back on failure."""

import contextlib
import os
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from reconciler.core.errors import CHECK_WRITE, Refused, UsageError
from reconciler.core.export import Draft
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.resources import Address
from reconciler.core.text import count, printable

# Names of devices on Windows, with any suffix; and the project file, which is no manifest.
_NO_FILE = frozenset(
    (
        "con",
        "prn",
        "aux",
        "nul",
        "reconciler",
        *(f"com{digit}" for digit in range(10)),
        *(f"lpt{digit}" for digit in range(10)),
    )
)
_SHOWN = 5


def _kind_stem(kind: Kind) -> str:
    """Return the file stem of a kind (``rooms``), from its collection's path or its name."""
    return kind.collection.rpartition("/")[2] or f"{kind.name.lower()}s"


def _stem(name: str, taken: set[str]) -> str:
    """Return a portable file stem for ``name`` that is not ``taken``, ignoring case."""
    stem = f"{name}_" if name.lower() in _NO_FILE else name
    while stem.lower() in taken:
        stem += "_"
    taken.add(stem.lower())
    return stem


def files_for(
    kinds: Kinds, drafts: Sequence[Draft], *, folder: Path, per: str, among: Iterable[Address] = ()
) -> dict[Path, list[Draft]]:
    """Assign drafts to files, by name: DIR/rooms/NAME.yaml, or DIR/rooms.yaml for all.

    ``among`` are all resources of the Space: each of the names that differ only by case has a file
    of its own, whichever are imported.
    """
    found: dict[Path, list[Draft]] = {}
    taken: dict[str, set[str]] = {}
    stems: dict[Address, str] = {}
    for address in sorted({*among, *(draft.address for draft in drafts)}):
        group = _kind_stem(kinds[address.kind])
        stems[address] = _stem(address.name, taken.setdefault(group, set()))
    for draft in sorted(drafts, key=lambda draft: draft.address):
        group = _kind_stem(kinds[draft.address.kind])
        own = folder / group / f"{stems[draft.address]}.yaml"
        found.setdefault(folder / f"{group}.yaml" if per == "kind" else own, []).append(draft)
    return found


def _write(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write ``content`` atomically over an existing file."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with os.fdopen(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb"
        ) as file:
            file.write(content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _made_folders(path: Path, *, mode: int) -> list[Path]:
    """Create the missing folders above ``path``; returns them, the innermost first."""
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(mode, parents=True, exist_ok=True)
    return missing


def _remove_written(
    before: Mapping[Path, bytes | None], folders: Sequence[Path], *, private: Collection[Path]
) -> None:
    """Restore the previous files; remove new files and folders."""
    with contextlib.suppress(OSError):
        for path, content in before.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                _write(path, content, mode=0o600 if path in private else 0o666)
    for folder in sorted(folders, key=lambda folder: -len(folder.parts)):
        with contextlib.suppress(OSError):
            folder.rmdir()


def refuse_existing(paths: Sequence[Path], private: Path | None, *, overwrite: bool) -> None:
    """Refused if a file exists and may not be overwritten; a ``private`` one never may."""
    if private and os.path.lexists(private):
        raise Refused(
            f"refused, nothing was written: {printable(str(private))} exists already",
            hint="name another file with --write-env",
        )
    there = [path for path in paths if os.path.lexists(path)]
    if there and not overwrite:
        shown = printable(", ".join(map(str, there[:_SHOWN]))) + (
            f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
        )
        raise Refused(
            f"refused, nothing was written: {count(len(there), 'file')} would be overwritten: {shown}",
            hint="to overwrite exactly these: --overwrite; or name another folder with --out",
        )


@contextmanager
def place_files(files: Mapping[Path, str], *, private: Collection[Path] = ()) -> Iterator[None]:
    """Write ``files``, ``private`` ones for the owner only; roll back if the block fails."""
    before: dict[Path, bytes | None] = {}
    folders: list[Path] = []
    try:
        try:
            for path, text in files.items():
                folders += _made_folders(path, mode=0o700 if path in private else 0o777)
                before[path] = path.read_bytes() if path.exists() else None
                _write(path, text.encode(), mode=0o600 if path in private else 0o666)
        except OSError as error:
            raise UsageError(
                f"{printable(str(error.filename or path))}: cannot be written: {error.strerror}",
                hint=CHECK_WRITE,
            ) from error
        yield
    except BaseException:
        _remove_written(before, folders, private=private)
        raise
