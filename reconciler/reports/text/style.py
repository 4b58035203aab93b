"""Terminal style: ANSI colours, marks with ASCII alternatives, aligned columns."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from reconciler.core.deferred_dataclass import dataclass, fields
from reconciler.core.named_tuple import NamedTuple

Style = Literal["", "bold", "dim", "add", "change", "remove", "move", "take", "bad"]

_CODES: Mapping[Style, str] = {
    "bold": "1",
    "dim": "2",
    "add": "32",
    "change": "33",
    "remove": "31",
    "move": "36",
    "take": "35",
    "bad": "1;31",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderStyle:
    """Abilities of the terminal: ``colour``, ``ascii`` only, ``width`` in columns.

    ``lines`` is its height, 0 for a file or a pipe. ``verbose`` shows long values in full.
    """

    colour: bool = False
    ascii: bool = False
    width: int = 100
    lines: int = 0
    verbose: bool = False

    @property
    def arguments(self) -> dict[str, Any]:
        """These abilities by name, for the report that is shown with them."""
        return {one.name: getattr(self, one.name) for one in fields(RenderStyle)}


PLAIN = RenderStyle()
_LEAST = 12  # Width of a column whose cells are all wider than its cap.


class Marks(NamedTuple):
    """Signs that stand for words."""

    create: str = "+"
    update: str = "~"
    delete: str = "-"
    rename: str = "→"
    adopt: str = "⇢"
    arrow: str = "→"
    more: str = "…"
    failed: str = "✗"
    unknown: str = "?"
    skipped: str = "·"
    bar: str = "│"
    dash: str = "—"


_UNICODE = Marks()
_ASCII = Marks(
    rename=">", adopt="<", arrow="->", more="...", failed="x", skipped=".", bar="|", dash="-"
)


class Span(NamedTuple):
    """Text in one style. The text is safe to print."""

    text: str
    style: Style = ""


Cell = tuple[Span, ...]


def marks(look: RenderStyle) -> Marks:
    """The marks that the terminal can show."""
    return _ASCII if look.ascii else _UNICODE


@lru_cache(maxsize=1024)  # a plan shows the same few signs in each line
def _char_columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def columns(text: str) -> int:
    """Terminal columns of ``text``: wide characters take two, combining ones none."""
    return len(text) if text.isascii() else sum(map(_char_columns, text))


def clip(text: str, width: int, *, more: str) -> str:
    """The start of ``text`` in at most ``width`` columns, ending in ``more`` if it was cut."""
    if columns(text) <= width:
        return text
    room = max(width - columns(more), 1)
    end = used = 0
    for char in text:
        used += columns(char)
        if used > room:
            break
        end += 1
    return text[:end].rstrip() + more


def cell(text: str, style: Style = "") -> Cell:
    """A cell of one span; empty text is an empty cell."""
    return (Span(text, style),) if text else ()


def span_width(spans: Cell) -> int:
    """The columns of a cell."""
    if len(spans) == 1:
        return columns(spans[0].text)  # The usual case.
    return sum(columns(span.text) for span in spans)


def paint(spans: Cell, look: RenderStyle) -> str:
    """The text of ``spans``, with colour codes if the terminal shows colour."""
    if not look.colour:
        # One span is the usual case.
        return spans[0].text if len(spans) == 1 else "".join(span.text for span in spans)
    return "".join(
        f"\x1b[{_CODES[span.style]}m{span.text}\x1b[0m" if span.style and span.text else span.text
        for span in spans
    )


def widths(rows: Iterable[Sequence[Cell]], *, caps: Mapping[int, int] | None = None) -> list[int]:
    """The width of each column. Cells wider than their column's cap do not count."""
    sizes: list[int] = []
    for row in rows:
        sizes += [0] * (len(row) - len(sizes))
        for index, spans in enumerate(row):
            width = span_width(spans) if spans else 0
            if width <= sizes[index]:
                continue
            cap = (caps or {}).get(index, width)
            sizes[index] = max(sizes[index], width if width <= cap else min(cap, _LEAST))
    return sizes


def _line(
    row: Sequence[Cell], sizes: Sequence[int], *, indent: int, look: RenderStyle
) -> list[str]:
    lines, line, blanks = [], "", indent
    for index, (spans, size) in enumerate(zip(row, sizes, strict=False)):
        if not size:
            continue
        width = span_width(spans)
        if spans:
            line += " " * blanks + paint(spans, look)
            blanks = 0
        blanks += 2 if width >= size else size - width + 2
        if index == 0 and width > size and any(row[1:]):
            lines.append(line)
            line, blanks = "", indent + size + 2
    return [*lines, line]


def grid(
    rows: Sequence[Sequence[Cell]], look: RenderStyle, *, indent: int = 4, sizes: Sequence[int] = ()
) -> list[str]:
    """``rows`` as lines with aligned columns, two spaces apart. Empty columns are omitted.

    A first cell wider than its column breaks the line; other wide cells move the rest right.
    """
    sizes = sizes or widths(rows)
    lines: list[str] = []
    for row in rows:
        lines += _line(row, sizes, indent=indent, look=look)
    return lines


def finish(lines: Iterable[str], look: RenderStyle) -> str:
    """The lines as one text. For ASCII terminals, other characters become escapes."""
    text = "".join(f"{line}\n" for line in lines)
    return text.encode("ascii", "backslashreplace").decode("ascii") if look.ascii else text


def excerpt(text: str, other: str, width: int, *, more: str) -> str:
    """``text`` in at most ``width`` columns, around its first difference from ``other``."""
    if columns(text) <= width:
        return text
    common = next(
        (
            index
            for index, (left, right) in enumerate(zip(text, other, strict=False))
            if left != right
        ),
        min(len(text), len(other)),
    )
    if common + 4 > width - columns(more):
        text = more + text[max(common - 6, 0) :]
    return clip(text, width, more=more)
