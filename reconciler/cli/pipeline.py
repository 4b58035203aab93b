"""The one path that plan, drift, apply and show go along: manifests and state and Space in, a Plan out."""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from reconciler.cli.book import space_time
from reconciler.cli.console import emit
from reconciler.cli.elsewhere import held_elsewhere
from reconciler.cli.events import about_plan
from reconciler.cli.looking import FEW, Seen, can_be_asked_for, look_around, look_at, tell_refused
from reconciler.cli.places import from_root
from reconciler.cli.selecting import EVERYTHING, Selection, chosen
from reconciler.cli.session import Session
from reconciler.cli.sparing import spared
from reconciler.cli.worlds import World
from reconciler.core.declared import Address
from reconciler.core.evidence import Evidence
from reconciler.core.intents import recognised
from reconciler.core.interruptions import interruptions
from reconciler.core.model import Action, Applied, Live, Plan
from reconciler.core.plan import make_plan
from reconciler.manifest import Loaded
from reconciler.space import Asked, members_of_each, occupancies
from reconciler.state import State


def plan_of(
    session: Session,
    world: World,
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
    only = chosen(selection, loaded.desired, {*state.resources, *known}, session.kinds)
    seen = _seen(session, world, loaded, state, only=None if whole or not selection.targets else only, parallel=parallel)
    ours = _recognised(session, state, seen.live)
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
    left = spared(session, loaded, plan)
    if left:
        every = {one.address for one in seen.desired} | {*seen.applied, *ours}
        plan = make(only=(every if only is None else set(only)) - left)
    managed = Counter(address.kind for address in {**state.resources, **ours})
    plan = replace(plan, declared=len(loaded.desired), managed=managed - Counter(plan.missing))
    plan = replace(plan, elsewhere=_elsewhere(session, world, plan), unread=seen.unread)
    plan = from_root(plan, session.root) if session.project else plan
    made = with_sessions(session, world, replace(plan, remember=(*ours.values(), *plan.remember)), parallel=parallel)
    emit("plan", **about_plan(made))
    return made


def _seen(
    session: Session, world: World, loaded: Loaded, state: State, *, only: Collection[Address] | None, parallel: int
) -> Seen:  # fmt: skip
    """What there is; where ``only`` a few resources are meant, no more of it than they depend on."""
    if only is not None and len(only) <= FEW and can_be_asked_for(only, session.kinds, state.resources):
        return look_at(world.client, session.kinds, only, desired=loaded.desired, applied=state.resources, parallel=parallel)
    refused: list[str] = []
    live = look_around(
        world.client,
        session.kinds,
        desired=loaded.desired,
        applied=state.resources,
        parallel=parallel,
        lists=world.lists,
        needed={intent.address.kind for intent in state.intents.values()},
        refused=refused.append,
    )
    for kind in refused:
        tell_refused(kind)
    return Seen(loaded.desired, state.resources, live, tuple(refused))


def _elsewhere(session: Session, world: World, plan: Plan) -> dict[Address, str]:
    """Which other record of this Space holds what would be adopted: that was made by this tool."""
    adopted = {(action.address.kind, (action.id or "").lower()): action.address for action in plan.actions if action.action == "adopt"}
    held = held_elsewhere(session, world.target) if adopted else {}
    return {adopted[key]: whose for key, whose in held.items() if key in adopted}


def _recognised(session: Session, state: State, live: Sequence[Live]) -> dict[Address, Applied]:
    """What an earlier run made without living to record it."""
    found = recognised(state.intents.values(), state.resources, live, kinds=session.kinds, key=state.key)
    return {record.address: record for record in found}


def with_sessions(session: Session, world: World, plan: Plan, *, parallel: int) -> Plan:
    """``plan`` with what is known of live sessions where people in one would notice: by the list of sessions, where the resource's
    own answer names none. Of a plan that disturbs nobody nothing is asked.
    """
    moment = space_time(world.client, world.client.wall).now()
    kinds = session.kinds
    actions = [
        replace(one, interrupts=interruptions(kinds[one.address.kind], one.changes, now=moment)) if one.id else one for one in plan.actions
    ]
    untold = [one for one in actions if kinds[one.address.kind].session and one.may_disturb and one.session is None]
    asked = {one.id: Asked(kinds[one.address.kind], one.id, one.live_name or one.address.name) for one in untold if one.id}
    found = occupancies(world.client, kinds, list(asked.values()), parallel=parallel)
    told = {id(one): found[one.id] for one in untold if one.id}
    known = [
        replace(one, session=told[id(one)].session, session_unread=told[id(one)].unread) if id(one) in told else one for one in actions
    ]
    return with_members(world, replace(plan, actions=tuple(known)), parallel=parallel)


def with_evidence(plan: Plan, evidence: Mapping[Address, Evidence]) -> Plan:
    """``plan`` with the sessions that were seen while it was looked up how its deletions were used: what is shown is what refuses."""

    def newer(one: Action) -> Action:
        seen = evidence.get(one.address)
        return replace(one, session=seen.session, session_unread="") if seen and seen.session and one.session is None else one

    return replace(plan, actions=tuple(map(newer, plan.actions)))


def with_members(world: World, plan: Plan, *, parallel: int) -> Plan:
    """``plan`` with the number of people in each live session that it touches, where the Space tells it."""
    meetings = [str(action.session.get("id", "")) for action in plan.actions if action.session is not None]
    present = members_of_each(world.client, meetings, parallel=parallel)
    actions = []
    for action in plan.actions:
        number = present[str(action.session.get("id", ""))] if action.session is not None else None
        actions.append(replace(action, session={**(action.session or {}), "members": number}) if number is not None else action)
    return replace(plan, actions=tuple(actions))


def plan_everything_gone(session: Session, world: World, state: State, *, only: Collection[Address] | None, parallel: int) -> Plan:
    """Look at the Space and plan the deletion of what is recorded (of ``only`` these, where given)."""
    live = look_around(world.client, session.kinds, desired=(), applied=state.resources, parallel=parallel)
    target = world.target
    plan = make_plan(
        (),
        {**state.resources, **_recognised(session, state, live)},
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
