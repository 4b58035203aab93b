"""Small words for people: near misses, and text from outside made harmless for a terminal."""

import re
from collections.abc import Iterable
from functools import cache

from reconciler.core.invisible import DEFAULT_IGNORABLE, EMOJI, FORMAT

# A joiner or a selector inside an emoji, and a non-joiner inside a word in Arabic letters, are how these are spelled, and
# hide nothing.
_ARABIC = "\u0600-\u06ff\u0750-\u077f"
_SELECTOR, _KEYCAP = "\ufe0f", "\u20e3"


def _class(ranges: str) -> str:
    """The inside of a character class for ranges in hexadecimal; what is ASCII is left out."""
    pairs = ((part.partition("-")[0], part.rpartition("-")[2]) for part in ranges.split())
    return "".join(
        f"\\U{first:0>8}-\\U{last:0>8}" for first, last in pairs if int(first, 16) > 0x7F
    )


# What never shows: C0 and C1 controls, DEL, separators of lines, lone surrogates, code points that are no characters, and
# by the Unicode tables what is ignored where it cannot be drawn, and what only steers how others are.
_ALWAYS = "\u2028\u2029\ufff9-\uffff\ud800-\udfff" + "".join(
    f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(1, 17)
)
_ASCII_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _never_shown() -> str:
    return _class(DEFAULT_IGNORABLE) + _class(FORMAT) + _ALWAYS


@cache
def _invisible() -> re.Pattern[str]:
    """What is spelled out; made when there is a text beyond ASCII, since it takes its time."""
    picture = _class(EMOJI)
    joined = (
        rf"(?<=[{picture}{_SELECTOR}])\u200d(?=[{picture}])|(?<=[{_ARABIC}])\u200c(?=[{_ARABIC}])"
    )
    selected = rf"(?<=[{picture}]){_SELECTOR}|(?<=[0-9#*]){_SELECTOR}(?={_KEYCAP})"
    return re.compile(rf"(?!{joined}|{selected})[\x00-\x1f\x7f-\x9f{_never_shown()}]")


@cache
def _suspect() -> re.Pattern[str]:
    """All that may be hidden, joiners wherever they stand and without newline and tab: a whole file is asked in no time."""
    return re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_never_shown()}]")


def escaped(character: str) -> str:
    r"""``\x1b``, ``\u202e``, ``\U000e0041``: the code point spelled out."""
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def printable(text: str) -> str:
    """The same text on one line, with every code point that does not show spelled as an escape."""
    return (
        text
        if text.isascii() and text.isprintable()
        else _invisible().sub(lambda match: escaped(match.group()), text)
    )


def hidden_characters(text: str) -> list[str]:
    """The characters of ``text`` that ``printable`` would escape, in order; newline and tab excepted."""
    suspect = _ASCII_CONTROL if text.isascii() else _suspect()
    if suspect.search(text) is None:
        return []
    return [found for found in _invisible().findall(text) if found not in "\n\t\r"]


def first_hidden(text: str, character: str) -> int:
    """Where ``character`` first stands in ``text`` such that it does not show: an emoji may have it rightly before."""
    return next(
        found.start() for found in _invisible().finditer(text) if found.group() == character
    )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` was most likely meant to be, or None."""
    from difflib import get_close_matches  # noqa: PLC0415  # where somebody misspelled something

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
    """``; did you mean 'x'?`` where there is a near miss, otherwise nothing."""
    near = nearest(word, known)
    return f"; did you mean {near!r}?" if near else ""


def count(number: int, noun: str) -> str:
    """``1 room``, ``2 rooms``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
