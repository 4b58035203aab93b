"""Local journal: a line before each creation and after each action, for killed runs."""

from collections.abc import Sequence
from pathlib import Path

from reconciler.core.errors import StateError
from reconciler.state import safe_files
from reconciler.state.filesystem import SYSTEM_DISK, Disk
from reconciler.state.record import State

# A power cut can leave zeros in place of a line; no action relied on a line not yet synced.
_HOLE = b"\0" * 16


class Journal:
    """The journal file, kept open between lines because a run adds thousands. For one thread."""

    def __init__(self, path: Path, *, disk: Disk = SYSTEM_DISK) -> None:
        self._path = path
        self._disk = disk
        self._descriptor: int | None = None
        self._size = 0

    def append(self, lines: Sequence[str]) -> None:
        """Write whole ``lines`` and sync them. OSError or StateError if that fails."""
        content = "".join(lines).encode()
        found = safe_files.check_private(self._disk, self._path)
        if self._descriptor is not None and (found is None or found.size != self._size):
            self.close()  # moved or changed by another process: use what is there now
        if self._descriptor is None:
            self._descriptor, self._size = safe_files.open_lines(self._disk, self._path)
        if self._size + len(content) > safe_files.MAX_BYTES:
            limit = safe_files.MAX_BYTES // 1024**2
            raise StateError(
                f"{self._path}: the journal of this run is full ({limit} MiB)",
                hint="run the same command again: what was done so far is recorded",
            )
        try:
            safe_files.add_lines(self._disk, self._descriptor, content)
        except BaseException:
            self.close()  # The next append reopens the file and removes an unfinished line.
            raise
        self._size += len(content)

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            self._disk.close(descriptor)


def replay(path: Path, state: State, *, disk: Disk = SYSTEM_DISK) -> State:
    """Apply the journal to ``state``. An unfinished last line is ignored."""
    content = safe_files.read(disk, path)
    if not content:
        return state
    from reconciler.state.journal_codec import decode_line  # noqa: PLC0415  # most have no journal

    lines = content.split(b"\n")[:-1]
    entries = (
        decode_line(line, state, where=f"{path}:{number}")
        for number, line in enumerate(lines, 1)
        if _HOLE not in line
    )
    return state.with_entries(*(entry for entry in entries if entry is not None))
