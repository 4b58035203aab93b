"""Checks a state's owner, lineage and serial."""

from collections.abc import Collection

from reconciler.core.errors import StateError
from reconciler.core.text import printable
from reconciler.state.record import State


class ForeignRecord(StateError):
    """The record belongs to another Space or project."""


def check_owner(state: State, *, where: str, space: str, project: str) -> None:
    """StateError unless ``state`` belongs to this Space and project."""
    if (state.space, state.project) != (space, project):
        raise ForeignRecord(
            f"{where}: this state belongs to project {state.project} on {state.space}, and you are on {space} with project {project}",
            hint="choose the environment of this state with --env, or check SIGNALWIRE_SPACE and the"
            " credentials",
        )


def check_environment(
    state: State, environment: str, environments: Collection[str], *, where: str
) -> None:
    """StateError if the record belongs to another existing environment.

    The record of a renamed environment is accepted.
    """
    if (
        environment
        and state.environment not in ("", environment)
        and state.environment in environments
    ):
        raise StateError(
            f"{where}: this record is of environment '{state.environment}', and you are in '{environment}'",
            hint=f"use --env {state.environment}, or give '{environment}' its own 'state' in reconciler.yaml",
        )


def check_kinds(state: State, kinds: Collection[str] | None, *, where: str) -> None:
    """StateError if the record holds a resource outside ``kinds`` (None: any kind)."""
    strange = [
        address for address in state.resources if kinds is not None and address.kind not in kinds
    ]
    if strange:
        what = printable(f"{strange[0]}, but there is no kind of resource {strange[0].kind!r}")[
            :160
        ]
        raise StateError(
            f"{where}: holds {what}",
            hint="name the kind under 'kinds' in reconciler.yaml as the last apply did; if the state was"
            " edited, restore a backup with: reconciler state push FILE",
        )


def check_newest(state: State, *, where: str, lineage: str, serial: int) -> None:
    """StateError if ``state`` is older than the newest record written, or of another lineage."""
    if lineage and state.lineage != lineage:
        raise StateError(
            f"{where}: has another history (lineage {printable(state.lineage)[:60]}) than the state that was written here last",
            hint="restore the state that was here before; or, to keep this one, delete the file beside it"
            " that ends in .mark",
        )
    if state.lineage == lineage and state.serial < serial:
        raise StateError(
            f"{where}: was rolled back to an older copy (serial {state.serial}; the last one had {serial})",
            hint="restore the newer state; or, to keep this older one, run: reconciler state push"
            f" {where}",
        )


def check_unchanged(state: State, stored: State | None, *, where: str) -> None:
    """StateError unless the stored record ``stored`` is the one ``state`` came from."""
    if stored is not None and (stored.lineage, stored.serial) != (state.lineage, state.serial):
        raise StateError(
            f"{where}: was changed by another run (serial {stored.serial}, this run read {state.serial})",
            hint="run the command again",
        )


def check_history(state: State, lineage: str, *, where: str) -> None:
    """StateError if the stored record has another lineage."""
    if lineage and lineage != state.lineage:
        raise StateError(
            f"{where}: the record there has another history (lineage {lineage}, not {state.lineage})",
            hint="to replace that record, move it to another place first",
        )
