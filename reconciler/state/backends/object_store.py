"""Object store backend: a small head object, written conditionally, that names its parts."""

import contextlib
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from reconciler.core.errors import StateError
from reconciler.core.network_access import DIRECTLY, Access
from reconciler.state.backends.base import (
    Conflict,
    Snapshot,
    Unavailable,
    VersionedSnapshot,
    bytes_of,
    lines_of,
    text_of,
)
from reconciler.state.backends.object_client import error_text, open_store
from reconciler.state.backends.object_head import (
    CHUNK_LINES,
    HeadVersion,
    ObjectNames,
    decode_head,
    encode_head,
)
from reconciler.state.causes import OBJECTS, cause_of
from reconciler.state.safe_files import MAX_BYTES

EARLIER = 5
_MAX_READS = 5
_ROUNDING = 2.0  # stores report whole seconds
_CREDENTIALS = "check the credentials in the environment, and their permissions on this bucket"


class ObjectBackend:
    """One snapshot in an object store with conditional writes, under ``name`` below ``address``.

    ``NAME/head.json`` holds the lock and the last journal lines and names the other objects.
    """

    def __init__(self, address: str, *, name: str, access: Access = DIRECTLY) -> None:
        parts = urlsplit(address)
        self._url = (
            f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}/{name}"
        )
        self._folder = (
            quote(name, safe="").replace(".", "%2E") if set(name) == {"."} else quote(name, safe="")
        )
        self._store = open_store(address, where=self.place, access=access)
        self._is_checked = False
        self._version = HeadVersion()
        self._parts: dict[str, bytes] = {}

    @property
    def place(self) -> str:
        """See Backend."""
        return self._url

    @property
    def earlier(self) -> str:
        """See Backend."""
        return f"an earlier version (the objects {self._url}/records/…)"

    def load(self) -> VersionedSnapshot:
        """See Backend."""
        for attempt in range(_MAX_READS):
            with self._translate_errors("read"):
                try:
                    response = obstore.get(self._store, self._key("head.json"))
                except FileNotFoundError:
                    self._version = HeadVersion()
                    return VersionedSnapshot(remains=self._remains())
                self._refuse_large(response.meta["size"])
                content = bytes(response.bytes())
                meta = response.meta
            version = HeadVersion(
                meta.get("e_tag") or "", meta.get("version") or "", meta["last_modified"]
            )
            # A missing part may have been replaced meanwhile; then the head has changed too.
            snapshot = self._snapshot(content, version, whole=attempt < _MAX_READS - 1)
            if snapshot is not None:
                return snapshot
        raise AssertionError("the last attempt uses what is there")

    def swap(self, current: VersionedSnapshot, snapshot: Snapshot) -> VersionedSnapshot:
        """See Backend."""
        self._check_conditional_writes()
        with self._translate_errors("written"):
            before = self._version.names
            names = ObjectNames(
                self._store_record(current, snapshot),
                self._store_chunks(current, snapshot),
                before.earlier,
            )
            if before.record and names.record != before.record:
                names = names._replace(earlier=(before.record, *before.earlier)[:EARLIER])
            content = encode_head(snapshot, names)
            try:
                put = obstore.put(
                    self._store, self._key("head.json"), content, mode=self._mode(current)
                )
            except (AlreadyExistsError, PreconditionError, FileNotFoundError) as error:
                raise Conflict from error
            self._version = HeadVersion(
                put.get("e_tag") or "", put.get("version") or "", None, names
            )
            self._delete(
                {before.record, *before.chunks, *before.earlier}
                - {"", names.record, *names.chunks, *names.earlier}
            )
        return VersionedSnapshot(snapshot, self._version_text())

    def silence(self, current: VersionedSnapshot) -> float | None:
        """See Backend."""
        if self._version.written is None or self._version_text() != current.version:
            return None
        probe = self._key(f"clock-{secrets.token_hex(8)}")
        with self._translate_errors("written"):
            obstore.put(self._store, probe, b"", mode="overwrite")
            now = obstore.head(self._store, probe)["last_modified"]
            self._delete({probe}, whole=True)
        return max((now - self._version.written).total_seconds() - _ROUNDING, 0.0)

    def close(self) -> None:
        """See Backend."""

    def _key(self, name: str) -> str:
        return f"{self._folder}/{name}"

    def _version_text(self) -> str:
        return f"{self._version.e_tag} {self._version.generation}".strip()

    def _mode(self, current: VersionedSnapshot) -> Any:
        if not current.version:
            return "create"
        cached = {"e_tag": self._version.e_tag, "version": self._version.generation}
        return {word: value for word, value in cached.items() if value}

    def _snapshot(
        self, content: bytes, version: HeadVersion, *, whole: bool
    ) -> VersionedSnapshot | None:
        """Assemble the snapshot of a head and its parts.

        None if a part is missing; with ``whole`` False such a part becomes text that fails every
        check.
        """
        head, names, tail = decode_head(content, where=self.place)
        self._version = version._replace(names=names)
        wanted = [name for name in (*names.chunks, names.record) if name]
        parts = {name: part for name in wanted if (part := self._part(name)) is not None}
        if whole and len(parts) < len(wanted):
            return None
        self._parts = parts
        journal = "".join(text_of(parts.get(name, b"missing\n")) for name in names.chunks) + tail
        record = text_of(parts[names.record]) if names.record in parts else None
        return VersionedSnapshot(Snapshot(head, record, lines_of(journal)), self._version_text())

    def _part(self, name: str) -> bytes | None:
        cached = self._parts.get(name)
        if cached is not None:
            return cached
        with self._translate_errors("read"):
            try:
                response = obstore.get(self._store, self._key(name))
            except FileNotFoundError:
                return None
            self._refuse_large(response.meta["size"])
            return bytes(response.bytes())

    def _refuse_large(self, size: int) -> None:
        if size > MAX_BYTES:
            raise StateError(
                f"{self.place}: is larger than {MAX_BYTES // 1024**2} MiB, too large for a state",
                hint=f"restore {self.earlier}",
            )

    def _store_object(self, folder: str, content: bytes) -> str:
        name = f"{folder}/{secrets.token_hex(12)}"
        obstore.put(self._store, self._key(name), content, mode="create")
        self._parts[name] = content
        return name

    def _store_record(self, current: VersionedSnapshot, snapshot: Snapshot) -> str:
        """The object of the record: the present one if unchanged, else a new one."""
        names = self._version.names
        if snapshot.record is None:
            return ""
        return (
            names.record
            if names.record and snapshot.record == current.snapshot.record
            else self._store_object("records", bytes_of(snapshot.record))
        )

    def _store_chunks(self, current: VersionedSnapshot, snapshot: Snapshot) -> tuple[str, ...]:
        """The objects of all full journal chunks; new ones are written."""
        same = current.snapshot.journal == snapshot.journal[: len(current.snapshot.journal)]
        names = self._version.names.chunks if same else ()
        full = len(snapshot.journal) // CHUNK_LINES
        for number in range(len(names), full):
            lines = snapshot.journal[number * CHUNK_LINES : (number + 1) * CHUNK_LINES]
            names = (*names, self._store_object("journal", bytes_of("".join(lines))))
        return names

    def _delete(self, names: set[str], *, whole: bool = False) -> None:
        """Delete unreferenced objects. A failure does no harm and is ignored."""
        for name in names:
            self._parts.pop(name, None)
            with contextlib.suppress(BaseError, OSError):
                obstore.delete(self._store, name if whole else self._key(name))

    def _remains(self) -> str:
        """What is left of a state whose head is gone."""
        response = next(
            iter(obstore.list(self._store, prefix=f"{self._folder}/records", chunk_size=1)), []
        )
        return "records" if response else ""

    def _check_conditional_writes(self) -> None:
        """StateError if the store ignores conditions: concurrent writes would overwrite each other."""
        if self._is_checked:
            return
        key = self._key(f"selftest-{secrets.token_hex(8)}")
        with self._translate_errors("written"):
            first = obstore.put(self._store, key, b"1", mode="create")
            stale: Any = {
                word: value for word in ("e_tag", "version") if (value := first.get(word))
            }
            try:
                if not stale:
                    self._refuse_store("returns no version of what it wrote")
                if not _is_refused(self._store, key, b"2", "create"):
                    self._refuse_store("overwrites an object that was only to be created")
                obstore.put(self._store, key, b"3", mode=stale)
                if not _is_refused(self._store, key, b"4", stale):
                    self._refuse_store("overwrites a version that is not the one that was read")
            finally:
                self._delete({key}, whole=True)
        self._is_checked = True

    def _refuse_store(self, what: str) -> None:
        raise StateError(
            f"{self.place}: this store cannot keep a state safely: it {what}",
            hint="two runs at once would overwrite each other's state; use a store with conditional writes, or state: git",
        )

    @contextlib.contextmanager
    def _translate_errors(self, what: str) -> Iterator[None]:
        """Translate the store's errors. Objects that may be missing are handled before."""
        try:
            yield
        except (BaseError, OSError) as error:
            raise _translated(f"{self.place}: cannot be {what}", error) from error


def _translated(what: str, error: Exception) -> StateError:
    """Our error for a store's error, with the fix for its cause."""
    cause = cause_of(str(error), OBJECTS)
    denied = isinstance(error, PermissionDeniedError | UnauthenticatedError)
    if cause is None:
        hint = _CREDENTIALS if denied else "check the network, the address and the region"
        return (StateError if denied else Unavailable)(f"{what}: {error_text(error)}", hint=hint)
    kind = StateError if denied or cause.lasting else Unavailable
    return kind(f"{what}: {cause.sentence} ({error_text(error)})", hint=cause.hint)


def _is_refused(store: Any, key: str, content: bytes, mode: Any) -> bool:
    try:
        obstore.put(store, key, content, mode=mode)
    except (AlreadyExistsError, PreconditionError):
        return True
    return False
