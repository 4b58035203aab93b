"""Groups identical edits on several resources, as a change of a theme or preset causes."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, replace
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.plan_model import Action, FieldChange
from reconciler.core.value_text import holds_secret, json_value

_LEAST = 3


@dataclass(frozen=True, slots=True)
class Group:
    """The same changes on each of ``actions``, all of one kind.

    Places of declaration can differ; each action keeps its own.
    """

    kind: str
    changes: tuple[FieldChange, ...]
    actions: tuple[Action, ...]


class Rest(NamedTuple):
    """An action with its own changes, and the number of changes that it shares with others."""

    action: Action
    shared: int


class Grouped(NamedTuple):
    """All groups, largest first, and the rest of each action."""

    folds: tuple[Group, ...]
    rest: tuple[Rest, ...]


_Key = tuple[str, str, str, str]
_SORTED = json.JSONEncoder(sort_keys=True)  # json.dumps would make one for each value


def _may_group(action: Action, change: FieldChange) -> bool:
    """Whether a change can be grouped. Masked secrets only look equal, so they cannot."""
    secret = holds_secret(change.before) or holds_secret(change.after)
    return (
        action.action == "update" and change.child is None and change.path != "name" and not secret
    )


def _value_key(value: Any) -> str:
    return _SORTED.encode(json_value(value))


def _key(action: Action, change: FieldChange) -> _Key:
    return (
        action.address.kind,
        change.path,
        f"{_value_key(change.before)} {_value_key(change.after)}",
        change.origin,
    )


def _by_change(actions: Sequence[Action], least: int) -> dict[_Key, list[int]]:
    """For each shared change, the indexes of the actions that have it."""
    members: dict[_Key, list[int]] = {}
    for number, action in enumerate(actions):
        for change in action.changes:
            if _may_group(action, change):
                members.setdefault(_key(action, change), []).append(number)
    return {key: numbers for key, numbers in members.items() if len(numbers) >= least}


def _group(actions: Sequence[Action], keys: Collection[_Key]) -> Group:
    """The group of ``actions`` that share the changes with these ``keys``."""
    first = actions[0]
    changes = tuple(
        change
        for change in first.changes
        if _may_group(first, change) and _key(first, change) in keys
    )
    return Group(first.address.kind, changes, tuple(actions))


def _rest(action: Action, shared: Collection[_Key]) -> Rest:
    """``action`` without the changes with ``shared`` keys."""
    own = tuple(
        change
        for change in action.changes
        if not _may_group(action, change) or _key(action, change) not in shared
    )
    return Rest(replace(action, changes=own), len(action.changes) - len(own))


def grouped(actions: Sequence[Action], *, least: int = _LEAST) -> Grouped:
    """Groups the changes that at least ``least`` of ``actions`` share.

    An action whose changes are all shared is left out, unless it has a ``reason``.
    """
    shared = _by_change(actions, least)
    keys_by_members: dict[tuple[int, ...], list[_Key]] = {}
    for key, members in shared.items():
        keys_by_members.setdefault(tuple(members), []).append(key)
    groups = []
    for members_of_group, keys in keys_by_members.items():
        groups.append(_group([actions[number] for number in members_of_group], keys))
    rest = []
    for action in actions:
        one = _rest(action, shared)
        if one.action.changes or not action.changes or action.reason:
            rest.append(one)
    return Grouped(tuple(sorted(groups, key=lambda group: -len(group.actions))), tuple(rest))
