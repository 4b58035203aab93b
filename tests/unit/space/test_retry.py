import pytest

from reconciler.core.errors import (
    Invalid,
    NotFound,
    ProtocolError,
    RateLimited,
    ServerError,
    Unauthorized,
    Unreachable,
)
from reconciler.space.clock import Clock
from reconciler.space.retry import pause, retry_after, tries
from reconciler.space.transport_errors import NotSent, WrongHost

NOW = 784111777.0  # Sun, 06 Nov 1994 08:49:37 GMT


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("120", 120.0),
        ("121", 120.0),
        ("9" * 5000, 120.0),
        ("-5", None),
        ("+5", None),
        ("1.5", None),
        ("1e309", None),
        ("nan", None),
        ("inf", None),
        ("٣", None),
        ("0x10", None),
        ("5 seconds", None),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10.0),
        ("Sunday, 06-Nov-94 08:49:47 GMT", 10.0),
        ("Sun Nov  6 08:49:47 1994", 10.0),
        ("Sun, 06 Nov 1994 08:49:27 GMT", 0.0),
        ("Sun, 06 Nov 2094 08:49:37 GMT", 120.0),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 99999999999 08:49:37 GMT", None),
        ("soon", None),
        ("7\n5", 7.0),
        ("-5\n5", 5.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT\n3", 10.0),
        ("nan\n1e309", None),
        ("1_0", None),
        ("²", None),
    ],
)
def test_retry_after(text, seconds):
    assert retry_after(text, now=NOW) == seconds


@pytest.mark.parametrize(
    ("error", "of_a_read", "of_a_write"),
    [
        (RateLimited("", status=429), 8, 8),
        (ServerError("", status=503), 8, 1),
        (Unreachable(""), 4, 1),
        (NotSent(""), 4, 4),
        (WrongHost(""), 1, 1),
        (ProtocolError("", status=200), 2, 1),
        (ProtocolError("", status=301), 1, 1),
        (Invalid("", status=422), 1, 1),
        (NotFound("", status=404), 1, 1),
        (Unauthorized("", status=401), 1, 1),
    ],
)
def test_how_often_a_request_may_be_sent(error, of_a_read, of_a_write):
    assert [tries(method, error) for method in ("GET", "POST", "PUT", "DELETE")] == [
        of_a_read,
        *[of_a_write] * 3,
    ]


def test_pauses_double_under_a_ceiling_and_are_jittered_in_full():
    always, never = Clock(random=lambda: 1.0), Clock(random=lambda: 0.0)
    assert [pause(attempt, None, always) for attempt in range(1, 8)] == [
        0.5,
        1.0,
        2.0,
        4.0,
        8.0,
        10.0,
        10.0,
    ]
    assert [pause(attempt, None, never) for attempt in (1, 5)] == [0.0, 0.0]
    assert pause(1, 30.0, never) == 30.0
