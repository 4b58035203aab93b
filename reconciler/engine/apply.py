"""Apply: lock, plan, check consent, carry out with a journal, and plan once more to see that it settled."""

from contextlib import closing
from typing import NamedTuple

from reconciler.core.errors import (
    ApiError,
    Incomplete,
    Interrupted,
    StateError,
)
from reconciler.core.guard import may_disturb
from reconciler.core.plan_model import Outcome, Plan
from reconciler.core.text import printable
from reconciler.engine.clock import ServerClock, now, server_clock
from reconciler.engine.connection import Connection, open_writer
from reconciler.engine.journal import Journal
from reconciler.engine.options import ApplyOptions
from reconciler.engine.partial import Progress, told_in_part
from reconciler.engine.review import check_consent
from reconciler.engine.revision import current_commit
from reconciler.engine.saved_plan.check import check_same
from reconciler.engine.selection import Selection
from reconciler.engine.waiting import lists_in_doubt, plan_when_idle
from reconciler.executor.context import ExecutionContext
from reconciler.executor.scheduler import run, threads
from reconciler.space.client import Writer
from reconciler.state.record import Entry, Stamp, State
from reconciler.timing import stage


class ApplyResult(NamedTuple):
    """What was planned, and what became of each action, in the order of the plan."""

    plan: Plan
    outcomes: tuple[Outcome, ...]


@stage("apply")
def _execute(  # what ``carried_out`` has gathered
    order: ApplyOptions,
    world: Connection,
    client: Writer,
    state: State,
    plan: Plan,
    *,
    told: ServerClock | None = None,
    progress: Progress | None = None,
) -> tuple[State, list[Outcome], bool]:
    """Carry out ``plan``; the state after it (written), the outcomes in the plan's order, and whether a signal stopped it.

    A StateError comes only after everything that was done has been told.
    """
    outcomes: list[Outcome] = []
    if progress is not None:
        progress.outcomes = outcomes
    moment = told or server_clock(client, order.runtime.clock.wall)
    with order.runtime.while_writing(client.cancel) as stop:
        book = Journal(
            world.state,
            state,
            stop=stop,
            time=moment,
            stamp=Stamp(now(), current_commit(order.paths)),
            note=order.observer.note,
        )
        doubts = lists_in_doubt(plan, state, moment.now())
        tools = ExecutionContext(
            client,
            order.workspace.kinds,
            state.key,
            allow_live=may_disturb(plan, order.consent),
            intend=book.intend,
            open=state.intents,
            doubts=doubts,
        )
        book.begin(plan)
        with order.observer.executing(plan) as shown:
            results = run(
                plan,
                tools,
                parallel=order.parallel,
                stop=stop,
                noted=book.note,
                ready=book.ready,
                started=order.observer.started,
                workers=order.runtime.workers or threads,
            )
            with closing(
                results
            ):  # whatever ends this, no worker goes on once the lock is given back
                for result in results:
                    book.settle(result.outcome.action.address)
                    outcomes.append(result.outcome)
                    shown(result.outcome)
        order_of = {action.address: number for number, action in enumerate(plan.actions)}
        outcomes.sort(key=lambda outcome: order_of[outcome.action.address])
        interrupted = stop.is_set() and book.broken is None
        try:
            if book.broken is not None:
                raise book.broken
            written = world.state.write(_settle(order, state, plan).with_entries(*book.entries))
        except StateError:
            _report_outcomes(order, world, outcomes)
            raise
    return written, outcomes, interrupted


def _report_outcomes(order: ApplyOptions, world: Connection, outcomes: list[Outcome]) -> None:
    order.observer.finished(outcomes)
    order.observer.outcomes(world.target.space, outcomes)


def _settle(order: ApplyOptions, state: State, plan: Plan) -> State:
    """``state`` with what is known better of unchanged resources, and without what is gone from both sides.

    Where nothing is to be done, nothing is waited for any more; of what was left out nobody knows that.
    """
    busy = {action.address for action in plan.actions}
    partial = order.selection is not None and bool(
        order.selection.targets or order.selection.selectors
    )
    idle = (
        set()
        if partial
        else {intent.address for intent in state.intents.values() if intent.child} - busy
    )
    known = (
        *(Entry(record) for record in plan.record_updates),
        *(Entry(removed=record) for record in plan.record_removals),
    )
    return state.with_entries(*known, *(Entry(settled=address) for address in sorted(idle)))


def _conclude(
    order: ApplyOptions, world: Connection, state: State, outcomes: list[Outcome]
) -> None:
    """Print what was done, look once more, and raise Incomplete where it is not what was asked for."""
    moved = [
        f"{outcome.action.address} {change.path}"
        for outcome in outcomes
        for change in outcome.moved
    ]
    if moved:
        _report_outcomes(order, world, outcomes)
        raise Incomplete(
            f"a PUT moved what nobody asked to move, and no further PUT of that kind was started: {printable(', '.join(moved[:10]))}",
            hint="the old values stand above: put them back where they matter; see docs/LIMITS.md, 'An update'",
            outcomes=outcomes,
        )
    if any(outcome.status != "done" for outcome in outcomes):
        _report_outcomes(order, world, outcomes)
        first = (
            "mend what the Space refuses, and then "
            if any(outcome.refused for outcome in outcomes)
            else ""
        )
        raise Incomplete(
            "not everything was done; what was done is recorded",
            hint=f"{first}run {order.reason} again to finish",
            outcomes=outcomes,
        )
    order.observer.outcomes(world.target.space, outcomes)
    try:
        rest = order.make_plan(world, state)
    except ApiError as error:
        raise Incomplete(
            f"everything was done and is recorded; whether the Space shows all of it could not be seen: {error.message}",
            hint="look at it later with: reconciler plan",
            outcomes=outcomes,
        ) from error
    finally:
        order.observer.finished(outcomes)  # with the look after it, a run is over
    if rest.actions:
        fields = [
            f"{action.address} {change.path}"
            for action in rest.actions
            for change in action.changes
        ] or [str(action.address) for action in rest.actions]
        shown = ", ".join(map(printable, fields[:10])) + (
            f" and {len(fields) - 10} more" if len(fields) > 10 else ""
        )
        raise Incomplete(
            f"everything was sent, and the Space does not show all of it: {shown}",
            hint="the Space may not take these values, or somebody changed them meanwhile; see: reconciler plan",
            outcomes=outcomes,
        )


def run_apply(order: ApplyOptions) -> ApplyResult:
    """Plan, check consent and carry out, in the Space that the workspace names. As ``apply_connected``."""
    with open_writer(order.workspace, parallel=order.parallel) as (world, client):
        return apply_connected(order, world, client)


def apply_connected(order: ApplyOptions, world: Connection, client: Writer) -> ApplyResult:
    """Plan under the lock, check consent, carry out, and plan once more, over an open connection.

    Raises Refused (nothing was written), Incomplete (part was not done, or has not settled; with
    its outcomes), Interrupted, StateError, and what reading the Space raises.
    """
    with (
        told_in_part(client, reason=order.reason) as progress,
        world.state.lock(reason=order.reason, since=now()),
    ):
        state = world.state.read()
        plan = plan_when_idle(order, world, state)
        told = server_clock(client, order.runtime.clock.wall)
        if order.saved is not None:
            check_same(order.saved, plan, selection=order.selection or Selection())
        if not plan.actions:
            return _nothing_to_do(order, world, state, plan)
        check_consent(order, plan)
        if state.serial == 0:
            state = world.state.write(state)  # the journal needs a record that it belongs to
        state, outcomes, interrupted = _execute(
            order, world, client, state, plan, told=told, progress=progress
        )
        progress.recorded = True
        if interrupted:
            _report_outcomes(order, world, outcomes)
            raise Interrupted(
                "stopped by a signal; what was done is recorded",
                hint=f"run {order.reason} again to finish",
            )
        _conclude(order, world, state, outcomes)
    return ApplyResult(plan, tuple(outcomes))


def _nothing_to_do(order: ApplyOptions, world: Connection, state: State, plan: Plan) -> ApplyResult:
    """Say so; the state still learns what it can."""
    after = _settle(order, state, plan)
    if after != state:
        world.state.write(after)
    order.observer.finished(())
    order.observer.nothing_to_do(plan)
    return ApplyResult(plan, ())
