"""Builds documents from tokens without recursion; limits depth, aliases, keys and size."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

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
from reconciler.manifest.parse.decoding import HIDDEN_HINT, spelled
from reconciler.manifest.parse.events import (
    FLATTEN,
    TOO_DEEP,
    Token,
    Unreadable,
    is_json,
    tokens_of,
)
from reconciler.manifest.parse.fast import try_parse
from reconciler.manifest.parse.scalars import UnusableScalar, resolve

MAX_ALIASED = 100_000

_BEGINNINGS = ("apiVersion", "kind")
_BODY = ("metadata", "spec")

_STANDARD_TAG = "tag:yaml.org,2002:"
_PLAIN_NAMES = {bool: "true/false", int: "a number", float: "a number", type(None): "null"}


def _tag_words(tag: str) -> str:
    """The tag for messages. A URL without quotes may hold a key and is not shown."""
    short = printable(tag.replace(_STANDARD_TAG, "!!"))[:60]
    return "a tag" if "://" in short else f"the tag {short!r}"


@dataclass(slots=True)
class _Open:
    """An open mapping or list. ``key`` awaits its value; ``kept`` False drops that value."""

    value: Any
    inside: Any
    token: Token
    nodes: int
    is_key: bool = False
    key: str | None = None
    key_at: tuple[int, int] = (0, 0)
    kept: bool = True
    height: int = 1


class _Anchored(NamedTuple):
    value: Any
    mark: Span
    nodes: int
    height: int


@dataclass(slots=True)
class Builder:
    """Consumes tokens; results are ``documents`` and ``problems``. Unreadable on a fatal error."""

    file: Text
    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _stack: list[_Open] = field(default_factory=list)
    _anchors: dict[str, _Anchored | None] = field(default_factory=dict)
    _root: tuple[Any, Span] | None = None
    _nodes: int = 0
    _aliased: int = 0
    _templated: bool = False
    _gaps: bool = False
    _number: int = 0

    def _complain(self, token: Token, message: str, hint: str = "") -> None:
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
            self._complain(
                token,
                f"{_tag_words(token.tag)} is not allowed",
                "take it out: text, numbers, true/false, lists and mappings need none",
            )
        what = token.what
        if what == "scalar":
            self._scalar(token)
        elif what == "end":
            self._close()
        elif what in ("mapping", "list"):
            self._open(token)
        elif what == "alias":
            self._alias(token)
        elif what == "document":
            self._begin(token)
        else:
            self._finish()

    def _begin(self, token: Token) -> None:
        if token.text not in ("", "1.1", "1.2"):
            raise Unreadable(
                token.line,
                token.column,
                f"YAML {token.text} is not known",
                hint="write %YAML 1.2, or leave the line out",
            )
        self._anchors = {}
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
            self._complain(token, f"the hidden character {shown} is not allowed", HIDDEN_HINT)
        top = self._stack[-1] if self._stack else None
        if top and top.key is None and isinstance(top.value, dict):
            self._key(top, token)
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
            self._complain(token, error.message, error.hint)
            return None

    def _key(self, top: _Open, token: Token) -> None:
        if token.anchor:
            self._anchors[token.anchor] = _Anchored(
                token.text, Span(token.line, token.column, token.text, token.style), 1, 0
            )
        top.key, top.key_at, top.kept = token.text, (token.line, token.column), False
        if not token.style and token.text == "<<":
            self._complain(
                token,
                "merge keys ('<<') are not supported",
                "write the fields out, or put them into a Preset",
            )
        elif not token.style and (why := self._not_text(token)):
            self._complain(
                token,
                f"the key {token.text[:40]!r} is {why}, and keys are text"
                if token.text
                else "a key is missing before ':'",
                "quote the key",
            )
        elif self._begins_another(top, token):
            self._part(top, token)
        elif token.text in top.value:
            first = top.inside[token.text][0]
            self._complain(
                token,
                f"the key {printable(token.text)[:60]!r} is given twice; the first is on line {first}",
                "keep one of them",
            )
        else:
            top.kept = True

    def _begins_another(self, top: _Open, token: Token) -> bool:
        """Whether ``token`` starts a second manifest without a ``---`` before it."""
        again = (
            token.text in _BEGINNINGS
            and token.text in top.value
            and any(key in top.value for key in _BODY)
        )
        return (
            again
            and len(self._stack) == 1
            and token.column == top.token.column
            and token.line > top.token.line
        )

    def _part(self, top: _Open, token: Token) -> None:
        """End the document before ``token`` and start the next, so that both are checked."""
        first = top.inside[token.text][0]
        self._complain(
            token,
            f"a second manifest begins here: {token.text!r} stands on line {first} already",
            "put '---' on a line of its own before it; if it is the same manifest, keep one of the two",
        )
        self.documents.append(
            Document(
                self.file,
                top.value,
                Span(top.token.line, top.token.column, inside=top.inside),
                self._number,
                self._templated,
                self._gaps,
            )
        )
        self._number += 1
        top.value, top.inside, top.kept = {}, {}, True
        top.token = token._replace(anchor="", tag="")

    def _not_text(self, token: Token) -> str:
        try:
            value = resolve(token.text)
        except UnusableScalar:
            return "a number"
        return _PLAIN_NAMES.get(type(value), "")

    def _key_is_no_scalar(self, token: Token) -> bool:
        """Whether ``token`` is a collection or alias used as a key, which is refused."""
        top = self._stack[-1] if self._stack else None
        if top is None or top.key is not None or not isinstance(top.value, dict):
            return False
        self._complain(
            token,
            "a key must be text, not a mapping, a list or an alias",
            "name the key; a text that starts with '{' or '[' is quoted",
        )
        top.key, top.key_at, top.kept = "", (token.line, token.column), False
        return True

    def _open(self, token: Token) -> None:
        self._count(token)
        if len(self._stack) >= MAX_DEPTH:
            raise Unreadable(token.line, token.column, TOO_DEEP, hint=FLATTEN)
        is_key = self._key_is_no_scalar(token)
        if token.anchor:
            self._anchors[token.anchor] = None
        is_mapping = token.what == "mapping"
        self._stack.append(
            _Open(
                {} if is_mapping else [],
                {} if is_mapping else [],
                token,
                self._nodes + self._aliased,
                is_key,
            )
        )

    def _close(self) -> None:
        done = self._stack.pop()
        if done.is_key:
            return
        refused = bool(done.token.tag)
        mark = Span(done.token.line, done.token.column, inside=None if refused else done.inside)
        self._put(
            None if refused else done.value,
            mark,
            done.token.anchor,
            height=done.height,
            nodes=self._nodes + self._aliased - done.nodes + 1,
        )

    def _alias(self, token: Token) -> None:
        self._count(token)
        if self._key_is_no_scalar(token):
            return
        anchored = self._anchors.get(token.anchor)
        if anchored is None:
            inside = token.anchor in self._anchors
            message = (
                f"the anchor '&{token.anchor}' contains itself"
                if inside
                else f"there is no anchor '&{token.anchor}' before this alias"
            )
            self._complain(
                token,
                message,
                "write the value out"
                if inside
                else "quote the text if it is not meant as an alias",
            )
            self._put(None, Span(token.line, token.column), "", height=0, nodes=1)
            return
        self._aliased += anchored.nodes
        if self._aliased > MAX_ALIASED or self._nodes + self._aliased > MAX_NODES:
            raise Unreadable(
                token.line,
                token.column,
                f"aliases expand to more than {MAX_ALIASED:,} values",
                hint="write the values out",
            )
        if len(self._stack) + anchored.height > MAX_DEPTH:
            raise Unreadable(
                token.line,
                token.column,
                f"this alias nests too deep: more than {MAX_DEPTH} levels",
                hint="write the values out",
            )
        mark = anchored.mark._replace(line=token.line, column=token.column)
        self._put(anchored.value, mark, "", height=anchored.height, nodes=anchored.nodes)

    def _put(self, value: Any, mark: Span, anchor: str, *, height: int, nodes: int) -> None:
        """Store a finished value in the open collection, or as the document's root."""
        if anchor:
            self._anchors[anchor] = _Anchored(value, mark, nodes, height)
        if not self._stack:
            self._root = (value, mark)
            return
        top = self._stack[-1]
        top.height = max(top.height, height + 1)
        if isinstance(top.value, list):
            top.value.append(value)
            top.inside.append(mark)
            return
        if top.kept and top.key is not None:
            top.value[top.key] = value
            top.inside[top.key] = (*top.key_at, mark)
        top.key = None


def read_with_care(file: Text, *, as_json: bool) -> tuple[list[Document], list[Problem], bool]:
    """Parse with positions for every value and full error reporting."""
    builder = Builder(file)
    try:
        for token in tokens_of(file, as_json=as_json):
            builder.take(token)
    except Unreadable as error:
        place = Place(file.name, error.line, error.column)
        problem = Problem(place, error.message, hint=error.hint, excerpt=excerpt(file, error.line))
        return builder.documents, [*builder.problems, problem], False
    return builder.documents, builder.problems, not builder.problems


def read_documents(file: Text) -> tuple[list[Document], list[Problem], bool]:
    """Documents of ``file``, syntax problems, and whether all of it was read."""
    as_json = is_json(file)
    documents = None if as_json else try_parse(file)
    return read_with_care(file, as_json=as_json) if documents is None else (documents, [], True)
