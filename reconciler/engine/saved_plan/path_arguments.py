"""Separates saved plans from manifests among the PATHs of a command, by content."""

import json
import stat
from collections.abc import Sequence
from pathlib import Path

from reconciler.core.errors import UsageError
from reconciler.core.regex import regex
from reconciler.core.text import printable
from reconciler.engine.saved_plan import MOST_BYTES
from reconciler.manifest.validate.envelope import no_manifest

_MARK = b'"format_version"'
_BEGINNING = regex(rb'\s*\{\s*"format_version"')


def is_saved_plan(path: str) -> bool:
    """Whether ``path`` holds a saved plan or its beginning. Never waits for a pipe or device."""
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
            return False
        content = Path(path).read_bytes()
    except (OSError, ValueError):
        return False
    if _MARK not in content:
        return False
    try:
        return no_manifest(json.loads(content)) == "a saved plan"
    except (ValueError, RecursionError):
        return (
            _BEGINNING.match(content.removeprefix(b"\xef\xbb\xbf")) is not None
            and b'"actions"' in content
        )


def without_saved(
    paths: Sequence[str], plan: str | None = None
) -> tuple[str | None, tuple[str, ...]]:
    """Return the saved plan among ``paths`` (or ``plan``) and the manifests. UsageError for two."""
    found = [path for path in paths if is_saved_plan(path)]
    named = [*([plan] if plan else []), *found]
    if len(named) > 1:
        raise UsageError(
            f"these are several saved plans: {printable(', '.join(named))}",
            hint="name one of them",
        )
    return (named[0] if named else None), tuple(path for path in paths if path not in found)
