"""The journal beside the record: a line before each creation and after each action, so that a killed run loses nothing."""

import json
import os
from pathlib import Path

from reconciler.core.errors import StateError
from reconciler.core.model import Address
from reconciler.state.record import Entry, State, checksum, intent_in, intent_out, resource_in, resource_out, stamp_in


def _drop_torn_line(descriptor: int) -> None:
    """A line that a killed run could not finish never was: the next one must not be written onto it."""
    size = os.lseek(descriptor, 0, os.SEEK_END)
    if size == 0:
        return
    os.lseek(descriptor, 0, os.SEEK_SET)
    with os.fdopen(os.dup(descriptor), "rb") as whole:
        os.ftruncate(descriptor, whole.read().rfind(b"\n") + 1)


def _ends_whole(descriptor: int) -> bool:
    size = os.lseek(descriptor, 0, os.SEEK_END)
    if size == 0:
        return True
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


def append(path: Path, entry: Entry, *, lineage: str) -> None:
    """Write one entry and wait until it is on the disk. OSError where that fails."""
    written = {
        "lineage": lineage,
        "gone": resource_out(entry.gone) if entry.gone else None,
        "resource": resource_out(entry.record, entry.stamp) if entry.record else None,
        "intent": intent_out(entry.intent) if entry.intent else None,
        "settled": list(entry.settled) if entry.settled else None,
    }
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        if not _ends_whole(descriptor):
            _drop_torn_line(descriptor)
        line = json.dumps(written | {"checksum": checksum(written)}, ensure_ascii=False).encode() + b"\n"
        while line:
            line = line[os.write(descriptor, line) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _entry(line: bytes, lineage: str, *, where: str) -> Entry:
    """What one whole line says. A StateError names a line that says nothing that can be used."""
    try:
        found = json.loads(line)
        if found["checksum"] != checksum(found):
            raise ValueError("damaged")  # noqa: TRY301  # told below, as every other line that cannot be used
        if found["lineage"] != lineage:
            raise StateError(
                f"{where}: this journal belongs to another state record", hint="move the journal away if that record is gone for good"
            )
        gone, record = (resource_in(found[word]) if found[word] else None for word in ("gone", "resource"))
        intent = intent_in(found["intent"]) if found.get("intent") else None
        settled = Address(*map(str, found["settled"])) if found.get("settled") else None
        return Entry(record, gone, stamp_in(found["resource"]) if record else None, intent, settled)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StateError(f"{where}: is not an entry of the journal", hint="restore the journal, or move it away") from error


def replay(path: Path, state: State) -> State:
    """``state`` with everything that the journal says was done since it was written; a torn last line never was."""
    if not path.exists():
        return state
    lines = path.read_bytes().split(b"\n")[:-1]
    entries = (_entry(line, state.lineage, where=f"{path}:{number}") for number, line in enumerate(lines, 1))
    return state.after(*entries)
