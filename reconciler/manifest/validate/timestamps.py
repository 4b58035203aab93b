"""Timestamps: RFC 3339 with an offset, or a date, with a message for each mistake."""

import re
from datetime import UTC, datetime

_FORM = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:([Tt ])([0-9]{2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]+)?)?(.*))?",
    re.DOTALL,
)
_OFFSET = re.compile(r"[+-]([0-9]{2}):([0-9]{2})")
_WANTED = (
    "write it as 2027-01-31T09:00:00Z (with an offset), or as a bare date, which means midnight UTC"
)

NO_MOMENT = "it has no known form of a date and time"

Fault = tuple[str, str]


def _date_fault(year: int, month: int, day: int) -> Fault | None:
    if year < 1:
        return "there is no year 0000", _WANTED
    if not 1 <= month <= 12:
        return f"there is no month {month:02d}", "months go from 01 to 12"
    import calendar  # noqa: PLC0415  # slow to import, and few manifests hold a date

    last = calendar.monthrange(year, month)[1]
    if not 1 <= day <= last:
        return (
            f"there is no day {day:02d} in {calendar.month_name[month]} {year}",
            f"its last day is {last}",
        )
    return None


def _clock_fault(separator: str, hour: int, minute: int, second: str | None) -> Fault | None:
    if separator != "T":
        return f"{separator!r} is written where a capital T is expected", "write a capital T there"
    if hour > 23:
        return (
            f"there is no hour {hour:02d}",
            "hours go from 00 to 23; midnight is 00:00:00 of the next day",
        )
    if minute > 59:
        return f"there is no minute {minute:02d}", "minutes go from 00 to 59"
    if second is None:
        return "the seconds are missing", f"write {hour:02d}:{minute:02d}:00"
    if second == "60":
        return "second 60 is a leap second, which few clocks have", "write :59"
    return (
        (f"there is no second {second}", "seconds go from 00 to 59") if int(second) > 59 else None
    )


def _offset_fault(offset: str) -> Fault | None:
    if not offset:
        return (
            "there is no offset, so the time would depend on the time zone",
            "add Z for UTC, or an offset such as +02:00",
        )
    if offset == "Z":
        return None
    match = _OFFSET.fullmatch(offset)
    if match is None:
        return (
            "the text after the time is not an offset",
            "write Z for UTC, or an offset such as +02:00",
        )
    if int(match[1]) > 23 or int(match[2]) > 59:
        return f"there is no offset {offset}", "offsets go up to 23:59"
    return None


def _completed(match: re.Match[str]) -> str:
    """The timestamp with T, seconds and an offset filled in; empty if other parts are wrong."""
    year, month, day, _, hour, minute, second, fraction, offset = match.groups()
    if offset not in ("", "Z") and not _OFFSET.fullmatch(offset):
        return ""
    whole = f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{fraction or ''}{offset or 'Z'}"
    return whole if whole != match[0] and instant_fault(whole) is None else ""


def instant_of(text: str) -> datetime:
    """The time of a valid ``text``, in UTC."""
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)


def instant_fault(text: str) -> Fault | None:
    """Why ``text`` is no timestamp, and a hint; None if valid."""
    match = _FORM.fullmatch(text)
    if match is None:
        return NO_MOMENT, _WANTED
    year, month, day, separator, hour, minute, second, _, offset = match.groups()
    fault = _date_fault(int(year), int(month), int(day))
    if fault is None and separator:
        fault = _clock_fault(separator, int(hour), int(minute), second) or _offset_fault(offset)
    if fault:
        whole = _completed(match) if separator else ""
        zone = "" if offset else " (UTC), or with an offset such as +02:00 in place of Z"
        return (fault[0], f"write {whole}{zone}") if whole else fault
    try:
        instant_of(text)
    except (OverflowError, ValueError):
        return "it is outside the years 1 to 9999 in UTC", _WANTED
    return None
