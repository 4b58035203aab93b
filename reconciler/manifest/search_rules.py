"""What of a folder is searched: what the project file leaves out, which links it follows, and where this run writes to."""

import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reconciler.manifest.patterns import is_excluded


@dataclass(frozen=True, slots=True)
class SearchRules:
    """The rules of one run.

    ``exclude`` are patterns that start at ``root``, the folder of the project file ('' where there is none); ``follow_links`` are
    folders that links may lead to; ``outputs`` are device and inode of the files that this run writes to as its standard output
    and error; ``tell`` takes a sentence where something is waited for.
    """

    root: str = ""
    exclude: tuple[str, ...] = ()
    follow_links: tuple[str, ...] = ()
    outputs: frozenset[tuple[int, int]] = frozenset()
    tell: Callable[[str], None] = lambda _: None

    def excludes(self, path: str) -> bool:
        """Whether ``path``, which was found by a search, is left out."""
        if not self.exclude:
            return False
        name = os.path.relpath(path, self.root or os.curdir).replace(os.sep, "/")
        return any(is_excluded(pattern, name) for pattern in self.exclude)

    def may_follow(self, real: str) -> bool:
        """Whether a link may lead to ``real``, although that is outside of the folder that is searched."""
        allowed = (os.path.realpath(os.path.join(self.root, folder)) for folder in self.follow_links)  # noqa: PTH118
        return any(is_below(real, folder) for folder in allowed)

    def is_output(self, path: str) -> bool:
        """Whether this run writes to the file at ``path``: the shell made it, and it is no manifest."""
        if not self.outputs:
            return False
        try:
            status = os.stat(path)  # noqa: PTH116  # of tens of thousands
        except (OSError, ValueError):
            return False
        return (status.st_dev, status.st_ino) in self.outputs


def is_below(real: str, folder: str) -> bool:
    """Whether ``real`` is ``folder`` or below it; both without links."""
    try:
        return os.path.commonpath((real, folder)) == folder
    except ValueError:  # two drives
        return False


def outputs() -> frozenset[tuple[int, int]]:
    """Device and inode of the regular files that standard output and standard error go to."""
    found: set[tuple[int, int]] = set()
    for stream in (sys.stdout, sys.stderr):
        try:
            status = os.fstat(stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue
        if stat.S_ISREG(status.st_mode):
            found.add((status.st_dev, status.st_ino))
    return frozenset(found)


def one_name(path: str, root: str = "") -> str:
    """The one name of ``path``, however it is spelled: from the working folder where it is in there or in ``root``.

    A link is named by what it leads to, unless that is hidden (as in a volume of Kubernetes) or elsewhere.
    """
    try:
        here, real = os.path.realpath(os.curdir), os.path.realpath(path)
    except (OSError, ValueError):
        return path.replace(os.sep, "/")
    lexical = os.path.abspath(path)  # noqa: PTH100  # links stay as they are written
    for candidate in (real, lexical):
        near = is_below(candidate, here) or (bool(root) and is_below(candidate, os.path.realpath(root)))
        if near and not _has_hidden(os.path.relpath(candidate, here)):
            return os.path.relpath(candidate, here).replace(os.sep, "/")
    return os.path.normpath(path).replace(os.sep, "/")


def _has_hidden(name: str) -> bool:
    return any(part.startswith(".") and part not in (".", "..") for part in Path(name).parts)
