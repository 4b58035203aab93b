"""The journal beside the record: a line before each creation and after each action, so that a killed run loses nothing."""

from pathlib import Path

from reconciler.state import files
from reconciler.state.disk import SYSTEM_DISK, Disk
from reconciler.state.lines import line_in, line_out
from reconciler.state.record import Entry, State

# A power cut can leave zeros where a line was about to be; nothing was done on the strength of such a line.
_HOLE = b"\0" * 16


def append(path: Path, entry: Entry, *, state: State, disk: Disk = SYSTEM_DISK) -> None:
    """Write one entry of a run that began with ``state``, and wait until it is on the disk. OSError where that fails."""
    files.add_line(disk, path, line_out(entry, state=state).encode())


def replay(path: Path, state: State, *, disk: Disk = SYSTEM_DISK) -> State:
    """``state`` with everything that the journal says was done since it was written; a torn last line never was."""
    content = files.read(disk, path)
    lines = (content or b"").split(b"\n")[:-1]
    entries = (line_in(line, state, where=f"{path}:{number}") for number, line in enumerate(lines, 1) if _HOLE not in line)
    return state.after(*(entry for entry in entries if entry is not None))
