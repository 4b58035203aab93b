"""Text from outside inside Markdown: fenced, so that nothing in it becomes markup, a link, a picture, a mention or an issue."""

import re
from collections.abc import Sequence

from reconciler.core.value_text import plain
from reconciler.reports.text.style import clip, excerpt

MORE = "…"
_RUN = re.compile(r"`+")


def _longest_run(text: str) -> int:
    return max(map(len, _RUN.findall(text)), default=0)


def length(text: str) -> int:
    """How long ``text`` is for those who count UTF-16, which is never less than its characters."""
    return len(text) + sum(char > "\uffff" for char in text)


def _bounded(text: str, width: int) -> str:
    """What takes no columns (combining marks) is bounded too."""
    if length(text) <= 2 * width:
        return text
    end = taken = 0
    for char in text:
        taken += length(char)
        if taken >= 2 * width:
            break
        end += 1
    return text[:end] + MORE


def short(text: str, width: int) -> str:
    """``text`` on one line, harmless for a log, in at most ``width`` columns."""
    return _bounded(clip(plain(text), width, more=MORE), width)


def short_value(text: str, other: str, width: int) -> str:
    """``text``, on one line already, in at most ``width`` columns, showing where it differs from ``other``."""
    return _bounded(excerpt(text, other, width, more=MORE), width)


def fenced(lines: Sequence[str], *, language: str = "") -> str:
    """A block of code; its fence is longer than any run of backticks inside. Each line is one already (``plain``)."""
    text = "\n".join(lines)
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"


def code(text: str, *, width: int = 80) -> str:
    """``text`` as a code span, on one line and clipped."""
    shown = short(text, width).strip() or "-"
    ticks = "`" * (_longest_run(shown) + 1)
    blank = " " if "`" in shown else ""
    return f"{ticks}{blank}{shown}{blank}{ticks}"


def details(summary: str, body: str, *, is_open: bool = False) -> str:
    """A part that can be folded away. ``summary`` is this tool's own words: counts, kinds of action, no text from outside."""
    return f"<details{' open' if is_open else ''}>\n<summary>{summary}</summary>\n\n{body}\n</details>\n\n"
