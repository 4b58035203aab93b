"""Reads manifest files within limits, each once, and collects the problems of a search."""

import errno
import os
import stat
from collections.abc import Callable

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.resources import Place, Problem
from reconciler.core.text import printable
from reconciler.manifest.document import Source
from reconciler.manifest.pipes import read_once
from reconciler.manifest.search_rules import SearchRules

STDIN = "<stdin>"
MAX_FILES = 10_000
MAX_FILE_BYTES = 16 * 1024 * 1024
_MAX_BYTES = 256 * 1024 * 1024
_TOO_MANY = (
    "name the folders of your manifests, or go there; 'reconciler init DIR' starts a new one"
)

# O_BINARY exists on Windows only; the other flags do not exist there.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_WHAT = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(slots=True)
class Search:
    """Results of a search; ``seen`` holds real paths, so that each file is read once."""

    rules: SearchRules = field(default_factory=SearchRules)
    sources: list[Source] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    size: int = 0

    def complain(self, shown: str, message: str, hint: str = "") -> None:
        """Report a problem of a file."""
        self.problems.append(Problem(Place(printable(shown), 1, 1), message, hint=hint))

    def miss(self, path: str, message: str, hint: str = "") -> None:
        """Report a path that leads to no file; the problem has no line."""
        self.problems.append(Problem(Place(printable(path), 0, 0), message, hint=hint))

    def full(self) -> bool:
        """Whether a limit is exceeded."""
        return len(self.sources) > MAX_FILES or self.size > _MAX_BYTES


def read_error(error: OSError | ValueError) -> str:
    """Why a file cannot be read, in a few words."""
    if isinstance(error, PermissionError):
        return "you may not read it"
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return "its links form a loop"
    return (
        (error.strerror or "") if isinstance(error, OSError) else "a file cannot have such a name"
    )


def _kind_of_file(mode: int) -> str:
    return next((name for is_it, name in _WHAT if is_it(mode)), "something else")


def _content(path: str) -> bytes:
    """Read at most one byte more than allowed. OSError; never waits for a pipe or device of a folder."""
    descriptor = os.open(path, _FLAGS)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, f"it is {_kind_of_file(mode)}, not a regular file")
        return file.read(MAX_FILE_BYTES + 1)


def _take(search: Search, shown: str, content: bytes) -> None:
    if len(content) > MAX_FILE_BYTES:
        search.complain(shown, f"this is larger than {MAX_FILE_BYTES // 1024**2} MiB", "split it")
        return
    search.size += len(content)
    search.sources.append(Source(printable(shown), content))
    if len(search.sources) > MAX_FILES:
        search.complain(shown, f"more than {MAX_FILES:,} files", _TOO_MANY)
    elif search.size > _MAX_BYTES:
        search.complain(
            shown,
            f"the files up to here are larger than {_MAX_BYTES // 1024**2} MiB together",
            _TOO_MANY,
        )


def read_file(search: Search, path: str, shown: str, *, stream: bool = False) -> None:
    """Read one file, unless it was read. A ``stream`` was named and can be read only once."""
    real = os.path.realpath(path)
    if real in search.seen:
        return
    search.seen.add(real)
    try:
        content = (
            read_once(path, most=MAX_FILE_BYTES + 1, notify=search.rules.notify)
            if stream
            else _content(real)
        )
        _take(search, shown, content)
    except (OSError, ValueError) as error:
        search.complain(
            shown,
            f"this cannot be read: {read_error(error)}",
            "make it a readable file, or remove it from the folder",
        )


def read_stdin(search: Search, stdin: Callable[[], bytes] | None) -> None:
    """Read standard input once."""
    if STDIN in search.seen:
        return
    search.seen.add(STDIN)
    if stdin is None:
        search.complain(STDIN, "standard input cannot be read here")
        return
    try:
        _take(search, STDIN, stdin())
    except OSError as error:
        search.complain(STDIN, f"standard input cannot be read: {read_error(error)}")
