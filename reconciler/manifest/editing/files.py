"""Writes several manifest files as one change: all or none, atomically, modes kept."""

import contextlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.core.errors import ReconcilerError, Refused
from reconciler.manifest.document import Source


def _real(name: str) -> Path:
    """The file behind ``name``: links stay, their targets are written."""
    return Path(os.path.realpath(name))


def _check_unchanged(source: Source) -> None:
    try:
        now = _real(source.name).read_bytes()
    except OSError as error:
        raise Refused(
            f"{source.name} was removed or made unreadable meanwhile; nothing was written",
            hint="check the file, then run the command again",
        ) from error
    if now != source.content:
        raise Refused(
            f"{source.name} changed since it was read; nothing was written",
            hint="run the command again",
        )


def _beside(path: Path, content: bytes, mode: int) -> Path:
    """Write ``content`` durably to a new file in the same folder."""
    descriptor, name = tempfile.mkstemp(
        prefix=f".{path.name[:100]}.", suffix=".new", dir=path.parent
    )
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(name).chmod(mode)
    return Path(name)


def _swap(prepared: Mapping[Path, Path | None], kept: Mapping[Path, Path]) -> None:
    """Move the prepared files into place (None deletes); undo all steps if one fails."""
    done: list[Path] = []
    try:
        for path, new in prepared.items():
            if new is None:
                path.unlink()
            else:
                new.replace(path)
            done.append(path)
    except OSError:
        for path in done:
            if path in kept:
                kept[path].replace(path)
            else:
                path.unlink()
        raise


def _prepare(
    contents: Sequence[tuple[Source, bytes]],
    prepared: dict[Path, Path | None],
    kept: dict[Path, Path],
) -> None:
    for source, content in contents:
        path = _real(source.name)
        mode = path.stat().st_mode & 0o7777
        kept[path] = _beside(path, source.content, mode)
        prepared[path] = _beside(path, content, mode) if content else None


def _prepare_new(created: Mapping[str, bytes], prepared: dict[Path, Path | None]) -> None:
    umask = os.umask(0)
    os.umask(umask)
    for name, content in created.items():
        path = Path(name)
        if path.exists() or path.is_symlink():
            raise Refused(f"{name} exists by now; nothing was written", hint="run it again")
        prepared[path] = _beside(path, content, 0o666 & ~umask)


def rewrite(
    contents: Sequence[tuple[Source, bytes]], created: Mapping[str, bytes] | None = None
) -> None:
    """Write new contents for sources and new files; empty bytes delete a file. All or nothing.

    Refused if a file changed since it was read, or a new one exists; ReconcilerError on OS errors.
    """
    for source, _ in contents:
        _check_unchanged(source)
    prepared: dict[Path, Path | None] = {}
    kept: dict[Path, Path] = {}
    try:
        _prepare(contents, prepared, kept)
        _prepare_new(created or {}, prepared)
        _swap(prepared, kept)
    except OSError as error:
        raise ReconcilerError(
            f"the files cannot be written: {error.strerror}; nothing was written",
            hint="check that the folder is writable and that the disk has room",
        ) from error
    finally:
        for path in (*kept.values(), *(new for new in prepared.values() if new)):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
