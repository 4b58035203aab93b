"""Builds documents from tokens without recursion; limits depth, aliases, keys and size."""

from typing import Any

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.resources import Place, Problem
from reconciler.core.text import hidden_characters, printable
from reconciler.manifest.document import (
    MAX_DEPTH,
    MAX_NODES,
    Document,
    Span,
    Text,
    excerpt,
    pointer,
)
from reconciler.manifest.parse.anchors import Anchored, Anchors
from reconciler.manifest.parse.decoding import HIDDEN_HINT, spelled
from reconciler.manifest.parse.events import (
    FLATTEN,
    TOO_DEEP,
    Token,
    Unreadable,
    tokens_of,
)
from reconciler.manifest.parse.keys import key_problem, starts_manifest
from reconciler.manifest.parse.scalars import UnusableScalar, resolve

_STANDARD_TAG = "tag:yaml.org,2002:"


def _tag_name(tag: str) -> str:
    """The tag for messages. A URL without quotes may hold a key and is not shown."""
    short = printable(tag.replace(_STANDARD_TAG, "!!"))[:60]
    return "a tag" if "://" in short else f"the tag {short!r}"


@dataclass(slots=True)
class _Open:
    """An open mapping or list. ``key`` awaits its value; ``has_value`` False drops that value."""

    value: Any
    inside: Any
    token: Token
    nodes: int
    is_key: bool = False
    key: str | None = None
    key_at: tuple[int, int] = (0, 0)
    has_value: bool = True
    height: int = 1


@dataclass(slots=True)
class Builder:
    """Consumes tokens; results are ``documents`` and ``problems``. Unreadable on a fatal error."""

    file: Text
    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _stack: list[_Open] = field(default_factory=list)
    _anchors: Anchors = field(default_factory=Anchors)
    _root: tuple[Any, Span] | None = None
    _nodes: int = 0
    _templated: bool = False
    _gaps: bool = False
    _number: int = 0

    def _report(self, token: Token, message: str, hint: str = "") -> None:
        place = Place(self.file.name, token.line, token.column)
        self.problems.append(
            Problem(place, message, self._pointer(), hint, excerpt(self.file, token.line))
        )

    def _pointer(self) -> str:
        parts = (
            frame.key if isinstance(frame.value, dict) else len(frame.value)
            for frame in self._stack
        )
        return printable(pointer([part for part in parts if part is not None]))

    def take(self, token: Token) -> None:
        """Consume the next token."""
        if token.tag:
            fix = "remove the tag; put quotes around a value that is to be text"
            self._report(token, f"{_tag_name(token.tag)} is not allowed", fix)
        match token.type:
            case "scalar":
                self._scalar(token)
            case "mapping" | "list":
                self._open(token)
            case "end":
                self._close()
            case "alias":
                self._alias(token)
            case "document":
                self._begin(token)
            case "document end":
                self._finish()

    def _begin(self, token: Token) -> None:
        if token.text not in ("", "1.1", "1.2"):
            raise Unreadable(
                token.line,
                token.column,
                f"YAML {token.text} is not supported",
                hint="write %YAML 1.2, or remove the line",
            )
        self._anchors.clear()
        self._root = None
        self._templated = self._gaps = False
        self._number += 1

    def _finish(self) -> None:
        if self._root is not None:
            value, mark = self._root
            self.documents.append(
                Document(self.file, value, mark, self._number, self._templated, self._gaps)
            )

    def _count(self, token: Token) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise Unreadable(
                token.line,
                token.column,
                f"more than {MAX_NODES:,} values in one file",
                hint="split the file",
            )

    def _scalar(self, token: Token) -> None:
        self._count(token)
        text = token.text
        if token.style == '"' and hidden_characters(text):
            shown = ", ".join(
                dict.fromkeys(spelled(character) for character in hidden_characters(text)[:5])
            )
            self._report(token, f"the hidden character {shown} is not allowed", HIDDEN_HINT)
        parent = self._stack[-1] if self._stack else None
        if parent and parent.key is None and isinstance(parent.value, dict):
            self._key(parent, token)
            return
        value: Any = text
        if token.tag:
            value = None
        elif not token.style:
            value = self._resolved(token)
            self._gaps = self._gaps or not text
        if "${" in text:
            self._templated = True
        self._put(
            value,
            Span(token.line, token.column, text, token.style),
            token.anchor,
            height=0,
            nodes=1,
        )

    def _resolved(self, token: Token) -> Any:
        try:
            return resolve(token.text)
        except UnusableScalar as error:
            self._report(token, error.message, error.hint)
            return None

    def _key(self, parent: _Open, token: Token) -> None:
        if token.anchor:
            span = Span(token.line, token.column, token.text, token.style)
            self._anchors.define(token.anchor, Anchored(token.text, span, 1, 0))
        parent.key, parent.key_at, parent.has_value = token.text, (token.line, token.column), False
        problem = key_problem(token)
        if problem is not None:
            self._report(token, *problem)
        elif len(self._stack) == 1 and starts_manifest(token, parent.value, parent.token):
            self._split(parent, token)
        elif token.text in parent.value:
            first = parent.inside[token.text][0]
            name = printable(token.text)[:60]
            message = f"the key {name!r} is given twice; the first is on line {first}"
            self._report(token, message, "keep one of them")
        else:
            parent.has_value = True

    def _split(self, parent: _Open, token: Token) -> None:
        """End the document before ``token`` and start the next, so that both are checked."""
        first = parent.inside[token.text][0]
        self._report(
            token,
            f"a second manifest begins here: {token.text!r} is on line {first} already",
            "put '---' on a separate line before it; if it is the same manifest, keep one of the two",
        )
        self.documents.append(
            Document(
                self.file,
                parent.value,
                Span(parent.token.line, parent.token.column, inside=parent.inside),
                self._number,
                self._templated,
                self._gaps,
            )
        )
        self._number += 1
        parent.value, parent.inside, parent.has_value = {}, {}, True
        parent.token = token._replace(anchor="", tag="")

    def _refuse_as_key(self, token: Token) -> bool:
        """Whether ``token`` is a collection or alias used as a key, which is refused."""
        parent = self._stack[-1] if self._stack else None
        if parent is None or parent.key is not None or not isinstance(parent.value, dict):
            return False
        self._report(
            token,
            "a key must be text, not a mapping, a list or an alias",
            "name the key; a text that starts with '{' or '[' is quoted",
        )
        parent.key, parent.key_at, parent.has_value = "", (token.line, token.column), False
        return True

    def _open(self, token: Token) -> None:
        self._count(token)
        if len(self._stack) >= MAX_DEPTH:
            raise Unreadable(token.line, token.column, TOO_DEEP, hint=FLATTEN)
        is_key = self._refuse_as_key(token)
        if token.anchor:
            self._anchors.begin(token.anchor)
        value: Any = {} if token.type == "mapping" else []
        inside: Any = {} if token.type == "mapping" else []
        nodes = self._nodes + self._anchors.expanded
        self._stack.append(_Open(value, inside, token, nodes, is_key))

    def _close(self) -> None:
        closed = self._stack.pop()
        if closed.is_key:
            return
        refused = bool(closed.token.tag)
        mark = Span(
            closed.token.line, closed.token.column, inside=None if refused else closed.inside
        )
        self._put(
            None if refused else closed.value,
            mark,
            closed.token.anchor,
            height=closed.height,
            nodes=self._nodes + self._anchors.expanded - closed.nodes + 1,
        )

    def _alias(self, token: Token) -> None:
        self._count(token)
        if self._refuse_as_key(token):
            return
        problem = self._anchors.problem(token.anchor)
        if problem is not None:
            self._report(token, *problem)
            self._put(None, Span(token.line, token.column), "", height=0, nodes=1)
            return
        anchored = self._anchors.expand(token, nodes=self._nodes, depth=len(self._stack))
        span = anchored.span._replace(line=token.line, column=token.column)
        self._put(anchored.value, span, "", height=anchored.height, nodes=anchored.nodes)

    def _put(self, value: Any, mark: Span, anchor: str, *, height: int, nodes: int) -> None:
        """Store a finished value in the open collection, or as the document's root."""
        if anchor:
            self._anchors.define(anchor, Anchored(value, mark, nodes, height))
        if not self._stack:
            self._root = (value, mark)
            return
        parent = self._stack[-1]
        parent.height = max(parent.height, height + 1)
        if isinstance(parent.value, list):
            parent.value.append(value)
            parent.inside.append(mark)
            return
        if parent.has_value and parent.key is not None:
            parent.value[parent.key] = value
            parent.inside[parent.key] = (*parent.key_at, mark)
        parent.key = None


def read_precisely(file: Text, *, as_json: bool) -> tuple[list[Document], list[Problem], bool]:
    """Parse with positions for every value and full error reporting."""
    builder = Builder(file)
    try:
        for token in tokens_of(file, as_json=as_json):
            builder.take(token)
    except Unreadable as error:
        place = Place(file.name, error.line, error.column)
        problem = Problem(place, error.message, hint=error.hint, excerpt=excerpt(file, error.line))
        complete = builder.documents[: -1 if error.in_document else None]
        return complete, [*builder.problems, problem], False
    return builder.documents, builder.problems, not builder.problems
