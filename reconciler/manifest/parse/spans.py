"""Spans of a valid document, computed on demand."""

from collections.abc import Callable
from typing import Any

from reconciler.manifest.document import Span, Text
from reconciler.manifest.parse.events import LOADER
from reconciler.manifest.yaml_library import yaml


def _mark(event: Any, following: Callable[[], Any], first: int) -> Span:
    start = event.start_mark
    line, column = start.line + first, start.column + 1
    if type(event) is yaml.ScalarEvent:
        return Span(line, column, event.value, event.style or "")
    if type(event) is yaml.MappingStartEvent:
        return Span(line, column, inside=_mapping(following, first))
    return Span(line, column, inside=_list(following, first))


def _mapping(following: Callable[[], Any], first: int) -> dict[str, tuple[int, int, Span]]:
    inside: dict[str, tuple[int, int, Span]] = {}
    while type(key := following()) is not yaml.MappingEndEvent:
        start = key.start_mark
        inside[key.value] = (
            start.line + first,
            start.column + 1,
            _mark(following(), following, first),
        )
    return inside


def _list(following: Callable[[], Any], first: int) -> list[Span]:
    inside: list[Span] = []
    while type(event := following()) is not yaml.SequenceEndEvent:
        inside.append(_mark(event, following, first))
    return inside


def mark_of(file: Text, start: int, end: int, line: int) -> Span:
    """Span of the document in characters ``start`` to ``end``, after ``line`` lines.

    The document has no anchors, aliases, tags, duplicate keys or keys that are not text.
    """
    following = LOADER(file.characters[start:end]).get_event
    following()  # stream start
    following()  # document start
    return _mark(following(), following, line + 1)
