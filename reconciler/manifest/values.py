"""Documents from values in memory: each value gets a position, which no text has."""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.core.resources import Place, Problem
from reconciler.core.text import printable
from reconciler.manifest.document import MAX_DEPTH, MAX_NODES, Document, Path, Span, Text, pointer

_HINT = "values are texts, numbers, true, false, null, lists and mappings with texts as keys"


class _Unusable(Exception):
    """A value that JSON cannot hold, at ``path``."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


def _copied(value: Any, path: Path, left: Iterator[int]) -> Any:
    """Return a copy of ``value`` as dicts and lists; checks that composing may change nothing of it."""
    if next(left, None) is None:
        raise _Unusable(path, f"there are more than {MAX_NODES:,} values")
    if len(path) >= MAX_DEPTH:
        raise _Unusable(path[:3], f"this is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise _Unusable(path, "a key is not a text")
        return {str(key): _copied(item, (*path, key), left) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(item, (*path, index), left) for index, item in enumerate(value)]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and value == value and abs(value) != float("inf"):  # noqa: PLR0124  # NaN is not itself
        return value
    raise _Unusable(path, f"this is a {type(value).__name__}, which no manifest can hold")


def _spans(value: Any, columns: Iterator[int]) -> Span:
    """Return positions for ``value``: line 0, which no message shows, and a column of its own each.

    A position identifies a problem, so two values may not share one.
    """
    column = next(columns)
    if isinstance(value, dict):
        inside = {key: (0, next(columns), _spans(item, columns)) for key, item in value.items()}
        return Span(0, column, inside=inside)
    if isinstance(value, list):
        return Span(0, column, inside=[_spans(item, columns) for item in value])
    if isinstance(value, str):
        return Span(0, column, value, '"')
    return Span(0, column, json.dumps(value))


def document_of(source: str, value: Any) -> tuple[Document | None, tuple[Problem, ...]]:
    """Return the document of ``value``, which ``source`` names, or the problem that prevents it.

    Texts stand for themselves: ``${env:NAME}`` is not filled in.
    """
    try:
        copied = _copied(value, (), iter(range(MAX_NODES)))
    except _Unusable as error:
        where = printable(pointer(error.path))
        return None, (Problem(Place(source, 0, 0), error.message, where, _HINT),)
    return Document(Text(source, ""), copied, lambda _: _spans(copied, itertools.count(1))), ()


def named_in(value: Any) -> Sequence[tuple[str, str]]:
    """Return kind and name of what ``value`` declares, right or wrong, and of what it renames."""
    if not isinstance(value, Mapping) or not isinstance(value.get("kind"), str):
        return ()
    metadata = value.get("metadata")
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("name"), str):
        return ()
    names = (metadata["name"], metadata.get("renamedFrom"))
    return tuple((value["kind"], name) for name in names if isinstance(name, str))
