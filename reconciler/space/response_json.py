"""Strict JSON of responses: one object without repeated keys, NaN or excessive depth."""

import json
import math
import re
from typing import Any

Document = dict[str, Any]

DEEPEST = 64
MOST_PARTS = 500_000
_NESTS = frozenset((dict, list))
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def _unique(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not a JSON number")


def _whole(text: str) -> int:
    if len(text) > 400:
        raise ValueError("a number is too long")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _check_depth(document: Any) -> None:
    level = [document]
    for _ in range(DEEPEST):
        nested = (node.values() if type(node) is dict else node for node in level)
        level = [
            child for children in nested for child in children if type(child) in _NESTS
        ]  # exact types are enough: the decoder creates no others
        if not level:
            return
    raise ValueError(f"it is nested deeper than {DEEPEST} levels")


_STRICT = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_whole, parse_float=_finite
)


def strict_json(body: bytes) -> Document:
    """Decode a JSON object.

    ValueError for invalid syntax, a repeated key, NaN, excessive depth, or another type.
    """
    try:
        text = body.decode("utf-8")
        nests = text.count("{") + text.count("[")
        if nests + text.count(",") > MOST_PARTS:
            raise ValueError(f"it has more than {MOST_PARTS} parts")
        document = (
            json.loads(text) if text.startswith("\ufeff") else _STRICT.decode(text)
        )  # json.loads explains a byte order mark
    except RecursionError as error:
        raise ValueError(f"it is nested deeper than {DEEPEST} levels") from error
    if not isinstance(document, dict):
        raise ValueError("it is not an object")  # noqa: TRY004  # bad input, not a bad argument
    if nests > DEEPEST:
        _check_depth(document)
    if _ESCAPED_SURROGATE.search(body):
        # A lone surrogate would fail later, wherever the text is written.
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    return document


def _syntax(error: json.JSONDecodeError) -> str:
    length = len(error.doc.rstrip())
    if error.msg.startswith("Unterminated") or error.pos >= length:
        return f"it stops in the middle, after {length} characters"
    if "BOM" in error.msg:
        return "it begins with a byte order mark"
    return f"{error.msg[0].lower()}{error.msg[1:].removesuffix(' at')} at character {error.pos + 1}"


def invalid_json_reason(error: ValueError, body: bytes) -> str:
    """Why ``strict_json`` refuses ``body``, in plain words."""
    if body.lstrip()[:1] == b"<":
        return "it is a page of HTML"
    if isinstance(error, json.JSONDecodeError):
        return _syntax(error)
    if isinstance(error, UnicodeEncodeError):
        return "there is half a character in it"
    return "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
