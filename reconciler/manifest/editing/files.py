"""Writes several manifest files as one change: all or none, atomically, modes kept."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.core.errors import ReconcilerError, Refused
from reconciler.files_as_one import Wanted, real_path, written_as_one
from reconciler.manifest.document import Source


def _check_unchanged(source: Source) -> None:
    try:
        now = real_path(source.name).read_bytes()
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


def _wanted(
    contents: Sequence[tuple[Source, bytes]], created: Mapping[str, bytes]
) -> dict[Path, Wanted]:
    files = {Path(source.name): Wanted(content or None) for source, content in contents}
    for name, content in created.items():
        path = Path(name)
        if path.exists() or path.is_symlink():
            raise Refused(f"{name} exists by now; nothing was written", hint="run it again")
        files[path] = Wanted(content)
    return files


def rewrite(
    contents: Sequence[tuple[Source, bytes]], created: Mapping[str, bytes] | None = None
) -> None:
    """Write new contents for sources and new files; empty bytes delete a file. All or nothing.

    Refused if a file changed since it was read, or a new one exists; ReconcilerError on OS errors.
    """
    for source, _ in contents:
        _check_unchanged(source)
    try:
        with written_as_one(_wanted(contents, created or {})):
            pass
    except OSError as error:
        raise ReconcilerError(
            f"the files cannot be written: {error.strerror}; nothing was written",
            hint="check that the folder is writable and that the disk has room",
        ) from error
