"""The workspace of a run: project file, environment, paths, limits."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from reconciler import catalog
from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.errors import UsageError
from reconciler.core.kinds import Kinds, kinds_from
from reconciler.core.text import printable
from reconciler.engine.environments import (
    FOLDER,
    OF_SPACE,
    SOURCES,
    check_states,
    default_environment,
    environments_meant,
)
from reconciler.engine.observer import SILENT, Observer
from reconciler.engine.project_kinds import kind_files, own_kinds
from reconciler.engine.runtime import Runtime
from reconciler.manifest.discovery import find_project, misnamed_project_file
from reconciler.manifest.search_rules import SearchRules, identities, outputs

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from reconciler.core.mass_changes import Limits
    from reconciler.core.resources import Place
    from reconciler.manifest.project_model import Environment, Project

_Embed = Callable[[Path, Kinds], "WSGIApplication"]


@dataclass(frozen=True, slots=True)
class Workspace:
    """Project, environment and Space of one run, and the observer and runtime of its caller.

    ``root`` is the folder of reconciler.yaml, else the working folder. ``embed`` creates the local
    Space of a database file. ``stdin`` reads the manifests given as ``-``. ``tokens`` keeps tokens
    from pipes, which can be read once. ``own_limits`` are the limits of mass changes that a program
    sets, instead of those of the project. ``saved_plans`` are files of this run, which no search
    reports. ``env_source`` says in words what chose ``env`` where no flag did.
    """

    kinds: Kinds
    root: Path
    project: Project | None
    env: str | None
    environment: Environment | None
    variables: Mapping[str, str]
    space: str | None
    project_id: str | None
    token_file: str | None
    debug: bool
    observer: Observer = SILENT
    runtime: Runtime = field(default_factory=Runtime)
    embed: _Embed | None = None
    stdin: Callable[[], bytes] = bytes
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    noted: set[str] = field(default_factory=set)
    own_limits: Limits | None = None
    tokens: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    saved_plans: tuple[str, ...] = ()
    env_source: str = ""

    def note_once(self, message: str) -> None:
        """Show ``message`` to the user at most once in this run."""
        if message not in self.noted:
            self.noted.add(message)
            self.observer.note(message)

    @property
    def literal_secrets(self) -> Literal["warn", "allow", "refuse"]:
        """The policy for secrets written literally in manifests."""
        policy = _safety(self, "literal_secrets", "warn")
        return cast("Literal['warn', 'allow', 'refuse']", policy)


def _safety(workspace: Workspace, field: str, default: Any) -> Any:
    """Return a setting of ``safety``: the environment's, else the project's, else ``default``."""
    for section in (workspace.environment, workspace.project):
        value = getattr(section.safety, field) if section and section.safety else None
        if value is not None:
            return value
    return default


def relative_path(path: Path) -> Path:
    """Return ``path`` relative to the working folder if it is below it, for readable messages."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _load_project(file: Path | None) -> Project | None:
    if file is None:
        return None
    from reconciler.manifest.project import load_project  # noqa: PLC0415  # many runs have no project file

    schema = catalog.documents()["project.schema.json"]
    project = load_project(relative_path(file), schema=schema)
    check_states(project)
    return project


def _no_project(source: str, env: str) -> UsageError:
    similar = misnamed_project_file(Path.cwd())
    fix = f"change to its folder, or remove {source}"
    if similar:
        fix = f"there is {printable(similar)} here: name it reconciler.yaml"
    return UsageError(f"{source} {env}: there is no reconciler.yaml from here upwards", hint=fix)


def _environment_of_space(
    project: Project, space: str | None, project_id: str | None, observer: Observer
) -> str | None:
    """Return the only environment with this Space and project, so that its state is used."""
    names = environments_meant(project, space=space, project_id=project_id)
    if len(names) != 1:
        return None
    observer.note(
        f"No --env given: environment {names[0]!r} of reconciler.yaml has this Space and project,"
        " so its state is used."
    )
    return names[0]


def open_workspace(  # noqa: PLR0913  # one keyword for each global flag
    *,
    env: str | None = None,
    debug: bool = False,
    space: str | None = None,
    project_id: str | None = None,
    token_file: str | None = None,
    observer: Observer = SILENT,
    runtime: Runtime | None = None,
    embed: _Embed | None = None,
    stdin: Callable[[], bytes] = bytes,
) -> Workspace:
    """Read reconciler.yaml, if there is one. Reads no Space and no credentials."""
    file = find_project(Path.cwd())
    project = _load_project(file)
    source = "--env"
    if env is None:
        env, source = default_environment(project)
    if env is not None and project is None:
        raise _no_project(source, env)
    if env is None and project is not None:
        env = _environment_of_space(project, space, project_id, observer)
        source = OF_SPACE
    environment = None
    if project and env is not None:
        from reconciler.manifest.project import environment_named  # noqa: PLC0415  # loaded with it

        environment = environment_named(project, env)
    variables = dict(project.vars) if project else {}
    if environment:
        variables.update(environment.vars)
    root = file.parent if file else Path.cwd()
    own = own_kinds(root, project.kinds) if project and project.kinds else {}
    return Workspace(
        kinds_from(catalog.documents(own=own)),
        file.parent if file else Path.cwd(),
        project,
        env,
        environment,
        variables,
        space,
        project_id,
        token_file,
        debug,
        observer,
        runtime or Runtime(),
        embed,
        stdin,
        env_source=SOURCES.get(source, "") if env is not None else "",
    )


def _schemas(workspace: Workspace) -> frozenset[str]:
    """Return the real paths of the files that 'kinds' of reconciler.yaml names."""
    paths = workspace.project.kinds if workspace.project else ()
    return frozenset(str(file.resolve()) for file in kind_files(workspace.root, paths))


def search_rules(workspace: Workspace) -> SearchRules:
    """Return the search rules of reconciler.yaml; the output files of this run are skipped too."""
    excluded: list[str] = []
    for section in (workspace.project, workspace.environment):
        if section:
            excluded += section.exclude
    return SearchRules(
        str(workspace.root),
        tuple(excluded),
        workspace.project.follow_links if workspace.project else (),
        outputs() | identities(workspace.saved_plans),
        _schemas(workspace),
        workspace.observer.note,
    )


def manifest_places(workspace: Workspace) -> dict[str, Place]:
    """Return the configured manifest paths, relative to the working folder, and their places."""
    environment, project = workspace.environment, workspace.project
    section = environment if environment and environment.manifests else project
    if section is None:
        return {}
    places = {}
    for path, place in zip(section.manifests, section.manifests_at, strict=True):
        places[os.path.relpath(workspace.root / path)] = place
    return places


def manifest_paths(workspace: Workspace, given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the paths to read: ``given``, else the configured ones, else the working folder."""
    return given or tuple(manifest_places(workspace)) or (".",)


def limits(workspace: Workspace) -> Limits:
    """Return the limits of mass changes: environment, else project, else default, per field."""
    if workspace.own_limits is not None:
        return workspace.own_limits
    from reconciler.core.mass_changes import Limits  # noqa: PLC0415  # only plans need it

    default = Limits()
    return Limits(
        _safety(workspace, "max_delete_share", default.max_delete_share),
        _safety(workspace, "max_delete_count", default.max_delete_count),
        _safety(workspace, "max_update_share", default.max_update_share),
        _safety(workspace, "max_update_count", default.max_update_count),
    )


def local_database(workspace: Workspace) -> Path:
    """Return the database file of the embedded local Space."""
    return relative_path(workspace.root / FOLDER / "local-space.sqlite")


def request_trace(workspace: Workspace) -> Callable[[str], None] | None:
    """Return the function that traces requests under --debug."""
    return workspace.observer.note if workspace.debug else None
