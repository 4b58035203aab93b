"""Adds live sessions and their members to a plan."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from reconciler.core.deferred_dataclass import replace
from reconciler.core.facts import ACTIVE_SESSION, SHOWN
from reconciler.core.hidden_copies import hidden_actions
from reconciler.core.kinds import Kinds
from reconciler.core.plan_model import Action, Plan
from reconciler.core.resource_usage import Usage
from reconciler.core.resources import Address
from reconciler.core.session_interruptions import interruptions
from reconciler.engine.clock import server_clock
from reconciler.engine.connection import Connection
from reconciler.engine.workspace import Workspace
from reconciler.space.occupancy import NOT_SHOWN, Asked, Occupancy, is_shown, occupancies
from reconciler.space.session_members import members_of_each


def _with_interruptions(plan: Plan, kinds: Kinds, moment: datetime) -> list[Action]:
    """Return the actions, those on existing resources with the changes that cut a session."""
    actions = []
    for action in plan.actions:
        if action.id:
            kind = kinds[action.address.kind]
            cuts = interruptions(kind, action.changes, now=moment)
            action = replace(action, interrupts=cuts)  # noqa: PLW2901
        actions.append(action)
    return actions


def _needs_lookup(kinds: Kinds, action: Action) -> bool:
    """Whether a session would be disturbed and the resource itself names none."""
    if not action.id or action.session is not None:
        return False
    return bool(kinds[action.address.kind].session) and action.may_disturb


def _sessions(
    connection: Connection, kinds: Kinds, each: Sequence[Asked], *, parallel: int
) -> dict[str, Occupancy]:
    """Return the live sessions by the list of sessions, for resources that showed none.

    Of kinds whose answers are known to show a session, one list checks all. If a session is in it
    and not in the resource's own answer, read again, the fact is dropped.
    """
    client, facts = connection.client, connection.facts
    shown = [one for one in each if facts.answer(ACTIVE_SESSION, one.kind.name) == SHOWN]
    others = [one for one in each if one not in shown]
    checked = occupancies(client, kinds, shown, parallel=parallel, few=0)
    for one in shown:
        if checked[one.id].session is not None and not is_shown(client, kinds, one):
            facts.drop(ACTIVE_SESSION, one.kind.name, NOT_SHOWN)
    return {**checked, **occupancies(client, kinds, others, parallel=parallel)}


def with_sessions(
    workspace: Workspace, connection: Connection, plan: Plan, *, parallel: int
) -> Plan:
    """Add the live sessions that ``plan`` would disturb.

    The list of sessions is read only for resources whose own answer names no session.
    """
    client, kinds = connection.client, workspace.kinds
    moment = server_clock(client, client.wall).now()
    actions = _with_interruptions(plan, kinds, moment)
    lookups: dict[str, Asked] = {}
    for action in actions:
        if action.id and _needs_lookup(kinds, action):
            lookups[action.id] = Asked.of(kinds[action.address.kind], action)
    sessions = _sessions(connection, kinds, list(lookups.values()), parallel=parallel)
    known = []
    for action in actions:
        if action.id and _needs_lookup(kinds, action):
            occupancy = sessions[action.id]
            action = replace(  # noqa: PLW2901
                action, session=occupancy.session, session_unread=occupancy.unread
            )
        known.append(action)
    return _with_members(connection, replace(plan, actions=tuple(known)), parallel=parallel)


def with_usage_sessions(plan: Plan, usage: Mapping[Address, Usage]) -> Plan:
    """Add sessions found while reading usage, so that what is shown is also what refuses."""
    actions = []
    for action in plan.actions:
        seen = usage.get(action.address)
        if seen and seen.session and action.session is None:
            actions.append(replace(action, session=seen.session, session_unread=""))
        else:
            actions.append(action)
    return replace(plan, actions=tuple(actions))


def _session_id(action: Action) -> str:
    return str(action.session.get("id", "")) if action.session is not None else ""


def _with_members(connection: Connection, plan: Plan, *, parallel: int) -> Plan:
    """Add the number of members to each live session in ``plan``, if the Space reports it."""
    session_ids = [_session_id(action) for action in plan.actions if action.session is not None]
    members = members_of_each(connection.client, session_ids, parallel=parallel)
    actions = []
    for action in plan.actions:
        number = members[_session_id(action)] if action.session is not None else None
        if number is None:
            actions.append(action)
        else:
            session = {**(action.session or {}), "members": number}
            actions.append(replace(action, session=session))
    return replace(plan, actions=hidden_actions(actions, connection.client.hidden.texts))
