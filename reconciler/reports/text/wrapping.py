"""Lines that a terminal need not break: they are broken at blanks, or between the parts of a path."""

import re
import shlex
from collections.abc import Iterable, Iterator

from reconciler.reports.text.style import RenderStyle, columns

_PAINT = re.compile(r"\x1b\[[0-9;]*m")
_PIECES = re.compile(r" *[^ ]+")
_PARTS = re.compile(r"[^/]*/|[^/]+")
_DEEPER = 2


def shown_width(text: str) -> int:
    """The columns that painted ``text`` takes."""
    return columns(_PAINT.sub("", text))


def _pieces(line: str, room: int) -> Iterator[str]:
    """The words of ``line`` with the blanks before them; a path that is too long for a line comes in parts."""
    for piece in _PIECES.findall(line):
        if shown_width(piece.strip()) > room:
            yield from _PARTS.findall(piece)
        else:
            yield piece


def _wrapped(line: str, width: int) -> list[str]:
    """``line``, painted or not, in lines of at most ``width`` columns, as far as its words allow it."""
    if shown_width(line) <= width:
        return [line]
    indent = len(line) - len(line.lstrip(" "))
    deeper = " " * (indent + _DEEPER)
    lines: list[str] = []
    current = ""
    for piece in _pieces(line, width - len(deeper)):
        if current.strip() and shown_width(current + piece) > width:
            lines.append(current)
            current = deeper + piece.lstrip(" ")
        else:
            current += piece
    return [*lines, current]


def wrapped_lines(lines: Iterable[str], look: RenderStyle) -> list[str]:
    """``lines`` as they fit on the reader's screen; text for a file or a pipe stays as it is."""
    if not look.lines:
        return list(lines)
    parts: list[str] = []
    for line in lines:
        parts += _wrapped(line, look.width)
    return parts


def wrapped_command(before: str, command: str, look: RenderStyle) -> list[str]:
    """A command after ``before``; where it must be broken, each line ends in a backslash, as shells take it."""
    if not look.lines or columns(before + command) <= look.width:
        return [before + command]
    try:
        words = [shlex.quote(word) for word in shlex.split(command)]
    except ValueError:
        return [before + command]
    lines: list[str] = []
    current = before.rstrip()
    for word in words:
        if columns(f"{current} {word}") > look.width - 2 and current.strip():
            lines.append(f"{current} \\")
            current = f"    {word}"
        else:
            current += f" {word}"
    return [*lines, current]
