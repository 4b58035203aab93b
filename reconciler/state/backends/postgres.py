"""PostgreSQL backend: lock, record and journal in one table, changed in one transaction."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reconciler.core.errors import StateError
from reconciler.core.text import printable
from reconciler.state.backends.base import Conflict, Snapshot, Unavailable, VersionedSnapshot
from reconciler.state.causes import POSTGRES, cause_of
from reconciler.state.lock_record import decode_lock_record, encode_lock_record
from reconciler.state.loopback import is_local

EARLIER = 5
# Advisory lock number for creating the table; the value is arbitrary.
_MAKE = """
SELECT pg_advisory_xact_lock(7241650233);
CREATE TABLE IF NOT EXISTS reconciler_state (
    environment text NOT NULL,
    part text NOT NULL CHECK (part IN ('head', 'record', 'journal')),
    number bigint NOT NULL,
    version bigint NOT NULL,
    content text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (environment, part, number)
)"""
_LOAD = """
SELECT part, version, content FROM reconciler_state AS here
WHERE environment = %s AND (part <> 'record' OR number = (
    SELECT max(number) FROM reconciler_state WHERE environment = here.environment AND part = 'record'))
ORDER BY part, number"""
_SILENCE = """
SELECT extract(epoch FROM clock_timestamp() - changed_at)::float8 FROM reconciler_state
WHERE environment = %s AND part = 'head' AND version = %s"""
# A stalled writer must not block others, and a reported write must be on disk.
_WITH_CARE = """
SET LOCAL lock_timeout = '15s'; SET LOCAL statement_timeout = '30s';
SET LOCAL idle_in_transaction_session_timeout = '15s'; SET LOCAL synchronous_commit = on"""
_FIRST = "INSERT INTO reconciler_state VALUES (%s, 'head', 0, 1, %s) ON CONFLICT DO NOTHING"
_NEXT = """
UPDATE reconciler_state SET version = version + 1, content = %s, changed_at = clock_timestamp()
WHERE environment = %s AND part = 'head' AND version = %s"""
_ADD = "INSERT INTO reconciler_state VALUES (%s, %s, %s, %s, %s)"
_CLEAR = "DELETE FROM reconciler_state WHERE environment = %s AND part = %s"
_THIN = """
DELETE FROM reconciler_state WHERE environment = %s AND part = 'record' AND number NOT IN (
    SELECT number FROM reconciler_state WHERE environment = %s AND part = 'record' ORDER BY number DESC LIMIT %s)"""
_ADDRESS = (
    "write postgresql://USER@HOST/DATABASE, and the password into PGPASSWORD or a password file"
)
_IN_CLEAR = ("disable", "allow", "prefer")
_RIGHTS = "the role needs SELECT, INSERT, UPDATE and DELETE on the table reconciler_state, and CREATE on its schema to make it"


def _check(known: dict[str, Any], *, near: bool) -> None:
    """StateError if the address, which a branch can change, would send a password in clear."""
    foreign = [word for word in ("hostaddr", "service", "passfile", "sslkey") if known.get(word)]
    if foreign:
        raise StateError(
            f"state: {foreign[0]} is not allowed in the address of a database", hint=_ADDRESS
        )
    if not near and known.get("sslmode") in _IN_CLEAR:
        raise StateError(
            f"state: sslmode={known['sslmode']} would send the password to {printable(str(known.get('host')))} in clear text",
            hint="leave sslmode out, which encrypts, or write sslmode=verify-full",
        )


class PostgresBackend:
    """One snapshot in the table ``reconciler_state`` at ``address``, in rows of ``name``."""

    def __init__(self, address: str, *, name: str) -> None:
        self._name = name
        try:
            known = conninfo_to_dict(address)
        except psycopg.Error:
            # The driver's message contains the address, and with it the password.
            raise StateError(
                "state: this is not the address of a PostgreSQL database", hint=_ADDRESS
            ) from None
        host, port = str(known.get("host") or os.environ.get("PGHOST", "")), known.get("port")
        near = all(map(is_local, host.split(",")))
        _check(known, near=near)
        database = known.get("dbname") or os.environ.get("PGDATABASE", "")
        self._shown = printable(
            f"postgresql://{host}{f':{port}' if port else ''}/{database} ({name})"
        )
        self._secrets = [
            str(secret)
            for secret in (known.get("password"), os.environ.get("PGPASSWORD"))
            if secret
        ]
        careful: dict[str, Any] = {
            "connect_timeout": 10,
            "tcp_user_timeout": 30000,
            "application_name": "reconciler",
        }
        if not near and "PGSSLMODE" not in os.environ:
            careful["sslmode"] = "require"
        self._conninfo = make_conninfo(
            "", **careful | {word: value for word, value in known.items() if value is not None}
        )
        self._connection: psycopg.Connection[Any] | None = None

    @property
    def place(self) -> str:
        """See Backend."""
        return self._shown

    @property
    def earlier(self) -> str:
        """See Backend."""
        return "an earlier version (the rows 'record' of the table reconciler_state)"

    def load(self) -> VersionedSnapshot:
        """See Backend."""
        with self._connection_in_use("read") as connection:
            try:
                rows = connection.execute(_LOAD, (self._name,)).fetchall()
            except errors.UndefinedTable:
                return VersionedSnapshot()
        heads = [(version, content) for part, version, content in rows if part == "head"]
        record = next((content for part, _, content in rows if part == "record"), None)
        if not heads:
            return VersionedSnapshot(remains="records" if rows else "")
        journal = tuple(content for part, _, content in rows if part == "journal")
        (version, head), *_ = heads
        return VersionedSnapshot(
            Snapshot(decode_lock_record(head.encode(), where=self.place), record, journal),
            str(version),
        )

    def swap(self, current: VersionedSnapshot, snapshot: Snapshot) -> VersionedSnapshot:
        """See Backend."""
        version = int(current.version or 0) + 1
        with self._connection_in_use("written") as connection:
            try:
                self._write(connection, current, snapshot, version)
            except errors.UndefinedTable:
                with connection.transaction():
                    connection.execute(_MAKE)
                self._write(connection, current, snapshot, version)
        return VersionedSnapshot(snapshot, str(version))

    def silence(self, current: VersionedSnapshot) -> float | None:
        """See Backend."""
        with self._connection_in_use("read") as connection:
            row = connection.execute(_SILENCE, (self._name, int(current.version))).fetchone()
        return float(row[0]) if row else 0.0

    def close(self) -> None:
        """See Backend."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write(
        self,
        connection: psycopg.Connection[Any],
        current: VersionedSnapshot,
        snapshot: Snapshot,
        version: int,
    ) -> None:
        head = encode_lock_record(snapshot.head).decode()
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(_WITH_CARE)
            if current.version:
                cursor.execute(_NEXT, (head, self._name, version - 1))
            else:
                cursor.execute(_FIRST, (self._name, head))
            if cursor.rowcount != 1:
                raise Conflict
            if snapshot.record is None and current.snapshot.record is not None:
                cursor.execute(_CLEAR, (self._name, "record"))
            elif snapshot.record is not None and snapshot.record != current.snapshot.record:
                cursor.execute(_ADD, (self._name, "record", version, version, snapshot.record))
                cursor.execute(_THIN, (self._name, self._name, EARLIER + 1))
            kept = len(current.snapshot.journal)
            if snapshot.journal[:kept] != current.snapshot.journal:
                cursor.execute(_CLEAR, (self._name, "journal"))
                kept = 0
            added = [
                (self._name, "journal", number, version, line)
                for number, line in enumerate(snapshot.journal[kept:], kept + 1)
            ]
            cursor.executemany(_ADD, added)

    @contextlib.contextmanager
    def _connection_in_use(self, what: str) -> Iterator[psycopg.Connection[Any]]:
        """Open a connection and translate the database's errors."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(
                    self._conninfo, autocommit=True, prepare_threshold=None
                )
            yield self._connection
        except errors.InsufficientPrivilege as error:
            raise StateError(
                f"{self.place}: cannot be {what}: {self._told(error)}", hint=_RIGHTS
            ) from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self.close()
            told, cause = self._told(error), cause_of(str(error), POSTGRES)
            sentence = f"{cause.sentence} ({told})" if cause else told
            hint = cause.hint if cause else "check the address, the user and the network"
            raise Unavailable(f"{self.place}: cannot be {what}: {sentence}", hint=hint) from error
        except psycopg.Error as error:
            told, cause = self._told(error), cause_of(str(error), POSTGRES)
            sentence, hint = (
                (f"{cause.sentence} ({told})", cause.hint) if cause else (told, _RIGHTS)
            )
            raise StateError(f"{self.place}: cannot be {what}: {sentence}", hint=hint) from error

    def _told(self, error: psycopg.Error) -> str:
        text = str(error)
        for secret in self._secrets:
            text = text.replace(secret, "(secret)")
        return printable(" ".join(text.split()))[:300]
