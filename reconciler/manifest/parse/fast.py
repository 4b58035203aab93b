"""Fast path: parses values without positions; returns None if anything needs the builder."""

from array import array
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from reconciler.core.text import hidden_characters
from reconciler.manifest.document import MAX_DEPTH, MAX_NODES, Document, Span, Text
from reconciler.manifest.parse.events import LOADER
from reconciler.manifest.parse.scalars import UnusableScalar, resolve
from reconciler.manifest.parse.spans import mark_of
from reconciler.manifest.yaml_library import yaml


class _Bare(NamedTuple):
    """A document without spans: value, start (offset and line, from 0), features to check."""

    value: Any
    start: int
    line: int
    templated: bool
    gaps: bool


class _Unsure(Exception):
    """The file may have problems."""


class _Values(dict[str, Any]):
    """Cache of plain scalars' values, except those that the document must note."""

    __slots__ = ("gaps", "templated")

    def __init__(self) -> None:
        super().__init__()
        self.templated = self.gaps = False

    def __missing__(self, text: str) -> Any:
        value = resolve(text)
        if not text:
            self.gaps = True
        elif "${" in text:
            self.templated = True
        else:
            self[text] = value
        return value


class _Keys(dict[str, str]):
    """Cache of plain keys that are text."""

    __slots__ = ()

    def __missing__(self, text: str) -> str:
        if text == "<<" or not isinstance(resolve(text), str):
            raise _Unsure
        self[text] = text
        return text


class _Reader:
    """Builds values from parser events; ``nodes`` counts them."""

    __slots__ = ("following", "keys", "nodes", "values")

    def __init__(self, following: Callable[[], Any]) -> None:
        self.following = following
        self.values = _Values()
        self.keys = _Keys()
        self.nodes = 0

    def value(self, event: Any, depth: int) -> Any:
        """The value that starts with ``event``, at nesting ``depth``."""
        event_type = type(event)
        if event.anchor is not None or event.tag is not None:  # an alias has only an anchor
            raise _Unsure
        if event_type is yaml.ScalarEvent:
            text: str = event.value
            return self._quoted(text, event.style) if event.style else self.values[text]
        if depth >= MAX_DEPTH:
            raise _Unsure
        found = (
            self._mapping(depth + 1)
            if event_type is yaml.MappingStartEvent
            else self._list(depth + 1)
        )
        self.nodes += len(found)
        return found

    def _quoted(self, text: str, style: str) -> str:
        if "${" in text:
            self.values.templated = True
        if style == '"' and not (text.isascii() and text.isprintable()) and hidden_characters(text):
            raise _Unsure
        return text

    def _mapping(self, depth: int) -> dict[str, Any]:
        following, keys, value = self.following, self.keys, self.value
        found: dict[str, Any] = {}
        while type(event := following()) is yaml.ScalarEvent:
            key = self._quoted(event.value, event.style) if event.style else keys[event.value]
            if key in found or event.anchor is not None or event.tag is not None:
                raise _Unsure
            found[key] = value(following(), depth)
        if type(event) is not yaml.MappingEndEvent:
            raise _Unsure
        self.nodes += len(found)
        return found

    def _list(self, depth: int) -> list[Any]:
        following, value = self.following, self.value
        found: list[Any] = []
        while type(event := following()) is not yaml.SequenceEndEvent:
            found.append(value(event, depth))
        return found


def _read(following: Callable[[], Any]) -> Iterator[_Bare]:
    reader = _Reader(following)
    values = reader.values
    following()  # stream start
    while type(event := following()) is yaml.DocumentStartEvent:
        if event.version is not None or event.tags is not None:
            raise _Unsure
        mark: Any = event.start_mark
        values.templated = values.gaps = False
        value = reader.value(following(), 0)
        reader.nodes += 1
        if reader.nodes > MAX_NODES:
            raise _Unsure
        yield _Bare(value, mark.index - mark.column, mark.line, values.templated, values.gaps)
        following()  # document end


class _Marks:
    """Computes the span of a document by its number (from 1); one for all documents of a file."""

    __slots__ = ("_file", "_lines", "_starts")

    def __init__(self, file: Text, bare: list[_Bare]) -> None:
        self._file = file
        self._lines = array("q", (one.line for one in bare))
        self._starts = array("q", (one.start for one in bare))
        self._starts.append(len(file.characters))

    def __call__(self, number: int) -> Span:
        start, end = self._starts[number - 1 : number + 1]
        return mark_of(self._file, start, end, self._lines[number - 1])


def try_parse(file: Text) -> list[Document] | None:
    """The documents of YAML text with spans computed on demand.

    None if anything is invalid, unusual or doubtful: the builder reports it.
    """
    try:
        bare = list(_read(LOADER(file.characters).get_event))
    except (yaml.YAMLError, UnusableScalar, _Unsure):
        return None
    marks = _Marks(file, bare)
    return [
        Document(file, one.value, marks, number, one.templated, one.gaps)
        for number, one in enumerate(bare, 1)
    ]
