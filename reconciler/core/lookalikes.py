"""Texts that print alike but differ: spells the differing code points as escapes."""

import unicodedata
from functools import cache

from reconciler.core.confusables import LOOK_LIKE
from reconciler.core.text import escaped

_LONGEST = 2_000
_BLANK, _DASH = "\N{BRAILLE PATTERN BLANK}", "\N{MINUS SIGN}"
_SELECTOR = "\N{VARIATION SELECTOR-16}"


@cache
def _plain_looks() -> dict[str, str]:
    """Return the ASCII letter or digit that each confusable one looks like."""
    looks = {}
    for look, codes in LOOK_LIKE.items():
        for code in codes.split():
            looks[chr(int(code, 16))] = look
    return looks


def _look(character: str) -> str:
    """Return the plainest character that looks like this one."""
    if not character.isascii() and character in _plain_looks():
        return _plain_looks()[character]
    category = unicodedata.category(character)
    if category == "Zs" or character == _BLANK:
        return " "
    return "-" if category == "Pd" or character == _DASH else character


def _looks(text: str) -> str:
    """Return ``text`` without composition, width and variants of blanks and dashes."""
    spread = unicodedata.normalize("NFKD", text).replace(_SELECTOR, "")
    return "".join(map(_look, spread))


def _words(character: str) -> tuple[str, str]:
    """Split a letter's Unicode name into script and rest: ``CYRILLIC``, ``SMALL LETTER A``."""
    script, _, rest = unicodedata.name(character, "").partition(" ")
    return script, rest


def _of_two_scripts(one: str, other: str) -> bool:
    return one.isalpha() and other.isalpha() and _words(one)[0] != _words(other)[0]


def prints_alike(one: str, other: str) -> bool:
    """Whether two different texts may look the same.

    They differ in composition only, in letters that Unicode calls confusable, or in a few letters of
    another script.
    """
    if one == other or (one.isascii() and other.isascii()):
        return False
    left, right = _looks(one), _looks(other)
    if len(left) != len(right):
        return False
    differing = [pair for pair in zip(left, right, strict=True) if pair[0] != pair[1]]
    strange = [pair for pair in differing if _words(pair[0])[1] != _words(pair[1])[1]]
    letters = sum(map(str.isalpha, left))
    return all(_of_two_scripts(*pair) for pair in differing) and 2 * len(strange) <= letters


def without_disguise(name: str) -> str:
    """Escape the other letters in a name that looks like one in plain ASCII."""
    if name.isascii() or not _looks(name).isascii():
        return name
    return "".join(one if one.isascii() else escaped(one) for one in name)


def _spelled(text: str, differs: list[bool]) -> str:
    marked = zip(text, differs, strict=True)
    return "".join(escaped(character) if odd else character for character, odd in marked)


def distinguished(one: str, other: str) -> tuple[str, str]:
    """Return both texts; if they print alike, with the differing code points escaped."""
    if not prints_alike(one, other):
        return one, other
    one_differs, other_differs = [False] * len(one), [False] * len(other)
    if len(one) == len(other):
        one_differs = other_differs = [
            left != right for left, right in zip(one, other, strict=True)
        ]
    elif max(len(one), len(other)) <= _LONGEST:
        from difflib import SequenceMatcher  # noqa: PLC0415  # where two texts print alike

        for tag, start, end, begin, stop in SequenceMatcher(
            None, one, other, autojunk=False
        ).get_opcodes():
            if tag != "equal":
                one_differs[start:end] = [True] * (end - start)
                other_differs[begin:stop] = [True] * (stop - begin)
    else:
        one_differs, other_differs = (
            [not char.isascii() for char in one],
            [not char.isascii() for char in other],
        )
    return _spelled(one, one_differs), _spelled(other, other_differs)
