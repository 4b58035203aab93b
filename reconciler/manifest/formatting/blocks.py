"""Formats block style: two-space indentation, key order, comments kept with their values."""

from collections.abc import Sequence

from reconciler.core.deferred_dataclass import dataclass
from reconciler.manifest.editing.text_edits import Uneditable, column, line_end
from reconciler.manifest.formatting.flow import flow_text
from reconciler.manifest.formatting.key_order import Shape, in_order
from reconciler.manifest.formatting.trivia import (
    Comment,
    Gap,
    comment_lines,
    gap_of,
    split_footer,
    split_header,
    without_leading_blanks,
)
from reconciler.manifest.parse.syntax import BLOCK_HEADER, Entry, Node, skip

_STEP = 2

# Lines, and trailing comments of an outer level. A line with line breaks inside is one scalar.
_Laid = tuple[list[str], list[Comment]]


@dataclass(frozen=True, slots=True)
class _Spot:
    """Target of a value: text before it, old and new indentation, end of the gap after it."""

    lead: str
    indent: int
    column: int
    after: int
    until: int
    shape: Shape


@dataclass(frozen=True, slots=True)
class _Unit:
    name: str
    remarks: list[Comment]
    lines: list[str]


def _shifted(raw: str, spot: _Spot, *, least: int) -> str:
    """A multi-line value re-indented with its key."""
    first, *others = raw.split("\n")
    lines = [first if not others else _bare(first)]
    for index, line in enumerate(others):
        content = line.lstrip(" ")
        margin = max(len(line) - len(content) + spot.indent - spot.column, least)
        kept = content if index == len(others) - 1 else _bare(content)
        lines.append(" " * margin + kept if content.strip() else "")
    return "\n".join(lines)


def _bare(line: str) -> str:
    """Without trailing blanks, unless a backslash makes one significant."""
    bare = line.rstrip(" \t")
    return line if bare.endswith("\\") else bare


def _block_scalar(text: str, node: Node, spot: _Spot) -> str:
    header, *lines = text[node.start : node.end].split("\n")
    found = BLOCK_HEADER.match(header)
    digit = int((found[2] or found[4] or 0) if found else 0)
    # An indicator counts from the parent; without one, the first written line decides.
    old = max(spot.column, 0) + digit if digit else _margin_of(lines)
    margin = " " * (spot.indent + (digit or _STEP))
    moved = [margin + line[old:] if line[old:] else "" for line in lines]
    return "\n".join([header.rstrip(), *moved])


def _margin_of(lines: Sequence[str]) -> int:
    for line in lines:
        if line.strip(" "):
            return len(line) - len(line.lstrip(" "))
    return 0


def _leaf(text: str, node: Node, spot: _Spot) -> str:
    if node.style in ("|", ">"):
        return _block_scalar(text, node, spot)
    if node.type in ("mapping", "list"):
        return _shifted(flow_text(text, node, spot.shape), spot, least=spot.indent)
    return _shifted(text[node.start : node.end], spot, least=spot.indent + _STEP)


def _opening(text: str, node: Node, spot: _Spot) -> tuple[str, list[Comment], bool]:
    """The key's or dash's line up to anchor and comment, comments below, and whether to break."""
    first = gap_of(text, spot.after, node.head)
    behind = node.head + 1 + len(node.anchor)
    content = node.entries[0].at if node.entries and not node.style else node.start
    second = gap_of(text, behind, max(content, behind)) if node.anchor else Gap("", [])
    beside = first.beside or second.beside
    extra = [Comment(0, second.beside.strip())] if first.beside and second.beside else []
    remarks = [*first.remarks, *extra, *second.remarks]
    lead = f"{spot.lead} &{node.anchor}" if node.anchor else spot.lead
    return lead + beside, remarks, "\n" in text[spot.after : node.start]


def _laid_value(text: str, node: Node, spot: _Spot) -> _Laid:
    opening, remarks, apart = _opening(text, node, spot)
    inner = spot.indent + _STEP
    in_list = spot.lead.endswith("-")
    if node.type in ("mapping", "list") and not node.style:
        lines, left = _collection(
            text,
            node,
            inner,
            outer=spot.column,
            until=spot.until,
            shape=spot.shape,
            remarks=remarks,
        )
        if (
            in_list
            and opening == spot.lead
            and not any(remark.text for remark in remarks)
            and lines[0].lstrip(" ")[:1] != "#"
        ):
            return [f"{spot.lead} {lines[0][inner:]}", *lines[1:]], left
        return [opening, *lines], left
    behind = gap_of(text, node.end, spot.until)
    remarks = [remark for remark in remarks if remark.text]
    if node.type == "scalar" and node.start == node.end:
        return [opening + behind.beside, *comment_lines(remarks, inner)], behind.remarks
    value = _leaf(text, node, spot) + behind.beside
    if remarks or "#" in opening[len(spot.lead) :] or (apart and not in_list):
        return [opening, *comment_lines(remarks, inner), " " * inner + value], behind.remarks
    return [f"{opening} {value}"], behind.remarks


def _keyed(
    text: str, entry: Entry, key: Node, spot: _Spot
) -> tuple[list[Comment], list[str], list[Comment]]:
    """A key with its value; comments of an explicit key (``? key``) go above."""
    raw = text[key.head : key.end]
    if "\n" in raw:
        raise Uneditable(
            "a key over several lines cannot be formatted", hint="write it on one line"
        )
    colon = skip(text, key.end)
    behind = colon + 1 if text[colon : colon + 1] == ":" and colon <= entry.value.head else key.end
    above: list[Comment] = []
    if entry.at < key.head:
        gaps = (gap_of(text, entry.at + 1, key.head), gap_of(text, key.end, behind - 1))
        above = [
            remark
            for gap in gaps
            for remark in (Comment(0, gap.beside.strip()), *gap.remarks)
            if remark.text
        ]
    lines, left = _laid_value(
        text,
        entry.value,
        _Spot(
            f"{' ' * spot.indent}{raw}:", spot.indent, spot.column, behind, spot.until, spot.shape
        ),
    )
    return above, lines, left


def _unit(
    text: str, entry: Entry, spot: _Spot, index: int, remarks: list[Comment]
) -> tuple[_Unit, list[Comment]]:
    if entry.key is None:
        lines, left = _laid_value(
            text,
            entry.value,
            _Spot(
                f"{' ' * spot.indent}-",
                spot.indent,
                spot.column,
                entry.at + 1,
                spot.until,
                spot.shape.below(index),
            ),
        )
        return _Unit("", remarks, lines), left
    inner = _Spot("", spot.indent, spot.column, 0, spot.until, spot.shape.below(entry.key.text))
    above, lines, left = _keyed(text, entry, entry.key, inner)
    return _Unit(entry.key.text, [*remarks, *above], lines), left


def _collection(  # old position, new position, comments above
    text: str,
    node: Node,
    indent: int,
    *,
    outer: int,
    until: int,
    shape: Shape,
    remarks: list[Comment],
) -> _Laid:
    here = column(text, node.entries[0].at)
    header, pending = split_header(remarks)
    units: list[_Unit] = []
    for index, entry in enumerate(node.entries):
        end = node.entries[index + 1].at if index + 1 < len(node.entries) else until
        unit, pending = _unit(text, entry, _Spot("", indent, here, 0, end, shape), index, pending)
        units.append(unit)
    footer, left = split_footer(pending, outer)
    order = (
        in_order([unit.name for unit in units], shape.keys)
        if node.type == "mapping"
        else range(len(units))
    )
    lines = comment_lines(header, indent)
    for spot, index in enumerate(order):
        above = units[index].remarks if spot else without_leading_blanks(units[index].remarks)
        lines += [*comment_lines(above, indent), *units[index].lines]
    return [*lines, *comment_lines(footer, indent)], left


def root_lines(text: str, root: Node, until: int, shape: Shape) -> _Laid:
    """Lines of a document after its header, and comments left after it."""
    if root.type in ("mapping", "list") and not root.style:
        lines, left = _collection(text, root, 0, outer=-1, until=until, shape=shape, remarks=[])
        beside = (
            gap_of(text, root.head + 1 + len(root.anchor), root.entries[0].at)
            if root.anchor
            else Gap("", [])
        )
        anchor = [f"&{root.anchor}{beside.beside}"] if root.anchor else []
        return [*anchor, *comment_lines(without_leading_blanks(beside.remarks), 0), *lines], left
    behind = gap_of(text, root.end, until)
    raw = text[root.head : root.start] + (
        flow_text(text, root, shape) if root.entries else text[root.start : root.end]
    )
    if root.style not in ("|", ">"):
        raw = "\n".join(_bare(line) for line in raw.split("\n"))
    return [raw + behind.beside] if raw else [], behind.remarks


def ends_line(text: str, at: int) -> bool:
    """Whether only blanks or a comment follow ``at`` on its line."""
    return not text[at : line_end(text, at)].partition("#")[0].strip()
