"""The record in PostgreSQL: a real one, started by the tests in a folder of its own."""

import threading
import time

import psycopg
import pytest

from reconciler.core.errors import StateError
from reconciler.state.backends.base import Snapshot, VersionedSnapshot
from reconciler.state.backends.postgres import EARLIER, PostgresBackend
from reconciler.state.lease import Clock
from reconciler.state.record import Entry
from reconciler.state.remote import SharedState
from tests.integration.state_backends.places import PATIENT, made, resource

A = resource("ada", 0)
OURS = (
    "FROM pg_stat_activity WHERE application_name = 'reconciler' AND datname = current_database()"
)
QUICK = Clock(sleep=lambda _: None)


def opened(address, *, name="prod"):
    return SharedState(
        PostgresBackend(address, name=name),
        space="local",
        project="local",
        timing=PATIENT,
        clock=QUICK,
    )


@pytest.fixture
def database(postgres, request):
    """A database of its own, without our table in it."""
    name = f"db{abs(hash(request.node.name)) % 10**9}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def rows(address, question):
    with psycopg.connect(address) as connection:
        return connection.execute(question).fetchall()


def test_a_look_makes_no_table(database):
    assert opened(database).read().serial == 0
    assert rows(database, "SELECT to_regclass('reconciler_state')") == [(None,)]


def test_runs_that_are_the_first_at_once_make_one_table(database):
    ready, written = threading.Barrier(6), []

    def run(number):
        store = opened(database, name=f"env{number}")
        state = store.read()
        ready.wait()
        written.append(store.write(state).serial)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert written == [1] * 6
    assert rows(database, "SELECT count(*) FROM reconciler_state WHERE part = 'head'") == [(6,)]


def test_the_database_tells_how_long_a_version_was_left_alone(database):
    backend = PostgresBackend(database, name="prod")
    first = backend.swap(VersionedSnapshot(), Snapshot())
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE reconciler_state SET changed_at = changed_at - interval '1 h'")
    assert 3600 <= backend.silence(first) < 7200
    second = backend.swap(first, Snapshot())
    assert 0 <= backend.silence(second) < 3600
    assert backend.silence(first) == 0
    backend.close()


def test_what_is_in_the_table(database):
    store = opened(database)
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        store.note(state, Entry(A))
        store.note(state, made("ada", 1))
        found = rows(
            database, "SELECT environment, part, number FROM reconciler_state ORDER BY part, number"
        )
        assert found == [
            ("prod", "head", 0),
            ("prod", "journal", 1),
            ("prod", "journal", 2),
            ("prod", "record", 2),
        ]
        state = store.read()
        for _ in range(EARLIER + 3):
            state = store.write(state)
    assert rows(
        database, "SELECT part, count(*) FROM reconciler_state GROUP BY part ORDER BY part"
    ) == [
        ("head", 1),
        ("record", EARLIER + 1),
    ]


def test_a_connection_that_is_cut_under_the_lock_is_made_again(database):
    store = opened(database)
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        assert rows(database, f"SELECT pg_terminate_backend(pid) {OURS}") == [(True,)]
        store.note(state, Entry(A))
    assert opened(database).read().resources == {A.address: A}
    deadline = time.monotonic() + 10
    while rows(database, f"SELECT pid {OURS}") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert rows(database, f"SELECT pid {OURS}") == []


def test_a_role_with_no_more_than_it_needs(database):
    opened(database).write(opened(database).read())
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS runner")
        connection.execute("CREATE ROLE runner LOGIN")
        connection.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON reconciler_state TO runner")
    narrow = opened(database.replace("owner@", "runner@"))
    with narrow.lock(reason="apply", since="now"):
        narrow.note(narrow.write(narrow.read()), Entry(A))
        narrow.write(narrow.read())
    assert opened(database).read().serial == 3
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("REVOKE ALL ON reconciler_state FROM runner")
    with pytest.raises(
        StateError, match="cannot be read: permission denied for table reconciler_state"
    ) as refusal:
        narrow.read()
    assert "SELECT, INSERT, UPDATE and DELETE" in refusal.value.hint
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP ROLE runner")


def test_a_database_that_only_gives_says_so(database):
    opened(database).write(opened(database).read())
    with psycopg.connect(database, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(StateError, match="cannot execute UPDATE in a read-only transaction"):
        opened(database).write(opened(database).read())


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://owner:canary-word@{host}/nowhere",
        "postgresql://nobody:canary-word@{host}/postgres",
        "postgresql://owner:canary-word@127.0.0.1:9/postgres",
        "postgresql://owner:canary-word@/postgres?host={socket}&no_such=canary-word",
        "postgresql://owner:canary-word@[bad/postgres",
        "postgresql://owner:canary-word@127.0.0.1:port/postgres",
        "postgresql://owner@127.0.0.1:9/postgres?password=canary-word",
    ],
)
def test_the_password_is_in_no_message(postgres, address):
    socket = postgres.partition("host=")[2]
    address = address.format(host=socket.replace("/", "%2F"), socket=socket)
    with pytest.raises(StateError) as refusal:
        opened(address).read()
    told = [refusal.value.message, refusal.value.hint]
    assert not any("canary" in word for word in told)
    assert refusal.value.__cause__ is None or "canary" not in str(refusal.value.__cause__)


def test_the_place_is_told_without_user_and_password():
    backend = PostgresBackend(
        "postgresql://ada:pw@db.example.org:5433/rooms?sslmode=verify-full", name="prod"
    )
    assert backend.place == "postgresql://db.example.org:5433/rooms (prod)"


@pytest.mark.parametrize(
    ("address", "mode"),
    [
        ("postgresql://db.example.org/rooms", "require"),
        ("postgresql://db.example.org/rooms?sslmode=verify-full", "verify-full"),
        ("postgresql://127.0.0.1/rooms?sslmode=disable", "disable"),
        ("postgresql://127.0.0.1/rooms", None),
        ("postgresql://localhost/rooms", None),
        ("postgresql:///rooms?host=/tmp", None),
        ("postgresql:///rooms", None),
    ],
)
def test_over_a_network_the_connection_is_encrypted_unless_something_else_is_said(
    address, mode, monkeypatch
):
    monkeypatch.delenv("PGSSLMODE", raising=False)
    monkeypatch.delenv("PGHOST", raising=False)
    backend = PostgresBackend(address, name="prod")
    assert psycopg.conninfo.conninfo_to_dict(backend._conninfo).get("sslmode") == mode
