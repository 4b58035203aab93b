"""SQLite store of the local Space, shared by processes: records by kind, some with an owner."""

import json
import sqlite3
import threading
import time
import uuid
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from reconciler.core.errors import ReconcilerError
from reconciler.core.named_tuple import NamedTuple
from reconciler.localspace.database_file import create_private, not_of_a_space
from reconciler.localspace.timestamps import stored

# Several processes may share the file: a start under load holds it for seconds.
_BUSY_SECONDS = 20.0
REMEMBERED = 200_000
_TABLES = """
CREATE TABLE IF NOT EXISTS record (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    owner TEXT REFERENCES record (id) ON DELETE CASCADE,
    name TEXT,
    attributes TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS record_by_name ON record (kind, name) WHERE name IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_by_kind ON record (kind, owner, seq);
CREATE INDEX IF NOT EXISTS record_by_owner ON record (owner);
CREATE TABLE IF NOT EXISTS counter (only INTEGER PRIMARY KEY CHECK (only = 1), value INTEGER NOT NULL);
INSERT OR IGNORE INTO counter VALUES (1, 0);
"""
_COLUMNS = "seq, id, kind, owner, name, attributes, created_at, updated_at"
_SEEDED = uuid.UUID("6f1c0f0e-52f5-5c3e-9d5e-6f2b8f1f4a10")


class Record(NamedTuple):
    """A record. ``seq`` is its position in lists, ``name`` is unique in its kind.

    Times are in stored form.
    """

    seq: int
    id: str
    kind: str
    owner: str | None
    name: str | None
    attributes: dict[str, Any]
    created_at: str
    updated_at: str


class Mutation(NamedTuple):
    """A committed write: the request, and the record that it changed."""

    method: str
    path: str
    kind: str
    id: str
    body: Any


class Filter(NamedTuple):
    """A condition on an attribute: ``operator`` is ``=``, ``>=``, ``<=``, ``<`` or ``contains``."""

    attribute: str
    operator: str
    value: Any


def _record(row: Sequence[Any]) -> Record:
    seq, id_, kind, owner, name, attributes, created_at, updated_at = row
    return Record(seq, id_, kind, owner, name, json.loads(attributes), created_at, updated_at)


def _condition(condition: Filter) -> tuple[str, list[Any]]:
    path = f'$."{condition.attribute}"'
    if condition.operator == "contains":
        return "instr(json_extract(attributes, ?), ?) > 0", [path, condition.value]
    return f"json_extract(attributes, ?) {condition.operator} ?", [path, condition.value]


def _conditions(
    kind: str, owner: str | None, filters: Sequence[Filter], hidden: Sequence[str]
) -> tuple[str, list[Any]]:
    parts: list[tuple[str, list[Any]]] = [("kind = ?", [kind])]
    if owner is not None:
        parts.append(("owner = ?", [owner]))
    if hidden:
        parts.append((f"id NOT IN ({', '.join('?' * len(hidden))})", list(hidden)))
    parts += [_condition(wanted) for wanted in filters]
    return " AND ".join(text for text, _ in parts), [
        value for _, values in parts for value in values
    ]


def _patiently(connection: sqlite3.Connection, statement: str) -> list[Any]:
    """Retries ``statement``, which SQLite rejects while another process opens the file."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            return connection.execute(statement).fetchall()
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _check_tables(connection: sqlite3.Connection, database: str) -> None:
    """ReconcilerError if the database belongs to another program."""
    found = _patiently(connection, "SELECT name FROM sqlite_master WHERE type = 'table'")
    if found and "record" not in {name for (name,) in found}:
        raise not_of_a_space(database, "it is the database of another program")


def _connect(database: str) -> sqlite3.Connection:
    if database != ":memory:":
        create_private(database)
    connection = sqlite3.connect(
        database, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        _check_tables(connection, database)
        _patiently(connection, "PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN IMMEDIATE")
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute("COMMIT")
    except ReconcilerError:
        connection.close()
        raise
    except sqlite3.OperationalError as error:  # locked, read-only, a full disk
        connection.close()
        raise ReconcilerError(
            f"{database}: cannot be used as the database of the local Space: {error}",
            hint="name another file with --data, or move this one to another place",
        ) from error
    except sqlite3.DatabaseError as error:
        connection.close()
        raise not_of_a_space(database, error) from error
    return connection


class Store:
    """All records, behind one connection and one lock.

    ``ledger`` holds the mutations of this process, in the order of their commits.
    """

    def __init__(self, database: str) -> None:
        self.database = database
        self._connection = _connect(database)
        # An unclosed Space leaves no side files and no warning.
        self._finalizer = weakref.finalize(self, self._connection.close)
        self._lock = threading.RLock()
        self.ledger: deque[Mutation] = deque(maxlen=REMEMBERED)

    def close(self) -> None:
        """Close the file. The store cannot be used afterwards."""
        with self._lock:
            self._finalizer()

    @contextmanager
    def writing(self) -> Iterator[list[Mutation]]:
        """One transaction. Mutations appended to the yielded list enter the ledger on commit."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            mutations: list[Mutation] = []
            try:
                yield mutations
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
            self.ledger.extend(mutations)

    def _rows(self, statement: str, values: Sequence[Any]) -> list[Any]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def _next(self) -> int:
        self._rows("UPDATE counter SET value = value + 1", ())
        return int(self._rows("SELECT value FROM counter", ())[0][0])

    def fresh(self, seed: int | None) -> str:
        """A new UUID, from the seed if there is one. Call it while writing."""
        return str(uuid.uuid4() if seed is None else uuid.uuid5(_SEEDED, f"{seed}/{self._next()}"))

    def get(self, kind: str, id_: str) -> Record | None:
        """The record of this kind and id."""
        statement = f"SELECT {_COLUMNS} FROM record WHERE kind = ? AND id = ?"  # noqa: S608
        rows = self._rows(statement, (kind, id_))
        return _record(rows[0]) if rows else None

    def named(self, kind: str, name: str) -> Record | None:
        """The record of this kind and name."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM record WHERE kind = ? AND name = ?",  # noqa: S608
            (kind, name),
        )
        return _record(rows[0]) if rows else None

    def page(
        self,
        kind: str,
        *,
        owner: str | None = None,
        filters: Sequence[Filter] = (),
        hidden: Sequence[str] = (),
        after: int = 0,
        limit: int = -1,
    ) -> list[Record]:
        """At most ``limit`` (-1: all) records of a list after ``after``, in order of creation."""
        where, values = _conditions(kind, owner, filters, hidden)
        statement = f"SELECT {_COLUMNS} FROM record WHERE {where} AND seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
        return [_record(row) for row in self._rows(statement, [*values, after, limit])]

    def page_start(
        self,
        kind: str,
        *,
        owner: str | None,
        filters: Sequence[Filter],
        hidden: Sequence[str],
        upto: int,
        size: int,
    ) -> int:
        """The position before the page that ends with the record at ``upto``; 0 is the start."""
        where, values = _conditions(kind, owner, filters, hidden)
        statement = (
            f"SELECT seq FROM record WHERE {where} AND seq <= ? ORDER BY seq DESC LIMIT 1 OFFSET ?"  # noqa: S608
        )
        rows = self._rows(statement, [*values, upto, size])
        return int(rows[0][0]) if rows else 0

    def insert(
        self,
        kind: str,
        id_: str,
        attributes: dict[str, Any],
        *,
        now: datetime,
        owner: str | None = None,
        name: str | None = None,
    ) -> Record:
        """A new record, last in its lists. Call it while writing."""
        moment = stored(now)
        record = Record(self._next(), id_, kind, owner, name, attributes, moment, moment)
        row = record._replace(attributes=json.dumps(attributes))  # type: ignore[arg-type]  # as SQLite keeps it
        self._rows(f"INSERT INTO record ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
        return record

    def replace(
        self, record: Record, attributes: dict[str, Any], *, now: datetime, name: str | None = None
    ) -> Record:
        """The record with new attributes, and a new name if given. Call it while writing."""
        changed = record._replace(attributes=attributes, name=name or record.name)
        if changed == record:
            return record
        changed = changed._replace(updated_at=stored(now))
        values = (changed.name, json.dumps(attributes), changed.updated_at, record.id)
        self._rows(
            "UPDATE record SET name = ?, attributes = ?, updated_at = ? WHERE id = ?", values
        )
        return changed

    def remove(self, id_: str) -> None:
        """Remove the record and all that it owns. Call it while writing."""
        self._rows("DELETE FROM record WHERE id = ?", (id_,))
