"""The journal beside the record: one line for each finished action, so that a killed run loses nothing that was done."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reconciler.core.errors import StateError
from reconciler.state.record import Entry, State, resource_in, resource_out, stamp_in


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Whole lines only: the last one of a killed run may be torn, and then it never was."""
    text = path.read_bytes()
    for number, line in enumerate(text.split(b"\n")[:-1], 1):
        try:
            yield json.loads(line)
        except ValueError as error:
            raise StateError(f"{path}: line {number} of the journal is not readable", hint="restore it, or move it away") from error


def append(path: Path, entry: Entry, *, lineage: str) -> None:
    """Write one finished action and wait until it is on the disk. OSError where that fails."""
    written = {
        "lineage": lineage,
        "gone": resource_out(entry.gone) if entry.gone else None,
        "resource": resource_out(entry.record, entry.stamp) if entry.record else None,
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        line = json.dumps(written, ensure_ascii=False).encode() + b"\n"
        while line:
            line = line[os.write(descriptor, line) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _entry(line: dict[str, Any]) -> Entry:
    gone, record = (resource_in(line[word]) if line.get(word) else None for word in ("gone", "resource"))
    return Entry(record, gone, stamp_in(line["resource"]) if record else None)


def replay(path: Path, state: State) -> State:
    """``state`` with everything that the journal says was done since it was written."""
    if not path.exists():
        return state
    entries = []
    for line in _lines(path):
        if line.get("lineage") != state.lineage:
            raise StateError(f"{path}: this journal belongs to another state record", hint="move it away if that record is gone for good")
        entries.append(_entry(line))
    return state.after(*entries)
