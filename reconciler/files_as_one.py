"""Writes several files as one change: all or none, atomically, also after an interrupt."""

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from reconciler.core.errors import ReconcilerError
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.text import printable

_SUFFIX = ".new"


class Wanted(NamedTuple):
    """New content of a file, None to delete it. ``mode`` is that of a new file: an old one keeps its own."""

    content: bytes | None
    mode: int = 0o666


def real_path(name: str | Path) -> Path:
    """The file behind ``name``: links stay, their targets are written."""
    return Path(os.path.realpath(name))


def _new_mode(mode: int) -> int:
    umask = os.umask(0)
    os.umask(umask)
    return mode & ~umask


def _beside(path: Path, content: bytes, mode: int) -> Path:
    """Write ``content`` durably to a new file in the same folder; nothing is left of it if that fails."""
    descriptor, name = tempfile.mkstemp(
        prefix=f".{path.name[:100]}.", suffix=_SUFFIX, dir=path.parent
    )
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    return Path(name)


class _Change:
    """Files that are prepared, moved into place, and moved back."""

    def __init__(self) -> None:
        self._prepared: dict[Path, Path | None] = {}
        self._kept: dict[Path, Path] = {}
        self._begun: list[Path] = []

    def prepare(self, files: Mapping[Path, Wanted]) -> None:
        """Write all contents, the old ones too, to new files: a full disk is noticed here."""
        for name, wanted in files.items():
            try:
                self._prepare(real_path(name), wanted)
            except OSError as error:
                error.filename = str(name)  # not that of the new file
                raise

    def _prepare(self, path: Path, wanted: Wanted) -> None:
        mode = _new_mode(wanted.mode)
        if path.exists():
            mode = stat.S_IMODE(path.stat().st_mode)
            self._kept[path] = _beside(path, path.read_bytes(), mode)
        content = wanted.content
        self._prepared[path] = None if content is None else _beside(path, content, mode)

    def swap(self) -> None:
        """Move all files into place."""
        for path, new in self._prepared.items():
            self._begun.append(path)  # before the step: an interrupt may come right after it
            if new is None:
                path.unlink()
            else:
                new.replace(path)

    def undo(self) -> list[Path]:
        """Move the old files back. Returns copies of the ones that cannot be: they are left."""
        left = []
        for path in reversed(self._begun):
            try:
                if path in self._kept:
                    self._kept[path].replace(path)
                else:
                    path.unlink(missing_ok=True)
            except OSError:
                left.append(self._kept.pop(path, path))
        return left

    def clean_up(self) -> None:
        """Remove what was not moved into place."""
        for path in (*self._kept.values(), *filter(None, self._prepared.values())):
            with suppress(OSError):
                path.unlink()


def _not_restored(left: Iterable[Path]) -> ReconcilerError:
    named = printable(", ".join(map(str, left)))
    return ReconcilerError(
        "the files could not be written, and not all of them could be restored",
        hint=f"what is missing is in: {named}",
    )


@contextmanager
def written_as_one(files: Mapping[Path, Wanted]) -> Iterator[None]:
    """Write all ``files`` and enter the block; if either fails, they are as they were before.

    Raises OSError if a file cannot be written, ReconcilerError if one could not be restored then.
    """
    change = _Change()
    try:
        change.prepare(files)
        change.swap()
        yield
    except BaseException as error:
        # If this is interrupted too, the copies of the old files stay beside them.
        left = change.undo()
        change.clean_up()
        if left:
            raise _not_restored(left) from error
        raise
    change.clean_up()
