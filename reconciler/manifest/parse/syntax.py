"""Syntax tree of a manifest's text with offsets of keys, values, dashes and anchors."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
from reconciler.manifest.editing.text_edits import Uneditable
from reconciler.manifest.parse.events import JSON_TOKEN, LOADER
from reconciler.manifest.yaml_library import yaml

_NodeType = Literal["mapping", "list", "scalar", "alias"]

BLOCK_HEADER = regex(r"([|>])([0-9]?)([-+]?)([0-9]?)")

_GAP = regex(r"(?:[ \t\r\n]+|#[^\r\n]*)*")
_BLANK_TAIL = regex(r"(?:(?:\r\n|\n|\r)[ \t]*)+\Z")
_LAST_BREAK = regex(r"(?:\r\n|\n|\r)\Z")


@dataclass(frozen=True, slots=True)
class Node:
    """A value: ``start`` to ``end``, and ``head``, the start of its anchor (else ``start``).

    ``style`` is the opening character of a scalar (``""`` is plain) or flow collection (``""`` is
    block style, ``":"`` a single pair in a list). ``text`` is a scalar's value or an alias's
    anchor.
    """

    type: _NodeType
    head: int
    start: int
    end: int
    style: str = ""
    text: str = ""
    anchor: str = ""
    entries: tuple["Entry", ...] = ()

    def entry(self, step: str | int) -> "Entry | None":
        """The entry of a key or index."""
        if isinstance(step, int):
            return (
                self.entries[step]
                if self.type == "list" and 0 <= step < len(self.entries)
                else None
            )
        named = (
            entry for entry in self.entries if entry.key is not None and entry.key.text == step
        )
        return next(named, None) if self.type == "mapping" else None

    @property
    def is_null(self) -> bool:
        """Whether this is a plain null."""
        return (
            self.type == "scalar"
            and not self.style
            and self.text in ("", "~", "null", "Null", "NULL")
        )


class Entry(NamedTuple):
    """A key with its value, or a list item; ``at`` is the start of its key, ``?`` or dash."""

    at: int
    key: Node | None
    value: Node


@dataclass(frozen=True, slots=True)
class Outline:
    """A document from ``begins`` (directives or ``---`` if ``explicit``) to ``until``.

    ``opened`` is the end of its ``---``; if ``closed``, ``...`` stands from ``until`` to ``ends``.
    """

    begins: int
    opened: int
    explicit: bool
    root: Node
    until: int
    ends: int
    closed: bool


class _Part(NamedTuple):
    type: Literal["document", "document end", "mapping", "list", "scalar", "alias", "end"]
    start: int
    end: int
    style: str = ""
    text: str = ""
    anchor: str = ""
    explicit: bool = False


def skip(text: str, at: int) -> int:
    """The first character from ``at`` that is neither blank nor in a comment."""
    found = _GAP.match(text, at)
    return found.end() if found else at


def _scalar(event: Any, start: int, end: int) -> _Part:
    return _Part("scalar", start, end, event.style or "", event.value, event.anchor or "")


def _yaml_parts(text: str) -> Iterator[_Part]:
    event: Any  # attributes differ between event classes
    for event in yaml.parse(text, Loader=LOADER):
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, yaml.ScalarEvent):
            yield _scalar(event, start, end)
        elif isinstance(event, yaml.AliasEvent):
            yield _Part("alias", start, end, "*", event.anchor or "")
        elif isinstance(event, yaml.MappingStartEvent):
            yield _Part(
                "mapping", start, end, "{" if event.flow_style else "", anchor=event.anchor or ""
            )
        elif isinstance(event, yaml.SequenceStartEvent):
            yield _Part(
                "list", start, end, "[" if event.flow_style else "", anchor=event.anchor or ""
            )
        elif isinstance(event, yaml.CollectionEndEvent):
            yield _Part("end", start, end)
        elif isinstance(event, yaml.DocumentStartEvent):
            yield _Part("document", start, end, explicit=bool(event.explicit))
        elif isinstance(event, yaml.DocumentEndEvent):
            yield _Part("document end", start, end, explicit=bool(event.explicit))


def _json_parts(text: str) -> Iterator[_Part]:
    yield _Part("document", 0, 0)
    for match in JSON_TOKEN.finditer(text):
        word, start, end = match.group(), match.start(), match.end()
        if word[0] == '"':
            yield _Part("scalar", start, end, '"', json.loads(word))
        elif word in "{[":
            yield _Part("mapping" if word == "{" else "list", start, end, word)
        elif word in "}]":
            yield _Part("end", start, end)
        else:
            yield _Part("scalar", start, end, "", word)
    yield _Part("document end", len(text), len(text))


def _scalar_end(text: str, start: int, end: int) -> int:
    """End of a scalar; for a block scalar without its last line break and insignificant lines."""
    header = BLOCK_HEADER.match(text, start)
    if header is None:
        return end
    tail = (_LAST_BREAK if header[3] == "+" else _BLANK_TAIL).search(text[start:end])
    return start + tail.start() if tail else end


def _content(text: str, part: _Part) -> int:
    return skip(text, part.start + 1 + len(part.anchor)) if part.anchor else part.start


def _leaf(text: str, part: _Part) -> Node:
    if part.type == "alias":
        return Node("alias", part.start, part.start, part.end, "*", part.text)
    start = min(_content(text, part), part.end)
    end = _scalar_end(text, start, part.end) if part.style in ("|", ">") else part.end
    return Node("scalar", part.start, start, end, part.style, part.text, part.anchor)


def _mapping_entries(text: str, start: int, children: list[Node]) -> Iterator[Entry]:
    at = start
    for key, value in zip(children[::2], children[1::2], strict=True):
        first = skip(text, at)
        first = skip(text, first + 1) if text[first : first + 1] == "," else first
        yield Entry(
            first if text[first : first + 1] == "?" and first < key.head else key.head, key, value
        )
        at = max(value.end, key.end)


def _list_entries(text: str, start: int, children: list[Node], *, block: bool) -> Iterator[Entry]:
    at = start
    for value in children:
        yield Entry(skip(text, at) if block else value.head, None, value)
        at = value.end


def _collection(text: str, part: _Part, children: list[Node], closing: _Part) -> Node:
    node_type: _NodeType = "mapping" if part.type == "mapping" else "list"
    start = _content(text, part)
    style = ":" if part.style == "{" and text[start : start + 1] != "{" else part.style
    inside = start + (style in ("{", "["))
    pairs = (
        _mapping_entries(text, inside, children)
        if node_type == "mapping"
        else _list_entries(text, inside, children, block=not style)
    )
    entries = tuple(pairs)
    end = (
        closing.end
        if style in ("{", "[")
        else max(entries[-1].value.end, *(child.end for child in children))
    )
    return Node(node_type, part.start, start, end, style, anchor=part.anchor, entries=entries)


def _outlines(text: str, parts: Iterable[_Part]) -> Iterator[Outline]:
    stack: list[tuple[_Part, list[Node]]] = []
    opening = root = None
    for part in parts:
        if part.type == "document":
            opening, root = part, None
            continue
        if part.type == "document end":
            assert opening is not None  # the parser emits keys and values in pairs
            assert root is not None  # an empty document has one empty scalar
            yield Outline(
                opening.start,
                opening.end,
                opening.explicit,
                root,
                part.start,
                part.end,
                part.explicit,
            )
            continue
        if part.type in ("mapping", "list"):
            stack.append((part, []))
            continue
        node = _collection(text, *stack.pop(), part) if part.type == "end" else _leaf(text, part)
        if stack:
            stack[-1][1].append(node)
        else:
            root = node


def outlines(text: str, *, is_json: bool) -> list[Outline]:
    """The documents of ``text``. Uneditable if it is not valid YAML or JSON."""
    try:
        return list(_outlines(text, _json_parts(text) if is_json else _yaml_parts(text)))
    except yaml.YAMLError as error:
        raise Uneditable(
            "the tool cannot write this change without altering other parts of the file",
            hint="edit this file by hand, then run the command again",
        ) from error


def nodes_of(root: Node) -> Iterator[Node]:
    """Every node below ``root``, keys included, in text order."""
    ahead = [root]
    while ahead:
        node = ahead.pop()
        yield node
        for entry in reversed(node.entries):
            ahead += [entry.value] if entry.key is None else [entry.value, entry.key]


def aliases_of(root: Node) -> dict[int, list[Node]]:
    """Aliases of each anchored node, by the node's ``head``."""
    latest: dict[str, int] = {}
    found: dict[int, list[Node]] = {}
    for node in nodes_of(root):
        if node.type == "alias" and node.text in latest:
            found.setdefault(latest[node.text], []).append(node)
        elif node.anchor:
            latest[node.anchor] = node.head
    return found
