"""PATHs to bytes: folders searched, regular files only, nothing outside the folder given, each file read once and whole."""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.core.declared import Place, Problem
from reconciler.core.text import printable
from reconciler.manifest.documents import Source
from reconciler.manifest.patterns import fixed_folder, is_pattern, matches
from reconciler.manifest.pipes import is_stream, read_once
from reconciler.manifest.search_rules import SearchRules, is_below, one_name

PROJECT_FILE = "reconciler.yaml"
_NEARLY = ("reconciler.yml", "reconciler.json", "reconciler.yaml.yaml", "reconciler.yaml.txt", ".reconciler.yaml", ".reconciler.yml")
STDIN = "<stdin>"
SUFFIXES = (".yaml", ".yml", ".json")
VENDORED = frozenset(("node_modules", "bower_components", "vendor", "venv", "site-packages", "__pycache__", "__pypackages__"))
_OF_PYTHON = "pyvenv.cfg"  # in a virtual environment, whatever it is called
MAX_FILES = 10_000
MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_BYTES = 256 * 1024 * 1024
_AGREE = "put the file itself here, name its own path, or list the folder that it leads to in follow_links of reconciler.yaml"
_SIGNS = "'*' stands for a part of a name and '**' for folders of any depth; hidden and vendored folders are left out"
_TOO_MANY = "name the folders of your manifests, or go there; 'reconciler init DIR' starts a new one"

# (O_BINARY is Windows' own, the others are what Windows lacks.)
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_WHAT = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(slots=True)
class _Search:
    """What was found so far; ``seen`` holds the real paths, so that what is reached twice is read once."""

    rules: SearchRules = field(default_factory=SearchRules)
    sources: list[Source] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    size: int = 0

    def complain(self, shown: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(Place(printable(shown), 1, 1), message, hint=hint))

    def miss(self, path: str, message: str, hint: str = "") -> None:
        """Of a path that leads to no file: there is no line that it could be about."""
        self.problems.append(Problem(Place(printable(path), 0, 0), message, hint=hint))

    def full(self) -> bool:
        return len(self.sources) > MAX_FILES or self.size > MAX_BYTES


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, PermissionError):
        return "you may not read it"
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return "its links go round in a circle"
    return (error.strerror or "") if isinstance(error, OSError) else "no file has such a name"


def _kind_of_file(mode: int) -> str:
    return next((name for is_it, name in _WHAT if is_it(mode)), "something else")


def _content(path: str) -> bytes:
    """The bytes of a regular file, one more than allowed at most. OSError; no pipe or device of a folder is waited for."""
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
        search.complain(shown, f"the files up to here are larger than {MAX_BYTES // 1024**2} MiB together", _TOO_MANY)


def _read(search: _Search, path: str, shown: str, *, stream: bool = False) -> None:
    """Read one file; of a ``stream``, which was named and can be read once, what is written to it."""
    real = os.path.realpath(path)
    if real in search.seen:
        return
    search.seen.add(real)
    try:
        content = read_once(path, most=MAX_FILE_BYTES + 1, tell=search.rules.tell) if stream else _content(real)
        _take(search, shown, content)
    except (OSError, ValueError) as error:
        search.complain(shown, f"this cannot be read: {_reason(error)}", "make it a readable file, or take it out of the folder")


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link that leads in a circle: reading it tells so


def is_searched(folder: str) -> bool:
    """Whether a folder below the one that is given is searched: none that is hidden, or holds what others wrote."""
    name = os.path.basename(folder)  # noqa: PTH119  # of tens of thousands
    return not name.startswith(".") and name not in VENDORED and not os.path.exists(f"{folder}{os.sep}{_OF_PYTHON}")  # noqa: PTH110


def _wanted(entry: "os.DirEntry[str]", rules: SearchRules) -> bool:
    if entry.name.startswith(".") or entry.name == PROJECT_FILE or rules.excludes(entry.path):
        return False
    is_file = entry.name.lower().endswith(SUFFIXES) and not rules.is_output(entry.path)
    return is_searched(entry.path) if _is_folder(entry) else is_file


def _leads_out(search: _Search, path: str, root: str) -> bool:
    """Whether a link leads out of ``root``, and nobody agreed to that."""
    real = os.path.realpath(path)
    return not is_below(real, root) and not search.rules.may_follow(real)


def _listed(search: _Search, folder: str, shown: str) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if _wanted(entry, search.rules)]
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        search.miss(shown, f"this folder cannot be read: {_reason(error)}")
        return []


def _files(search: _Search, folder: str, shown: str) -> Iterator[tuple[str, str]]:
    """The path and the shown path of each manifest below ``folder``, in name order; links must stay inside."""
    root = os.path.realpath(folder)
    folders = {root}
    ahead: list[os.DirEntry[str]] = _listed(search, folder, shown)[::-1]
    prefix = "" if shown in (".", "./") else f"{shown.rstrip('/')}/"
    while ahead:
        entry = ahead.pop()
        name = prefix + os.path.relpath(entry.path, folder).replace(os.sep, "/")
        if prefix.startswith("../"):  # which may lead back into the working folder
            name = os.path.relpath(name).replace(os.sep, "/")
        if entry.is_symlink() and _leads_out(search, entry.path, root):
            search.complain(name, "this link leads out of the folder", _AGREE)
        elif not _is_folder(entry):
            yield entry.path, name
        elif (real := os.path.realpath(entry.path)) not in folders:
            folders.add(real)
            ahead.extend(_listed(search, entry.path, name)[::-1])


def _search_folder(search: _Search, path: str, shown: str, *, may_be_empty: bool = False) -> None:
    before = len(search.problems)
    any_file = False
    for file, name in _files(search, path, shown):
        any_file = True
        _read(search, file, name)
        if search.full():
            return
    if not any_file and not may_be_empty and len(search.problems) == before:
        beside = "; 'exclude' of reconciler.yaml leaves some out" if search.rules.exclude else ""
        hint = f"it is searched for files that end in {', '.join(SUFFIXES)}{beside}"
        search.miss(shown, "there is no manifest in this folder", hint)


def _may_be_meant(search: _Search, path: str, *, is_folder: bool) -> bool:
    """Whether a pattern can stand for ``path``: it passes over what a search of a folder passes over."""
    name = os.path.basename(path)  # noqa: PTH119  # of tens of thousands
    if search.rules.excludes(path) or search.rules.is_output(path):
        return False
    is_file = name.lower().endswith(SUFFIXES) and not name.startswith(".") and name != PROJECT_FILE
    return is_searched(path) if is_folder else is_file


def _expanded(search: _Search, pattern: str) -> list[str]:
    """The files and folders that ``pattern`` stands for, in name order."""
    folder = fixed_folder(pattern)
    wanted = os.path.normpath(pattern).replace(os.sep, "/")
    found: list[str] = []
    for inside, folders, files in os.walk(folder):
        ahead: list[str] = []
        for name in (*folders, *files):
            path = os.path.normpath(os.path.join(inside, name))  # noqa: PTH118  # os.walk gives texts
            is_meant = _may_be_meant(search, path, is_folder=name in folders)
            if is_meant and matches(wanted, path.replace(os.sep, "/")):
                found.append(path)
            elif is_meant and name in folders:
                ahead.append(name)
        folders[:] = ahead
    return sorted(found)


def _search_pattern(search: _Search, pattern: str) -> None:
    root, before = os.path.realpath(fixed_folder(pattern)), (len(search.sources), len(search.problems))
    found = _expanded(search, pattern)
    for path in found:
        shown = one_name(path, search.rules.root)
        if _leads_out(search, path, root):
            search.complain(path, "this link leads out of the folder", _AGREE)
        elif Path(path).is_dir():
            _search_folder(search, path, shown, may_be_empty=True)
        else:
            _read(search, path, shown)
        if search.full():
            return
    if (len(search.sources), len(search.problems)) == before:
        what = "there is no manifest in what this pattern matches" if found else "no file or folder matches this pattern"
        search.miss(pattern, what, _SIGNS)


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
        if is_pattern(path):
            _search_pattern(search, path)
            return
        search.miss(path, "there is no such file or folder", "correct the path; nothing is done with the others either")
        return
    except (OSError, ValueError) as error:
        search.complain(path, f"this cannot be read: {_reason(error)}")
        return
    shown = one_name(path, search.rules.root)
    if stat.S_ISDIR(mode):
        _search_folder(search, path, shown)
    elif Path(path).name == PROJECT_FILE:
        search.complain(shown, "this is the project file, not a manifest", "name the manifests, or leave PATH out")
    else:
        _read(search, path, shown, stream=is_stream(path))


def gather(paths: Sequence[str], stdin: Callable[[], bytes] | None, rules: SearchRules | None = None) -> tuple[list[Source], list[Problem]]:
    """The files that ``paths`` lead to, and what is wrong with the way there: what is absent is never taken as empty.

    ``rules`` say what of a folder is searched; without them nothing is left out and no link is followed out of it.
    """
    search = _Search(rules or SearchRules())
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
    """SHA-256 in hex over the bytes of the files, however the way to them is spelled and in whichever order they were named."""
    import hashlib  # noqa: PLC0415  # which loads OpenSSL: of a plan, not of a check

    whole = hashlib.sha256()
    for content in sorted(source.content for source in sources):
        whole.update(len(content).to_bytes(8, "big"))
        whole.update(content)
    return whole.hexdigest()


def find_project(start: Path) -> Path | None:
    """The project file in ``start`` or in the nearest folder above it."""
    folder = start.resolve()
    candidates = (above / PROJECT_FILE for above in (folder, *folder.parents))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def nearly_project(folder: Path) -> str:
    """The name of a file in ``folder`` that was perhaps meant to be the project file; '' where there is none."""
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except OSError:
        return ""
    return next((name for name in names if name.lower() in (PROJECT_FILE, *_NEARLY)), "")
