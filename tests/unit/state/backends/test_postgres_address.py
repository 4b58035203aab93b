"""What an address of a database may say, and what every connection is opened with."""

import pytest

from reconciler.core.errors import StateError

pytest.importorskip("psycopg")
from psycopg.conninfo import conninfo_to_dict

from reconciler.state.backends.postgres import PostgresBackend

ADDRESS = (
    "write postgresql://USER@HOST/DATABASE, and the password into PGPASSWORD or a password file"
)
ENCRYPTED = "leave sslmode out, which encrypts, or write sslmode=verify-full"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch):
    for name in ("PGHOST", "PGDATABASE", "PGPASSWORD", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)


def refused(address):
    with pytest.raises(StateError) as told:
        PostgresBackend(address, name="prod")
    return told.value.message, told.value.hint


@pytest.mark.parametrize("word", ["hostaddr", "service", "passfile", "sslkey"])
def test_what_would_lead_elsewhere_is_not_allowed(word):
    assert refused(f"postgresql://h/d?{word}=x") == (
        f"state: {word} is not allowed in the address of a database",
        ADDRESS,
    )


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer"])
def test_a_password_is_not_sent_in_clear_over_a_network(mode):
    assert refused(f"postgresql://db.example/d?sslmode={mode}") == (
        f"state: sslmode={mode} would send the password to db.example in clear text",
        ENCRYPTED,
    )
    assert refused(f"postgresql://127.0.0.1,db.example/d?sslmode={mode}")[1] == ENCRYPTED
    near = PostgresBackend(f"postgresql://127.0.0.1,localhost/d?sslmode={mode}", name="prod")
    assert settings(near)["sslmode"] == mode


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_an_encrypted_connection_is_opened_as_written(mode):
    assert (
        settings(PostgresBackend(f"postgresql://h/d?sslmode={mode}", name="p"))["sslmode"] == mode
    )


@pytest.mark.parametrize("address", ["postgresql://u:canary@h/d?x=y", "postgresql://u:canary@[h/d"])
def test_what_is_no_address_is_told_without_it(address):
    assert refused(address) == ("state: this is not the address of a PostgreSQL database", ADDRESS)


def settings(backend):
    return conninfo_to_dict(backend._conninfo)


CAREFUL = {"connect_timeout": "10", "tcp_user_timeout": "30000", "application_name": "reconciler"}


@pytest.mark.parametrize(
    ("address", "more"),
    [
        ("postgresql:///d", {"dbname": "d"}),
        (
            "postgresql://u:p@h:1/d",
            {
                "user": "u",
                "password": "p",
                "host": "h",
                "port": "1",
                "dbname": "d",
                "sslmode": "require",
            },
        ),
        ("postgresql:///d?connect_timeout=3", {"dbname": "d", "connect_timeout": "3"}),
    ],
)
def test_what_a_connection_is_opened_with(address, more):
    assert settings(PostgresBackend(address, name="p")) == CAREFUL | more


@pytest.mark.parametrize(
    ("environ", "address", "place"),
    [
        ({}, "postgresql://u:p@h:1/d", "postgresql://h:1/d (prod)"),
        ({}, "postgresql://h/d", "postgresql://h/d (prod)"),
        ({}, "postgresql:///", "postgresql:/// (prod)"),
        ({"PGHOST": "e", "PGDATABASE": "f"}, "postgresql:///", "postgresql://e/f (prod)"),
        ({"PGHOST": "e", "PGDATABASE": "f"}, "postgresql://h/d", "postgresql://h/d (prod)"),
    ],
)
def test_the_place_is_the_host_and_the_database(monkeypatch, environ, address, place):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    backend = PostgresBackend(address, name="prod")
    assert (backend.place, backend.earlier) == (
        place,
        "an earlier version (the rows 'record' of the table reconciler_state)",
    )


def test_variables_of_the_database_count_too(monkeypatch):
    monkeypatch.setenv("PGHOST", "db.example")
    assert settings(PostgresBackend("postgresql:///d", name="p"))["sslmode"] == "require"
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert "sslmode" not in settings(PostgresBackend("postgresql:///d", name="p"))


def test_a_password_is_replaced_in_what_the_server_says(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "canary")
    # Nothing listens on this port of this machine.
    backend = PostgresBackend("postgresql://u:sparrow@127.0.0.1:1/canary-sparrow", name="p")
    with pytest.raises(StateError) as told:
        backend.load()
    assert told.value.message.startswith(
        "postgresql://127.0.0.1:1/canary-sparrow (p): cannot be read: "
    )
    said = told.value.message.partition("cannot be read: ")[2]
    assert "canary" not in said
    assert "sparrow" not in said
