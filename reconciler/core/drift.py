"""Reduces a plan to the changes made outside."""

from reconciler.core.deferred_dataclass import replace
from reconciler.core.plan_model import MISSING, Action, Plan

_EXISTING = ("update", "rename", "delete")


def _drifted_action(action: Action) -> Action:
    if action.reason == MISSING:
        return action
    changes = tuple(change for change in action.changes if change.origin in ("drift", "conflict"))
    if action.action != "delete" or action.known is None:
        return replace(action, changes=changes)
    # The resource is not declared any more, so drift is measured against the last apply.
    applied = action.known.attributes
    return replace(
        action,
        action="update",
        changes=tuple(replace(change, after=applied.get(change.path)) for change in changes),
    )


def drifted_part(plan: Plan) -> Plan:
    """Return ``plan`` with only what was changed or deleted outside.

    Other managed resources count as unchanged.
    """
    drifted = [action for action in plan.actions if action.drifted]
    untouched = sum(not action.drifted and action.action in _EXISTING for action in plan.actions)
    return replace(
        plan,
        actions=tuple(_drifted_action(action) for action in drifted),
        noop=plan.noop + untouched,
    )
