"""Values alone, at the speed of the parser: for a file of which there is nothing to say, and that is nearly every one."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import yaml

from reconciler.core.text import hidden_characters
from reconciler.manifest.document import MAX_DEPTH, MAX_NODES, Document, Text
from reconciler.manifest.parse.events import LOADER
from reconciler.manifest.parse.scalars import UnusableScalar, resolve
from reconciler.manifest.parse.spans import mark_of


class _Bare(NamedTuple):
    """A document without marks: its value, where its text begins (character and line, from 0), and what to look for in it."""

    value: Any
    start: int
    line: int
    templated: bool
    gaps: bool


class _Unsure(Exception):
    """There may be something to say about this file."""


class _Values(dict[str, Any]):
    """What plain scalars stand for, each worked out once; those that the document is to know of are worked out each time."""

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
    """Plain keys that are text and mean nothing else, each looked at once."""

    __slots__ = ()

    def __missing__(self, text: str) -> str:
        if text == "<<" or not isinstance(resolve(text), str):
            raise _Unsure
        self[text] = text
        return text


class _Reader:
    """Builds values from the events of a parser; ``nodes`` is how many there were so far."""

    __slots__ = ("following", "keys", "nodes", "values")

    def __init__(self, following: Callable[[], Any]) -> None:
        self.following = following
        self.values = _Values()
        self.keys = _Keys()
        self.nodes = 0

    def value(self, event: Any, depth: int) -> Any:
        """What begins with ``event``, inside ``depth`` mappings and lists."""
        what = type(event)
        if (
            event.anchor is not None or event.tag is not None
        ):  # the first of them is what an alias has
            raise _Unsure
        if what is yaml.ScalarEvent:
            text: str = event.value
            return self._quoted(text, event.style) if event.style else self.values[text]
        if depth >= MAX_DEPTH:
            raise _Unsure
        found = (
            self._mapping(depth + 1) if what is yaml.MappingStartEvent else self._list(depth + 1)
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
    following()  # the stream's start
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
        following()  # the document's end


def try_parse(file: Text) -> list[Document] | None:
    """The documents of YAML text, each to be marked when its mark is asked for.

    None where anything in it is wrong, rare or doubtful: it is to be read with care then, which finds the words for it.
    """
    try:
        bare = list(_read(LOADER(file.characters).get_event))
    except (yaml.YAMLError, UnusableScalar, _Unsure):
        return None
    starts = [*(one.start for one in bare), len(file.characters)]
    return [
        Document(
            file,
            one.value,
            partial(mark_of, file, one.start, end, one.line),
            number,
            one.templated,
            one.gaps,
        )
        for number, (one, end) in enumerate(zip(bare, starts[1:], strict=True), 1)
    ]
