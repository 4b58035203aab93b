"""Formats flow style and JSON: keys reordered; JSON is laid out with two spaces."""

from collections.abc import Iterator

from reconciler.manifest.formatting.key_order import Shape, in_order
from reconciler.manifest.parse.syntax import Entry, Node


def _end(entry: Entry) -> int:
    return max(entry.value.end, entry.key.end if entry.key else 0)


def _step(entry: Entry, index: int) -> str | int:
    return entry.key.text if entry.key else index


def flow_text(text: str, node: Node, shape: Shape) -> str:
    """A flow collection with its keys in order; the text between them stays."""
    if not node.entries:
        return text[node.start : node.end]
    pieces = [
        text[entry.at : entry.value.start]
        + flow_text(text, entry.value, shape.below(_step(entry, index)))
        + text[entry.value.end : _end(entry)]
        for index, entry in enumerate(node.entries)
    ]
    ends = [_end(entry) for entry in node.entries]
    between = [
        text[end : entry.at]
        for end, entry in zip([node.start, *ends], [*node.entries], strict=False)
    ]
    closing = text[ends[-1] : node.end]
    if node.type == "mapping" and not any("#" in part for part in (*between, closing)):
        pieces = [
            pieces[index]
            for index in in_order([str(_step(entry, 0)) for entry in node.entries], shape.keys)
        ]
    return "".join(part for pair in zip(between, pieces, strict=True) for part in pair) + closing


def _json_lines(text: str, node: Node, shape: Shape, indent: str) -> Iterator[str]:
    """The value's lines; the first one without indentation."""
    if not node.entries:
        yield (
            text[node.start : node.end]
            if node.type == "scalar"
            else "{}"
            if node.type == "mapping"
            else "[]"
        )
        return
    opening, closing = "{}" if node.type == "mapping" else "[]"
    names = [str(_step(entry, 0)) for entry in node.entries]
    order = in_order(names, shape.keys) if node.type == "mapping" else list(range(len(names)))
    yield opening
    for spot, index in enumerate(order):
        entry = node.entries[index]
        key = f"{text[entry.key.start : entry.key.end]}: " if entry.key else ""
        first, *others = _json_lines(
            text, entry.value, shape.below(_step(entry, index)), f"{indent}  "
        )
        lines = [f"{indent}  {key}{first}", *others]
        lines[-1] += "," if spot + 1 < len(order) else ""
        yield from lines
    yield indent + closing


def json_text(text: str, root: Node, shape: Shape) -> str:
    """A JSON document with two-space indentation and scalars as spelled."""
    return "\n".join(_json_lines(text, root, shape, ""))
