"""The one path that plan, drift, apply and show go along: manifests and state and Space in, a Plan out."""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from reconciler.core.intents import recovered
from reconciler.core.interruptions import interruptions
from reconciler.core.plan import make_plan
from reconciler.core.plan_model import Action, Plan
from reconciler.core.resources import Address, Applied, Live
from reconciler.core.usage import Usage
from reconciler.engine.clock import server_clock
from reconciler.engine.connection import Connection
from reconciler.engine.other_records import held_elsewhere
from reconciler.engine.refresh import FEW, Refreshed, can_be_asked_for, refresh, refresh_targets
from reconciler.engine.selection import EVERYTHING, Selection, selected_addresses
from reconciler.engine.unselected import declared_elsewhere
from reconciler.engine.workspace import Workspace
from reconciler.manifest.load import Loaded
from reconciler.space.occupancy import Asked, occupancies
from reconciler.space.session_members import members_of_each
from reconciler.state.record import State


def make_connected_plan(
    session: Workspace,
    world: Connection,
    loaded: Loaded,
    state: State,
    *,
    selection: Selection = EVERYTHING,
    parallel: int = 10,
    whole: bool = False,
    known: Collection[Address] = (),
) -> Plan:
    """Look at the Space and plan towards what the manifests say.

    ``whole`` lists all that is there, also for a few targets; ``known`` may be targets although nobody declares or manages
    them any more, since this run saw to that.
    """
    only = selected_addresses(selection, loaded.desired, {*state.resources, *known}, session.kinds)
    seen = _refreshed(
        session,
        world,
        loaded,
        state,
        only=None if whole or not selection.targets else only,
        parallel=parallel,
    )
    ours = _recovered(session, state, seen.live)
    make = partial(
        make_plan,
        seen.desired,
        {**seen.applied, **ours},
        seen.live,
        kinds=session.kinds,
        key=state.key,
        space=world.target.space,
        project=world.target.project,
        prune=selection.prune and not selection.selectors,
        digests={"manifests": loaded.digest, "state": _state_digest(state)},
        marking=state.key if state.serial else None,
    )
    plan = make(only=only)
    left = declared_elsewhere(session, loaded, plan)
    if left:
        every = {one.address for one in seen.desired} | {*seen.applied, *ours}
        plan = make(only=(every if only is None else set(only)) - left)
    managed = Counter(address.kind for address in {**state.resources, **ours})
    plan = replace(plan, declared=len(loaded.desired), managed=managed - Counter(plan.missing))
    plan = replace(plan, elsewhere=_elsewhere(session, world, plan))
    made = with_sessions(
        session,
        world,
        replace(plan, record_updates=(*ours.values(), *plan.record_updates)),
        parallel=parallel,
    )
    session.observer.planned(made)
    return made


def _refreshed(
    session: Workspace, world: Connection, loaded: Loaded, state: State, *, only: Collection[Address] | None, parallel: int
) -> Refreshed:  # fmt: skip
    """What there is; where ``only`` a few resources are meant, no more of it than they depend on."""
    if (
        only is not None
        and len(only) <= FEW
        and can_be_asked_for(only, session.kinds, state.resources)
    ):
        return refresh_targets(
            world.client,
            session.kinds,
            only,
            desired=loaded.desired,
            applied=state.resources,
            parallel=parallel,
        )
    live = refresh(
        world.client, session.kinds, desired=loaded.desired, applied=state.resources, parallel=parallel, lists=world.lists
    )  # fmt: skip
    return Refreshed(loaded.desired, state.resources, live)


def _elsewhere(session: Workspace, world: Connection, plan: Plan) -> dict[Address, str]:
    """Which other record of this Space holds what would be adopted: that was made by this tool."""
    adopted = {
        (action.address.kind, (action.id or "").lower()): action.address
        for action in plan.actions
        if action.action == "adopt"
    }
    held = held_elsewhere(session, world.target) if adopted else {}
    return {adopted[key]: whose for key, whose in held.items() if key in adopted}


def _recovered(session: Workspace, state: State, live: Sequence[Live]) -> dict[Address, Applied]:
    """What an earlier run made without living to record it."""
    found = recovered(
        state.intents.values(), state.resources, live, kinds=session.kinds, key=state.key
    )
    return {record.address: record for record in found}


def with_sessions(session: Workspace, world: Connection, plan: Plan, *, parallel: int) -> Plan:
    """``plan`` with what is known of live sessions where people in one would notice: by the list of sessions, where the resource's
    own answer names none. Of a plan that disturbs nobody nothing is asked.
    """
    moment = server_clock(world.client, world.client.wall).now()
    kinds = session.kinds
    actions = [
        replace(one, interrupts=interruptions(kinds[one.address.kind], one.changes, now=moment))
        if one.id
        else one
        for one in plan.actions
    ]
    untold = [
        one
        for one in actions
        if kinds[one.address.kind].session and one.may_disturb and one.session is None
    ]
    asked = {
        one.id: Asked(kinds[one.address.kind], one.id, one.live_name or one.address.name)
        for one in untold
        if one.id
    }
    found = occupancies(world.client, kinds, list(asked.values()), parallel=parallel)
    told = {id(one): found[one.id] for one in untold if one.id}
    known = [
        replace(one, session=told[id(one)].session, session_unread=told[id(one)].unread)
        if id(one) in told
        else one
        for one in actions
    ]
    return with_members(world, replace(plan, actions=tuple(known)), parallel=parallel)


def with_evidence(plan: Plan, evidence: Mapping[Address, Usage]) -> Plan:
    """``plan`` with the sessions that were seen while it was looked up how its deletions were used: what is shown is what refuses."""

    def newer(one: Action) -> Action:
        seen = evidence.get(one.address)
        return (
            replace(one, session=seen.session, session_unread="")
            if seen and seen.session and one.session is None
            else one
        )

    return replace(plan, actions=tuple(map(newer, plan.actions)))


def with_members(world: Connection, plan: Plan, *, parallel: int) -> Plan:
    """``plan`` with the number of people in each live session that it touches, where the Space tells it."""
    meetings = [
        str(action.session.get("id", "")) for action in plan.actions if action.session is not None
    ]
    present = members_of_each(world.client, meetings, parallel=parallel)
    actions = []
    for action in plan.actions:
        number = present[str(action.session.get("id", ""))] if action.session is not None else None
        actions.append(
            replace(action, session={**(action.session or {}), "members": number})
            if number is not None
            else action
        )
    return replace(plan, actions=tuple(actions))


def plan_everything_gone(
    session: Workspace,
    world: Connection,
    state: State,
    *,
    only: Collection[Address] | None,
    parallel: int,
) -> Plan:
    """Look at the Space and plan the deletion of what is recorded (of ``only`` these, where given)."""
    live = refresh(
        world.client, session.kinds, desired=(), applied=state.resources, parallel=parallel
    )
    target = world.target
    plan = make_plan(
        (),
        {**state.resources, **_recovered(session, state, live)},
        live,
        kinds=session.kinds,
        key=state.key,
        space=target.space,
        project=target.project,
        only=only,
        reason="",
    )
    return with_sessions(session, world, plan, parallel=parallel)


def _state_digest(state: State) -> str:
    if state.serial == 0:
        return hashlib.sha256(b"no state yet").hexdigest()
    return hashlib.sha256(f"{state.lineage}:{state.serial}".encode()).hexdigest()
