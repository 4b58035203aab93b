"""Local backend: a private file, replaced atomically, with backups of recent versions."""

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import StateError
from reconciler.state import checks, journal, safe_files
from reconciler.state.decode import decode_state
from reconciler.state.filesystem import SYSTEM_DISK, Disk
from reconciler.state.group_commit import GroupCommit
from reconciler.state.record import Entry, State, encode_state, new_state
from reconciler.state.record_size import check_size
from reconciler.timing import stage

BACKUPS = 5


class LocalState:
    """The state record of one Space in a local file; implements StateStore."""

    def __init__(  # owner and location are facts of their own
        self,
        path: Path,
        *,
        space: str,
        project: str,
        kinds: Collection[str] | None = None,
        disk: Disk = SYSTEM_DISK,
        environment: str = "",
        environments: Collection[str] = (),
    ) -> None:
        self.path = path
        self.environment = environment
        self._environments = environments
        self.space = space
        self.project = project
        self._disk = disk
        self._kinds = kinds
        self._journal = self._beside("journal")
        self._adding = threading.Lock()
        self._added = journal.Journal(self._journal, disk=disk)
        self._notes = GroupCommit(self._write_notes, exclusive=self._adding)
        self._mark = self._beside("mark")
        self._lock = self._beside("lock")

    @property
    def place(self) -> str:
        """Location for messages."""
        return str(self.path)

    @stage("state")
    def read(self) -> State:
        """The record with the journal of a killed run replayed; a new one if there is no file."""
        safe_files.check_folder(self._disk, self.path.parent)
        state = self._load()
        if state is None:
            self._refuse_remains()
            return new_state(self.space, self.project)
        self._check_owner(state)
        lineage, serial = self._newest_version()
        checks.check_newest(state, where=str(self.path), lineage=lineage, serial=serial)
        replayed = journal.replay(self._journal, state, disk=self._disk)
        checks.check_kinds(replayed, self._kinds, where=str(self.path))
        return replayed

    def write(self, state: State) -> State:
        """Write ``state`` as the next serial and clear the journal. StateError after a concurrent
        write.
        """
        checks.check_unchanged(state, self._load(), where=str(self.path))
        return self._put(state, serial=state.serial + 1)

    def push(self, state: State) -> State:
        """Install an edited or restored record as the newest of its lineage."""
        self._check_owner(state)
        lineage, serial = "", 0
        # push is the way to replace a record that cannot be read
        with contextlib.suppress(StateError):
            lineage, serial = self._newest_version()
        try:
            there = self._load(edited=True)
        except StateError:
            there = None  # the marker still names the owner
        checks.check_history(state, there.lineage if there else lineage, where=str(self.path))
        newest = max(
            state.serial, there.serial if there else 0, serial if lineage == state.lineage else 0
        )
        return self._put(state, serial=newest + 1)

    def note(self, state: State, *entries: Entry) -> None:
        """Append entries to the journal, durably, before returning."""
        self.noting(state, *entries)()

    def noting(self, state: State, *entries: Entry) -> Callable[[], None]:
        """Append entries after earlier ones; the returned function waits until they are durable."""
        from reconciler.state.journal_codec import encode_line  # noqa: PLC0415  # a plan only reads

        return self._notes.put(
            [encode_line(entry, state=state) for entry in entries],
            interrupted=f"{self._journal}: the journal was interrupted",
        )

    @contextlib.contextmanager
    def lock(self, *, reason: str, since: str) -> Iterator[None]:
        """Hold the lock. Refused names the current holder."""
        from reconciler.state.file_lock import hold_lock  # noqa: PLC0415  # a plan only reads

        try:
            self._prepare()
        except OSError as error:
            raise StateError(
                f"{self.path.parent}: cannot be created: {error.strerror or error}",
                hint="check the permissions of the parent folder",
            ) from error
        with hold_lock(self._lock, reason=reason, since=since, disk=self._disk):
            try:
                yield
            finally:
                self._close_journal()

    def unlock(self) -> str:
        """Clear the lock of a dead run and return its holder. Refused if the holder is alive."""
        from reconciler.state.file_lock import clear_lock  # noqa: PLC0415  # a plan only reads

        return clear_lock(self._lock, disk=self._disk)

    def _write_notes(self, lines: Sequence[str]) -> None:
        try:
            self._added.append(lines)
        except OSError as error:
            raise safe_files.write_error(self._journal, error) from error

    def _close_journal(self) -> None:
        with self._adding:
            self._added.close()

    def _beside(self, word: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{word}")

    def _load(self, *, edited: bool = False) -> State | None:
        """The record in the file, without its journal; None if there is no file."""
        content = safe_files.read(self._disk, self.path)
        if content is None:
            return None
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise StateError(
                f"{self.path}: is not text",
                hint=f"restore a backup with: reconciler state push {self._newest_backup() or 'FILE'}",
            ) from error
        del content  # as large as the text
        return decode_state(text, where=str(self.path), edited=edited, backup=self._newest_backup())

    def _backups(self) -> list[Path]:
        """Paths of the backups that exist, newest first."""
        paths = [self._beside(str(number)) for number in range(1, BACKUPS + 1)]
        return [path for path in paths if self._there(path)]

    def _newest_backup(self) -> str:
        """Path of the newest backup; '' if there is none."""
        backups = self._backups()
        return str(backups[0]) if backups else ""

    def _refuse_remains(self) -> None:
        """StateError if the record is missing but its backups or journal exist."""
        backups = self._backups()
        remains = []
        if self._there(self._journal):
            remains.append("journal")
        if self._there(self._mark):
            remains.append("mark")
        if backups:
            remains.append("backups")
        if not remains:
            return
        hint = f"to start with an empty state, move {self.path}.* to another folder"
        if backups:
            hint = f"restore the last backup with: reconciler state push {backups[0]}; {hint}"
        verb = "are" if backups or len(remains) > 1 else "is"
        raise StateError(
            f"{self.path} is missing, but its {' and its '.join(remains)} {verb} still there",
            hint=hint,
        )

    def _there(self, path: Path) -> bool:
        return safe_files.status(self._disk, path) is not None

    def _check_owner(self, state: State) -> None:
        checks.check_environment(state, self.environment, self._environments, where=str(self.path))
        checks.check_owner(state, where=str(self.path), space=self.space, project=self.project)

    def _newest_version(self) -> tuple[str, int]:
        """Lineage and serial of the newest record ever written here; ('', 0) if none."""
        content = safe_files.read(self._disk, self._mark)
        if content is None:
            return "", 0
        try:
            lineage, _, serial = content.decode("ascii").partition(" ")
            return lineage, int(serial)
        except ValueError as error:
            raise StateError(
                f"{self._mark}: does not say which version of the record is the newest",
                hint=f"if {self.path} is the newest record, keep it with: reconciler state push {self.path}",
            ) from error

    def _put(self, state: State, *, serial: int) -> State:
        written = replace(state, serial=serial, environment=self.environment or state.environment)
        text = encode_state(written)
        check_size(text, where=str(self.path))
        content = text.encode()
        try:
            self._prepare()
            self._keep_backup()
            safe_files.write_whole(self._disk, self.path, content)
            safe_files.write_whole(self._disk, self._mark, f"{written.lineage} {serial}\n".encode())
            self._close_journal()
            with contextlib.suppress(FileNotFoundError):
                self._disk.unlink(self._journal)
        except OSError as error:
            raise safe_files.write_error(self.path, error) from error
        return written

    def _prepare(self) -> None:
        safe_files.make_folders(self._disk, self.path.parent)
        safe_files.check_folder(self._disk, self.path.parent)

    def _keep_backup(self) -> None:
        """Rotate state.1 … state.5 and copy the record to state.1, without moving the record.

        An unreadable record never replaces a good backup: it goes to state.damaged.
        """
        content = safe_files.read(self._disk, self.path)
        if content is None:
            return
        try:
            self._load()
        except StateError:
            safe_files.write_whole(self._disk, self._beside("damaged"), content)
            return
        for number in range(BACKUPS - 1, 0, -1):
            if self._there(self._beside(str(number))):
                self._disk.replace(self._beside(str(number)), self._beside(str(number + 1)))
        safe_files.write_whole(self._disk, self._beside("1"), content)
