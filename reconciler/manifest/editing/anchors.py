"""Anchors and aliases during edits: which aliases a change of an anchored value affects."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.manifest.document import Path
from reconciler.manifest.editing.operations import identical, value_at
from reconciler.manifest.parse.syntax import Node, aliases_of


def _located(node: Node, path: Path = ()) -> Iterator[tuple[int, Path]]:
    """Offset and path of each value; keys have no path."""
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
    """Paths of each anchored value and its aliases that stay equal after the edits.

    ``expected`` is the document's value after the edits.
    """
    used = aliases_of(root)
    if not used:
        return {}
    path_at = dict(_located(root))
    found = {}
    for head, aliases in used.items():
        heads = [head, *(alias.head for alias in aliases)]
        paths = [path_at[at] for at in heads if at in path_at]
        if len(paths) == len(heads) and _all_the_same(expected, paths):
            found[paths[0]] = paths[1:]
    return found


def aliases_in_use(root: Node, shared: Mapping[Path, Any]) -> dict[int, list[Node]]:
    """Aliases of each anchored value, by its offset, that an edit must not change."""
    if not (used := aliases_of(root)):
        return {}
    free = {head for head, path in _located(root) if path in shared}
    return {head: aliases for head, aliases in used.items() if head not in free}
