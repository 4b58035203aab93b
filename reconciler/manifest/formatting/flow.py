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
    pieces: list[str] = []
    between: list[str] = []
    at = node.start
    for index, entry in enumerate(node.entries):
        end = _end(entry)
        between.append(text[at : entry.at])
        value = flow_text(text, entry.value, shape.below(_step(entry, index)))
        pieces.append(text[entry.at : entry.value.start] + value + text[entry.value.end : end])
        at = end
    between.append(text[at : node.end])
    # A comment belongs to its neighbour: with one between the keys, they stay in their order.
    if node.type == "mapping" and "#" not in "".join(between):
        names = [str(_step(entry, 0)) for entry in node.entries]
        pieces = [pieces[index] for index in in_order(names, shape.keys)]
    *gaps, closing = between
    laid = [gap + piece for gap, piece in zip(gaps, pieces, strict=True)]
    return "".join([*laid, closing])


def _json_lines(text: str, node: Node, shape: Shape, indent: str) -> Iterator[str]:
    """The value's lines; the first one without indentation."""
    if node.type == "scalar":
        yield text[node.start : node.end]
        return
    opening, closing = "{}" if node.type == "mapping" else "[]"
    if not node.entries:
        yield opening + closing
        return
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
