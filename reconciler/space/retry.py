"""Retry policy: which requests are repeated, and after which jittered, bounded waits."""

from datetime import UTC, datetime

from reconciler.core.errors import ApiError, ProtocolError, RateLimited, ServerError, Unreachable
from reconciler.core.regex import regex
from reconciler.space.clock import Clock
from reconciler.space.transport_errors import NotSent, WrongHost

_BASE_WAIT = 0.5
_LONGEST_BACKOFF = 10.0
# A longer pause is no pause but an outage: the run ends and says so.
_LONGEST_RETRY_AFTER = 120.0

_SECONDS = regex(r"[0-9]+")
# The form that RFC 9110 asks for; others are left to the email package, which is slow to import.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = regex(
    r"[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)

# The first match counts; other errors are not repeated.
_TRIES_OF_A_WRITE: tuple[tuple[type[ApiError], int], ...] = (
    (WrongHost, 1),
    (NotSent, 4),
    (RateLimited, 8),
)
_TRIES: tuple[tuple[type[ApiError], int], ...] = (
    *_TRIES_OF_A_WRITE,
    (ServerError, 8),
    (Unreachable, 4),
)


def _asked_for(text: str, now: float) -> float | None:
    if not text.isascii():
        return None
    if _SECONDS.fullmatch(text.strip()):
        # Nine digits are decades: longer numbers are not converted.
        return min(float(text.strip()[:9]), _LONGEST_RETRY_AFTER)
    moment = http_date(text)
    return None if moment is None else min(max(moment - now, 0.0), _LONGEST_RETRY_AFTER)


def retry_after(text: str | None, *, now: float) -> float | None:
    """Seconds to wait by a ``Retry-After`` header, within 0 to 120; None if absent or invalid.

    Accepts digits or an HTTP date; of repeated headers the longest wait. ``now`` is the wall time
    in seconds that a date is compared with.
    """
    waits = [_asked_for(line, now) for line in (text or "").split("\n")]
    return max((wait for wait in waits if wait is not None), default=None)


def _usual_date(text: str) -> datetime | None:
    found = _DATE.fullmatch(text)
    if found is None or found[2] not in _MONTHS or found[3] < "1000":
        return None
    day, year, hour, minute, second = map(int, found.group(1, 3, 4, 5, 6))
    month = _MONTHS.index(found[2]) + 1
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _other_date(text: str) -> datetime:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415

    return parsedate_to_datetime(text)


def http_date(text: str | None) -> float | None:
    """An HTTP date in seconds since 1970; None if absent or invalid."""
    if not text:
        return None
    try:
        moment = _usual_date(text) or _other_date(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def tries(method: str, error: ApiError) -> int:
    """Total attempts allowed after ``error``.

    A write is repeated only if it certainly was not executed: it was not sent, or answered 429.
    """
    known = _TRIES if method == "GET" else _TRIES_OF_A_WRITE
    listed = next((number for kind, number in known if isinstance(error, kind)), 1)
    garbled = (
        isinstance(error, ProtocolError) and error.status is not None and 200 <= error.status < 300
    )
    return 2 if garbled and method == "GET" else listed


def pause(attempt: int, asked: float | None, clock: Clock) -> float:
    """Seconds before the next attempt: the ``asked`` wait plus full jitter under a doubling
    ceiling.
    """
    ceiling = min(_LONGEST_BACKOFF, _BASE_WAIT * 2.0 ** (attempt - 1))
    return (asked or 0.0) + clock.random() * ceiling
