"""The journal beside the record: a line before each creation and after each action, so that a killed run loses nothing."""

from collections.abc import Sequence
from pathlib import Path

from reconciler.core.errors import StateError
from reconciler.state import safe_files
from reconciler.state.filesystem import SYSTEM_DISK, Disk
from reconciler.state.journal_codec import line_in
from reconciler.state.record import State

# A power cut can leave zeros where a line was about to be; nothing was done on the strength of such a line.
_HOLE = b"\0" * 16


class Journal:
    """The file that lines are added to. It stays open from one to the next: a run adds thousands. For one thread at a time."""

    def __init__(self, path: Path, *, disk: Disk = SYSTEM_DISK) -> None:
        self._path = path
        self._disk = disk
        self._descriptor: int | None = None
        self._size = 0

    def append(self, lines: Sequence[str]) -> None:
        """Write whole ``lines`` and wait until they are on the disk. OSError or StateError where that fails."""
        content = "".join(lines).encode()
        found = safe_files.check_private(self._disk, self._path)
        if self._descriptor is not None and (found is None or found.size != self._size):
            self.close()  # it was moved away, or somebody wrote: what is there now counts
        if self._descriptor is None:
            self._descriptor, self._size = safe_files.open_lines(self._disk, self._path)
        if self._size + len(content) > safe_files.MOST_BYTES:
            limit = safe_files.MOST_BYTES // 1024**2
            raise StateError(
                f"{self._path}: is full ({limit} MiB)",
                hint="run it again: what was done is recorded",
            )
        try:
            safe_files.add_lines(self._disk, self._descriptor, content)
        except BaseException:
            self.close()  # and what of it is there: the next one looks
            raise
        self._size += len(content)

    def close(self) -> None:
        """Give the file up; the next line opens it again."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            self._disk.close(descriptor)


def replay(path: Path, state: State, *, disk: Disk = SYSTEM_DISK) -> State:
    """``state`` with everything that the journal says was done since it was written; a torn last line never was."""
    content = safe_files.read(disk, path)
    lines = (content or b"").split(b"\n")[:-1]
    entries = (
        line_in(line, state, where=f"{path}:{number}")
        for number, line in enumerate(lines, 1)
        if _HOLE not in line
    )
    return state.after(*(entry for entry in entries if entry is not None))
