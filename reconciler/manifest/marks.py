"""The marks of a document that was found to be in order, made when somebody asks where something stands."""

from collections.abc import Callable
from typing import Any

import yaml

from reconciler.manifest.documents import Mark, Text
from reconciler.manifest.tokens import LOADER


def _mark(event: Any, following: Callable[[], Any], first: int) -> Mark:
    start = event.start_mark
    line, column = start.line + first, start.column + 1
    if type(event) is yaml.ScalarEvent:
        return Mark(line, column, event.value, event.style or "")
    if type(event) is yaml.MappingStartEvent:
        return Mark(line, column, inside=_mapping(following, first))
    return Mark(line, column, inside=_list(following, first))


def _mapping(following: Callable[[], Any], first: int) -> dict[str, tuple[int, int, Mark]]:
    inside: dict[str, tuple[int, int, Mark]] = {}
    while type(key := following()) is not yaml.MappingEndEvent:
        start = key.start_mark
        inside[key.value] = (start.line + first, start.column + 1, _mark(following(), following, first))
    return inside


def _list(following: Callable[[], Any], first: int) -> list[Mark]:
    inside: list[Mark] = []
    while type(event := following()) is not yaml.SequenceEndEvent:
        inside.append(_mark(event, following, first))
    return inside


def mark_of(file: Text, start: int, end: int, line: int) -> Mark:
    """The mark of the one document in the characters from ``start`` to ``end`` of ``file``, before which there are ``line`` lines.

    The document has neither anchors, aliases nor tags, its keys are text, and no key stands twice in a mapping.
    """
    following = LOADER(file.characters[start:end]).get_event
    following()  # the stream's start
    following()  # the document's start
    return _mark(following(), following, line + 1)
