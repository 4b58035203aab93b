"""Plans changes from manifests, state and Space; shared by plan, drift, apply and show."""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from reconciler.core.intents import recovered
from reconciler.core.interruptions import interruptions
from reconciler.core.kinds import Kinds
from reconciler.core.plan import make_plan
from reconciler.core.plan_model import Action, Plan
from reconciler.core.resources import Address, Applied, Live
from reconciler.core.same_room import counterparts
from reconciler.core.usage import Usage
from reconciler.engine.clock import server_clock
from reconciler.engine.connection import Connection
from reconciler.engine.origins import from_root
from reconciler.engine.other_records import held_elsewhere
from reconciler.engine.refresh import (
    FEW,
    Refreshed,
    can_be_fetched,
    note_unread,
    refresh,
    refresh_targets,
)
from reconciler.engine.selection import EVERYTHING, Selection, selected_addresses
from reconciler.engine.unselected import declared_elsewhere
from reconciler.engine.workspace import Workspace
from reconciler.manifest.load import Loaded
from reconciler.space.occupancy import Asked, occupancies
from reconciler.space.session_members import members_of_each
from reconciler.state.record import State


def plan_changes(
    workspace: Workspace,
    connection: Connection,
    loaded: Loaded,
    state: State,
    *,
    selection: Selection = EVERYTHING,
    parallel: int = 10,
    whole: bool = False,
    known: Collection[Address] = (),
) -> Plan:
    """Read the Space and plan the changes that the manifests ask for.

    ``whole`` lists the resources of all kinds, even for a few targets. ``known`` targets need not exist.
    """
    only = selected_addresses(
        selection, loaded.desired, {*state.resources, *known}, workspace.kinds
    )
    targets = only if selection.targets and not whole else None
    read = partial(_refreshed, workspace, connection, loaded, state, parallel=parallel)
    sides = read(only=targets, everything=whole)
    recovered_records = _recovered(workspace, state, sides.live)
    applied = {**sides.applied, **recovered_records}
    make = partial(
        make_plan,
        sides.desired,
        applied,
        sides.live,
        kinds=workspace.kinds,
        key=state.key,
        space=connection.target.space,
        project=connection.target.project,
        prune=selection.prune and not selection.selectors,
        digests={"manifests": loaded.digest, "state": _state_digest(state)},
        marking=state.key if state.serial else None,
    )
    plan = make(only=only)
    if excluded := declared_elsewhere(workspace, loaded, plan):
        every = {resource.address for resource in sides.desired} | applied.keys()
        plan = make(only=(every if only is None else set(only)) - excluded)
    managed = Counter(address.kind for address in {**state.resources, **recovered_records})
    updates = (*recovered_records.values(), *plan.record_updates)
    plan = replace(plan, declared=len(loaded.desired), managed=managed - Counter(plan.missing))
    plan = replace(plan, record_updates=updates, unread=sides.unread)
    plan = replace(plan, elsewhere=_owners(workspace, connection, plan))
    if workspace.project:
        plan = from_root(plan, workspace.root)
    plan = with_sessions(workspace, connection, plan, parallel=parallel)
    workspace.observer.planned(plan)
    return plan


def _refreshed(
    workspace: Workspace,
    connection: Connection,
    loaded: Loaded,
    state: State,
    *,
    only: Collection[Address] | None,
    parallel: int,
    everything: bool,
) -> Refreshed:
    """Read the whole Space, or the few resources in ``only`` and their dependencies."""
    client, kinds = connection.client, workspace.kinds
    desired, applied = loaded.desired, state.resources
    few = only is not None and len(only) <= FEW and can_be_fetched(only, kinds, applied)
    if only is not None and few and not _may_be_same_rooms(kinds, only, loaded, state):
        return refresh_targets(
            client, kinds, only, desired=desired, applied=applied, parallel=parallel
        )
    unread: list[str] = []
    live = refresh(
        client,
        kinds,
        desired=desired,
        applied=applied,
        parallel=parallel,
        lists=connection.lists,
        needed={intent.address.kind for intent in state.intents.values()},
        unread=unread.append,
        everything=everything,
    )
    for kind in unread:
        note_unread(workspace, kind)
    return Refreshed(desired, applied, live, tuple(unread))


def _may_be_same_rooms(
    kinds: Kinds, only: Collection[Address], loaded: Loaded, state: State
) -> bool:
    """Whether a kind in use may show a room of ``only`` too: only whole lists tell."""
    used = {one.address.kind for one in loaded.desired}
    used |= {address.kind for address in state.resources}
    return any(counterparts(kinds, address.kind) & used for address in only)


def _owners(workspace: Workspace, connection: Connection, plan: Plan) -> dict[Address, str]:
    """Return which other local state manages a resource that the plan would adopt."""
    adopted = {
        (action.address.kind, (action.id or "").lower()): action.address
        for action in plan.actions
        if action.action == "adopt"
    }
    held = held_elsewhere(workspace, connection.target) if adopted else {}
    return {adopted[key]: owner for key, owner in held.items() if key in adopted}


def _recovered(workspace: Workspace, state: State, live: Sequence[Live]) -> dict[Address, Applied]:
    """Return records of resources that a crashed run created without recording them."""
    records = recovered(
        state.intents.values(), state.resources, live, kinds=workspace.kinds, key=state.key
    )
    return {record.address: record for record in records}


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
    sessions = occupancies(client, kinds, list(lookups.values()), parallel=parallel)
    known = []
    for action in actions:
        if action.id and _needs_lookup(kinds, action):
            occupancy = sessions[action.id]
            action = replace(  # noqa: PLW2901
                action, session=occupancy.session, session_unread=occupancy.unread
            )
        known.append(action)
    return with_members(connection, replace(plan, actions=tuple(known)), parallel=parallel)


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


def with_members(connection: Connection, plan: Plan, *, parallel: int) -> Plan:
    """Add the number of members to each live session in ``plan``, where the Space tells it."""
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
    return replace(plan, actions=tuple(actions))


def plan_everything_gone(
    workspace: Workspace,
    connection: Connection,
    state: State,
    *,
    only: Collection[Address] | None,
    parallel: int,
) -> Plan:
    """Read the Space and plan to delete all recorded resources, or those in ``only``."""
    live = refresh(
        connection.client,
        workspace.kinds,
        desired=(),
        applied=state.resources,
        parallel=parallel,
        unread=partial(note_unread, workspace),
    )
    target = connection.target
    plan = make_plan(
        (),
        {**state.resources, **_recovered(workspace, state, live)},
        live,
        kinds=workspace.kinds,
        key=state.key,
        space=target.space,
        project=target.project,
        only=only,
        reason="",
    )
    return with_sessions(workspace, connection, plan, parallel=parallel)


def _state_digest(state: State) -> str:
    if state.serial == 0:
        return hashlib.sha256(b"no state yet").hexdigest()
    return hashlib.sha256(f"{state.lineage}:{state.serial}".encode()).hexdigest()
