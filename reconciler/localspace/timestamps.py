"""Times: parsed strictly as RFC 3339, stored in one sortable form, formatted by the settings."""

import re
from datetime import UTC, datetime, timedelta, timezone

from reconciler.core.regex import regex

_FORM = regex(r"\d{4}-\d\d-\d\d([Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d))?", re.ASCII)
_ELSEWHERE = timezone(timedelta(hours=2))


def parse_instant(text: str) -> datetime:
    """``text`` (RFC 3339) in UTC; a date is its midnight in UTC. Raises ValueError otherwise."""
    if not _FORM.fullmatch(text):
        raise ValueError("neither an RFC 3339 date-time nor a date")
    moment = datetime.fromisoformat(text.upper())
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error


def stored(moment: datetime) -> str:
    """The stored form: UTC with microseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def spell_instant(kept: str, form: str) -> str:
    """A stored time as ``Z`` (``…00Z``), ``fraction`` (``….000Z``), ``offset`` (``…+02:00``)."""
    moment = datetime.fromisoformat(kept)
    if form == "offset":
        try:
            return moment.astimezone(_ELSEWHERE).isoformat()
        except OverflowError:
            return moment.isoformat()
    precision = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    if form == "Z":
        precision = "auto"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")
