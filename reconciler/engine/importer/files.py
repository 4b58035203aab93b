"""Paths of imported manifests; files written atomically and rolled back on failure."""

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from reconciler.atomic_write import why_unwritable
from reconciler.core.errors import Refused, UsageError
from reconciler.core.export import Draft
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.resources import Address
from reconciler.core.text import count, printable
from reconciler.files_as_one import Wanted, written_as_one

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


def _made_folders(path: Path, *, mode: int) -> list[Path]:
    """Create the missing folders above ``path``; returns them, the innermost first."""
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(mode, parents=True, exist_ok=True)
    return missing


def _remove(folders: Sequence[Path]) -> None:
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


def _cannot_be_written(error: OSError, path: Path) -> UsageError:
    why, fix = why_unwritable(error)
    shown = printable(str(error.filename or path))
    return UsageError(f"{shown}: cannot be written: {why}", hint=fix)


@contextmanager
def place_files(files: Mapping[Path, str], *, private: Collection[Path] = ()) -> Iterator[None]:
    """Write ``files``, ``private`` ones for the owner only; roll back if the block fails."""
    folders: list[Path] = []
    wanted = {}
    entered = False
    path = Path()
    try:
        for path, text in files.items():
            folders += _made_folders(path, mode=0o700 if path in private else 0o777)
            wanted[path] = Wanted(text.encode(), 0o600 if path in private else 0o666)
        with written_as_one(wanted):
            entered = True
            yield
    except BaseException as error:
        _remove(folders)
        if isinstance(error, OSError) and not entered:
            raise _cannot_be_written(error, path) from error
        raise
