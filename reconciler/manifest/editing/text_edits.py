"""Text replacements and line positions."""

from collections.abc import Iterable, Sequence
from typing import Any

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
from reconciler.core.resources import Problem

_BREAK = regex(r"\r\n|\r|\n")


class Uneditable(Exception):
    """An edit that would damage something else: reason, hint, and the edit.

    ``problems`` are those of an invalid file; ``anchored`` means that only aliases prevent the
    edit.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.edit: Any = None
        self.anchored = False
        self.problems: Sequence[Problem] = ()


class TextEdit(NamedTuple):
    """Replace the characters from ``start`` to ``end`` by ``text``."""

    start: int
    end: int
    text: str


def line_start(text: str, at: int) -> int:
    """Start of the line of character ``at``."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def line_end(text: str, at: int) -> int:
    """End of the line of character ``at``, without its line break."""
    found = _BREAK.search(text, at)
    return found.start() if found else len(text)


def next_line(text: str, at: int) -> int:
    """Start of the next line; the end of the text if there is none."""
    found = _BREAK.search(text, at)
    return found.end() if found else len(text)


def column(text: str, at: int) -> int:
    """Column (from 0) of character ``at``."""
    return at - line_start(text, at)


def begins_its_line(text: str, at: int) -> bool:
    """Whether only blanks precede character ``at`` on its line."""
    return not text[line_start(text, at) : at].strip(" ")


def newline_of(text: str) -> str:
    """The first line break in the text."""
    found = _BREAK.search(text)
    return found.group() if found else "\n"


def touch(one: TextEdit, other: TextEdit) -> bool:
    """Whether two replacements overlap or meet."""
    return one.start <= other.end and other.start <= one.end


def apply_text_edits(text: str, cuts: Iterable[TextEdit]) -> str:
    """``text`` with non-overlapping replacements applied."""
    parts: list[str] = []
    at = 0
    for cut in sorted(cuts):
        parts += [text[at : cut.start], cut.text]
        at = cut.end
    return "".join([*parts, text[at:]])


def with_breaks(lines: Sequence[str], newline: str) -> str:
    """``lines`` joined, each ended by ``newline``."""
    return "".join(line + newline for line in lines)
