"""Texts for users: suggestions, plurals, and escapes of invisible characters."""

import re
from collections.abc import Iterable
from functools import cache

from reconciler.core.invisible import DEFAULT_IGNORABLE, EMOJI, FORMAT
from reconciler.core.regex import regex

# Emoji need joiners and selectors, Arabic words need non-joiners: there they hide nothing.
_ARABIC = "\u0600-\u06ff\u0750-\u077f"
_SELECTOR, _KEYCAP = "\ufe0f", "\u20e3"


def _class(ranges: str) -> str:
    """Build the inside of a regex character class from hexadecimal ranges; ASCII is left out."""
    pairs = ((part.partition("-")[0], part.rpartition("-")[2]) for part in ranges.split())
    return "".join(
        f"\\U{first:0>8}-\\U{last:0>8}" for first, last in pairs if int(first, 16) > 0x7F
    )


# Always invisible: C0 and C1 controls, DEL, line separators, lone surrogates, noncharacters, and the
# default-ignorable and format characters of the Unicode tables.
_ALWAYS = "\u2028\u2029\ufff9-\uffff\ud800-\udfff" + "".join(
    f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(1, 17)
)
_ASCII_CONTROL = regex("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

# CI runners execute a line that starts with '::', and '##[' or '##vso[' anywhere.
_LEADING_ORDER = regex(r"^(\s*):(?=:)", re.MULTILINE)
CI_ORDER = regex(r"#(?=#(?:vso)?\[)")


def _never_shown() -> str:
    return _class(DEFAULT_IGNORABLE) + _class(FORMAT) + _ALWAYS


@cache
def _invisible() -> re.Pattern[str]:
    """Matches characters to escape. Built on first use: compiling it is slow."""
    picture = _class(EMOJI)
    joined = (
        rf"(?<=[{picture}{_SELECTOR}])\u200d(?=[{picture}])|(?<=[{_ARABIC}])\u200c(?=[{_ARABIC}])"
    )
    selected = rf"(?<=[{picture}]){_SELECTOR}|(?<=[0-9#*]){_SELECTOR}(?={_KEYCAP})"
    return re.compile(rf"(?!{joined}|{selected})[\x00-\x1f\x7f-\x9f{_never_shown()}]")


@cache
def _suspect() -> re.Pattern[str]:
    """A fast superset of ``_invisible`` without newline and tab, to search whole files."""
    return re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_never_shown()}]")


def escaped(character: str) -> str:
    r"""Escape a character: ``\x1b``, ``\u202e``, ``\U000e0041``."""
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def printable(text: str) -> str:
    """Return ``text`` on one line, with every invisible character escaped."""
    if text.isascii() and text.isprintable():
        return text
    return _invisible().sub(lambda match: escaped(match.group()), text)


def hidden_characters(text: str) -> list[str]:
    """Return the characters that ``printable`` would escape, except newline and tab."""
    suspect = _ASCII_CONTROL if text.isascii() else _suspect()
    if suspect.search(text) is None:
        return []
    return [found for found in _invisible().findall(text) if found not in "\n\t\r"]


def without_orders(text: str) -> str:
    """Escape what a CI runner would execute in ``text``; lines stay as they are otherwise."""
    if "::" not in text and "##" not in text:
        return text
    return CI_ORDER.sub(r"\\x23", _LEADING_ORDER.sub(r"\1\\x3a", text))


def holds_order(text: str) -> bool:
    """Whether a CI runner that reads ``text`` in a log would execute a part of it."""
    return without_orders(text) != text


def harmless_json(text: str) -> str:
    """Escape, in JSON or a quoted YAML scalar, what a terminal or a CI runner would obey."""
    for char in sorted(set(hidden_characters(text))):
        code = ord(char)
        pair = [code] if code <= 0xFFFF else [0xD7C0 + (code >> 10), 0xDC00 + (code & 0x3FF)]
        text = text.replace(char, "".join(f"\\u{half:04x}" for half in pair))
    return CI_ORDER.sub(r"\\u0023", text)


def first_hidden(text: str, character: str) -> int:
    """Return the first index of ``character`` where it is invisible; in an emoji it may be fine."""
    return next(
        found.start() for found in _invisible().finditer(text) if found.group() == character
    )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most similar to ``word``, or None."""
    from difflib import get_close_matches  # noqa: PLC0415  # only for misspelt words

    candidates = list(known)
    lowered = {candidate.lower(): candidate for candidate in candidates}
    if word.lower() in lowered:
        return lowered[word.lower()]
    started = [
        candidate
        for candidate in candidates
        if len(word) >= 3 and candidate.lower().startswith(word.lower())
    ]
    if len(started) == 1:
        return started[0]
    close = get_close_matches(word, candidates, n=1, cutoff=0.6)
    return next(iter(close or started), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for a near miss, else ''."""
    near = nearest(word, known)
    return f"; did you mean {near!r}?" if near else ""


def count(number: int, noun: str) -> str:
    """Format ``1 room``, ``2 rooms``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


UUID = regex(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_uuid(text: object) -> bool:
    """Whether ``text`` is exactly one UUID in its usual spelling."""
    return isinstance(text, str) and len(text) == 36 and UUID.fullmatch(text) is not None
