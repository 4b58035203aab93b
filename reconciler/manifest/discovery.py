"""Finds and reads manifest files under the given paths, each once, without leaving a folder."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from reconciler.core.resources import Problem
from reconciler.manifest.document import Source
from reconciler.manifest.file_reading import Search, read_error, read_file, read_stdin
from reconciler.manifest.patterns import fixed_folder, is_pattern, matches
from reconciler.manifest.pipes import is_stream
from reconciler.manifest.search_rules import SearchRules, is_below, one_name

PROJECT_FILE = "reconciler.yaml"
_NEARLY = (
    "reconciler.yml",
    "reconciler.json",
    "reconciler.yaml.yaml",
    "reconciler.yaml.txt",
    ".reconciler.yaml",
    ".reconciler.yml",
)
SUFFIXES = (".yaml", ".yml", ".json")
_VENDORED = frozenset(
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
_FOLLOW_HINT = (
    "put the files themselves here, name their path in place of the folder's,"
    " or list the folder that it leads to in follow_links of reconciler.yaml"
)
_PATTERN_HINT = "'*' stands for a part of a name and '**' for folders of any depth; hidden and vendored folders are left out"


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
        and name not in _VENDORED
        and not os.path.exists(f"{folder}{os.sep}{_OF_PYTHON}")  # noqa: PTH110
    )


def _wanted(entry: "os.DirEntry[str]", rules: SearchRules) -> bool:
    if entry.name.startswith(".") or entry.name == PROJECT_FILE or rules.excludes(entry.path):
        return False
    is_file = entry.name.lower().endswith(SUFFIXES) and not rules.is_output(entry.path)
    return is_searched(entry.path) if _is_folder(entry) else is_file


def _leads_out(search: Search, path: str, root: str) -> bool:
    """Whether a link leads out of ``root``, and the project file does not allow it."""
    real = os.path.realpath(path)
    return not is_below(real, root) and not search.rules.may_follow(real)


def _listed(search: Search, folder: str, shown: str) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if _wanted(entry, search.rules)]
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        search.miss(shown, f"this folder cannot be read: {read_error(error)}")
        return []


def _files(search: Search, folder: str, shown: str) -> Iterator[tuple[str, str]]:
    """Manifest files below ``folder`` in name order; links must stay inside."""
    root = os.path.realpath(folder)
    folders = {root}
    ahead: list[os.DirEntry[str]] = _listed(search, folder, shown)[::-1]
    prefix = "" if shown in (".", "./") else f"{shown.rstrip('/')}/"
    while ahead:
        entry = ahead.pop()
        name = prefix + os.path.relpath(entry.path, folder).replace(os.sep, "/")
        if prefix.startswith("../"):  # it may lead back into the working folder
            name = os.path.relpath(name).replace(os.sep, "/")
        if entry.is_symlink() and _leads_out(search, entry.path, root):
            search.complain(name, "this link leads out of the folder", _FOLLOW_HINT)
        elif not _is_folder(entry):
            yield entry.path, name
        elif (real := os.path.realpath(entry.path)) not in folders:
            folders.add(real)
            ahead.extend(_listed(search, entry.path, name)[::-1])


def _search_folder(search: Search, path: str, shown: str, *, may_be_empty: bool = False) -> None:
    before = len(search.problems)
    any_file = False
    for file, name in _files(search, path, shown):
        any_file = True
        read_file(search, file, name)
        if search.full():
            return
    if not any_file and not may_be_empty and len(search.problems) == before:
        excluded = "; 'exclude' of reconciler.yaml leaves some out" if search.rules.exclude else ""
        suffixes = ", ".join(SUFFIXES)
        search.miss(
            shown,
            "there is no manifest in this folder",
            f"manifests end in {suffixes}{excluded}; 'reconciler init' writes a project with first manifests",
        )


def _may_match(search: Search, path: str, *, is_folder: bool) -> bool:
    """Whether a pattern can match ``path``: not if a search of its folder skips it."""
    name = os.path.basename(path)  # noqa: PTH119  # faster over tens of thousands of entries
    if search.rules.excludes(path) or search.rules.is_output(path):
        return False
    is_file = name.lower().endswith(SUFFIXES) and not name.startswith(".") and name != PROJECT_FILE
    return is_searched(path) if is_folder else is_file


def _expanded(search: Search, pattern: str) -> list[str]:
    """Files and folders that match ``pattern``, in name order."""
    wanted = os.path.normpath(pattern).replace(os.sep, "/")
    found: list[str] = []
    for inside, folders, files in os.walk(fixed_folder(pattern)):
        ahead: list[str] = []
        for name in (*folders, *files):
            path = os.path.normpath(os.path.join(inside, name))  # noqa: PTH118  # as os.walk has it
            may_match = _may_match(search, path, is_folder=name in folders)
            if may_match and matches(wanted, path.replace(os.sep, "/")):
                found.append(path)
            elif may_match and name in folders:
                ahead.append(name)
        folders[:] = ahead
    return sorted(found)


def _search_pattern(search: Search, pattern: str) -> None:
    root = os.path.realpath(fixed_folder(pattern))
    before = len(search.sources), len(search.problems)
    found = _expanded(search, pattern)
    for path in found:
        shown = one_name(path, search.rules.root)
        if _leads_out(search, path, root):
            search.complain(path, "this link leads out of the folder", _FOLLOW_HINT)
        elif Path(path).is_dir():
            _search_folder(search, path, shown, may_be_empty=True)
        else:
            read_file(search, path, shown)
        if search.full():
            return
    if (len(search.sources), len(search.problems)) == before:
        what = (
            "there is no manifest in what this pattern matches"
            if found
            else "no file or folder matches this pattern"
        )
        search.miss(pattern, what, _PATTERN_HINT)


def _search_path(search: Search, path: str) -> None:
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        if is_pattern(path):
            _search_pattern(search, path)
            return
        search.miss(
            path,
            "there is no such file or folder",
            "correct the path; the run stopped, and the other paths were not processed",
        )
        return
    except (OSError, ValueError) as error:
        search.complain(path, f"this cannot be read: {read_error(error)}", "check its permissions")
        return
    shown = one_name(path, search.rules.root)
    if stat.S_ISDIR(mode):
        _search_folder(search, path, shown)
    elif Path(path).name == PROJECT_FILE:
        search.complain(
            shown,
            "this is the project file, not a manifest",
            "name the manifests, or leave PATH out",
        )
    else:
        read_file(search, path, shown, stream=is_stream(path))


def find_files(
    paths: Sequence[str], stdin: Callable[[], bytes] | None, rules: SearchRules | None = None
) -> tuple[list[Source], list[Problem]]:
    """Files under ``paths``, and problems. A missing path is an error, never an empty set.

    Without ``rules`` nothing is excluded and no link out of a folder is followed.
    """
    search = Search(rules or SearchRules())
    if not paths:
        search.miss(".", "no PATH is given", "name a file, a folder, or - for standard input")
    for path in paths:
        if search.full():
            break
        if path == "-":
            read_stdin(search, stdin)
        else:
            _search_path(search, path)
    return ([] if search.full() else search.sources), search.problems


def digest_of(sources: Sequence[Source]) -> str:
    """SHA-256 (hex) of the contents, independent of names and of the order of arguments."""
    import hashlib  # noqa: PLC0415  # loads OpenSSL, which only plans need

    whole = hashlib.sha256()
    for content in sorted(source.content for source in sources):
        whole.update(len(content).to_bytes(8, "big"))
        whole.update(content)
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
