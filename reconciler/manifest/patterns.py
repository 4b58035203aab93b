"""Path patterns: ``*`` and ``?`` within a name, ``[abc]``, and ``**`` for folders of any depth."""

import os
import re
from collections.abc import Iterator
from functools import cache

from reconciler.core.regex import regex

_PARTS = regex(r"(?:^|(?<=/))\*\*(?:/|$)|\*+|\?|\[!?\]?[^\]/]*\]|[^*?\[]+|\[")


def is_pattern(path: str) -> bool:
    """Whether ``path`` contains a wildcard."""
    return "*" in path or "?" in path or "[" in path


def _part(part: str) -> str:
    if part.startswith("**/") or part == "**":
        return r"(?:.*/)?" if part.endswith("/") else r".*"
    if part.startswith("*"):
        return r"[^/]*"
    if part == "?":
        return r"[^/]"
    if part.startswith("[") and part.endswith("]") and len(part) > 2:
        inner = part[1:-1].replace("\\", r"\\")
        return f"(?!/)[{'^' + inner[1:] if inner.startswith('!') else inner}]"
    return re.escape(part)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile("".join(map(_part, _PARTS.findall(pattern))), re.DOTALL)
    except re.error:  # such as [z-a]
        return re.compile(re.escape(pattern))


def _with_parents(path: str) -> Iterator[str]:
    """``path`` and each folder above it."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def matches(pattern: str, path: str) -> bool:
    """Whether ``pattern`` matches ``path`` or a folder above it; both are relative to one folder."""
    return any(_compiled(pattern).fullmatch(one) for one in _with_parents(path))


def is_excluded(pattern: str, path: str) -> bool:
    """Like ``matches``, but a pattern without an inner slash matches a name at any depth."""
    bare = pattern.rstrip("/")
    if "/" not in bare:
        return any(_compiled(bare).fullmatch(name) for name in path.split("/"))
    return matches(bare.removeprefix("./").removeprefix("/"), path)


def fixed_folder(pattern: str) -> str:
    """The folder above every match of ``pattern``: its parts before the first wildcard."""
    parts = pattern.replace(os.sep, "/").split("/")
    number = next((at for at, part in enumerate(parts) if is_pattern(part)), len(parts))
    return "/".join(parts[:number]) or ("/" if pattern.startswith("/") else ".")
