"""Timestamps: RFC 3339 with an offset, or a date; one message with all mistakes and the value to write."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.normalize import utc_moment
from reconciler.core.regex import regex

_FORM = regex(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:([Tt]|[ _]+)([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})([.,][0-9]+)?)?(.*))?",
    re.DOTALL,
)
_OFFSET = regex(r"([+-])([0-9]{2}):([0-9]{2})")
_LOOSE_OFFSET = regex(r"([+-])([0-9]{1,2}):?([0-9]{2})?")
_UTC = ("z", "utc", "gmt")
_WANTED = (
    "write it as 2027-01-31T09:00:00Z (with an offset), or as a bare date, which means midnight UTC"
)
_NO_OFFSET = "there is no offset, so the time would depend on the time zone"
_FRACTION = "it has a fraction of a second, which a Space may drop"

NO_MOMENT = "it has no known form of a date and time"

_Fault = tuple[str, str]


class _Part(NamedTuple):
    """A mistake in one part of a timestamp; ``hint`` is for a part that cannot be corrected."""

    message: str
    hint: str = ""


class _Clock(NamedTuple):
    """A time of day as written, in parts; '' for a missing part."""

    separator: str
    hour: str
    minute: str
    second: str
    fraction: str
    offset: str


def _date_fault(year: int, month: int, day: int) -> _Part | None:
    if year < 1:
        return _Part("there is no year 0000", _WANTED)
    if not 1 <= month <= 12:
        return _Part(f"there is no month {month:02d}", "months go from 01 to 12")
    import calendar  # noqa: PLC0415  # slow to import, and few manifests hold a date

    last = calendar.monthrange(year, month)[1]
    if not 1 <= day <= last:
        named = f"{calendar.month_name[month]} {year}"
        return _Part(f"there is no day {day:02d} in {named}", f"its last day is {last}")
    return None


def _clock_faults(clock: _Clock) -> Iterator[_Part]:
    if clock.separator != "T":
        yield _Part(f"{clock.separator!r} is between date and time, where a capital T is expected")
    hour, minute = int(clock.hour), int(clock.minute)
    if len(clock.hour) != 2:
        yield _Part("the hour has one digit")
    if hour > 23:
        is_midnight = (hour, minute) == (24, 0) and clock.second in ("", "00")
        hint = "hours go from 00 to 23; midnight is 00:00:00 of the next day"
        yield _Part(f"there is no hour {hour:02d}", "" if is_midnight else hint)
    if minute > 59:
        yield _Part(f"there is no minute {minute:02d}", "minutes go from 00 to 59")
    if not clock.second:
        yield _Part("the seconds are missing")
    elif clock.second == "60":
        yield _Part("second 60 is a leap second, which few clocks have")
    elif int(clock.second) > 59:
        yield _Part(f"there is no second {clock.second}", "seconds go from 00 to 59")
    if clock.fraction.startswith(","):
        yield _Part("there is a comma before the fraction of a second")


def _offset_fault(offset: str) -> _Part | None:
    if not offset.strip():
        return _Part("a blank follows the time; " + _NO_OFFSET if offset else _NO_OFFSET)
    match = _OFFSET.fullmatch(offset)
    if offset != "Z" and match is None:
        hint = "" if _corrected_offset(offset) else "write Z for UTC, or an offset such as +02:00"
        return _Part("the text after the time is not an offset", hint)
    if match and (int(match[2]) > 23 or int(match[3]) > 59):
        return _Part(f"there is no offset {offset}", "offsets go up to 23:59")
    return None


def _corrected_offset(offset: str) -> str:
    """The offset in its valid form; '' if it cannot be corrected."""
    bare = offset.strip()
    if not bare or bare.lower() in _UTC:
        return "Z"
    loose = _LOOSE_OFFSET.fullmatch(bare)
    return f"{loose[1]}{loose[2]:0>2}:{loose[3] or '00'}" if loose else ""


def _corrected(year: int, month: int, day: int, clock: _Clock | None) -> str:
    """The whole value in its valid form, without a fraction."""
    if clock is None:
        return f"{year:04d}-{month:02d}-{day:02d}"
    second = min(int(clock.second or "0"), 59)
    midnight = datetime(year, month, day)  # noqa: DTZ001  # the offset is added below
    at = midnight + timedelta(hours=int(clock.hour), minutes=int(clock.minute), seconds=second)
    return f"{at:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + _corrected_offset(clock.offset)


def _has_fraction(clock: _Clock | None) -> bool:
    return clock is not None and bool(clock.fraction[1:].strip("0"))


def _parts(text: str) -> tuple[tuple[int, int, int], tuple[str, str], _Clock | None] | None:
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    year, month, day, *clock = match.groups()
    written = _Clock(*(part or "" for part in clock)) if clock[0] else None
    return (int(year), int(month), int(day)), (month, day), written


def _faults(text: str) -> Iterator[_Part]:
    parts = _parts(text)
    if parts is None:
        yield _Part(NO_MOMENT, _WANTED)
        return
    (year, month, day), written, clock = parts
    if min(map(len, written)) < 2:
        yield _Part("month and day have two digits each")
    fault = _date_fault(year, month, day)
    if fault:
        yield fault
    if clock:
        yield from _clock_faults(clock)
        fault = _offset_fault(clock.offset)
        if fault:
            yield fault


def _mended(text: str) -> str:
    """``text`` as a valid timestamp; '' if it cannot be corrected."""
    parts = _parts(text)
    if parts is None:
        return ""
    try:
        value = _corrected(*parts[0], parts[2])
        utc_moment(value)
    except (OverflowError, ValueError):
        return ""
    return value


def _mend_hint(text: str) -> str:
    value = _mended(text)
    parts = _parts(text)
    unsaid = parts is not None and parts[2] is not None and not parts[2].offset.strip()
    zone = " if UTC is meant, or an offset such as +02:00 in place of the Z" if unsaid else ""
    return f"write {value}{zone}" if value else _WANTED


def instant_fault(text: str) -> _Fault | None:
    """All mistakes in ``text``, and the value to write; None if valid."""
    faults = list(_faults(text))
    if faults:
        parts = _parts(text)
        told = [fault.message for fault in faults]
        if parts and _has_fraction(parts[2]):
            told.append(_FRACTION)
        hint = next((fault.hint for fault in faults if fault.hint), "") or _mend_hint(text)
        return "; ".join(told), hint
    try:
        utc_moment(text)
    except ValueError:
        return "it is outside the years 1 to 9999 in UTC", _WANTED
    return None


def instant_doubt(text: str) -> _Fault | None:
    """What a Space may not keep of a valid ``text``, and the value to write; None if it keeps all."""
    parts = _parts(text)
    return (_FRACTION, _mend_hint(text)) if parts and _has_fraction(parts[2]) else None
