"""The manifests that a command is about, loaded as its session says; all that ``validate`` needs."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from reconciler.core.errors import ManifestError, UsageError
from reconciler.core.resources import Place, Problem
from reconciler.engine.workspace import (
    Workspace,
    manifest_environment,
    manifest_paths,
    manifest_places,
)
from reconciler.manifest.load import Loaded, load


def _refuse_empty(session: Workspace, paths: tuple[str, ...]) -> None:
    """UsageError where everything on the machine would be searched for manifests, since nobody said where they are."""
    if session.project is None and not paths and session.root == Path(session.root.anchor):
        raise UsageError(
            f"no PATH is given, and there is no reconciler.yaml in {session.root}: everything on this machine would be searched",
            hint="go to the folder of your manifests, or name it; 'reconciler init DIR' starts one",
        )


def _also_search(session: Workspace, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The manifests of the project beside those that are named."""
    named = session.project and (
        session.project.manifests or (session.environment and session.environment.manifests)
    )
    return manifest_paths(session, ()) if paths and named else ()


def load_manifests(
    session: Workspace, paths: tuple[str, ...], *, missing_variables: set[str] | None = None
) -> Loaded:
    """Load the manifests in ``paths``, with their problems.

    ``missing_variables`` collects unset environment variables, as in ``load``.
    """
    _refuse_empty(session, paths)
    loaded = load(
        manifest_paths(session, paths),
        kinds=session.kinds,
        variables=session.variables,
        environment=manifest_environment(session),
        stdin=session.stdin,
        literal_secrets=session.literal_secrets,
        missing_variables=missing_variables,
        also_search=_also_search(session, paths),
        readable=session.project.env if session.project else None,
    )
    if session.project is None:
        return loaded
    if not paths:
        loaded = replace(
            loaded,
            problems=tuple(
                _where_written(problem, manifest_places(session)) for problem in loaded.problems
            ),
        )
    from reconciler.manifest.validate.contrast import held_to, policy_of  # noqa: PLC0415  # a project may have a policy

    return held_to(loaded, policy_of(session.project, session.environment), kinds=session.kinds)


def _where_written(problem: Problem, places: Mapping[str, Place]) -> Problem:
    """A path of the project file that leads to no manifest is a mistake at its own line."""
    at = places.get(problem.place.file) if not problem.place.line else None
    return (
        problem
        if at is None
        else replace(
            problem,
            place=at,
            message=f"{problem.place.file}: {problem.message}",
            pointer="manifests",
        )
    )


def has_errors(loaded: Loaded) -> bool:
    """Whether anything is wrong with them; warnings are not."""
    return any(problem.severity == "error" for problem in loaded.problems)


def read_manifests(session: Workspace, paths: tuple[str, ...]) -> Loaded:
    """Load the manifests; warnings are printed. ManifestError with everything that is wrong."""
    loaded = load_manifests(session, paths)
    if has_errors(loaded):
        raise ManifestError(loaded.problems)
    if loaded.problems:
        session.observer.warn(loaded.problems)
    return loaded
