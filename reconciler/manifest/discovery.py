"""Finds and reads manifest files under the given paths, each once, without leaving a folder."""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.core.resources import Place, Problem
from reconciler.core.text import printable
from reconciler.manifest.document import Source

PROJECT_FILE = "reconciler.yaml"
_NEARLY = (
    "reconciler.yml",
    "reconciler.json",
    "reconciler.yaml.yaml",
    "reconciler.yaml.txt",
    ".reconciler.yaml",
    ".reconciler.yml",
)
STDIN = "<stdin>"
SUFFIXES = (".yaml", ".yml", ".json")
VENDORED = frozenset(
    (
        "node_modules",
        "bower_components",
        "vendor",
        "venv",
        "site-packages",
        "__pycache__",
        "__pypackages__",
    )
)
_OF_PYTHON = "pyvenv.cfg"  # marks a virtual environment of any name
MAX_FILES = 10_000
MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_BYTES = 256 * 1024 * 1024
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
class _Search:
    """Results of a search; ``seen`` holds real paths, so that each file is read once."""

    sources: list[Source] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    size: int = 0

    def complain(self, shown: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(Place(printable(shown), 1, 1), message, hint=hint))

    def miss(self, path: str, message: str, hint: str = "") -> None:
        """Report a path that leads to no file; the problem has no line."""
        self.problems.append(Problem(Place(printable(path), 0, 0), message, hint=hint))

    def full(self) -> bool:
        return len(self.sources) > MAX_FILES or self.size > MAX_BYTES


def _reason(error: OSError | ValueError) -> str:
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
    """Read at most one byte more than allowed. OSError; never waits for a pipe or device."""
    descriptor = os.open(path, _FLAGS)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, f"it is {_kind_of_file(mode)}, not a regular file")
        return file.read(MAX_FILE_BYTES + 1)


def _take(search: _Search, shown: str, content: bytes) -> None:
    if len(content) > MAX_FILE_BYTES:
        search.complain(shown, f"this is larger than {MAX_FILE_BYTES // 1024**2} MiB", "split it")
        return
    search.size += len(content)
    search.sources.append(Source(printable(shown), content))
    if len(search.sources) > MAX_FILES:
        search.complain(shown, f"more than {MAX_FILES:,} files", _TOO_MANY)
    elif search.size > MAX_BYTES:
        search.complain(
            shown,
            f"the files up to here are larger than {MAX_BYTES // 1024**2} MiB together",
            _TOO_MANY,
        )


def _read(search: _Search, path: str, shown: str) -> None:
    real = os.path.realpath(path)
    if real in search.seen:
        return
    search.seen.add(real)
    try:
        _take(search, shown, _content(real))
    except (OSError, ValueError) as error:
        search.complain(
            shown,
            f"this cannot be read: {_reason(error)}",
            "make it a readable file, or remove it from the folder",
        )


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a circular link: reading it reports the error


def is_searched(folder: str) -> bool:
    """Whether a subfolder is searched: not if hidden or if it belongs to another tool."""
    name = os.path.basename(folder)  # noqa: PTH119  # faster over tens of thousands of entries
    return (
        not name.startswith(".")
        and name not in VENDORED
        and not os.path.exists(f"{folder}{os.sep}{_OF_PYTHON}")  # noqa: PTH110
    )


def _wanted(entry: "os.DirEntry[str]") -> bool:
    if entry.name.startswith(".") or entry.name == PROJECT_FILE:
        return False
    return is_searched(entry.path) if _is_folder(entry) else entry.name.lower().endswith(SUFFIXES)


def _is_inside(path: str, root: str) -> bool:
    return os.path.commonpath((os.path.realpath(path), root)) == root


def _listed(search: _Search, folder: str, shown: str) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return sorted(filter(_wanted, entries), key=lambda entry: entry.name)
    except OSError as error:
        search.miss(shown, f"this folder cannot be read: {_reason(error)}")
        return []


def _files(search: _Search, folder: str, shown: str) -> Iterator[tuple[str, str]]:
    """Manifest files below ``folder`` in name order; links must stay inside."""
    root = os.path.realpath(folder)
    folders = {root}
    ahead: list[os.DirEntry[str]] = _listed(search, folder, shown)[::-1]
    prefix = "" if shown in (".", "./") else f"{shown.rstrip('/')}/"
    while ahead:
        entry = ahead.pop()
        name = prefix + os.path.relpath(entry.path, folder).replace(os.sep, "/")
        if entry.is_symlink() and not _is_inside(entry.path, root):
            search.complain(
                name,
                "this link leads out of the folder",
                "put the file itself here, or name its own path",
            )
        elif not _is_folder(entry):
            yield entry.path, name
        elif (real := os.path.realpath(entry.path)) not in folders:
            folders.add(real)
            ahead.extend(_listed(search, entry.path, name)[::-1])


def _search_folder(search: _Search, path: str) -> None:
    found = len(search.seen), len(search.problems)
    any_file = False
    for file, shown in _files(search, path, path.replace(os.sep, "/")):
        any_file = True
        _read(search, file, shown)
        if search.full():
            return
    if not any_file and len(search.problems) == found[1]:
        search.miss(
            path,
            "there is no manifest in this folder",
            f"manifests end in {', '.join(SUFFIXES)}; 'reconciler init' writes a project with examples",
        )


def _read_stdin(search: _Search, stdin: Callable[[], bytes] | None) -> None:
    if STDIN in search.seen:
        return
    search.seen.add(STDIN)
    if stdin is None:
        search.complain(STDIN, "standard input cannot be read here")
        return
    try:
        _take(search, STDIN, stdin())
    except OSError as error:
        search.complain(STDIN, f"standard input cannot be read: {_reason(error)}")


def _search_path(search: _Search, path: str) -> None:
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        search.miss(
            path,
            "there is no such file or folder",
            "correct the path; the run stopped, and the other paths were not processed",
        )
        return
    except (OSError, ValueError) as error:
        search.complain(path, f"this cannot be read: {_reason(error)}")
        return
    if stat.S_ISDIR(mode):
        _search_folder(search, path)
    elif Path(path).name == PROJECT_FILE:
        search.complain(
            path,
            "this is the project file, not a manifest",
            "name the manifests, or leave PATH out",
        )
    else:
        _read(search, path, path.replace(os.sep, "/"))


def find_files(
    paths: Sequence[str], stdin: Callable[[], bytes] | None
) -> tuple[list[Source], list[Problem]]:
    """Files under ``paths``, and problems. A missing path is an error, never an empty set."""
    search = _Search()
    if not paths:
        search.miss(".", "no PATH is given", "name a file, a folder, or - for standard input")
    for path in paths:
        if search.full():
            break
        if path == "-":
            _read_stdin(search, stdin)
        else:
            _search_path(search, path)
    return ([] if search.full() else search.sources), search.problems


def digest_of(sources: Sequence[Source]) -> str:
    """SHA-256 (hex) of names and contents, independent of the order of arguments."""
    import hashlib  # noqa: PLC0415  # loads OpenSSL, which only plans need

    whole = hashlib.sha256()
    for name, content in sorted(sources):
        for part in (name.encode(), content):
            whole.update(len(part).to_bytes(8, "big"))
            whole.update(part)
    return whole.hexdigest()


def find_project(start: Path) -> Path | None:
    """The project file in ``start`` or the nearest parent folder."""
    folder = start.resolve()
    candidates = (above / PROJECT_FILE for above in (folder, *folder.parents))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def misnamed_project_file(folder: Path) -> str:
    """A file in ``folder`` that looks like a misspelled project file name; '' if none."""
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except OSError:
        return ""
    return next((name for name in names if name.lower() in (PROJECT_FILE, *_NEARLY)), "")
