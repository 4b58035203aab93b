"""Small words for people: near misses, and text from outside made harmless for a terminal."""

import re
from collections.abc import Iterable

# C0 and C1 controls, DEL, zero-width, bidirectional and line-separating characters, lone surrogates, the BOM. A joiner
# inside an emoji, and a non-joiner inside a word in Arabic letters, are how these are spelled, and hide nothing.
_PICTURE = "\u203c-\u3299\ufe0f\U0001f000-\U0001faff"
_ARABIC = "\u0600-\u06ff\u0750-\u077f"
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e007f]"
    f"|(?<![{_PICTURE}])\u200d|\u200d(?![{_PICTURE}])|(?<![{_ARABIC}])\u200c|\u200c(?![{_ARABIC}])"
)
# All that may be hidden, joiners wherever they stand and without newline and tab: a whole file is asked in no time.
_SUSPECT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e007f]"
)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def printable(text: str) -> str:
    """The same text on one line, with every control, zero-width and bidirectional character spelled as an escape."""
    return _INVISIBLE.sub(_escape, text)


def hidden_characters(text: str) -> list[str]:
    """The characters of ``text`` that ``printable`` would escape, in order; newline and tab excepted."""
    if _SUSPECT.search(text) is None:
        return []
    return [found for found in _INVISIBLE.findall(text) if found not in "\n\t\r"]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` was most likely meant to be, or None."""
    from difflib import get_close_matches  # noqa: PLC0415  # where somebody misspelled something

    candidates = list(known)
    lowered = {candidate.lower(): candidate for candidate in candidates}
    if word.lower() in lowered:
        return lowered[word.lower()]
    started = [candidate for candidate in candidates if len(word) >= 3 and candidate.lower().startswith(word.lower())]
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
