"""Lines that a terminal need not break: they are broken at blanks, or between the parts of a path."""

import shlex
from collections.abc import Iterable, Iterator

from reconciler.core.regex import regex
from reconciler.reports.text.style import RenderStyle, columns

_PAINT = regex(r"\x1b\[[0-9;]*m")
_PIECES = regex(r" *[^ ]+")
_PARTS = regex(r"[^/]*/|[^/]+")
_SOURCE = regex(r" *\d* [│|]( |$)")  # a line of a file, or the caret below it
_COLUMN = regex(r"(?<=\S) {2,}(?=\S)")
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


def _broken(pieces: Iterable[str], width: int, deeper: str) -> list[str]:
    """``pieces`` in lines of at most ``width`` columns; all but the first begin with ``deeper``."""
    lines: list[str] = []
    current = ""
    for piece in pieces:
        if current.strip() and shown_width(current + piece) > width:
            lines.append(current)
            current = deeper + piece.lstrip(" ")
        else:
            current += piece
    return [*lines, current]


def _wrapped(line: str, width: int) -> list[str]:
    """``line``, painted or not, in lines of at most ``width`` columns, as far as its words allow it."""
    if shown_width(line) <= width:
        return [line]
    indent = len(line) - len(line.lstrip(" "))
    deeper = " " * (indent + _DEEPER)
    return _broken(_pieces(line, width - len(deeper)), width, deeper)


def _text_column(line: str, width: int) -> int:
    """Where the lines after the first one begin: below the text after the labels, else a little deeper."""
    longest = max(map(shown_width, line.split()), default=0)
    starts = [shown_width(line[: gap.end()]) for gap in _COLUMN.finditer(line)]
    left = [start for start in starts if start <= width // 2 and start + longest <= width]
    return max(left, default=len(line) - len(line.lstrip(" ")) + _DEEPER)


def wrapped_message(text: str, look: RenderStyle) -> str:
    """A message or a list for people: on a terminal its lines are broken at blanks, lines of files are not."""
    if not look.lines:
        return text
    lines: list[str] = []
    for line in text.split("\n"):
        bare = _PAINT.sub("", line)
        if shown_width(line) <= look.width or _SOURCE.match(bare):
            lines.append(line)
        else:
            lines += _broken(
                _PIECES.findall(line), look.width, " " * _text_column(bare, look.width)
            )
    return "\n".join(lines)


def wrapped_lines(lines: Iterable[str], look: RenderStyle) -> list[str]:
    """``lines`` as they fit on the reader's screen; text for a file or a pipe stays as it is."""
    if not look.lines:
        return list(lines)
    return [part for line in lines for part in _wrapped(line, look.width)]


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
