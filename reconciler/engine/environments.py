"""Selects the environment without --env, and the local state file of each environment."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import ManifestError, ReconcilerError, StateError
from reconciler.core.resources import Problem
from reconciler.core.text import printable
from reconciler.manifest.credentials import connection
from reconciler.space.target import LOCAL, Target, target

if TYPE_CHECKING:
    from reconciler.manifest.project_model import Environment, Project

FOLDER = ".reconciler"
_VARIABLE = "RECONCILER_ENV"
OF_SPACE = "Space"
# What chose an environment, other than the flag --env, in the words of reports.
SOURCES: Mapping[str, str] = {
    _VARIABLE: f"from {_VARIABLE}",
    "default_environment": "the default of reconciler.yaml",
    OF_SPACE: "the only one with this Space",
}


def default_environment(project: Project | None) -> tuple[str | None, str]:
    """Return the environment without --env, and its source: the variable or reconciler.yaml."""
    if os.environ.get(_VARIABLE):
        return os.environ[_VARIABLE], _VARIABLE
    return (project.default_environment, "default_environment") if project else (None, "")


def _same_place(space: str, project: str) -> tuple[str, str] | None:
    """Return Space and project in canonical form; None if invalid."""
    with suppress(ReconcilerError):
        where = target(space, project=project, token="none-since-nothing-is-sent")  # noqa: S106  # and it is no token
        return where.space, where.project
    return None


def environments_meant(project: Project, *, space: str | None, project_id: str | None) -> list[str]:
    """Return the environments with the Space and project of flags or variables."""
    space = space or os.environ.get("SIGNALWIRE_SPACE")
    project_id = project_id or os.environ.get("SIGNALWIRE_PROJECT_ID")
    if not space or not project_id or space == LOCAL:
        return []
    place = _same_place(space, project_id)
    names = []
    for name, environment in project.environments.items():
        with suppress(ManifestError):
            written = connection(replace(environment, api_token=None), os.environ)
            if (
                place
                and _same_place(written.space or space, written.project_id or project_id) == place
            ):
                names.append(name)
    return names


def _state_file(root: Path, written: str | None, name: str) -> Path:
    """Return a local state file: as configured, else named after environment or Space."""
    return root / (written or f"{FOLDER}/{name}.state.json")


def _written(project: Project, environment: Environment) -> str | None:
    return environment.state or project.state


def check_states(project: Project) -> None:
    """ManifestError if two environments share a state file: each would delete the other's."""
    from reconciler.state.registry import is_shared  # noqa: PLC0415  # for projects with environments

    owners: dict[str, str] = {}
    problems = []
    for name, environment in project.environments.items():
        written = _written(project, environment)
        if written and is_shared(written):
            continue
        file = os.path.normcase(os.path.realpath(_state_file(project.path.parent, written, name)))
        other = owners.setdefault(file, name)
        if other != name:
            shared = printable(written or f"{FOLDER}/{name}.state.json")
            message = (
                f"environments '{other}' and '{name}' keep their state in one file, {shared}:"
                " each would delete what the other created"
            )
            fix = "give each its own 'state', or remove 'state': then each has its own under .reconciler/"
            problems.append(Problem(environment.place, message, f"environments.{name}", fix))
    if problems:
        raise ManifestError(problems)


def _record_in(file: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def other_records(
    root: Path, project: Project | None, own: Path, *, space: str, project_id: str
) -> Iterable[tuple[Path, str, Mapping[str, Any]]]:
    """Yield other local states of the same Space and project.

    Each is a file, its environment ('' if none), and its content.
    """
    from reconciler.state.registry import is_shared  # noqa: PLC0415  # where something is asked for that is not recorded

    homes: dict[Path, str] = dict.fromkeys(sorted((root / FOLDER).glob("*.state.json")), "")
    for name, environment in (project.environments if project else {}).items():
        written = _written(project, environment) if project else None
        if not (written and is_shared(written)):
            homes[_state_file(root, written, name)] = name
    for file, name in homes.items():
        if os.path.realpath(file) == os.path.realpath(own):
            continue
        record = _record_in(file)
        if record.get("resources") and (record.get("space"), record.get("project")) == (
            space,
            project_id,
        ):
            yield file, name, record


def check_begun(root: Path, project: Project | None, own: Path, where: Target) -> None:
    """StateError if a run would start a new state beside an unassigned one of the same Space."""
    if own.exists():
        return
    others = other_records(root, project, own, space=where.space, project_id=where.project)
    other = next((os.path.relpath(file) for file, name, _ in others if not name), None)
    if other is not None:
        raise StateError(
            f"there is no state at {own}, but {printable(other)} is a state of the same Space and project",
            hint=f"if that is the right one, move it and the files beside it: mv {shlex.quote(other)} {shlex.quote(str(own))}",
        )


def holders(records: Iterable[tuple[Path, str, Mapping[str, Any]]]) -> dict[tuple[str, str], str]:
    """Return the owner (in words) of each kind and id that other states hold."""
    owners: dict[tuple[str, str], str] = {}
    for file, name, record in records:
        owner = (
            f"environment '{name}'" if name else f"the record {printable(os.path.relpath(file))}"
        )
        for one in record["resources"]:
            if isinstance(one, dict):
                owners[str(one.get("kind")), str(one.get("id")).lower()] = owner
    return owners
