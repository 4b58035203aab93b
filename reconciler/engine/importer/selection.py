"""Selects what to import: by request, existing manifests and records, and usable names."""

import os
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.errors import ManifestError, UsageError, all_of
from reconciler.core.export import Draft
from reconciler.core.kinds import Kinds
from reconciler.core.regex import regex
from reconciler.core.resources import Address, Desired, Live, has_errors
from reconciler.core.same_room import reason, second_faces
from reconciler.core.text import did_you_mean, printable
from reconciler.engine.credentials import manifest_environment
from reconciler.engine.environments import FOLDER
from reconciler.engine.importer.drafts import matches
from reconciler.engine.importer.files import files_for
from reconciler.engine.importer.written_files import WrittenFiles, written_files_in
from reconciler.engine.selection import address_of
from reconciler.engine.workspace import Workspace, manifest_paths, search_rules
from reconciler.manifest.discovery import PROJECT_FILE, SUFFIXES, find_files, is_searched
from reconciler.manifest.load import Loaded, load
from reconciler.manifest.patterns import is_pattern
from reconciler.state.record import State

_REFERENCE = regex(r"\$\{env:([^}]+)\}")


@dataclass(frozen=True, slots=True)
class Request:
    """What to import, where to, and in which form."""

    folder: Path
    names: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    everything: bool = False
    full: bool = False
    per: str = "resource"
    presets: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    overwrite: bool = False
    paths: tuple[str, ...] = ()
    env_file: Path | None = None
    parallel: int = 10


@dataclass(frozen=True, slots=True)
class Known:
    """Declared resources before the import, variables per file, and files an import wrote."""

    loaded: Loaded | None
    variables: Mapping[str, frozenset[str]]
    memory: WrittenFiles

    @property
    def desired(self) -> Mapping[Address, Desired]:
        """Declared resources."""
        return {one.address: one for one in self.loaded.desired} if self.loaded else {}

    @property
    def renamed(self) -> Mapping[Address, Desired]:
        """Resources declared with this address as their ``renamedFrom``."""
        return {
            Address(one.address.kind, one.renamed_from): one
            for one in self.desired.values()
            if one.renamed_from
        }

    @property
    def fragments(self) -> Collection[Address]:
        """Declared presets, themes and so on."""
        return self.loaded.fragments.keys() if self.loaded else ()

    def taken(self, files: Iterable[Path]) -> frozenset[str]:
        """Variables used outside ``files``, which will be overwritten."""
        overwritten = {os.path.realpath(file) for file in files}
        taken: set[str] = set()
        for file, names in self.variables.items():
            if os.path.realpath(file) not in overwritten:
                taken.update(names)
        return frozenset(taken)

    def replaced(self, texts: Mapping[Path, str]) -> dict[Path, bool]:
        """Return existing files that will change, each with whether an import wrote it unchanged."""
        there = (
            path
            for path, text in texts.items()
            if path.is_file() and path.read_bytes() != text.encode()
        )
        return {path: self.memory.wrote(path) for path in there}


def _variables_in(files: Sequence[str]) -> dict[str, frozenset[str]]:
    """Return the names of ``${env:NAME}`` in each file."""
    return {
        file: frozenset(_REFERENCE.findall(Path(file).read_text(encoding="utf-8")))
        for file in files
    }


def _stand_ins(workspace: Workspace, files: Sequence[str]) -> dict[str, str]:
    """Return a stand-in for each variable in ``files``: only names matter, not secrets."""
    schemes: list[str] = []
    for kind in workspace.kinds.values():
        for field_schemes in kind.url_schemes.values():
            schemes += field_schemes
    start = f"{schemes[0]}://" if schemes else ""
    names = frozenset[str]().union(*_variables_in(files).values())
    return {name: f"{start}{name}.invalid" for name in sorted(names)}


def load_all(workspace: Workspace, paths: Sequence[str], variables: Mapping[str, str]) -> Loaded:
    """Load ``paths``; an unset variable gets a stand-in. ManifestError with all problems."""
    environment = {**manifest_environment(workspace), **variables}
    listed = workspace.project.env if workspace.project else None
    stand_ins: dict[str, str] = {}
    for _ in range(2):
        loaded = load(
            paths,
            kinds=workspace.kinds,
            variables=workspace.variables,
            environment={**stand_ins, **environment},
            literal_secrets=workspace.literal_secrets,
            readable=None if listed is None else {*listed, *variables},
            rules=search_rules(workspace),
        )
        if not has_errors(loaded.problems):
            return loaded
        stand_ins = _stand_ins(workspace, loaded.files)
    raise ManifestError(loaded.problems)


def _holds_manifests(path: str, workspace: Workspace) -> bool:
    """Whether there is anything to read at ``path``; the first import finds nothing."""
    rules = search_rules(workspace)
    if is_pattern(path) and not Path(path).exists():
        return bool(find_files((path,), None, rules)[0])
    if not Path(path).is_dir():
        return Path(path).exists()
    for folder, inner, files in os.walk(path):
        inner[:] = [name for name in inner if is_searched(os.path.join(folder, name))]  # noqa: PTH118  # os.walk gives texts
        found = (
            name
            for name in files
            if name.lower().endswith(SUFFIXES) and not name.startswith(".") and name != PROJECT_FILE
        )
        if any(not rules.excludes(os.path.join(folder, name)) for name in found):  # noqa: PTH118
            return True
    return False


def paths_of(workspace: Workspace, request: Request) -> tuple[str, ...]:
    """Return the manifest paths and the target folder, if they hold manifests."""
    given = (*manifest_paths(workspace, request.paths), str(request.folder))
    return tuple(dict.fromkeys(path for path in given if _holds_manifests(path, workspace)))


def known_before(workspace: Workspace, request: Request) -> Known:
    """Return what is declared before the import. ManifestError if unreadable."""
    paths = paths_of(workspace, request)
    memory = written_files_in(workspace.root / FOLDER, root=workspace.root)
    if not paths:
        return Known(None, {}, memory)
    loaded = load_all(workspace, paths, {})
    return Known(loaded, _variables_in(loaded.files), memory)


def asks_for(request: Request, address: Address) -> bool:
    """Whether the request selects ``address``."""
    return (
        request.everything
        or str(address) in request.names
        or any(matches(address, pattern) for pattern in request.patterns)
    )


def _asked_for(request: Request, lives: Sequence[Live], workspace: Workspace) -> list[Live]:
    """Return the selected resources. UsageError for a name or pattern without a match."""
    there = {live.address for live in lives}

    def check_name(text: str) -> None:
        address = address_of(text, workspace.kinds, among=there)
        if address not in there:
            raise UsageError(
                f"{text} is not in the Space{did_you_mean(text, map(str, there))}",
                hint="to list what can be imported: reconciler plan --unmanaged",
            )

    def check_pattern(pattern: str) -> None:
        if not any(matches(address, pattern) for address in there):
            raise UsageError(
                f"no name in the Space matches {printable(repr(pattern))}",
                hint="write a pattern of names, such as 'web*' or 'Room/*'",
            )

    all_of(
        *(partial(check_name, text) for text in request.names),
        *(partial(check_pattern, pattern) for pattern in request.patterns),
    )
    return [live for live in lives if asks_for(request, live.address)]


def _declared_there(declared: Desired, target: Path) -> bool:
    return os.path.realpath(declared.origins[""].place.file) == os.path.realpath(target)


def _name_fault(live: Live, workspace: Workspace) -> str:
    name = live.attributes.get(workspace.kinds[live.address.kind].key)
    return (
        ""
        if name == live.address.name
        else f"its name, {printable(repr(name))[:120]}, is not allowed in a manifest"
    )


def _claim(declared: Desired | None, *, managed: bool) -> str:
    """Return who manages a resource; '' if nothing does."""
    if declared is None:
        return "managed already, but not declared" if managed else ""
    place = printable(str(declared.origins[""].place))
    if managed:
        return f"managed already, declared at {place}"
    return f"declared already, at {place}; apply --adopt {shlex.quote(str(declared.address))} adopts it"


def _may_be_replaced(request: Request, address: Address, target: Path, *, known: Known) -> bool:
    """Whether ``target`` may be overwritten: written by an import, or named in the request."""
    return request.overwrite and (str(address) in request.names or known.memory.wrote(target))


def _reasons(
    request: Request,
    lives: Sequence[Live],
    *,
    workspace: Workspace,
    state: State,
    known: Known,
    targets: Mapping[Address, Path],
) -> dict[Address, str]:
    """Return why resources are skipped; one in its own file may be imported again."""
    declared = {**known.renamed, **known.desired}
    ours = {record.key for record in state.resources.values()}
    found: dict[Address, str] = {}
    for live in lives:
        address, there = live.address, declared.get(live.address)
        at_home = there is not None and _declared_there(there, targets[address])
        if at_home and _may_be_replaced(request, address, targets[address], known=known):
            continue
        reason = _name_fault(live, workspace) or _claim(
            there, managed=(address.kind, live.id) in ours
        )
        if at_home and request.overwrite:
            reason += f"; the file was edited since its import: name {address} to overwrite it"
        found[address] = reason
    return {address: why for address, why in found.items() if why}


def _same_rooms(
    lives: Sequence[Live], chosen: Sequence[Live], *, kinds: Kinds, state: State, known: Known
) -> dict[Address, str]:
    """Return resources that are, or may be, a room that another one manages, and the reason."""
    ours = {record.key for record in state.resources.values()}

    def is_taken(live: Live) -> bool:
        return live.key in ours or live.address in known.desired

    selected = {live.key for live in chosen} - ours
    found = second_faces(kinds, lives, selected, is_taken)
    return {address: reason(same, otherwise="imported") for address, same in found.items()}


def choose(
    request: Request, lives: Sequence[Live], *, workspace: Workspace, state: State, known: Known
) -> tuple[list[Live], dict[Address, str]]:
    """Return the resources to import, and why the rest is skipped."""
    asked = _asked_for(request, lives, workspace)
    among = [live.address for live in lives]
    drafts = [Draft(live.address, {}) for live in asked]
    files = files_for(workspace.kinds, drafts, folder=request.folder, per=request.per, among=among)
    targets = {}
    for path, drafts_of_file in files.items():
        targets.update(dict.fromkeys((draft.address for draft in drafts_of_file), path))
    left_alone = _reasons(
        request, asked, workspace=workspace, state=state, known=known, targets=targets
    )
    rest = [live for live in asked if live.address not in left_alone]
    left_alone |= _same_rooms(lives, rest, kinds=workspace.kinds, state=state, known=known)
    return [live for live in rest if live.address not in left_alone], left_alone
