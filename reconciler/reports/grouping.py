"""Identical edits on many resources, folded into one: what a theme or a preset changes everywhere is read once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from reconciler.core.plan_model import Action, FieldChange
from reconciler.core.value_text import holds_secret, json_value

LEAST = 3


@dataclass(frozen=True, slots=True)
class Group:
    """Changes that are the same on each of ``actions``, all of one kind; places differ, and stand with each action's own."""

    kind: str
    changes: tuple[FieldChange, ...]
    actions: tuple[Action, ...]


class Rest(NamedTuple):
    """An action with the changes that are its own, and how many more it shares with others."""

    action: Action
    shared: int


class Grouped(NamedTuple):
    """All folds, the largest first, and what is left of each action."""

    folds: tuple[Group, ...]
    left: tuple[Rest, ...]


Key = tuple[str, str, str, str]


def _may_group(action: Action, change: FieldChange) -> bool:
    """Secrets and sub-resources look alike without being so; anything but an update is read for itself."""
    secret = holds_secret(change.before) or holds_secret(change.after)
    return (
        action.action == "update" and change.child is None and change.path != "name" and not secret
    )


def _spelled(value: Any) -> str:
    return json.dumps(json_value(value), sort_keys=True)


def _key(action: Action, change: FieldChange) -> Key:
    return (
        action.address.kind,
        change.path,
        f"{_spelled(change.before)} {_spelled(change.after)}",
        change.origin,
    )


def _by_change(actions: Sequence[Action], least: int) -> dict[Key, list[int]]:
    """The numbers of the actions that have a change, for each change that is shared."""
    found: dict[Key, list[int]] = {}
    for number, action in enumerate(actions):
        for change in action.changes:
            if _may_group(action, change):
                found.setdefault(_key(action, change), []).append(number)
    return {key: numbers for key, numbers in found.items() if len(numbers) >= least}


def grouped(actions: Sequence[Action], *, least: int = LEAST) -> Grouped:
    """Folds what at least ``least`` of ``actions`` have in common.

    An action of which nothing is left stays out, unless there is more to say of it than its changes (``reason``).
    """
    shared = _by_change(actions, least)
    groups: dict[tuple[int, ...], list[Key]] = {}
    for key, numbers in shared.items():
        groups.setdefault((*numbers,), []).append(key)
    folds = []
    for members, keys in groups.items():
        first = actions[members[0]]
        changes = tuple(
            change
            for change in first.changes
            if _may_group(first, change) and _key(first, change) in keys
        )
        folds.append(
            Group(first.address.kind, changes, tuple(actions[number] for number in members))
        )
    left = []
    for action in actions:
        own = tuple(
            change
            for change in action.changes
            if not (_may_group(action, change) and _key(action, change) in shared)
        )
        if own or not action.changes or action.reason:
            left.append(Rest(replace(action, changes=own), len(action.changes) - len(own)))
    return Grouped(tuple(sorted(folds, key=lambda fold: -len(fold.actions))), tuple(left))
