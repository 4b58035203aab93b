"""Carry out what was planned: lock, plan, refuse or ask, do it with a journal, and look once more."""

import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from reconciler.cli import console
from reconciler.cli.rendering import outcome_report, plan_report
from reconciler.cli.signals import stopping_in_order
from reconciler.core.errors import (
    ApiError,
    Incomplete,
    Interrupted,
    Refused,
    StateError,
    UsageError,
)
from reconciler.core.guard import Consent, Refusal, may_disturb, occupied, refusals
from reconciler.core.intents import IntentKey, may_appear_late
from reconciler.core.plan_model import Outcome, Plan
from reconciler.core.resources import Address
from reconciler.core.text import count, printable
from reconciler.engine.clock import ServerClock, now, server_clock
from reconciler.engine.connection import Connection, open_writer
from reconciler.engine.journal import Journal
from reconciler.engine.observer import Observer
from reconciler.engine.partial import Progress, told_in_part
from reconciler.engine.revision import current_commit
from reconciler.engine.saved_plan.check import check_same
from reconciler.engine.selection import Selection
from reconciler.engine.workspace import Workspace, limits
from reconciler.executor.context import ExecutionContext
from reconciler.executor.scheduler import Workers, run, threads
from reconciler.reports.formats import OUTCOME_FORMATS, PLAN_FORMATS
from reconciler.space.client import Writer
from reconciler.space.retry import Clock
from reconciler.state.record import Entry, Stamp, State
from reconciler.timing import stage

MOST_SECONDS_BETWEEN_LOOKS = 15.0
MOST_SECONDS_OF_SILENCE = 300.0


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """What is to be carried out, with which consent, and how it is shown. ``planned`` looks at the Space and plans.

    ``workers`` lets actions go side by side; ``audience`` is told what happens; ``stopping`` gives the event that ends the run
    early; ``clock`` is the time that waits and intents go by. ``paths`` are where the manifests are,
    ``deleted_lately`` how many of each kind runs before this one deleted, which count for the limits.
    """

    session: Workspace
    planned: Callable[[Connection, State], Plan]
    consent: Consent
    form: str
    yes: bool
    parallel: int
    reason: str
    selection: Selection | None = None
    saved: Mapping[str, Any] | None = None
    idle_minutes: float = 0.0
    paths: tuple[str, ...] = (".",)
    deleted_lately: Mapping[str, int] = field(default_factory=dict)
    workers: Workers = threads
    audience: Observer = console
    stopping: Callable[[Callable[[], None]], AbstractContextManager[threading.Event]] = (
        stopping_in_order
    )
    clock: Clock = field(default_factory=Clock)


def _pause(order: ApplyOptions, seconds: float) -> None:
    (order.clock.sleep or time.sleep)(seconds)


def _planned_when_idle(order: ApplyOptions, world: Connection, state: State) -> Plan:
    """The plan; where rooms with people in them would be deleted or renamed, the plan once they are empty or time is up."""
    until = order.clock.monotonic() + order.idle_minutes * 60
    pause = min(MOST_SECONDS_BETWEEN_LOOKS, order.idle_minutes * 3)
    told, again = "", 0.0
    while True:
        plan = order.planned(world, state)
        busy = [str(action.address) for action in occupied(plan, order.consent)]
        if not busy or order.clock.monotonic() + pause >= until:
            return plan
        named = printable(", ".join(busy[:5])) + (" and others" if len(busy) > 5 else "")
        why = f"Waiting until {named} {'is' if len(busy) == 1 else 'are'} empty."
        if why != told or order.clock.monotonic() >= again:
            order.audience.wait(why)
            told, again = why, order.clock.monotonic() + MOST_SECONDS_OF_SILENCE
        _pause(order, pause)


def _in_doubt(plan: Plan, state: State, moment: datetime) -> dict[IntentKey, float]:
    """The lists of sub-resources to which an earlier run sent something whose answer it never saw, and for how many seconds
    that may still come about. It has no name by which the Space would refuse a second one, so ``plan`` does not add to them yet.
    """
    found: dict[IntentKey, float] = {}
    for action in plan.actions:
        adding = {
            change.child
            for change in action.changes
            if change.child is not None and change.before is None
        }
        for name, child in itertools.product(
            {action.address.name, action.live_name or action.address.name}, adding
        ):
            intent = state.intents.get((Address(action.address.kind, name), child))
            seconds = (
                may_appear_late(intent, moment).total_seconds()
                if intent is not None and action.action != "create"
                else 0.0
            )
            if seconds > 0:
                found[action.address, child] = max(seconds, found.get((action.address, child), 0.0))
                found[Address(action.address.kind, name), child] = found[action.address, child]
    return found


def _consent(refused: Sequence[Refusal]) -> str:
    """The flags that consent to what is refused, and whether they are enough."""
    flags = " ".join(sorted({refusal.consent for refusal in refused if refusal.consent}))
    if not flags:
        return ""
    if all(refusal.consent for refusal in refused):
        return f"to consent to exactly this: {flags}"
    return f"no flag consents to all of this: what has none must be mended first; to consent to the rest: {flags}"


def _agree(order: ApplyOptions, plan: Plan) -> None:
    """Refused or UsageError unless everything in ``plan`` may be done."""
    asks = not (order.yes or order.saved) and order.audience.can_ask()
    allowed = replace(limits(order.session), deleted_lately=order.deleted_lately)
    refused = refusals(plan, allowed, replace(order.consent, asks=asks))
    report = plan_report(plan, now(), refused=refused, selection=order.selection)
    if order.form == "text":
        order.audience.out(PLAN_FORMATS["text"](report))
    if refused:
        hint = _consent(refused)
        if order.form == "text":
            raise Refused(
                "refused for safety, nothing was written", hint=hint
            )  # the reasons stand under the plan
        reasons = "; ".join(printable(refusal.reason) for refusal in refused[:3]) + (
            "; …" if len(refused) > 3 else ""
        )
        raise Refused(f"refused for safety, nothing was written: {reasons}", hint=hint)
    if order.yes or order.saved:
        return
    if not order.audience.can_ask():
        raise UsageError(
            f"{order.reason} cannot ask for consent without a terminal; nothing was written",
            hint="give --yes, or apply a saved plan with --plan"
            if order.reason == "apply"
            else "give --yes",
        )
    if not order.audience.confirmed(
        f"{count(len(plan.actions), 'action')} on {plan.space}. Go on?"
    ):
        raise Refused("nothing was written")


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
    moment = told or server_clock(client, order.clock.wall)
    with order.stopping(client.hurry) as stop:
        book = Journal(
            world.state,
            state,
            stop=stop,
            time=moment,
            stamp=Stamp(now(), current_commit(order.paths)),
        )
        doubts = _in_doubt(plan, state, moment.now())
        tools = ExecutionContext(
            client,
            order.session.kinds,
            state.key,
            allow_live=may_disturb(plan, order.consent),
            intend=book.intend,
            open=state.intents,
            doubts=doubts,
        )
        book.begin(plan)
        with order.audience.progress(len(plan.actions), brief=order.form == "text") as shown:
            results = run(
                plan,
                tools,
                parallel=order.parallel,
                stop=stop,
                noted=book.note,
                ready=book.ready,
                started=order.audience.begun,
                workers=order.workers,
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
            written = world.state.write(_settle(order, state, plan).after(*book.entries))
        except StateError:
            _report_outcomes(order, world, outcomes)
            raise
    return written, outcomes, interrupted


def _outcomes_text(order: ApplyOptions, world: Connection, outcomes: list[Outcome]) -> str:
    return OUTCOME_FORMATS[order.form](outcome_report(world.target.space, outcomes))


def _report_outcomes(order: ApplyOptions, world: Connection, outcomes: list[Outcome]) -> None:
    order.audience.ended(outcomes)
    order.audience.out(_outcomes_text(order, world, outcomes))


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
        *(Entry(gone=record) for record in plan.record_removals),
    )
    return state.after(*known, *(Entry(settled=address) for address in sorted(idle)))


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
    order.audience.out(_outcomes_text(order, world, outcomes))
    try:
        rest = order.planned(world, state)
    except ApiError as error:
        raise Incomplete(
            f"everything was done and is recorded; whether the Space shows all of it could not be seen: {error.message}",
            hint="look at it later with: reconciler plan",
            outcomes=outcomes,
        ) from error
    finally:
        order.audience.ended(outcomes)  # with the look after it, a run is over
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


def run_apply(order: ApplyOptions) -> int:
    """Do what was asked for, in the Space that the session means. The exit code is 0; everything else is an error with its own."""
    with open_writer(order.session, parallel=order.parallel) as (world, client):
        return apply_connected(order, world, client)


def apply_connected(order: ApplyOptions, world: Connection, client: Writer) -> int:
    """Plan under the lock, and do it where that is agreed; as ``carry_out_order``, in a world that is open already."""
    with (
        told_in_part(client, reason=order.reason) as progress,
        world.state.lock(reason=order.reason, since=now()),
    ):
        state = world.state.read()
        plan = _planned_when_idle(order, world, state)
        told = server_clock(client, order.clock.wall)
        if order.saved is not None:
            check_same(order.saved, plan, selection=order.selection or Selection())
        if not plan.actions:
            return _nothing_to_do(order, world, state, plan)
        _agree(order, plan)
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
    return 0


def _nothing_to_do(order: ApplyOptions, world: Connection, state: State, plan: Plan) -> int:
    """Say so; the state still learns what it can."""
    after = _settle(order, state, plan)
    if after != state:
        world.state.write(after)
    text = PLAN_FORMATS["text"](plan_report(plan, now(), selection=order.selection))
    order.audience.ended(())
    order.audience.out(
        text
        if order.form == "text"
        else OUTCOME_FORMATS[order.form](outcome_report(plan.space, ()))
    )
    return 0
