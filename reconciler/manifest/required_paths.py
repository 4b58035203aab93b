"""Reports PATHs without manifests: an empty PATH never means an empty configuration."""

import os
from collections.abc import Collection, Mapping, Sequence

from reconciler.core.resources import Place, Problem
from reconciler.core.text import count, printable
from reconciler.manifest.file_reading import STDIN
from reconciler.manifest.patterns import is_pattern, matches
from reconciler.manifest.search_rules import one_name

_SAVED = "this is a saved plan"


def _shown(path: str, root: str) -> str:
    return STDIN if path == "-" else printable(one_name(path, root))


def _is_of(name: str, path: str, root: str) -> bool:
    """Whether the file shown as ``name`` was found through ``path``."""
    shown = _shown(path, root)
    if is_pattern(path) and not os.path.lexists(path):
        return matches(shown, name)
    return name == shown or shown in (".", "./") or name.startswith(f"{shown.rstrip('/')}/")


def with_empty_paths(
    problems: Sequence[Problem],
    paths: Sequence[str],
    names: Sequence[str],
    ignored_files: Collection[str],
    *,
    root: str = "",
) -> list[Problem]:
    """``problems`` plus an error for each of ``paths`` whose files are all ``ignored_files``."""
    kept, errors = list(problems), list[Problem]()
    for path in paths:
        own = [name for name in names if _is_of(name, path, root)]
        if not own or not set(own) <= set(ignored_files):
            continue
        found = {
            one.place.file: one.message.partition(",")[0]
            for one in problems
            if one.severity == "warning" and one.place.file in own
        }
        kept = [one for one in kept if one.severity == "error" or one.place.file not in own]
        errors.append(_error(_shown(path, root), own, found))
    return kept + errors


def _error(shown: str, own: Sequence[str], found: Mapping[str, str]) -> Problem:
    """``found`` describes each file."""
    saved = next((name for name, what in found.items() if what == _SAVED), "")
    hint = (
        f"apply it with: reconciler apply --plan {saved}; look at it with: reconciler show {saved}"
        if saved
        else ""
    )
    if own == [shown]:
        return Problem(
            Place(own[0], 1, 1),
            f"{found.get(own[0], 'this is something else')}, and there is no manifest in it",
            hint=hint,
        )
    beside = f", and {count(len(own) - 1, 'file')} beside it" if len(own) > 1 else ""
    message = f"there is no manifest in this folder, but {own[0]} ({found.get(own[0], '').removeprefix('this is ')}){beside}"
    return Problem(Place(shown, 0, 0), message, hint=hint)
