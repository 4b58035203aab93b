"""The journal beside the record: a line before each creation and after each action, so that a killed run loses nothing."""

from collections.abc import Sequence
from pathlib import Path

from reconciler.state import files
from reconciler.state.disk import SYSTEM_DISK, Disk
from reconciler.state.lines import line_in
from reconciler.state.record import State

# A power cut can leave zeros where a line was about to be; nothing was done on the strength of such a line.
_HOLE = b"\0" * 16


def append(path: Path, lines: Sequence[str], *, disk: Disk = SYSTEM_DISK) -> None:
    """Write whole ``lines`` and wait until they are on the disk. OSError or StateError where that fails."""
    files.add_lines(disk, path, "".join(lines).encode())


def replay(path: Path, state: State, *, disk: Disk = SYSTEM_DISK) -> State:
    """``state`` with everything that the journal says was done since it was written; a torn last line never was."""
    content = files.read(disk, path)
    lines = (content or b"").split(b"\n")[:-1]
    entries = (line_in(line, state, where=f"{path}:{number}") for number, line in enumerate(lines, 1) if _HOLE not in line)
    return state.after(*(entry for entry in entries if entry is not None))
