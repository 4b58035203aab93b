"""Strict JSON of responses: one object without repeated keys, NaN or excessive depth."""

import json
import math
from typing import Any

from reconciler.core.regex import regex

Document = dict[str, Any]

# Later steps recurse into an answer: this many levels fit into Python's stack many times.
_MAX_DEPTH = 64
_MAX_PARTS = 500_000
_NESTS = frozenset((dict, list))
_ESCAPED_SURROGATE = regex(rb"\\u[dD][89a-fA-F]")


def _without_repeats(pairs: list[tuple[str, Any]]) -> Document:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key is given twice")
    return document


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is not a JSON number")


def _parse_integer(text: str) -> int:
    if len(text) > 400:
        raise ValueError("a number is too long")
    return int(text)


def _parse_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _check_depth(document: Any) -> None:
    level = [document]
    for _ in range(_MAX_DEPTH):
        nested = (node.values() if type(node) is dict else node for node in level)
        level = [
            child for children in nested for child in children if type(child) in _NESTS
        ]  # exact types are enough: the decoder creates no others
        if not level:
            return
    raise ValueError(f"it is nested deeper than {_MAX_DEPTH} levels")


_STRICT = json.JSONDecoder(
    object_pairs_hook=_without_repeats,
    parse_constant=_refuse_constant,
    parse_int=_parse_integer,
    parse_float=_parse_float,
)


def strict_json(body: bytes) -> Document:
    """Decode a JSON object.

    ValueError for invalid syntax, a repeated key, NaN, excessive depth, or another type.
    """
    try:
        text = body.decode("utf-8")
        nests = text.count("{") + text.count("[")
        if nests + text.count(",") > _MAX_PARTS:
            raise ValueError(f"it has more than {_MAX_PARTS} parts")
        document = (
            json.loads(text) if text.startswith("\ufeff") else _STRICT.decode(text)
        )  # json.loads explains a byte order mark
    except RecursionError as error:
        raise ValueError(f"it is nested deeper than {_MAX_DEPTH} levels") from error
    if not isinstance(document, dict):
        raise ValueError("it is not an object")  # noqa: TRY004  # bad input, not a bad argument
    if nests > _MAX_DEPTH:
        _check_depth(document)
    if b"\\u" in body and _ESCAPED_SURROGATE.search(body):
        # A lone surrogate would fail later, wherever the text is written.
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    return document


def _syntax_reason(error: json.JSONDecodeError) -> str:
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
        return _syntax_reason(error)
    if isinstance(error, UnicodeEncodeError):
        return "it has an incomplete character"
    return "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
