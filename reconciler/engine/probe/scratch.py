"""The record of scratch resources: written before each creation, so that nothing is left behind."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, field, replace
from reconciler.core.errors import StateError
from reconciler.core.kinds import Kind, types_of
from reconciler.state.filesystem import SYSTEM_DISK
from reconciler.state.safe_files import make_folders, read, write_error, write_whole

PREFIX = "reconciler-probe-"
_FORMAT = 1
_SHORTEST_MARK = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource that was created, or may have been.

    ``names`` are all names that it may have. ``id`` is empty until the Space has answered.
    ``parent`` is the id of the resource that it belongs to; '' for none. ``path`` is the collection
    that it was posted to, ``since`` the time of the request in seconds since 1970.
    """

    kind: str
    path: str
    names: tuple[str, ...]
    since: float
    id: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What one probe created. ``mark`` is in all its names; ``before`` are ids it did not create."""

    space: str
    project: str
    mark: str
    before: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()


def scratch_name(mark: str, label: str) -> str:
    """Return the name of the scratch resource with this label."""
    return f"{PREFIX}{mark}-{label}"


def mark_text(mark: str) -> str:
    """Return the text that marks a scratch resource as ours.

    It differs from the name: a Space may fill a text with the name.
    """
    return f"reconciler probe {mark}"


def mark_field(kind: Kind) -> str:
    """Return the free text field that marks a scratch resource as ours; '' if there is none."""
    texts = [
        name
        for name in kind.attributes
        if kind.spellings[name] == "text"
        and "string" in types_of(kind.fields[name])
        and not {"enum", "pattern", "format"} & kind.fields[name].keys()
        and name not in (*kind.required, *kind.update_only, *kind.secret)
    ]
    return max(texts, key=lambda name: kind.fields[name].get("maxLength", 0), default="")


def _record(document: Mapping[str, Any]) -> Record:
    """Return the record in a JSON document. ValueError, TypeError or KeyError if it is none."""
    if document["format_version"] != _FORMAT:
        raise ValueError("another format")
    mark = str(document["mark"])
    entries = tuple(
        Entry(**{**entry, "names": tuple(map(str, entry["names"]))})
        for entry in document["entries"]
    )
    if len(mark) < _SHORTEST_MARK or any(mark not in name for one in entries for name in one.names):
        raise ValueError("a name without the mark")
    space, project = str(document["space"]), str(document["project"])
    return Record(space, project, mark, tuple(document["before"]), entries)


def _parsed(path: Path, content: bytes) -> Record:
    try:
        return _record(json.loads(content))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise StateError(
            f"{path}: this is not the record of a probe: {error}",
            hint=f"look in the Space for names that begin with {PREFIX}, delete them there,"
            " and then this file",
        ) from error


def read_record(path: Path) -> Record | None:
    """Return the record in ``path``; None if there is none. StateError if it is unusable."""
    content = read(SYSTEM_DISK, path)
    return None if content is None else _parsed(path, content)


@dataclass(slots=True)
class Scratch:
    """The record in its file; each change is on disk before the method returns."""

    path: Path
    record: Record
    write: Callable[[Path, bytes], None] = field(
        default=lambda path, content: write_whole(SYSTEM_DISK, path, content)
    )

    def _keep(self, record: Record) -> None:
        document = {"format_version": _FORMAT, **asdict(record)}
        try:
            if record.entries:
                make_folders(SYSTEM_DISK, self.path.parent)
                self.write(self.path, json.dumps(document, indent=1).encode())
            else:
                self.path.unlink(missing_ok=True)
        except OSError as error:
            raise write_error(self.path, error) from error
        self.record = record

    def announce(self, entry: Entry) -> None:
        """Add a resource that is about to be created."""
        self._keep(replace(self.record, entries=(*self.record.entries, entry)))

    def change(self, entry: Entry, **changes: Any) -> Entry:
        """Replace ``entry``, for example with its id; returns the new one."""
        after = replace(entry, **changes)
        entries = tuple(after if one == entry else one for one in self.record.entries)
        self._keep(replace(self.record, entries=entries))
        return after

    def forget(self, entry: Entry) -> None:
        """Remove a resource that is gone; without any the file is deleted."""
        left = tuple(one for one in self.record.entries if one != entry)
        self._keep(replace(self.record, entries=left))


def new_scratch(path: Path, *, space: str, project: str, before: tuple[str, ...]) -> Scratch:
    """Return an empty record with a new mark. Nothing is written yet."""
    return Scratch(path, Record(space, project, secrets.token_hex(8), before))
