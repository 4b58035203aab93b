"""The order of a plan: renames so that each name is free when it is taken, deletions last."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.core.declared import Address
from reconciler.core.model import Action, FieldChange, Verb

_RANK: Mapping[Verb, int] = {"rename": 0, "adopt": 1, "create": 1, "update": 1, "delete": 2}
_LONGEST_NAME = 100


def _held(action: Action) -> Address:
    """The address whose name the resource bears until it is renamed."""
    return Address(action.address.kind, action.live_name or "")


def _aside(action: Action) -> tuple[Action, Action]:
    """A rename in two steps, by way of a name that nobody has: how a ring of renames is opened.

    The state knows the resource under the passing name meanwhile, and where it is heading: a run that is cut off between
    the two steps is finished by the next one.
    """
    assert action.record is not None  # a rename has one
    passing = f"{(action.live_name or '')[: _LONGEST_NAME - 14]}-moving-{(action.id or '')[:6]}"
    there = Address(action.address.kind, passing)
    known = action.known or action.record
    first = replace(
        action,
        address=there,
        changes=(FieldChange(action.changes[0].path, action.live_name, passing, "manifest", action.changes[0].declared_at),),
        reason=f"frees its name for another; goes on to {action.address.name!r}",
        body={},
        record=replace(known, address=there, heading=action.address.name),
    )
    renamed = replace(action.changes[0], before=passing)
    return first, replace(action, changes=(renamed, *action.changes[1:]), live_name=passing, known=first.record, fingerprint=None)


def _renames(renames: Sequence[Action]) -> list[Action]:
    waiting = list(renames)
    ordered: list[Action] = []
    while waiting:
        held = {_held(action) for action in waiting}
        ready = next((action for action in waiting if action.address not in held), None)
        if ready is None:
            first, rest = _aside(waiting.pop(0))
            ordered.append(first)
            waiting.append(rest)
            continue
        waiting.remove(ready)
        ordered.append(ready)
    return ordered


def in_order(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Renames first, each after the one that frees its name; then all that can go side by side; deletions last."""
    ranked = sorted(actions, key=lambda action: (_RANK[action.action], action.address))
    renames = [action for action in ranked if action.action == "rename"]
    return (*_renames(renames), *(action for action in ranked if action.action != "rename"))
