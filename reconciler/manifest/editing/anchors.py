"""Anchors and the aliases that mean them: where a change of one may be a change of all, because all are to be the same."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.manifest.document import Path
from reconciler.manifest.editing.operations import identical, value_at
from reconciler.manifest.parse.syntax import Node, aliases_of


def _located(node: Node, path: Path = ()) -> Iterator[tuple[int, Path]]:
    """Where each value begins, and its path; keys have none."""
    yield node.head, path
    for index, entry in enumerate(node.entries):
        yield from _located(entry.value, (*path, entry.key.text if entry.key else index))


def _all_the_same(expected: Any, paths: Sequence[Path]) -> bool:
    try:
        first, *others = (value_at(expected, path) for path in paths)
    except LookupError:
        return False
    return all(identical(first, other) for other in others)


def shared_paths(root: Node, expected: Any) -> dict[Path, list[Path]]:
    """The path of each anchored value that shall be the same as all its aliases, and theirs.

    ``expected`` is what the document shall say.
    """
    if not (used := aliases_of(root)):
        return {}
    paths = dict(_located(root))
    found = {}
    for head, aliases in used.items():
        places = [paths.get(at) for at in (head, *(alias.head for alias in aliases))]
        known = [path for path in places if path is not None]
        if len(known) == len(places) and _all_the_same(expected, known):
            found[known[0]] = known[1:]
    return found


def aliases_in_use(root: Node, shared: Mapping[Path, Any]) -> dict[int, list[Node]]:
    """The aliases of each anchored value, by where it begins, that would change with it and must not."""
    if not (used := aliases_of(root)):
        return {}
    free = {head for head, path in _located(root) if path in shared}
    return {head: aliases for head, aliases in used.items() if head not in free}
