"""Each way in which a shared place cannot be used has a sentence and a cure of its own."""

import socket

import pytest

from reconciler.core.errors import StateError
from reconciler.state.backends.postgres import PostgresBackend
from reconciler.state.causes import OBJECTS, POSTGRES, cause_of, without_xml

SAID_BY_STORES = {
    "<Code>NoSuchBucket</Code>": "no such bucket",
    "Client error with status 404 Not Found: ContainerNotFound": "no such bucket",
    "HTTP error: builder error": "plain HTTP",
    "Client error with status 400 Bad Request: <Error><Code>Weird</Code></Error>": "refuses the request",
    "status 403 Forbidden: AccessDenied": "may not do this",
    "status 403 Forbidden: <Code>SignatureDoesNotMatch</Code>": "credentials are wrong",
    "status 301 Moved Permanently: PermanentRedirect": "another region",
    "error sending request for url (http://169.254.169.254/latest): timed out": "no credentials",
    "error trying to connect: tcp connect error: Connection refused (os error 111)": "nothing answers",
    "dns error: failed to lookup address information": "cannot be looked up",
    "invalid peer certificate: UnknownIssuer": "cannot prove its identity",
    "Server error with status 503 Service Unavailable: SlowDown": "busy",
    "operation timed out": "does not answer in time",
}
SAID_BY_DATABASES = {
    "FATAL:  sorry, too many clients already": "no free connection",
    "FATAL: no more connections allowed (max_client_conn)": "no free connection",
    "FATAL: pgbouncer cannot connect to server": "pool in front of the database",
    "ERROR: the pool is closed": "pool in front of the database",
    'FATAL:  password authentication failed for user "x"': "password is refused",
    'FATAL:  database "x" does not exist': "no such database",
    "FATAL:  the database system is starting up": "starting or shutting down",
    "FATAL:  terminating connection due to administrator command": "starting or shutting down",
    "server closed the connection unexpectedly": "went away",
    "consuming input failed: EOF detected": "went away",
    "connection to server at 127.0.0.1, port 5 failed: Connection refused": "no database answers",
    "server does not support SSL, but SSL was required": "does not support TLS",
    "SSL error: certificate verify failed": "cannot prove its identity",
    "ERROR:  cannot execute INSERT in a read-only transaction": "read-only",
    "connection timeout expired": "in time",
}


@pytest.mark.parametrize(("said", "sentence"), SAID_BY_STORES.items())
def test_what_stores_say_has_its_own_sentence(said, sentence):
    cause = cause_of(said, OBJECTS)
    assert cause is not None
    assert sentence in cause.sentence


@pytest.mark.parametrize(("said", "sentence"), SAID_BY_DATABASES.items())
def test_what_databases_say_has_its_own_sentence(said, sentence):
    cause = cause_of(said, POSTGRES)
    assert cause is not None
    assert sentence in cause.sentence


@pytest.mark.parametrize("causes", [OBJECTS, POSTGRES], ids=["objects", "postgres"])
def test_no_two_causes_have_one_sentence_or_one_cure(causes):
    assert (
        len({cause.sentence for cause in causes})
        == len({cause.hint for cause in causes})
        == len(causes)
    )


def test_the_answer_of_a_store_is_told_in_words():
    answer = '400 Bad Request: <?xml version="1.0"?><Error><Code>BadOne</Code><Message>No, thanks.</Message></Error>'
    assert without_xml(answer) == "400 Bad Request: BadOne: No, thanks."


def test_a_dead_database_is_told_as_that():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(StateError, match="no database answers there") as refusal:
        PostgresBackend(f"postgresql://u@127.0.0.1:{port}/d", name="prod").load()
    assert "is it running?" in refusal.value.hint
