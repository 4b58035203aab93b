"""Plans changes from manifests, state and Space; shared by plan, drift, apply and show."""

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from reconciler.core.deferred_dataclass import replace
from reconciler.core.intents import recovered
from reconciler.core.kinds import Kinds
from reconciler.core.plan import make_plan
from reconciler.core.plan_model import Plan
from reconciler.core.resources import Address, Applied, Live
from reconciler.core.same_room import counterparts
from reconciler.engine.connection import Connection
from reconciler.engine.refresh import (
    FEW,
    Refreshed,
    can_be_fetched,
    note_unread,
    refresh,
    refresh_targets,
)
from reconciler.engine.selection import EVERYTHING, Selection, selected_addresses
from reconciler.engine.space_facts import kinds_with_defaults
from reconciler.engine.unselected import declared_elsewhere
from reconciler.engine.workspace import Workspace
from reconciler.manifest.compose.provenance import find_positions
from reconciler.manifest.load import Loaded
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
    return plan_with_live(
        workspace,
        connection,
        loaded,
        state,
        selection=selection,
        parallel=parallel,
        whole=whole,
        known=known,
    )[0]


def plan_with_live(  # noqa: PLR0913  # what is wanted, and how to read it
    workspace: Workspace,
    connection: Connection,
    loaded: Loaded,
    state: State,
    *,
    selection: Selection = EVERYTHING,
    parallel: int = 10,
    whole: bool = False,
    known: Collection[Address] = (),
    delete: Collection[Address] | None = None,
) -> tuple[Plan, tuple[Live, ...]]:
    """Plan as ``plan_changes``; also return the live resources that were read.

    With ``delete``, exactly these recorded resources are deleted, and no other undeclared one.
    """
    connection.client.hidden.declare(loaded.desired, loaded.fragments.values())
    possible = {*state.resources, *known}
    only = selected_addresses(selection, loaded.desired, possible, workspace.kinds)
    targets = only if selection.targets and not whole else None
    kinds = kinds_with_defaults(workspace.kinds, connection.facts.all)
    read = partial(_refreshed, workspace, connection, loaded, state, parallel=parallel)
    sides = read(only=targets, everything=whole)
    recovered_records = _recovered(workspace, state, sides.live)
    applied = {**sides.applied, **recovered_records}
    make = partial(
        make_plan,
        sides.desired,
        applied,
        sides.live,
        kinds=kinds,
        prune=selection.prune and not selection.selectors and loaded.all_named,
        digests={"manifests": loaded.digest, "state": _state_digest(state)},
        secrets=connection.client.hidden.texts,
        **_owner_of(connection, state),
    )
    if delete is not None:
        named = {one.address for one in loaded.desired} if only is None else set(only)
        only = named | set(delete)
    plan = make(only=only)
    if excluded := declared_elsewhere(workspace, loaded, plan) | loaded.wrong:
        every = {resource.address for resource in sides.desired} | applied.keys()
        plan = make(only=(every if only is None else set(only)) - excluded)
    managed = Counter(address.kind for address in {**state.resources, **recovered_records})
    declared = len(loaded.desired) or len(delete or ())
    updates = (*recovered_records.values(), *plan.record_updates)
    plan = replace(plan, declared=declared, managed=managed - Counter(plan.missing))
    plan = replace(plan, record_updates=updates, unread=sides.unread)
    return _completed(workspace, connection, plan, parallel=parallel), sides.live


def _completed(workspace: Workspace, connection: Connection, plan: Plan, *, parallel: int) -> Plan:
    """Add owners, places from the project's root, and live sessions; report the plan."""
    if plan.actions:
        from reconciler.engine.plan_sessions import with_sessions  # noqa: PLC0415  # most plans have nothing to do

        plan = replace(plan, elsewhere=_owners(workspace, connection, plan))
        if workspace.project:
            from reconciler.engine.origins import from_root  # noqa: PLC0415  # likewise

            plan = from_root(plan, workspace.root)
        plan = with_sessions(workspace, connection, plan, parallel=parallel)
    workspace.observer.planned(plan)
    return plan


def _owner_of(connection: Connection, state: State) -> dict[str, Any]:
    """Return the Space and project of a plan, and the keys that seal its secrets."""
    target = connection.target
    marking = state.key if state.serial else None
    return {
        "space": target.space,
        "project": target.project,
        "key": state.key,
        "marking": marking,
    }


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
        on_unlisted=partial(_check_lag, workspace, connection),
        # A plan shows the position of each field that it creates.
        meanwhile=partial(find_positions, [one for one in desired if one.address not in applied]),
    )
    for kind in unread:
        note_unread(workspace, kind)
    return Refreshed(desired, applied, live, tuple(unread))


def _check_lag(workspace: Workspace, connection: Connection, unlisted: Sequence[Live]) -> None:
    from reconciler.engine.list_lag import check_lag  # noqa: PLC0415  # most lists are complete

    check_lag(workspace, connection, unlisted)


def _may_be_same_rooms(
    kinds: Kinds, only: Collection[Address], loaded: Loaded, state: State
) -> bool:
    """Whether a kind in use may show a room of ``only`` too: only whole lists show that."""
    used = {one.address.kind for one in loaded.desired}
    used |= {address.kind for address in state.resources}
    return any(counterparts(kinds, address.kind) & used for address in only)


def _owners(workspace: Workspace, connection: Connection, plan: Plan) -> dict[Address, str]:
    """Return which other state manages a resource that the plan would adopt or delete."""
    concerned = {
        (action.address.kind, (action.id or "").lower()): action.address
        for action in plan.actions
        if action.action in ("adopt", "delete")
    }
    if not concerned:
        return {}
    from reconciler.engine.other_records import held_elsewhere  # noqa: PLC0415  # reads states beside this one

    held = held_elsewhere(workspace, connection.target)
    return {concerned[key]: owner for key, owner in held.items() if key in concerned}


def _recovered(workspace: Workspace, state: State, live: Sequence[Live]) -> dict[Address, Applied]:
    """Return records of resources that a crashed run created without recording them."""
    records = recovered(
        state.intents.values(), state.resources, live, kinds=workspace.kinds, key=state.key
    )
    return {record.address: record for record in records}


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
        lists=connection.lists,
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
        secrets=connection.client.hidden.texts,
    )
    from reconciler.engine.plan_sessions import with_sessions  # noqa: PLC0415  # as above

    plan = replace(plan, elsewhere=_owners(workspace, connection, plan))
    return with_sessions(workspace, connection, plan, parallel=parallel)


def _state_digest(state: State) -> str:
    if state.serial == 0:
        return hashlib.sha256(b"no state yet").hexdigest()
    return hashlib.sha256(f"{state.lineage}:{state.serial}".encode()).hexdigest()
