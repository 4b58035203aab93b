"""Builds the values of documents from the parser's events, without positions."""

from collections.abc import Callable, Iterator
from typing import Any

from reconciler.core.text import hidden_characters
from reconciler.manifest.document import MAX_DEPTH
from reconciler.manifest.parse.events import LOADER
from reconciler.manifest.parse.plain_lines import Bare, Unsure
from reconciler.manifest.parse.scalars import resolve
from reconciler.manifest.yaml_library import yaml


def _nothing() -> None:
    """Stand for the events of no text."""


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
            raise Unsure
        self[text] = text
        return text


class EventReader:
    """Builds values from parser events; ``nodes`` counts them."""

    __slots__ = ("following", "keys", "nodes", "values")

    def __init__(self) -> None:
        self.following: Callable[[], Any] = _nothing
        self.values = _Values()
        self.keys = _Keys()
        self.nodes = 0

    def value(self, event: Any, depth: int) -> Any:
        """The value that starts with ``event``, at nesting ``depth``."""
        event_type = type(event)
        if event.anchor is not None or event.tag is not None:  # an alias has only an anchor
            raise Unsure
        if event_type is yaml.ScalarEvent:
            text: str = event.value
            return self._quoted(text, event.style) if event.style else self.values[text]
        if depth >= MAX_DEPTH:
            raise Unsure
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
            raise Unsure
        return text

    def _mapping(self, depth: int) -> dict[str, Any]:
        following, keys, value = self.following, self.keys, self.value
        found: dict[str, Any] = {}
        while type(event := following()) is yaml.ScalarEvent:
            key = self._quoted(event.value, event.style) if event.style else keys[event.value]
            if key in found or event.anchor is not None or event.tag is not None:
                raise Unsure
            found[key] = value(following(), depth)
        if type(event) is not yaml.MappingEndEvent:
            raise Unsure
        self.nodes += len(found)
        return found

    def _list(self, depth: int) -> list[Any]:
        following, value = self.following, self.value
        found: list[Any] = []
        while type(event := following()) is not yaml.SequenceEndEvent:
            found.append(value(event, depth))
        return found

    def documents(self, characters: str) -> Iterator[Bare]:
        """The documents of YAML text. UnusableScalar or Unsure for invalid or doubtful text."""
        try:
            yield from self._documents(characters)
        except yaml.YAMLError as error:
            raise Unsure from error

    def _documents(self, characters: str) -> Iterator[Bare]:
        self.following = following = LOADER(characters).get_event
        values = self.values
        following()  # stream start
        while type(event := following()) is yaml.DocumentStartEvent:
            if event.version is not None or event.tags is not None:
                raise Unsure
            mark: Any = event.start_mark
            values.templated = values.gaps = False
            value = self.value(following(), 0)
            self.nodes += 1
            yield Bare(value, mark.index - mark.column, mark.line, values.templated, values.gaps)
            following()  # document end
