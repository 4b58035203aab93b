"""The shared place in an object store: one small object, replaced only in the version that was read, and the parts that it names."""

import contextlib
import json
import re
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, PreconditionError, UnauthenticatedError
from obstore.store import AzureStore, GCSStore, S3Store, from_url

from reconciler.core.access import DIRECTLY, Access
from reconciler.core.errors import StateError
from reconciler.core.text import printable
from reconciler.state.causes import OBJECTS, cause_of, without_xml
from reconciler.state.files import MOST_BYTES
from reconciler.state.head import Head, head_in, head_out
from reconciler.state.object_client import client_options
from reconciler.state.shelf import Held, Moved, Page, Unreached, bytes_of, lines_of, text_of

if TYPE_CHECKING:
    from obstore.store import RetryConfig  # known to type checkers alone

EARLIER = 5
_CHUNK = 64  # lines of the journal that are put away together
_LOOKS = 5
_ROUNDING = 2.0  # stores tell whole seconds
_QUERY = re.compile(r"\?[^\s\"'<>]*")
_CREDENTIALS = "look at the credentials in the environment, and what they may do with this bucket"
_RETRIES: "RetryConfig" = {"max_retries": 2, "retry_timeout": timedelta(seconds=30)}


class _Names(NamedTuple):
    """Which objects make up a page beside its head: the record, the journal's full chunks, and the records before."""

    record: str = ""
    chunks: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()


class _Version(NamedTuple):
    """What the store knows a version of the head by, when it wrote it ('' and None where it does not say), and what it names."""

    e_tag: str = ""
    generation: str = ""
    written: datetime | None = None
    names: _Names = _Names()


def _told(error: Exception) -> str:
    """An error of the store on one line and short; what follows a question mark in a URL may be a signature."""
    first, _, _ = str(error).partition("Debug source")
    return printable(" ".join(_QUERY.sub("", without_xml(first)).split()))[:300]


class ObjectShelf:
    """One page in an object store that writes only where a condition holds; ``address`` is its URL, ``name`` a folder in it.

    ``NAME/head.json`` holds the lock and the last lines of the journal, and names the objects that hold the rest.
    """

    def __init__(self, address: str, *, name: str, access: Access = DIRECTLY) -> None:
        parts = urlsplit(address)
        self._shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}/{name}"
        self._folder = quote(name, safe="").replace(".", "%2E") if set(name) == {"."} else quote(name, safe="")
        self._store = _opened(address, where=self.place, access=access)
        self._proved = False
        self._version = _Version()
        self._parts: dict[str, bytes] = {}

    @property
    def place(self) -> str:
        """See Shelf."""
        return self._shown

    @property
    def earlier(self) -> str:
        """See Shelf."""
        return f"an earlier version (the objects {self._shown}/records/…)"

    def load(self) -> Held:
        """See Shelf."""
        for look in range(_LOOKS):
            with self._translated("read"):
                try:
                    found = obstore.get(self._store, self._key("head.json"))
                except FileNotFoundError:
                    self._version = _Version()
                    return Held(remains=self._remains())
                self._refuse_large(found.meta["size"])
                content = bytes(found.bytes())
                meta = found.meta
            version = _Version(meta.get("e_tag") or "", meta.get("version") or "", meta["last_modified"])
            # A part that is missing may have been replaced meanwhile; then the head is another one too.
            page = self._page(content, version, whole=look < _LOOKS - 1)
            if page is not None:
                return page
        raise AssertionError("the last look takes what is there")

    def swap(self, held: Held, page: Page) -> Held:
        """See Shelf."""
        self._prove()
        with self._translated("written"):
            before = self._version.names
            names = _Names(self._record_named(held, page), self._chunks_named(held, page), before.earlier)
            if before.record and names.record != before.record:
                names = names._replace(earlier=(before.record, *before.earlier)[:EARLIER])
            content = _envelope(page, names)
            try:
                put = obstore.put(self._store, self._key("head.json"), content, mode=self._mode(held))
            except (AlreadyExistsError, PreconditionError, FileNotFoundError) as error:
                raise Moved from error
            self._version = _Version(put.get("e_tag") or "", put.get("version") or "", None, names)
            self._forget({before.record, *before.chunks, *before.earlier} - {"", names.record, *names.chunks, *names.earlier})
        return Held(page, self._mark())

    def silence(self, held: Held) -> float | None:
        """See Shelf."""
        if self._version.written is None or self._mark() != held.version:
            return None
        probe = self._key(f"clock-{secrets.token_hex(8)}")
        with self._translated("written"):
            obstore.put(self._store, probe, b"", mode="overwrite")
            now = obstore.head(self._store, probe)["last_modified"]
            self._forget({probe}, whole=True)
        return max((now - self._version.written).total_seconds() - _ROUNDING, 0.0)

    def close(self) -> None:
        """See Shelf."""

    def _key(self, name: str) -> str:
        return f"{self._folder}/{name}"

    def _mark(self) -> str:
        return f"{self._version.e_tag} {self._version.generation}".strip()

    def _mode(self, held: Held) -> Any:
        if not held.version:
            return "create"
        known = {"e_tag": self._version.e_tag, "version": self._version.generation}
        return {word: value for word, value in known.items() if value}

    def _page(self, content: bytes, version: _Version, *, whole: bool) -> Held | None:
        """The page that a head's object and the objects that it names make up.

        None where one of them is missing; where it need not be ``whole``, a page that no check lets pass.
        """
        head, names, tail = _opened_envelope(content, where=self.place)
        self._version = version._replace(names=names)
        wanted = [name for name in (*names.chunks, names.record) if name]
        parts = {name: part for name in wanted if (part := self._part(name)) is not None}
        if whole and len(parts) < len(wanted):
            return None
        self._parts = parts
        journal = "".join(text_of(parts.get(name, b"missing\n")) for name in names.chunks) + tail
        record = text_of(parts[names.record]) if names.record in parts else None
        return Held(Page(head, record, lines_of(journal)), self._mark())

    def _part(self, name: str) -> bytes | None:
        known = self._parts.get(name)
        if known is not None:
            return known
        with self._translated("read"):
            try:
                found = obstore.get(self._store, self._key(name))
            except FileNotFoundError:
                return None
            self._refuse_large(found.meta["size"])
            return bytes(found.bytes())

    def _refuse_large(self, size: int) -> None:
        if size > MOST_BYTES:
            raise StateError(f"{self.place}: is larger than {MOST_BYTES // 1024**2} MiB, which no state is", hint=f"restore {self.earlier}")

    def _put_away(self, folder: str, content: bytes) -> str:
        name = f"{folder}/{secrets.token_hex(12)}"
        obstore.put(self._store, self._key(name), content, mode="create")
        self._parts[name] = content
        return name

    def _record_named(self, held: Held, page: Page) -> str:
        """The object that holds the page's record: the one that is there, else a new one."""
        names = self._version.names
        if page.record is None:
            return ""
        return names.record if names.record and page.record == held.page.record else self._put_away("records", bytes_of(page.record))

    def _chunks_named(self, held: Held, page: Page) -> tuple[str, ...]:
        """The objects that hold all of the page's journal but its last lines."""
        same = held.page.journal == page.journal[: len(held.page.journal)]
        names = self._version.names.chunks if same else ()
        full = len(page.journal) // _CHUNK
        for number in range(len(names), full):
            lines = page.journal[number * _CHUNK : (number + 1) * _CHUNK]
            names = (*names, self._put_away("journal", bytes_of("".join(lines))))
        return names

    def _forget(self, names: set[str], *, whole: bool = False) -> None:
        """Delete what nothing names any more; what stays because that fails does no harm."""
        for name in names:
            self._parts.pop(name, None)
            with contextlib.suppress(BaseError, OSError):
                obstore.delete(self._store, name if whole else self._key(name))

    def _remains(self) -> str:
        """What is there without a head. It is looked for once, where there is no head."""
        found = next(iter(obstore.list(self._store, prefix=f"{self._folder}/records", chunk_size=1)), [])
        return "records" if found else ""

    def _prove(self) -> None:
        """StateError where the store does not keep to conditions: there everybody's write would win."""
        if self._proved:
            return
        key = self._key(f"selftest-{secrets.token_hex(8)}")
        with self._translated("written"):
            first = obstore.put(self._store, key, b"1", mode="create")
            stale: Any = {word: value for word in ("e_tag", "version") if (value := first.get(word))}
            try:
                if not stale:
                    self._refuse_lying("tells no version of what it wrote")
                if not _fails(self._store, key, b"2", "create"):
                    self._refuse_lying("overwrites an object that was only to be created")
                obstore.put(self._store, key, b"3", mode=stale)
                if not _fails(self._store, key, b"4", stale):
                    self._refuse_lying("overwrites a version that is not the one that was read")
            finally:
                self._forget({key}, whole=True)
        self._proved = True

    def _refuse_lying(self, what: str) -> None:
        raise StateError(
            f"{self.place}: this store cannot keep a record safe: it {what}",
            hint="two runs at once would destroy each other's record; use a store with conditional writes, or state: git",
        )

    @contextlib.contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        """The store's errors as ours; what is missing and may be missing never gets here."""
        try:
            yield
        except (BaseError, OSError) as error:
            raise _as_ours(f"{self.place}: cannot be {what}", error) from error


def _as_ours(what: str, error: Exception) -> StateError:
    """A store's error as ours, with the cure of its cause."""
    cause = cause_of(str(error), OBJECTS)
    denied = isinstance(error, PermissionDeniedError | UnauthenticatedError)
    if cause is None:
        hint = _CREDENTIALS if denied else "look at the network, the address and the region"
        return (StateError if denied else Unreached)(f"{what}: {_told(error)}", hint=hint)
    kind = StateError if denied or cause.lasting else Unreached
    return kind(f"{what}: {cause.sentence} ({_told(error)})", hint=cause.hint)


def _fails(store: Any, key: str, content: bytes, mode: Any) -> bool:
    try:
        obstore.put(store, key, content, mode=mode)
    except (AlreadyExistsError, PreconditionError):
        return True
    return False


def _opened(address: str, *, where: str, access: Access) -> S3Store | GCSStore | AzureStore:
    options = client_options(access)
    try:
        store = from_url(address, client_options=options, retry_config=_RETRIES)
    except (BaseError, ValueError, OSError) as error:
        raise StateError(
            f"{where}: cannot be used: {_told(error)}", hint="write s3://BUCKET/PATH, gs://BUCKET/PATH or az://CONTAINER/PATH"
        ) from error
    assert isinstance(store, S3Store | GCSStore | AzureStore)
    return store


def _envelope(page: Page, names: _Names) -> bytes:
    tail = "".join(page.journal[len(names.chunks) * _CHUNK :])
    told = {"head": head_out(page.head).decode(), "journal": tail, **names._asdict()}
    return json.dumps(told, indent=1).encode()


def _opened_envelope(content: bytes, *, where: str) -> tuple[Head, _Names, str]:
    """The head, the names of the parts, and the last lines of the journal. A StateError where it is not one of ours."""
    try:
        found = json.loads(content)
        record, chunks, earlier, tail = (found[word] for word in ("record", "chunks", "earlier", "journal"))
        names = _Names(record, tuple(chunks), tuple(earlier))
        if not all(isinstance(word, str) for word in (tail, record, *names.chunks, *names.earlier)):
            raise TypeError("not a name")  # noqa: TRY301  # told below, as everything that cannot be used
        return head_in(found["head"].encode(), where=where), names, tail
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StateError(f"{where}: its head.json was damaged or edited", hint="restore an earlier version of that object") from error
