"""Cutting and pasting: what to put in place of which characters, and where lines begin and end."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from reconciler.core.resources import Problem

_BREAK = re.compile(r"\r\n|\r|\n")


class Uneditable(Exception):
    """An edit that cannot be made without harm to something else: why, the likely mend, and which one of several it is.

    ``problems`` holds what is wrong with a file that is not in order; ``anchored`` says that only aliases stand in the way.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.edit: Any = None
        self.anchored = False
        self.problems: Sequence[Problem] = ()


class TextEdit(NamedTuple):
    """The characters from ``start`` to ``end`` give way to ``text``."""

    start: int
    end: int
    text: str


def line_start(text: str, at: int) -> int:
    """Where the line of character ``at`` begins."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def line_end(text: str, at: int) -> int:
    """Where the line of character ``at`` ends, before its break."""
    found = _BREAK.search(text, at)
    return found.start() if found else len(text)


def next_line(text: str, at: int) -> int:
    """Where the line after that of character ``at`` begins; the end of the text where there is none."""
    found = _BREAK.search(text, at)
    return found.end() if found else len(text)


def column(text: str, at: int) -> int:
    """The column of character ``at``, from 0."""
    return at - line_start(text, at)


def begins_its_line(text: str, at: int) -> bool:
    """Whether nothing but blanks stands before character ``at`` on its line."""
    return not text[line_start(text, at) : at].strip(" ")


def newline_of(text: str) -> str:
    """The line break that the text uses first."""
    found = _BREAK.search(text)
    return found.group() if found else "\n"


def touch(one: TextEdit, other: TextEdit) -> bool:
    """Whether two cuts concern the same characters, or the same place."""
    return one.start <= other.end and other.start <= one.end


def apply_text_edits(text: str, cuts: Iterable[TextEdit]) -> str:
    """``text`` with cuts made that do not touch each other."""
    parts: list[str] = []
    at = 0
    for cut in sorted(cuts):
        parts += [text[at : cut.start], cut.text]
        at = cut.end
    return "".join([*parts, text[at:]])


def with_breaks(lines: Sequence[str], newline: str) -> str:
    """``lines``, each ended by ``newline``."""
    return "".join(line + newline for line in lines)
