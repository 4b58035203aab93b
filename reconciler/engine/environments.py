"""Which environment is meant where --env is not given, and which record belongs to which."""

import json
import os
import shlex
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.core.errors import ManifestError, ReconcilerError, StateError
from reconciler.core.resources import Problem
from reconciler.core.text import printable
from reconciler.manifest.credentials import connection
from reconciler.space.target import LOCAL, target

if TYPE_CHECKING:
    from reconciler.manifest.project_model import Environment, Project
    from reconciler.space.target import Target

FOLDER = ".reconciler"
VARIABLE = "RECONCILER_ENV"


def default_environment(project: "Project | None") -> tuple[str | None, str]:
    """What stands for a missing --env, and who says so: the variable, else the project file."""
    if os.environ.get(VARIABLE):
        return os.environ[VARIABLE], VARIABLE
    return (project.default_environment, "default_environment") if project else (None, "")


def _same_place(space: str, project: str) -> tuple[str, str] | None:
    """Space and project in one spelling; None where they are none."""
    with suppress(ReconcilerError):
        where = target(space, project=project, token="none-since-nothing-is-sent")  # noqa: S106  # and it is no token
        return where.space, where.project
    return None


def environments_meant(
    project: "Project", *, space: str | None, project_id: str | None
) -> list[str]:
    """The environments whose Space and project are those of the flags, or of the surroundings."""
    space = space or os.environ.get("SIGNALWIRE_SPACE")
    project_id = project_id or os.environ.get("SIGNALWIRE_PROJECT_ID")
    if not space or not project_id or space == LOCAL:
        return []
    here = _same_place(space, project_id)
    found = []
    for name, environment in project.environments.items():
        with suppress(ManifestError):
            written = connection(replace(environment, api_token=None), os.environ)
            if (
                here
                and _same_place(written.space or space, written.project_id or project_id) == here
            ):
                found.append(name)
    return found


def state_file(root: Path, written: str | None, name: str) -> Path:
    """The local file of a record: as written, or named after the environment or the Space."""
    return root / (written or f"{FOLDER}/{name}.state.json")


def _written(project: "Project", environment: "Environment") -> str | None:
    return environment.state or project.state


def check_states(project: "Project") -> None:
    """ManifestError where two environments would keep their record in one local file: the second deletes what the first manages."""
    from reconciler.state.registry import is_shared  # noqa: PLC0415  # for projects with environments

    owners: dict[str, str] = {}
    problems = []
    for name, environment in project.environments.items():
        written = _written(project, environment)
        if written and is_shared(written):
            continue
        file = os.path.normcase(os.path.realpath(state_file(project.path.parent, written, name)))
        other = owners.setdefault(file, name)
        if other != name:
            kept = printable(written or f"{FOLDER}/{name}.state.json")
            message = f"environments '{other}' and '{name}' keep their record in one file, {kept}: each would delete what the other made"
            mend = "give each a 'state' of its own, or leave 'state' out: then each has its own under .reconciler/"
            problems.append(Problem(environment.place, message, f"environments.{name}", mend))
    if problems:
        raise ManifestError(problems)


def _record_in(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def other_records(
    root: Path, project: "Project | None", own: Path, *, space: str, project_id: str
) -> Iterable[tuple[Path, str, Mapping[str, Any]]]:
    """The local records beside ``own`` that are of the same Space and project: each file, its environment ('' where none has it), and
    what is in it.
    """
    from reconciler.state.registry import is_shared  # noqa: PLC0415  # where something is asked for that is not recorded

    homes: dict[Path, str] = dict.fromkeys(sorted((root / FOLDER).glob("*.state.json")), "")
    for name, environment in (project.environments if project else {}).items():
        written = _written(project, environment) if project else None
        if not (written and is_shared(written)):
            homes[state_file(root, written, name)] = name
    for file, name in homes.items():
        if os.path.realpath(file) == os.path.realpath(own):
            continue
        record = _record_in(file)
        if record.get("resources") and (record.get("space"), record.get("project")) == (
            space,
            project_id,
        ):
            yield file, name, record


def check_begun(root: Path, project: "Project | None", own: Path, where: "Target") -> None:
    """StateError where a run would begin the record ``own``, and one of the same Space that no environment has lies beside it."""
    if own.exists():
        return
    others = other_records(root, project, own, space=where.space, project_id=where.project)
    other = next((os.path.relpath(file) for file, name, _ in others if not name), None)
    if other is not None:
        raise StateError(
            f"there is no record at {own}, and {printable(other)} holds what was applied to the same Space and project",
            hint=f"if that is the one that is meant: mv {shlex.quote(other)} {shlex.quote(str(own))}, and so what lies beside it",
        )


def holders(records: Iterable[tuple[Path, str, Mapping[str, Any]]]) -> dict[tuple[str, str], str]:
    """For the kind and id of each resource that other records hold, whose it is, in words."""
    found: dict[tuple[str, str], str] = {}
    for file, name, record in records:
        whose = (
            f"environment '{name}'" if name else f"the record {printable(os.path.relpath(file))}"
        )
        for one in record["resources"]:
            if isinstance(one, dict):
                found[str(one.get("kind")), str(one.get("id")).lower()] = whose
    return found
