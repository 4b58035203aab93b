"""Plain scalars by the YAML 1.2 core schema: null, booleans, numbers, else text."""

import math
from typing import Any

from reconciler.core.regex import regex

# No field of the API takes more: a longer run of digits is a text without its quotes.
_MAX_DIGITS = 64

_WORDS: dict[str, Any] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NOT_FINITE = regex(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WHOLE = regex(r"[-+]?[0-9]+")
_BASED = regex(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = regex(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# What decimal numbers are written with; others begin with 0x or 0o, or have a point before letters.
_SIGNS = frozenset("0123456789+-.eE")
_COLOUR = regex(r"[0-9a-fA-F]{6}")


class UnusableScalar(ValueError):
    """A scalar that no manifest can hold: description and hint."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def _may_be_number(text: str) -> bool:
    """Whether ``text`` can be one: most texts that begin like one (720p, 3x3) need no pattern."""
    if text[0] not in "+-.0123456789":
        return False
    return text[:2] in ("0x", "0o") or text[0] == "." or text[1:2] == "." or _SIGNS.issuperset(text)


def _number(text: str) -> Any:
    if text.isdecimal() and text.isascii() and len(text) <= _MAX_DIGITS:
        return int(text)
    whole, based = _WHOLE.fullmatch(text), _BASED.fullmatch(text)
    if not (whole or based or _FLOAT.fullmatch(text)):
        if _NOT_FINITE.fullmatch(text):
            raise UnusableScalar(
                f"{text} is not a number that JSON can hold",
                hint="write a finite number, or quote it if it is text",
            )
        return text
    if len(text) > _MAX_DIGITS:
        raise UnusableScalar(
            f"a number of {len(text):,} characters is too long (at most {_MAX_DIGITS})",
            hint="quote it if it is text",
        )
    if whole:
        return int(text)
    if based:
        return int(text, 0)
    number = float(text)
    if math.isinf(number):
        colour = f"; a colour is written '#{text}'" if _COLOUR.fullmatch(text) else ""
        raise UnusableScalar(
            f"{text} is read as a number, and is too large for one",
            hint=f"quote it if it is text{colour}",
        )
    return number


def resolve(text: str) -> Any:
    """Value of plain scalar ``text``. UnusableScalar for NaN, infinities and huge numbers."""
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if _may_be_number(text) else text
