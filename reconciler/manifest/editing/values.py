"""Replaces, inserts and removes values with the smallest text edits."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.manifest.editing.scalar_style import (
    FileStyle,
    block_text,
    entry_lines,
    inline,
    key_text,
)
from reconciler.manifest.editing.text_edits import (
    TextEdit,
    Uneditable,
    begins_its_line,
    column,
    line_end,
    line_start,
    next_line,
    with_breaks,
)
from reconciler.manifest.parse.syntax import BLOCK_HEADER, Entry, Node, skip

_COLLECTIONS = (Mapping, list, tuple)


def _block_scalar(text: str, node: Node, value: str) -> str | None:
    """``value`` as a block scalar with the style, indentation and comment of the present one."""
    header = BLOCK_HEADER.match(text, node.start)
    first = next_line(text, node.start)
    if header is None or first >= node.end:
        return None
    old = text[first : node.end].splitlines()
    widths = [len(line) - len(line.lstrip(" ")) for line in old if line.strip()]
    lines = block_text(value, node.style, width=max(60, *(len(line.strip()) for line in old)))
    if lines is None or not widths:
        return None
    margin = widths[0] if not header[2] + header[4] else min(widths)
    rest = text[header.end() : line_end(text, node.start)]
    opening = lines[0][0] + header[2] + lines[0][1:] + header[4] + rest
    newline = text[line_end(text, node.start) : first]
    return newline.join([opening, *(" " * margin + line if line else "" for line in lines[1:])])


def _scalar_cut(text: str, node: Node, value: Any, manner: FileStyle, *, in_flow: bool) -> TextEdit:
    if node.style in ("|", ">") and isinstance(value, str):
        block = _block_scalar(text, node, value)
        if block is not None:
            return TextEdit(node.start, node.end, block)
    style = '"' if node.style in ("|", ">") else node.style
    new = inline(value, manner, style=style, in_flow=in_flow)
    return TextEdit(node.start, node.end, new)


def _gap_before(text: str, entry: Entry) -> str:
    """Separator between the preceding text and a new value."""
    at = entry.value.start
    if entry.key is not None and not text[skip(text, entry.key.end) : at].startswith(":"):
        return ": "
    return "" if text[at - 1 : at] in (" ", "\t", "") else " "


def _filled(
    text: str, entry: Entry, value: Any, manner: FileStyle, *, in_flow: bool, parent_column: int
) -> TextEdit:
    """Insert a value after an empty key (``spec:``): mappings below, others beside it."""
    at = entry.value.start
    if (
        not in_flow
        and entry.key is not None
        and isinstance(value, Mapping)
        and value
        and entry.value.anchor == ""
    ):
        lines = entry_lines(entry.key.text, value, manner, indent=parent_column)[1:]
        here = line_end(text, at)
        return TextEdit(here, here, "".join(manner.newline + line for line in lines))
    return TextEdit(at, at, _gap_before(text, entry) + inline(value, manner, in_flow=in_flow))


def _block_replaced(text: str, entry: Entry, value: Any, manner: FileStyle) -> Iterator[TextEdit]:
    """Replace a block collection by a one-line value; comments after the key stay."""
    node = entry.value
    if entry.key is None and not node.anchor and not begins_its_line(text, node.start):
        yield TextEdit(
            node.start, node.end, inline(value, manner)
        )  # an item that begins behind its dash
        return
    if entry.key is None or node.anchor or not begins_its_line(text, node.start):
        raise Uneditable(
            "this block cannot be replaced by another kind of value", hint="write it by hand"
        )
    behind = skip(text, entry.key.end) + 1
    yield TextEdit(behind, behind, " " + inline(value, manner))
    yield TextEdit(line_end(text, line_start(text, node.start) - 1), node.end, "")


def put_value(
    text: str, entry: Entry, value: Any, manner: FileStyle, *, in_flow: bool, parent_column: int
) -> Iterator[TextEdit]:
    """Text edits that replace the whole value of ``entry``."""
    node = entry.value
    if node.type in ("mapping", "list") and not node.style and not in_flow:
        yield from _block_replaced(text, entry, value, manner)
    elif node.type == "scalar" and node.start == node.end:
        yield _filled(text, entry, value, manner, in_flow=in_flow, parent_column=parent_column)
    elif node.type == "scalar" and not isinstance(value, _COLLECTIONS):
        yield _scalar_cut(text, node, value, manner, in_flow=in_flow)
    else:
        yield TextEdit(node.start, node.end, inline(value, manner, in_flow=in_flow))


def _place_among(node: Node, key: str, siblings: Sequence[str]) -> int:
    """Index for a new key: the order of ``siblings`` if the author follows it, else the end."""
    if key not in siblings:
        return len(node.entries)
    before = set(siblings[: siblings.index(key)])
    known = [
        index
        for index, entry in enumerate(node.entries)
        if entry.key is not None and entry.key.text in before
    ]
    if known:
        return known[-1] + 1
    after = set(siblings[siblings.index(key) :])
    return next(
        (
            index
            for index, entry in enumerate(node.entries)
            if entry.key is not None and entry.key.text in after
        ),
        len(node.entries),
    )


def _above_comments(text: str, at: int) -> int:
    """Start of the comment lines directly above the line of ``at``."""
    start = line_start(text, at)
    while start > 0:
        above = line_start(text, start - 1 - (text[start - 2 : start] == "\r\n"))
        if not text[above:start].lstrip(" ").startswith("#"):
            break
        start = above
    return start


def _insert_in_block(
    text: str, node: Node, spot: int, lines: Sequence[str], manner: FileStyle
) -> TextEdit:
    if spot == 0 and begins_its_line(text, node.entries[0].at):
        at = _above_comments(text, node.entries[0].at)
        return TextEdit(at, at, with_breaks(lines, manner.newline))
    last = node.entries[max(spot, 1) - 1]
    end = max(last.value.end, last.key.end if last.key else 0)
    here = line_end(text, end)
    return TextEdit(here, here, "".join(manner.newline + line for line in lines))


def _insert_in_flow(text: str, node: Node, spot: int, spelled: str) -> TextEdit:
    if node.style == ":":
        raise Uneditable("a pair inside a list cannot take another key", hint="put braces round it")
    if not node.entries:
        return TextEdit(node.start + 1, node.start + 1, spelled)
    first = node.entries[0]
    apart = (
        text[node.start + 1 : first.at]
        if not begins_its_line(text, first.at)
        else text[line_end(text, node.start) : first.at]
    )
    own_line = begins_its_line(text, first.at) and "#" not in apart
    if spot == 0:
        return TextEdit(first.at, first.at, f"{spelled},{apart if own_line else ' '}")
    last = node.entries[spot - 1]
    end = max(last.value.end, last.key.end if last.key else 0)
    return TextEdit(end, end, f",{apart if own_line else ' '}{spelled}")


def insert_key(  # position and style are separate facts
    text: str,
    node: Node,
    key: str,
    value: Any,
    manner: FileStyle,
    *,
    in_flow: bool,
    siblings: Sequence[str],
) -> TextEdit:
    """Text edit that adds ``key`` to a mapping, ordered like ``siblings``."""
    spot = _place_among(node, key, siblings)
    if (
        node.style
        and node.entries
        and all(entry.key is not None and entry.key.style == '"' for entry in node.entries)
    ):
        manner = manner._replace(is_json=True)  # JSON inside YAML stays JSON
    if node.style or in_flow or not node.entries:
        return _insert_in_flow(
            text,
            node,
            spot,
            f"{key_text(key, manner, in_flow=True)}: {inline(value, manner, in_flow=True)}",
        )
    indent = column(text, node.entries[0].at)
    return _insert_in_block(
        text, node, spot, entry_lines(key, value, manner, indent=indent), manner
    )


def insert_item(text: str, node: Node, value: Any, manner: FileStyle, *, in_flow: bool) -> TextEdit:
    """Text edit that appends an item to a list that is not empty."""
    if node.style or in_flow:
        return _insert_in_flow(text, node, len(node.entries), inline(value, manner, in_flow=True))
    margin = " " * column(text, node.entries[0].at)
    return _insert_in_block(
        text, node, len(node.entries), [f"{margin}- {inline(value, manner)}"], manner
    )


def _remove_from_flow(text: str, node: Node, index: int) -> TextEdit:
    entries = node.entries
    ends = [max(entry.value.end, entry.key.end if entry.key else 0) for entry in entries]
    if index + 1 < len(entries):
        start, end = entries[index].at, entries[index + 1].at
    else:
        start, end = ends[index - 1], ends[index]
    if (
        "#"
        in text[
            ends[index] if index + 1 < len(entries) else start : end
            if index + 1 < len(entries)
            else entries[index].at
        ]
    ):
        raise Uneditable("a comment belongs to what would be removed", hint="remove it by hand")
    return TextEdit(start, end, "")


def remove_entry(text: str, node: Node, index: int) -> TextEdit:
    """Text edit that removes one of several entries with its own lines."""
    if node.style == ":":
        raise Uneditable("a pair inside a list cannot be removed", hint="remove it by hand")
    if node.style:
        return _remove_from_flow(text, node, index)
    entry = node.entries[index]
    if begins_its_line(text, entry.at):
        end = max(entry.value.end, entry.key.end if entry.key else 0)
        return TextEdit(line_start(text, entry.at), next_line(text, end), "")
    following = node.entries[index + 1 : index + 2]
    if following and "#" not in text[entry.value.end : following[0].at]:
        return TextEdit(entry.at, following[0].at, "")
    raise Uneditable("its line has other content as well", hint="remove it by hand")
