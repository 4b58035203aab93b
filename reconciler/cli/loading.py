"""The manifests that a command is about, loaded as its session says; all that ``validate`` needs."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from reconciler.cli.console import tell, warn
from reconciler.cli.credentials import STDIN
from reconciler.cli.session import Session, manifest_environment, manifest_paths, manifest_places, search_rules
from reconciler.core.declared import Place, Problem
from reconciler.core.errors import ManifestError, UsageError
from reconciler.manifest import Loaded, load, standard_input


def _refuse_everything(session: Session, paths: tuple[str, ...]) -> None:
    """UsageError where everything on the machine would be searched for manifests, since nobody said where they are."""
    if session.project is None and not paths and session.root == Path(session.root.anchor):
        raise UsageError(
            f"no PATH is given, and there is no reconciler.yaml in {session.root}: everything on this machine would be searched",
            hint="go to the folder of your manifests, or name it; 'reconciler init DIR' starts one",
        )


def _beyond(session: Session, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The manifests of the project beside those that are named."""
    named = session.project and (session.project.manifests or (session.environment and session.environment.manifests))
    return manifest_paths(session, ()) if paths and named else ()


def load_manifests(session: Session, paths: tuple[str, ...], *, unset: set[str] | None = None) -> Loaded:
    """Load the manifests that are meant; what is wrong with them is part of the result. ``unset`` is as ``manifest.load`` has it."""
    _refuse_everything(session, paths)
    if "-" in paths and session.token_file == STDIN:
        raise UsageError("'-' is given for the token and for manifests", hint="standard input holds one of them; give the other as a file")
    loaded = load(
        manifest_paths(session, paths),
        kinds=session.kinds,
        variables=session.variables,
        environment=manifest_environment(session),
        stdin=lambda: standard_input(tell),
        literal_secrets=session.literal_secrets,
        unset=unset,
        beyond=_beyond(session, paths),
        readable=session.project.env if session.project else None,
        rules=search_rules(session),
    )
    if session.project is None:
        return loaded
    if not paths:
        loaded = replace(loaded, problems=tuple(_where_written(problem, manifest_places(session)) for problem in loaded.problems))
    from reconciler.manifest.contrast_policy import held_to, policy_of  # noqa: PLC0415  # a project may have a policy

    return held_to(loaded, policy_of(session.project, session.environment), kinds=session.kinds)


def _where_written(problem: Problem, places: Mapping[str, Place]) -> Problem:
    """A path of the project file that leads to no manifest is a mistake at its own line."""
    at = places.get(problem.place.file) if not problem.place.line else None
    return problem if at is None else replace(problem, place=at, message=f"{problem.place.file}: {problem.message}", pointer="manifests")


def has_errors(loaded: Loaded) -> bool:
    """Whether anything is wrong with them; warnings are not."""
    return any(problem.severity == "error" for problem in loaded.problems)


def read_manifests(session: Session, paths: tuple[str, ...]) -> Loaded:
    """Load the manifests; warnings are printed. ManifestError with everything that is wrong."""
    loaded = load_manifests(session, paths)
    if has_errors(loaded):
        raise ManifestError(loaded.problems)
    if loaded.problems:
        warn(loaded.problems)
    return loaded
