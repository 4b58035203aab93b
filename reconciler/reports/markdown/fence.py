"""Safe Markdown for foreign text: fenced, so that it cannot form markup, links or mentions."""

from collections.abc import Sequence

from reconciler.core.regex import regex
from reconciler.core.value_text import plain
from reconciler.reports.text.style import clip, excerpt

_MORE = "…"
_RUN = regex(r"`+")


def _longest_run(text: str) -> int:
    return max(map(len, _RUN.findall(text)), default=0)


def length(text: str) -> int:
    """Length in UTF-16 code units, as GitHub counts at most."""
    return len(text) + sum(char > "\uffff" for char in text)


def _bounded(text: str, width: int) -> str:
    """``text`` limited in length. Combining marks have no width, so a width does not bound them."""
    if length(text) <= 2 * width:
        return text
    end = used = 0
    for char in text:
        used += length(char)
        if used >= 2 * width:
            break
        end += 1
    return text[:end] + _MORE


def short(text: str, width: int) -> str:
    """``text`` on one safe line of at most ``width`` columns."""
    return _bounded(clip(plain(text), width, more=_MORE), width)


def short_value(text: str, other: str, width: int) -> str:
    """One line of ``text`` in at most ``width`` columns, at its difference from ``other``."""
    return _bounded(excerpt(text, other, width, more=_MORE), width)


def fenced(lines: Sequence[str], *, language: str = "") -> str:
    """A code block. Its fence is longer than any run of backticks in ``lines``.

    Each line must be made safe by ``plain`` already.
    """
    text = "\n".join(lines)
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"


def code(text: str, *, width: int = 80) -> str:
    """``text`` as a code span, on one line, clipped."""
    line = short(text, width).strip() or "-"
    ticks = "`" * (_longest_run(line) + 1)
    blank = " " if "`" in line else ""
    return f"{ticks}{blank}{line}{blank}{ticks}"


def details(summary: str, body: str, *, is_open: bool = False) -> str:
    """A collapsible block. ``summary`` must not contain foreign text."""
    tag = "<details open>" if is_open else "<details>"
    return f"{tag}\n<summary>{summary}</summary>\n\n{body}\n</details>\n\n"
