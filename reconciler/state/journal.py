"""The journal beside the record: one line for each finished action, so that a killed run loses nothing that was done."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reconciler.core.errors import StateError
from reconciler.core.model import Applied
from reconciler.state.record import State, resource_in, resource_out


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Whole lines only: the last one of a killed run may be torn, and then it never was."""
    text = path.read_bytes()
    for number, line in enumerate(text.split(b"\n")[:-1], 1):
        try:
            yield json.loads(line)
        except ValueError as error:
            raise StateError(f"{path}: line {number} of the journal is not readable", hint="restore it, or move it away") from error


def append(path: Path, *, lineage: str, record: Applied | None = None, gone: Applied | None = None) -> None:
    """Write one finished action and wait until it is on the disk. OSError where that fails."""
    entry = {
        "lineage": lineage,
        "gone": resource_out(gone) if gone else None,
        "resource": resource_out(record) if record else None,
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        while line:
            line = line[os.write(descriptor, line) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replay(path: Path, state: State) -> State:
    """``state`` with everything that the journal says was done since it was written."""
    if not path.exists():
        return state
    for entry in _lines(path):
        if entry.get("lineage") != state.lineage:
            raise StateError(f"{path}: this journal belongs to another state record", hint="move it away if that record is gone for good")
        gone, record = (resource_in(entry[word]) if entry.get(word) else None for word in ("gone", "resource"))
        state = state.after(record=record, gone=gone)
    return state
