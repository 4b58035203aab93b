"""One spelling per value: what is equal to the API is equal here, so that comparing is dull."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from reconciler.core.kinds import Kind
from reconciler.core.resources import Attributes, Secret

# Of these there is nothing inside to look at; nearly all values are one of them.
ATOMS = frozenset((str, int, bool, type(None)))


def instant(text: str) -> str:
    """A moment in UTC, ``2022-01-01T00:00:00Z``; a bare date is midnight UTC. ValueError if it is neither or has no offset."""
    if len(text) == len("2022-01-01"):
        return f"{date.fromisoformat(text).isoformat()}T00:00:00Z"
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    try:
        utc = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("outside the years 1 to 9999") from error
    fraction = f".{utc.microsecond:06d}".rstrip("0") if utc.microsecond else ""
    return (
        f"{utc:%Y-%m-%dT%H:%M:%S}{fraction}Z"
        if utc.year >= 1000
        else f"{utc.year:04d}{utc:-%m-%dT%H:%M:%S}{fraction}Z"
    )


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _plain(value: Any) -> Any:
    """JSON with numbers and texts in one spelling and keys in order.

    Null in an object means the same as no such key, as null of a field means that it is not set: a Space may keep
    it or drop it. In a list it has a place, and stays.
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


def canonical(kind: Kind, attribute: str, value: Any, *, name: str) -> Any:
    """``value`` of ``attribute`` in its one spelling, for a resource called ``name``.

    Colours are upper case, instants UTC, whole floats integers, texts NFC; null is what the kind says that it means, and
    inside objects nothing. Drift, plan, pull, apply and the look after it all compare this spelling, with ``same``.
    A value of a type that the kind does not know (from a newer API) is kept as it is.
    """
    if value is None:
        meaning = kind.null_means.get(attribute)
        return meaning if meaning is not None else kind.default(attribute, name)
    spelling = kind.spellings.get(attribute, "text")
    if isinstance(value, str):
        if spelling == "instant":
            return _instant_or_text(value)
        return value.upper() if spelling == "colour" else unicodedata.normalize("NFC", value)
    if isinstance(value, Secret):
        return (
            value
            if attribute in kind.secret
            else replace(value, value=canonical(kind, attribute, value.value, name=name))
        )
    return _plain(value)


def canonical_attributes(kind: Kind, attributes: Attributes, *, name: str) -> dict[str, Any]:
    """Those of ``attributes`` that the kind sends, in the kind's order and in their one spelling."""
    present = (attribute for attribute in kind.attributes if attribute in attributes)
    return {
        attribute: canonical(kind, attribute, attributes[attribute], name=name)
        for attribute in present
    }


def same(left: Any, right: Any) -> bool:
    """Whether two canonical values are equal; unlike Python, true is not 1, at any depth. The order of keys does not count."""
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
    """``value`` with every Secret in it replaced by its keyed digest."""
    if type(value) in ATOMS:
        return value
    if isinstance(value, Secret):
        return value.sealed(key)
    if isinstance(value, Mapping):
        return {name: sealed(item, key) for name, item in value.items()}
    return [sealed(item, key) for item in value] if isinstance(value, list | tuple) else value
