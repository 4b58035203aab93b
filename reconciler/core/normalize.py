"""Canonical form of values: what the API treats as equal is equal after normalising."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from reconciler.core.deferred_dataclass import replace
from reconciler.core.kinds import Kind
from reconciler.core.resources import Attributes, Secret
from reconciler.core.text import is_uuid

# Types without nested values; nearly all values have one of them.
ATOMS = frozenset((str, int, bool, type(None)))


def utc_moment(text: str) -> datetime:
    """Return the time that a timestamp names, in UTC; a bare date is midnight UTC.

    ValueError if ``text`` is neither or has no offset.
    """
    if len(text) == len("2022-01-01"):
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    named = datetime.fromisoformat(text)
    if named.tzinfo is None:
        raise ValueError("no offset")
    try:
        return named.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("outside the years 1 to 9999") from error


def moment_of(value: Any) -> datetime | None:
    """Return the time that ``value`` names, in UTC; None if it is no timestamp."""
    try:
        return utc_moment(value) if isinstance(value, str) else None
    except ValueError:
        return None


def instant(text: str) -> str:
    """Return a timestamp in UTC, ``2022-01-01T00:00:00Z``; ValueError as ``utc_moment``."""
    utc = utc_moment(text)
    fraction = f".{utc.microsecond:06d}".rstrip("0") if utc.microsecond else ""
    return f"{utc.replace(microsecond=0, tzinfo=None).isoformat()}{fraction}Z"


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _plain(value: Any) -> Any:
    """Return JSON with numbers, texts and key order in canonical form.

    A null in an object equals a missing key: a Space may keep or drop it. In a list it has a
    position and stays.
    """
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if type(value) in ATOMS:
        return value
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in sorted(value) if value[key] is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _number(value)


def _instant_or_text(value: Any) -> Any:
    try:
        return instant(value)
    except ValueError:
        return value


def _text(value: str, spelling: str) -> Any:
    if spelling == "instant":
        return _instant_or_text(value)
    return value.upper() if spelling == "colour" else unicodedata.normalize("NFC", value)


def canonical(kind: Kind, attribute: str, value: Any, *, name: str) -> Any:
    """Return ``value`` of ``attribute`` in canonical form, for a resource called ``name``.

    Colours become upper case, instants UTC, integral floats integers, texts NFC, and ids in fields
    that only the API sets lower case. Null becomes what the kind says it means; inside objects it is
    dropped. Every comparison uses this form and ``same``. A value of an unexpected type (from a newer API) is kept.
    """
    if value is None:
        meaning = kind.null_means.get(attribute)
        return meaning if meaning is not None else kind.default(attribute, name)
    spelling = kind.spellings.get(attribute, "text")
    if isinstance(value, str):
        is_id = attribute not in kind.attributes and is_uuid(value)
        return value.lower() if is_id else _text(value, spelling)
    if isinstance(value, Secret):
        return (
            value
            if attribute in kind.secret
            else replace(value, value=canonical(kind, attribute, value.value, name=name))
        )
    return _plain(value)


def canonical_attributes(kind: Kind, attributes: Attributes, *, name: str) -> dict[str, Any]:
    """Return the attributes that the kind sends, in the kind's order and canonical form."""
    present = (attribute for attribute in kind.attributes if attribute in attributes)
    return {
        attribute: canonical(kind, attribute, attributes[attribute], name=name)
        for attribute in present
    }


def same(left: Any, right: Any) -> bool:
    """Whether two canonical values are equal. Unlike in Python, true is not 1, at any depth."""
    if left is right:
        return True
    if type(left) is not type(right) or left != right:
        return False
    ahead = [(left, right)]  # not by recursion: a record may nest deeper than Python calls
    while ahead:
        one, other = ahead.pop()
        if type(one) is not type(other):
            return False
        if isinstance(one, dict):
            ahead += [(value, other[key]) for key, value in one.items()]
        elif isinstance(one, list):
            ahead += zip(one, other, strict=True)
    return True


def sealed(value: Any, key: bytes) -> Any:
    """Replace every Secret in ``value`` by its keyed digest."""
    if type(value) in ATOMS:
        return value
    if isinstance(value, Secret):
        return value.sealed(key)
    if isinstance(value, Mapping):
        return {name: sealed(item, key) for name, item in value.items()}
    return [sealed(item, key) for item in value] if isinstance(value, list | tuple) else value
