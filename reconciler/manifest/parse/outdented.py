"""Lines whose indentation matches no line above: what is wrong, and what to type."""

import re
from collections.abc import Iterator

from reconciler.core.text import count
from reconciler.manifest.document import Text, source_line


def _first_line(file: Text, line: int) -> tuple[int, int]:
    """Number and indentation of the first line with content in the document above ``line``."""
    first, spaces = line, 0
    for number in range(line - 1, 0, -1):
        text = source_line(file, number)
        if text.startswith("---"):
            break
        if text.strip() and not text.lstrip().startswith("#"):
            first, spaces = number, len(text) - len(text.lstrip(" "))
    return first, spaces


def outdented_line(file: Text, at: tuple[int, int]) -> tuple[tuple[int, int], str, str] | None:
    """Position, message and hint if the document above ``at`` begins further right; else None."""
    line, column = at
    first, spaces = _first_line(file, line)
    if spaces < column:
        return None
    return (
        (first, 1),
        f"this line is indented by {count(spaces, 'space')}, and line {line} by {column - 1}",
        "start both in the same column: the keys of one mapping need the same indentation",
    )


def deeper_hint(file: Text, line: int) -> str:
    """What to type if ``line`` is indented more than the one above, which has a value; '' otherwise."""
    above = next((text for text in _above(file, line)), "")
    outer, inner = (len(text) - len(text.lstrip(" ")) for text in (above, source_line(file, line)))
    if inner <= outer or not re.match(r"\s*[^\s:]+: +[^\s#|>&!]", above):
        return ""
    return f"this line is indented by {count(inner, 'space')}, and the one above by {outer}: start both in the same column"


def text_above(file: Text, line: int) -> tuple[int, int] | None:
    """Where a text without a key begins that ends above ``line``; None if the line above has a key."""
    first = None
    for number in range(line - 1, 0, -1):
        text = source_line(file, number)
        if not text.strip() or re.search(r":(\s|$)|^---|^\s*(#|- )", text):
            break
        first = number, len(text) - len(text.lstrip()) + 1
    return first


def _above(file: Text, line: int) -> Iterator[str]:
    """The lines with content above ``line`` in its document, nearest first."""
    for number in range(line - 1, 0, -1):
        text = source_line(file, number)
        if text.startswith("---"):
            return
        if text.strip() and not text.lstrip().startswith("#"):
            yield text


def _levels(file: Text, line: int) -> list[int]:
    """Indentations of the blocks that are open above ``line``, innermost first."""
    levels: list[int] = []
    for text in _above(file, line):
        spaces = len(text) - len(text.lstrip(" "))
        if not levels or spaces < levels[-1]:
            levels.append(spaces)
    return levels


def unmatched_line(file: Text, at: tuple[int, int]) -> tuple[str, str] | None:
    """Message and hint if the line at ``at`` is indented like no block above; else None."""
    line, column = at
    levels = _levels(file, line)
    if source_line(file, line)[: column - 1].strip() or not levels or column - 1 in levels:
        return None
    likely = sorted(levels, key=lambda level: abs(level - column + 1))[:2]
    choices = " or ".join(map(str, sorted(likely)))
    return (
        f"this line is indented by {count(column - 1, 'space')}, like no block above",
        f"indent it by {choices} spaces; keys of one mapping start in the same column",
    )
