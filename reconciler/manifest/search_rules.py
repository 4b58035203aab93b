"""Rules of a search for manifests: excluded paths, links to follow, output files to skip."""

import os
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from reconciler.core.deferred_dataclass import dataclass
from reconciler.manifest.patterns import is_excluded


@dataclass(frozen=True, slots=True)
class SearchRules:
    """The rules of one run.

    ``exclude`` holds patterns relative to ``root``, the folder of the project file ('' if there is
    none). ``follow_links`` holds folders that links may lead to. ``outputs`` holds device and inode
    of the files behind standard output and error, and of saved plans of this run. ``schemas`` holds
    the real paths of the project's own kinds, which are no manifests. ``notify`` receives a
    sentence before a wait.
    """

    root: str = ""
    exclude: tuple[str, ...] = ()
    follow_links: tuple[str, ...] = ()
    outputs: frozenset[tuple[int, int]] = frozenset()
    schemas: frozenset[str] = frozenset()
    notify: Callable[[str], None] = lambda _: None

    def excludes(self, path: str) -> bool:
        """Whether ``path``, found by a search, is excluded."""
        if self.schemas and os.path.realpath(path) in self.schemas:
            return True
        if not self.exclude:
            return False
        name = os.path.relpath(path, self.root or os.curdir).replace(os.sep, "/")
        return any(is_excluded(pattern, name) for pattern in self.exclude)

    def may_follow(self, real: str) -> bool:
        """Whether a link may lead to ``real``, outside the searched folder."""
        allowed = (os.path.realpath(Path(self.root, folder)) for folder in self.follow_links)
        return any(is_below(real, folder) for folder in allowed)

    def is_output(self, path: str) -> bool:
        """Whether the output of this run goes to the file at ``path``; it is no manifest."""
        if not self.outputs:
            return False
        try:
            status = os.stat(path)  # noqa: PTH116  # faster over tens of thousands of entries
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
    """Device and inode of the regular files behind standard output and standard error."""
    found: set[tuple[int, int]] = set()
    for stream in (sys.stdout, sys.stderr):
        try:
            status = os.fstat(stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue
        if stat.S_ISREG(status.st_mode):
            found.add((status.st_dev, status.st_ino))
    return frozenset(found)


def identities(paths: Iterable[str]) -> frozenset[tuple[int, int]]:
    """Device and inode of the files at ``paths`` that exist."""
    found: set[tuple[int, int]] = set()
    for path in paths:
        with suppress(OSError, ValueError):
            status = Path(path).stat()
            found.add((status.st_dev, status.st_ino))
    return frozenset(found)


def one_name(path: str, root: str = "") -> str:
    """The single spelling of ``path``: relative to the working folder if it is in it or in ``root``.

    A link gets the name of its target, unless that is hidden (as in a Kubernetes volume) or outside.
    """
    try:
        here, real = os.path.realpath(os.curdir), os.path.realpath(path)
    except (OSError, ValueError):
        return path.replace(os.sep, "/")
    lexical = os.path.abspath(path)  # noqa: PTH100  # links stay as they are written
    for candidate in (real, lexical):
        near = is_below(candidate, here) or (
            bool(root) and is_below(candidate, os.path.realpath(root))
        )
        if near and not _has_hidden(os.path.relpath(candidate, here)):
            return os.path.relpath(candidate, here).replace(os.sep, "/")
    return os.path.normpath(path).replace(os.sep, "/")


def _has_hidden(name: str) -> bool:
    return any(part.startswith(".") and part not in (".", "..") for part in Path(name).parts)
