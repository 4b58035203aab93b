"""Strict JSON readers for record and journal: a wrong form is an error, never converted."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.core.json_errors import InvalidValue, no_constant, syntax_fault, unique_keys
from reconciler.core.text import printable


def parse(text: str | bytes) -> Any:
    """Parse JSON. ValueError for invalid JSON, a repeated key or a lone surrogate."""
    try:
        value = json.loads(text, object_pairs_hook=unique_keys, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        if not text.strip():
            raise InvalidValue("it is empty") from error
        raise InvalidValue(
            f"{syntax_fault(error)} (line {error.lineno}, column {error.colno})"
        ) from error
    except InvalidValue:
        raise
    except ValueError as error:
        raise InvalidValue("a number in it is too long") from error
    _refuse_incomplete(text, value)
    return value


def _refuse_incomplete(text: str | bytes, value: Any) -> None:
    """InvalidValue if an escape in ``text`` made a lone surrogate in ``value``."""
    escapes = (b"\\ud", b"\\uD") if isinstance(text, bytes) else ("\\ud", "\\uD")
    if any(escape in text for escape in escapes):  # type: ignore[operator]  # of the same type
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise InvalidValue("a text in it has an incomplete character") from error


def _keys(document: Any) -> int:
    """The number of keys in a record, without those inside of fields and sub-resources.

    TypeError, KeyError or AttributeError if it is no record.
    """
    resources = document["resources"]
    return (
        len(document) + sum(map(len, resources)) + sum(len(one["attributes"]) for one in resources)
    )


def parse_record(text: str) -> Any:
    """``parse`` for the text of a record, in half the time where all of it has the common form."""
    try:
        value = json.loads(text, parse_constant=no_constant)
        # Each key of the text has a colon after it, and where that is never after a space, after a
        # quote. So there are at most as many keys as such pairs; a repeated key would leave fewer
        # in the value. Texts with such a pair, and keys not counted, make this doubt, not err.
        spaced = "\t" in text or "\r" in text or " :" in text or "\n:" in text
        if not spaced and _keys(value) == text.count('":'):
            if "\\" in text:
                _refuse_incomplete(text, value)
            return value
    except (ValueError, RecursionError, TypeError, LookupError, AttributeError):
        pass  # said by the parser that looks at each key
    return parse(text)


def mapping(value: Any, what: str, *, known: Iterable[str] | None = None) -> Mapping[str, Any]:
    """``value`` as an object, limited to the keys ``known`` if given."""
    if not isinstance(value, dict):
        raise InvalidValue(f"{what} is not an object")
    strange = sorted(value.keys() - set(known)) if known is not None else []
    if strange:
        raise InvalidValue(f"{what} has a field that is not known: {printable(strange[0])[:60]!r}")
    return value


def items(value: Any, what: str) -> list[Any]:
    """``value`` as a list."""
    if not isinstance(value, list):
        raise InvalidValue(f"{what} is not a list")
    return value


def text(value: Any, what: str, *, may_be_empty: bool = False) -> str:
    """``value`` as text."""
    if not isinstance(value, str) or not (value or may_be_empty):
        raise InvalidValue(f"{what} is {'empty' if value == '' else 'not text'}")
    return value


def flag(value: Any, what: str) -> bool:
    """``value`` as true or false."""
    if not isinstance(value, bool):
        raise InvalidValue(f"{what} is neither true nor false")
    return value


def number(value: Any, what: str) -> int:
    """``value`` as a whole number from 0."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidValue(f"{what} is not a whole number")
    return value
