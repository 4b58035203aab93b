"""The words to avoid, and where a text has them: for the pages now, for messages and docstrings as well."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

LIST = Path(__file__).parents[1] / "words_to_avoid.txt"


class Found(NamedTuple):
    """A word to avoid in a text: its line, the word, and what to write instead."""

    line: int
    word: str
    instead: str


@cache
def avoided() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each pattern of the list with the plain words for it."""
    lines = [
        line
        for line in LIST.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    pairs = [line.split(" => ", 1) for line in lines]
    return tuple(
        (re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE), instead.strip())
        for pattern, instead in pairs
    )


def found(text: str) -> list[Found]:
    """Every word of ``text`` that is on the list, in order. A phrase may go over the end of a line."""
    flat = text.replace("\n", " ")
    hits = [
        (match.start(), match[0], instead)
        for pattern, instead in avoided()
        for match in pattern.finditer(flat)
    ]
    return [
        Found(text.count("\n", 0, start) + 1, word, instead)
        for start, word, instead in sorted(hits)
    ]
