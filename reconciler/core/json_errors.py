"""Faults of JSON in words for a user, and hooks of Python's parser that refuse what JSON has not."""

import math
from collections import Counter
from json import JSONDecodeError
from typing import Any

from reconciler.core.text import printable

_SYNTAX = (
    ("Extra data", "there is text after its end"),
    ("Expecting value", "a value is missing"),
    ("Expecting ','", "a comma is missing"),
    ("Expecting ':'", "a colon is missing"),
    ("Expecting property name", "a key in double quotes is missing"),
    ("Illegal trailing comma", "a comma is too many"),
    ("Invalid control", "a text contains a control character"),
    ("Invalid \\", "an escape is not valid"),
    ("Unterminated string", "a text has no closing quote"),
    ("Unexpected UTF-8 BOM", "it begins with a byte order mark"),
)


class InvalidValue(ValueError):
    """A value that is not allowed in its position; the message says which and why."""


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """``object_pairs_hook``: InvalidValue for a key that is given twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise InvalidValue(f"the key '{printable(twice[:60])}' is given twice")
    return found


def no_constant(word: str) -> Any:
    """``parse_constant``: InvalidValue for NaN and infinities."""
    raise InvalidValue(f"{word} is not a number in JSON")


def finite(text: str) -> float:
    """``parse_float``: InvalidValue for a number that only infinity could stand for."""
    number = float(text)
    if not math.isfinite(number):
        raise InvalidValue(f"the number {text[:20]} is too large")
    return number


def syntax_fault(error: JSONDecodeError) -> str:
    """What is wrong with the syntax at the place of ``error``."""
    if error.pos == 0 and error.msg.startswith("Expecting value"):
        return "this is not JSON"
    found = (words for beginning, words in _SYNTAX if error.msg.startswith(beginning))
    return next(found, "this is not JSON")


def json_fault(file: object, error: ValueError | RecursionError) -> str:
    """``FILE:LINE:COLUMN: not JSON: …`` for what ``json.loads`` raised for the content of ``file``."""
    if isinstance(error, JSONDecodeError):
        if not error.doc.strip():
            return f"{file}: not JSON: it is empty"
        return f"{file}:{error.lineno}:{error.colno}: not JSON: {syntax_fault(error)}"
    if isinstance(error, UnicodeDecodeError):
        return f"{file}: not JSON: it is not UTF-8 text"
    if isinstance(error, RecursionError):
        return f"{file}: not JSON: it is nested too deep"
    return f"{file}: not JSON: {error}"
