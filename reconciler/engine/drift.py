"""Drift of what a record holds; an error where it holds nothing of what is declared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler.core.drift import drifted_part
from reconciler.core.errors import StateError
from reconciler.core.text import count, printable

if TYPE_CHECKING:
    from reconciler.core.plan_model import Plan
    from reconciler.core.resources import Desired
    from reconciler.engine.workspace import Workspace
    from reconciler.state.record import State


def _choose_environment(workspace: Workspace) -> str:
    """What to type where another environment was meant."""
    others = sorted(set(workspace.project.environments if workspace.project else ()))
    names = [printable(name) for name in others if name != workspace.env]
    listed = f" ({', '.join(names)})" if names else ""
    return f"choose the environment of the last apply with --env NAME{listed}"


def _nothing_recorded(
    desired: Sequence[Desired], plan: Plan, workspace: Workspace, *, place: str, first: str
) -> StateError:
    """Say what is missing: to a first run, and to one for another environment than was meant."""
    one = len(desired) == 1
    number, existing = count(len(desired), "declared resource"), plan.summary["adopt"]
    owner = f"Space {printable(plan.space)}"
    if workspace.env:
        owner += f" and environment {printable(workspace.env)}"
    there = "none exists in the Space"
    if existing:
        there = f"{existing} {'exists' if existing == 1 else 'exist'} in the Space"
    if one:
        there = f"it {'exists' if existing else 'does not exist'} in the Space"
    return StateError(
        f"{place}: nothing is recorded for {owner}, "
        f"so drift of {number} cannot be determined ({there})",
        hint=f"likely a first run or a forgotten --env. On a first run: {first}; "
        f"otherwise {_choose_environment(workspace)}",
    )


def find_drift(
    plan: Plan,
    desired: Sequence[Desired],
    state: State,
    *,
    workspace: Workspace,
    place: str,
    first: str,
) -> Plan:
    """Return the part of ``plan`` that was caused outside.

    StateError where resources are declared and ``state`` has none: not a single one could have
    drifted, so "no drift" would be said of an environment that was not meant as well. ``place`` is
    where the record is; ``first`` is the command that a first run needs.
    """
    if desired and not state.resources:
        raise _nothing_recorded(desired, plan, workspace, place=place, first=first)
    return drifted_part(plan)
