"""What an import takes and what it leaves alone: by what is asked for, what is declared and managed already, and what has a usable name."""

import os
import re
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.cli.environments import FOLDER
from reconciler.cli.importing_drafts import matches
from reconciler.cli.importing_files import files_for
from reconciler.cli.importing_memory import Memory, memory_in
from reconciler.cli.selecting import address_of
from reconciler.cli.session import Session, manifest_environment, manifest_paths, search_rules
from reconciler.core.declared import Address, Desired
from reconciler.core.errors import ManifestError, UsageError
from reconciler.core.harvest import Draft
from reconciler.core.model import Live
from reconciler.core.text import did_you_mean, printable
from reconciler.manifest import Loaded, gather, is_pattern, load
from reconciler.manifest.sources import PROJECT_FILE, SUFFIXES, is_searched
from reconciler.state import State

_REFERENCE = re.compile(r"\$\{env:([^}]+)\}")


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be imported, where to, and in which form."""

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
    """What is declared before the import, which variables each file names, and which files an import wrote."""

    loaded: Loaded | None
    variables: Mapping[str, frozenset[str]]
    memory: Memory

    @property
    def desired(self) -> Mapping[Address, Desired]:
        """The resources that are declared."""
        return {one.address: one for one in self.loaded.desired} if self.loaded else {}

    @property
    def renamed(self) -> Mapping[Address, Desired]:
        """The resources that are spoken for under an old name."""
        return {Address(one.address.kind, one.renamed_from): one for one in self.desired.values() if one.renamed_from}

    @property
    def fragments(self) -> Collection[Address]:
        """The presets, themes and so on that are declared."""
        return self.loaded.fragments.keys() if self.loaded else ()

    def taken(self, files: Iterable[Path]) -> frozenset[str]:
        """The variables that are named outside ``files``, which are written over."""
        going = {os.path.realpath(file) for file in files}
        return frozenset(name for file, names in self.variables.items() if os.path.realpath(file) not in going for name in names)


def _variables_in(files: Sequence[str]) -> dict[str, frozenset[str]]:
    """The names of ``${env:NAME}`` in each of ``files``."""
    return {file: frozenset(_REFERENCE.findall(Path(file).read_text(encoding="utf-8"))) for file in files}


def _stand_ins(session: Session, files: Sequence[str]) -> dict[str, str]:
    """Something for each variable that is named in ``files``: what is declared is known by its name, whatever its secrets are."""
    schemes = [scheme for kind in session.kinds.values() for some in kind.url_schemes.values() for scheme in some]
    start = f"{schemes[0]}://" if schemes else ""
    return {name: f"{start}{name}.invalid" for names in _variables_in(files).values() for name in names}


def load_all(session: Session, paths: Sequence[str], variables: Mapping[str, str]) -> Loaded:
    """What ``paths`` declare; a variable that is not set stands for itself. ManifestError with everything that is wrong."""
    environment = {**manifest_environment(session), **variables}
    listed = session.project.env if session.project else None
    stand_ins: dict[str, str] = {}
    for _ in range(2):
        loaded = load(
            paths,
            kinds=session.kinds,
            variables=session.variables,
            environment={**stand_ins, **environment},
            literal_secrets=session.literal_secrets,
            readable=None if listed is None else {*listed, *variables},
            rules=search_rules(session),
        )
        if not any(problem.severity == "error" for problem in loaded.problems):
            return loaded
        stand_ins = _stand_ins(session, loaded.files)
    raise ManifestError(loaded.problems)


def _holds_manifests(path: str, session: Session) -> bool:
    """Whether there is anything to read at ``path``: an import may be what makes the first manifest."""
    if is_pattern(path) and not Path(path).exists():
        return bool(gather((path,), None, search_rules(session))[0])
    if not Path(path).is_dir():
        return Path(path).exists()
    for folder, inner, files in os.walk(path):
        inner[:] = [name for name in inner if is_searched(os.path.join(folder, name))]  # noqa: PTH118  # os.walk gives texts
        if any(name.lower().endswith(SUFFIXES) and not name.startswith(".") and name != PROJECT_FILE for name in files):
            return True
    return False


def paths_of(session: Session, request: Request) -> tuple[str, ...]:
    """The manifests that are meant, and the folder that is written to; what holds none yet is none."""
    given = (*manifest_paths(session, request.paths), str(request.folder))
    return tuple(dict.fromkeys(path for path in given if _holds_manifests(path, session)))


def known_before(session: Session, request: Request) -> Known:
    """What is declared before anything is imported. ManifestError where that cannot be known."""
    paths = paths_of(session, request)
    memory = memory_in(session.root / FOLDER, root=session.root)
    if not paths:
        return Known(None, {}, memory)
    loaded = load_all(session, paths, {})
    return Known(loaded, _variables_in(loaded.files), memory)


def asks_for(request: Request, address: Address) -> bool:
    """Whether the words of the request choose ``address``."""
    return request.everything or str(address) in request.names or any(matches(address, pattern) for pattern in request.patterns)


def _asked_for(request: Request, lives: Sequence[Live], session: Session) -> list[Live]:
    """What the words of the request choose. UsageError for a name or a pattern that fits nothing."""
    there = {live.address for live in lives}
    named = {address_of(text, session.kinds) for text in request.names}
    missing = sorted(named - there)
    if missing:
        raise UsageError(f"{missing[0]} is not in the Space{did_you_mean(str(missing[0]), map(str, there))}")
    for pattern in request.patterns:
        if not any(matches(address, pattern) for address in there):
            raise UsageError(f"nothing in the Space matches {printable(repr(pattern))}", hint="a pattern of names: 'web*', 'Room/*'")
    return [live for live in lives if asks_for(request, live.address)]


def _declared_there(declared: Desired, target: Path) -> bool:
    return os.path.realpath(declared.origins[""].place.file) == os.path.realpath(target)


def _name_fault(live: Live, session: Session) -> str:
    name = live.attributes.get(session.kinds[live.address.kind].key)
    return "" if name == live.address.name else f"its name, {printable(repr(name))[:120]}, is none that a manifest can have"


def _claim(declared: Desired | None, *, managed: bool) -> str:
    """Whose a resource is already; nothing where it is nobody's."""
    if declared is None:
        return "managed already, and declared nowhere" if managed else ""
    place = printable(str(declared.origins[""].place))
    if managed:
        return f"managed already, declared at {place}"
    return f"declared already, at {place}; apply --adopt {shlex.quote(str(declared.address))} takes it over"


def _may_be_replaced(request: Request, address: Address, target: Path, *, known: Known) -> bool:
    """Whether ``target`` may be written over: what an import left there may, and what anybody else wrote where it is named."""
    return request.overwrite and (str(address) in request.names or known.memory.wrote(target))


def _reasons(
    request: Request, lives: Sequence[Live], *, session: Session, state: State, known: Known, targets: Mapping[Address, Path]
) -> dict[Address, str]:
    """Why resources are left alone. What is declared in its own one of ``targets`` is imported again where that may be replaced."""
    declared = {**known.renamed, **known.desired}
    ours = {(record.address.kind, record.id) for record in state.resources.values()}
    found: dict[Address, str] = {}
    for live in lives:
        address, there = live.address, declared.get(live.address)
        at_home = there is not None and _declared_there(there, targets[address])
        if at_home and _may_be_replaced(request, address, targets[address], known=known):
            continue
        reason = _name_fault(live, session) or _claim(there, managed=(address.kind, live.id) in ours)
        if at_home and request.overwrite:
            reason += f"; the file is not as an import left it: name {address} to have it written over"
        found[address] = reason
    return {address: why for address, why in found.items() if why}


def choose(
    request: Request, lives: Sequence[Live], *, session: Session, state: State, known: Known
) -> tuple[list[Live], dict[Address, str]]:
    """What is taken, and why the rest of what was asked for is left alone."""
    asked = _asked_for(request, lives, session)
    there = [live.address for live in lives]
    drafts = [Draft(address, {}) for address in (live.address for live in asked)]
    files = files_for(session.kinds, drafts, folder=request.folder, per=request.per, among=there)
    targets = {draft.address: path for path, drafts in files.items() for draft in drafts}
    left_alone = _reasons(request, asked, session=session, state=state, known=known, targets=targets)
    return [live for live in asked if live.address not in left_alone], left_alone
