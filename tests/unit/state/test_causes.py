"""Errors of stores in other programs' words: which cause is told, and whether to try again."""

import pytest

from reconciler.state.causes import OBJECTS, POSTGRES, cause_of, without_xml

# An error of each cause, in the order of the table, and whether another attempt cannot help.
OBJECT_ERRORS = (
    ("<Code>NoSuchBucket</Code>", True),
    ("builder error for url (http://store/)", True),
    ("status 301 Moved", True),
    ("SignatureDoesNotMatch", True),
    ("error sending request for url (http://169.254.169.254/latest)", True),
    ("Client error with status 403 Forbidden", True),
    ("invalid peer certificate: UnknownIssuer", True),
    ("dns error: failed to lookup address", False),
    ("tcp connect error: Connection refused (os error 111)", False),
    ("Server error with status 503 Service Unavailable", False),
    ("Client error with status 400 Bad Request", True),
    ("operation timed out", False),
)
POSTGRES_ERRORS = (
    "FATAL: sorry, too many clients already",
    "server_login_retry",
    'FATAL: password authentication failed for user "ada"',
    'FATAL: no pg_hba.conf entry for host "10.0.0.1"',
    'FATAL: database "rooms" does not exist',
    'could not translate host name "db" to address',
    "server does not support SSL, but SSL was required",
    'root certificate file "x" does not exist',
    "cannot execute UPDATE in a read-only transaction",
    "FATAL: the database system is starting up",
    "connection to server failed: Connection refused",
    "server closed the connection unexpectedly",
    "canceling statement due to statement timeout",
    "could not extend file: No space left on device",
)


def test_every_cause_of_an_object_store_is_known_by_an_error():
    found = [cause_of(text, OBJECTS) for text, _ in OBJECT_ERRORS]
    assert found == list(OBJECTS)
    assert [cause.lasting for cause in found] == [lasting for _, lasting in OBJECT_ERRORS]


def test_every_cause_of_a_database_is_known_by_an_error():
    found = [cause_of(text, POSTGRES) for text in POSTGRES_ERRORS]
    assert found == list(POSTGRES)
    # A database that refuses today may take the same words in a minute.
    assert not any(cause.lasting for cause in found)


@pytest.mark.parametrize("causes", [OBJECTS, POSTGRES])
def test_an_error_that_is_none_of_these_has_no_cause(causes):
    assert cause_of("something else", causes) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        (
            'refused: <?xml version="1.0"?><Error><Code>A</Code><Message>B c</Message></Error>',
            "refused: A: B c",
        ),
        ("refused: <error><code>A</code>\n</error>", "refused: A"),
        ("refused: <html>x</html>", "refused:"),
        ("1 < 2", "1 < 2"),
    ],
)
def test_of_an_answer_in_xml_the_code_and_the_message_are_shown(text, shown):
    assert without_xml(text) == shown
