"""Edit operations on a file's documents, applied to values only."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.regex import regex
from reconciler.manifest.document import Path

_REFERENCE = regex(r"\$\$\{|\$\{[^}]*\}?")


@dataclass(frozen=True, slots=True)
class Put:
    """Set or add the value at ``path`` of document ``document`` (from 0), ordered like
    ``siblings``.
    """

    document: int
    path: Path
    value: Any
    siblings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove the entry at ``path`` of document ``document`` (from 0)."""

    document: int
    path: Path


@dataclass(frozen=True, slots=True)
class Drop:
    """Remove document ``document`` (from 0)."""

    document: int


@dataclass(frozen=True, slots=True)
class Append:
    """Append a document: its final text, or a mapping."""

    value: Mapping[str, Any]


Edit = Put | Remove | Drop | Append


def references_in(value: Any) -> list[str]:
    """References such as ``${env:NAME}`` in the texts of ``value``."""
    if isinstance(value, str):
        return [found for found in _REFERENCE.findall(value) if not found.startswith("$$")]
    inner: Iterable[Any] = ()
    if isinstance(value, Mapping):
        inner = value.values()
    elif isinstance(value, list | tuple):
        inner = value
    references: list[str] = []
    for item in inner:
        references += references_in(item)
    return references


def copied(value: Any) -> Any:
    """A deep copy without shared parts."""
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list | tuple) else value


def identical(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal in any key order; 1, 1.0 and true differ."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def value_at(value: Any, path: Path) -> Any:
    """The value at ``path``. LookupError if there is none."""
    there: Any = value
    for step in path:
        fitting = isinstance(there, dict) if isinstance(step, str) else isinstance(there, list)
        if not fitting:
            raise LookupError(step)
        there = there[step]
    return there


def nested(path: Path, value: Any) -> Any:
    """``value`` nested under the keys of ``path``."""
    for step in reversed(path):
        value = {step: value} if isinstance(step, str) else [value]
    return value


def with_value(whole: Any, path: Path, value: Any) -> Any:
    """``whole`` with ``value`` at ``path``; parents are created. LookupError for a scalar parent."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if whole is None:
        return nested(path, value)
    if isinstance(whole, dict) and isinstance(step, str):
        inner = whole.get(step)
        return {
            **whole,
            step: with_value(inner, rest, value) if step in whole else nested(rest, value),
        }
    if isinstance(whole, list) and isinstance(step, int) and 0 <= step <= len(whole):
        inner = with_value(whole[step], rest, value) if step < len(whole) else nested(rest, value)
        return [*whole[:step], inner, *whole[step + 1 :]]
    raise LookupError(step)


def without(whole: Any, path: Path) -> Any:
    """``whole`` without the entry at ``path``. LookupError if there is none."""
    step, rest = path[0], path[1:]
    inner = value_at(whole, (step,))
    if rest:
        return with_value(whole, (step,), without(inner, rest))
    if isinstance(whole, dict):
        return {key: item for key, item in whole.items() if key != step}
    return [item for index, item in enumerate(whole) if index != step]


def _list_steps(edit: Put, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Put | Remove]:
    for index in range(len(new)):
        path = (*edit.path, index)
        if index < len(old):
            yield from steps_of(Put(edit.document, path, new[index]), old[index])
        else:
            yield Put(edit.document, path, new[index])
    for index in reversed(range(len(new), len(old))):
        yield Remove(edit.document, (*edit.path, index))


def steps_of(edit: Put, old: Any) -> Iterator[Put | Remove]:
    """The smallest edits that turn ``old`` into the result of ``edit``; none if equal."""
    new = edit.value
    if identical(old, new):
        return
    if isinstance(old, dict) and isinstance(new, Mapping):
        for key, item in new.items():
            inner = Put(edit.document, (*edit.path, key), item)
            yield from steps_of(inner, old[key]) if key in old else [inner]
        yield from (Remove(edit.document, (*edit.path, key)) for key in old if key not in new)
    elif isinstance(old, list) and isinstance(new, list | tuple) and new:
        yield from _list_steps(edit, old, new)
    else:
        yield edit
