"""Loads the manifests of a workspace."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import ManifestError, ReconcilerError, UsageError
from reconciler.core.resources import Place, Problem, has_errors
from reconciler.engine.credentials import manifest_environment
from reconciler.engine.token_file import STDIN
from reconciler.engine.workspace import Workspace, manifest_paths, manifest_places, search_rules
from reconciler.manifest.load import Loaded, load

if TYPE_CHECKING:
    from reconciler.space.hidden_values import HiddenValues


def _refuse_empty(workspace: Workspace, paths: tuple[str, ...]) -> None:
    """UsageError if nothing limits the search to less than the whole machine."""
    if workspace.project is None and not paths and workspace.root == Path(workspace.root.anchor):
        raise UsageError(
            f"no PATH is given, and there is no reconciler.yaml in {workspace.root}: everything on this machine would be searched",
            hint="change to the folder of your manifests, or name it; 'reconciler init DIR' starts a new one",
        )


def _also_search(workspace: Workspace, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the project's manifest paths if the command names others."""
    named = workspace.project and (
        workspace.project.manifests or (workspace.environment and workspace.environment.manifests)
    )
    return manifest_paths(workspace, ()) if paths and named else ()


def load_manifests(
    workspace: Workspace, paths: tuple[str, ...], *, missing_variables: set[str] | None = None
) -> Loaded:
    """Load the manifests; problems are part of the result. ``missing_variables`` is passed to the loader."""
    _refuse_empty(workspace, paths)
    if "-" in paths and workspace.token_file == STDIN:
        raise UsageError(
            "'-' is given for the token and for manifests",
            hint="standard input can hold only one of them: give the token with --token-file FILE, or the manifests as PATH",
        )
    loaded = load(
        manifest_paths(workspace, paths),
        kinds=workspace.kinds,
        variables=workspace.variables,
        environment=manifest_environment(workspace),
        stdin=workspace.stdin,
        literal_secrets=workspace.literal_secrets,
        missing_variables=missing_variables,
        also_search=_also_search(workspace, paths),
        readable=workspace.project.env if workspace.project else None,
        rules=search_rules(workspace),
    )
    if workspace.project is None:
        return loaded
    if not paths:
        loaded = replace(
            loaded,
            problems=tuple(
                _where_written(problem, manifest_places(workspace)) for problem in loaded.problems
            ),
        )
    from reconciler.manifest.validate.contrast import held_to, policy_of  # noqa: PLC0415  # a project may have a policy

    return held_to(
        loaded, policy_of(workspace.project, workspace.environment), kinds=workspace.kinds
    )


def _where_written(problem: Problem, places: Mapping[str, Place]) -> Problem:
    """Place a problem of a configured path at its line in the project file."""
    at = places.get(problem.place.file) if not problem.place.line else None
    if at is None:
        return problem
    message = f"{problem.place.file}: {problem.message}"
    return replace(problem, place=at, message=message, pointer="manifests")


def hide_values(workspace: Workspace, hidden: "HiddenValues") -> None:
    """Hide the values of the environment that the manifests use, if these can be read."""
    with suppress(ReconcilerError, OSError):
        loaded = load_manifests(workspace, (), missing_variables=set())
        hidden.declare(loaded.desired, loaded.fragments.values())


def read_manifests(workspace: Workspace, paths: tuple[str, ...]) -> Loaded:
    """Load valid manifests; warnings go to the observer. ManifestError with all problems."""
    loaded = load_manifests(workspace, paths)
    if has_errors(loaded.problems):
        raise ManifestError(loaded.problems)
    if loaded.problems:
        workspace.observer.warn(loaded.problems)
    return loaded
