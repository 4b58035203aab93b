"""How text looks: colours as ANSI codes, marks with ASCII stand-ins, and columns that line up."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

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
    """What the reader's screen can do, and whether long values are shown in full.

    ``colour`` and ``ascii`` (nothing else) say what it shows, ``width`` its columns, ``lines`` its lines: 0 for a file or a pipe.
    """

    colour: bool = False
    ascii: bool = False
    width: int = 100
    lines: int = 0
    verbose: bool = False


PLAIN = RenderStyle()
_LEAST = 12  # columns that a column has whose cells are all too wide to count


class Marks(NamedTuple):
    """The few signs that stand for words."""

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
    """A run of text in one style; its text is already harmless."""

    text: str
    style: Style = ""


Cell = tuple[Span, ...]


def marks(look: RenderStyle) -> Marks:
    """The marks that this reader's screen can show."""
    return _ASCII if look.ascii else _UNICODE


def columns(text: str) -> int:
    """How many columns of a terminal ``text`` takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def clip(text: str, width: int, *, more: str) -> str:
    """The start of ``text`` in at most ``width`` columns, ending in ``more`` where something was left out."""
    if columns(text) <= width:
        return text
    room = max(width - columns(more), 1)
    end = taken = 0
    for char in text:
        taken += columns(char)
        if taken > room:
            break
        end += 1
    return text[:end].rstrip() + more


def cell(text: str, style: Style = "") -> Cell:
    """A cell of one span; no text is an empty cell."""
    return (Span(text, style),) if text else ()


def span_width(spans: Cell) -> int:
    """The columns that a cell takes."""
    if len(spans) == 1:
        return columns(spans[0].text)  # as nearly all are
    return sum(columns(span.text) for span in spans)


def paint(spans: Cell, look: RenderStyle) -> str:
    """The text of ``spans``, coloured where the reader's screen can."""
    if not look.colour:
        return "".join(span.text for span in spans)
    return "".join(
        f"\x1b[{_CODES[span.style]}m{span.text}\x1b[0m" if span.style and span.text else span.text
        for span in spans
    )


def widths(rows: Iterable[Sequence[Cell]], *, caps: Mapping[int, int] | None = None) -> list[int]:
    """The width of each column over all ``rows``; cells wider than the cap of their column do not count."""
    found: list[int] = []
    for row in rows:
        found += [0] * (len(row) - len(found))
        for index, spans in enumerate(row):
            width = span_width(spans)
            if width <= found[index]:
                continue
            cap = (caps or {}).get(index, width)
            found[index] = max(found[index], width if width <= cap else min(cap, _LEAST))
    return found


def _line(
    row: Sequence[Cell], sizes: Sequence[int], *, indent: int, look: RenderStyle
) -> list[str]:
    lines, line, blanks = [], "", indent
    for index, (spans, size) in enumerate(zip(row, sizes, strict=False)):
        if not size:
            continue
        if spans:
            line += " " * blanks + paint(spans, look)
            blanks = 0
        blanks += max(size - span_width(spans), 0) + 2
        if index == 0 and span_width(spans) > size and any(row[1:]):
            lines.append(line)
            line, blanks = "", indent + size + 2
    return [*lines, line]


def grid(
    rows: Sequence[Sequence[Cell]], look: RenderStyle, *, indent: int = 4, sizes: Sequence[int] = ()
) -> list[str]:
    """``rows`` as lines whose columns line up, two blanks apart; empty columns and trailing blanks are left out.

    After a first cell that is wider than its column the row goes on in the next line; other wide cells push what follows.
    """
    sizes = sizes or widths(rows)
    return [line for row in rows for line in _line(row, sizes, indent=indent, look=look)]


def finish(lines: Iterable[str], look: RenderStyle) -> str:
    """The lines as one text; where the screen is ASCII only, other characters are spelled as escapes."""
    text = "".join(f"{line}\n" for line in lines)
    return text.encode("ascii", "backslashreplace").decode("ascii") if look.ascii else text


def excerpt(text: str, other: str, width: int, *, more: str) -> str:
    """``text`` in at most ``width`` columns, showing the place where it first differs from ``other``."""
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
