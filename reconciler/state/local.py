"""The record in a local file: replaced as a whole and in one step, private, and with the last versions kept beside it."""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from reconciler.core.errors import StateError
from reconciler.state import journal
from reconciler.state.lock import locked, released
from reconciler.state.record import Entry, State, new_state, state_in, state_out

BACKUPS = 5
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


def _refuse_unsafe(path: Path) -> None:
    """A record that is a link, or that others may read or write, is not used."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        raise StateError(f"{path}: the state must be a plain file, not a link or device")
    if os.name == "posix" and found.st_mode & 0o077:
        raise StateError(f"{path}: others may read or write the state (mode {found.st_mode & 0o777:o})", hint=f"chmod 600 {path}")


def _sync_folder(folder: Path) -> None:
    """Wait until a rename in ``folder`` is on the disk (where the system can)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_whole(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` so that a crash leaves the old or the new file, never a part."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


class LocalState:
    """The state record of one Space in a local file; it keeps the StateStore protocol."""

    def __init__(self, path: Path, *, space: str, project: str) -> None:
        self.path = path
        self.space = space
        self.project = project
        self._journal = path.with_name(f"{path.name}.journal")
        self._mark = path.with_name(f"{path.name}.mark")
        self._lock = path.with_name(f"{path.name}.lock")

    @property
    def place(self) -> str:
        """Where the record is, for messages."""
        return str(self.path)

    def read(self) -> State:
        """The record as it stands, with what a killed run left in its journal; a new one where there is none."""
        state = self._stored()
        if state is None:
            if self._journal.exists():
                raise StateError(f"{self.path} is gone, and its journal is still there", hint=f"restore it from {self.path}.1")
            return new_state(self.space, self.project)
        self._check_owner(state)
        lineage, serial = self._high_water()
        if state.lineage == lineage and state.serial < serial:
            raise StateError(
                f"{self.path}: was rolled back: it has serial {state.serial}, and {serial} was written",
                hint="restore the newer one, or put this one in place on purpose with: reconciler state push",
            )
        try:
            return journal.replay(self._journal, state)
        except OSError as error:
            raise StateError(f"{self._journal}: cannot be read: {error.strerror}") from error

    def write(self, state: State) -> State:
        """Write ``state`` as the next serial and empty the journal. A StateError if somebody else wrote in between."""
        there = self._stored()
        if there is not None and (there.lineage, there.serial) != (state.lineage, state.serial):
            raise StateError(f"{self.path}: was changed by another run (serial {there.serial}, read at {state.serial})", hint="plan again")
        return self._put(state, serial=state.serial + 1)

    def push(self, state: State) -> State:
        """Put a record in place that was edited or restored on purpose; it becomes the newest of its lineage."""
        self._check_owner(state)
        lineage, serial = self._high_water()
        try:
            there = self._stored(edited=True)
        except StateError:
            there = None  # one that cannot be used is what a push is for; the mark still tells whose it was
        before = there.lineage if there else lineage
        if before and before != state.lineage:
            raise StateError(
                f"{self.path}: the record there has another history (lineage {before}, not {state.lineage})",
                hint="move it away first if it is to be replaced",
            )
        newest = max(state.serial, there.serial if there else 0, serial if lineage == state.lineage else 0)
        return self._put(state, serial=newest + 1)

    def note(self, state: State, entry: Entry) -> None:
        """Journal what is about to happen, or has; it is kept when this returns."""
        try:
            journal.append(self._journal, entry, lineage=state.lineage)
        except OSError as error:
            raise StateError(f"{self._journal}: cannot be written: {error.strerror}") from error

    @contextlib.contextmanager
    def lock(self, *, reason: str, since: str) -> Iterator[None]:
        """Keep other runs away meanwhile. Refused names who has the lock."""
        try:
            self._prepare()
        except OSError as error:
            raise StateError(f"{self.path.parent}: cannot be made: {error.strerror}") from error
        with locked(self._lock, reason=reason, since=since):
            yield

    def unlock(self) -> str:
        """Clear a lock whose holder is gone, and say who that was. Refused names a holder that is alive: it is left alone."""
        return released(self._lock)

    def _stored(self, *, edited: bool = False) -> State | None:
        """The record in the file, without its journal; None where there is no file."""
        try:
            _refuse_unsafe(self.path)
            _refuse_unsafe(self._journal)
            if not self.path.exists():
                return None
            text = self.path.read_text(encoding="utf-8")
        except OSError as error:
            raise StateError(f"{self.path}: cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise StateError(f"{self.path}: is not text", hint=f"restore the backup {self.path}.1") from error
        return state_in(text, where=str(self.path), edited=edited)

    def _check_owner(self, state: State) -> None:
        if (state.space, state.project) != (self.space, self.project):
            raise StateError(
                f"{self.path}: this state belongs to project {state.project} on {state.space}, "
                f"and you are on {self.space} with project {self.project}",
                hint="check the credentials, or name the environment with --env",
            )

    def _high_water(self) -> tuple[str, int]:
        """The lineage and the serial of the newest record that was ever written here; ('', 0) where none was."""
        try:
            lineage, _, serial = self._mark.read_text(encoding="utf-8").partition(" ")
            return lineage, int(serial)
        except (OSError, ValueError):
            return "", 0

    def _put(self, state: State, *, serial: int) -> State:
        written = replace(state, serial=serial)
        try:
            self._prepare()
            self._keep_backup()
            _write_whole(self.path, state_out(written).encode())
            _write_whole(self._mark, f"{written.lineage} {serial}\n".encode())
            self._journal.unlink(missing_ok=True)
        except OSError as error:
            raise StateError(f"{self.path}: cannot be written: {error.strerror}") from error
        return written

    def _prepare(self) -> None:
        if not self.path.parent.is_dir():
            self.path.parent.mkdir(mode=0o700, parents=True)

    def _keep_backup(self) -> None:
        """Shift state.1 … state.5 and copy the present record to state.1; it never leaves its own place meanwhile.

        A record that cannot be used takes no good one's place: it is kept as state.damaged.
        """
        if not self.path.exists():
            return
        try:
            self._stored()
        except StateError:
            _write_whole(self.path.with_name(f"{self.path.name}.damaged"), self.path.read_bytes())
            return
        for number in range(BACKUPS - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            if older.exists():
                older.replace(self.path.with_name(f"{self.path.name}.{number + 1}"))
        _write_whole(self.path.with_name(f"{self.path.name}.1"), self.path.read_bytes())
