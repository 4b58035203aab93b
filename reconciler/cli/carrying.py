"""Carry out what was planned: lock, plan, refuse or ask, do it with a journal, and look once more."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.apply import Result, Tools, run
from reconciler.cli import console
from reconciler.cli.commit import commit
from reconciler.cli.pipeline import Selection, World, now, writing
from reconciler.cli.results import outcome_report, plan_report
from reconciler.cli.saved_plan import check_same
from reconciler.cli.session import Session, limits
from reconciler.cli.signals import stopping_in_order
from reconciler.core.errors import Incomplete, Interrupted, Refused, StateError, UsageError
from reconciler.core.guard import Consent, refusals
from reconciler.core.model import Intent, Outcome, Plan
from reconciler.core.text import count, printable
from reconciler.reports import OUTCOME_FORMATS, PLAN_FORMATS
from reconciler.space import Writer
from reconciler.state import Entry, Stamp, State

MOST_SECONDS_BETWEEN_LOOKS = 15.0


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be carried out, with which consent, and how it is shown. ``planned`` looks at the Space and plans."""

    session: Session
    planned: Callable[[World, State], Plan]
    consent: Consent
    form: str
    yes: bool
    parallel: int
    reason: str
    selection: Selection | None = None
    saved: Mapping[str, Any] | None = None
    idle_minutes: float = 0.0


def _planned_when_idle(order: Order, world: World, state: State) -> Plan:
    """The plan; where rooms with people in them would be deleted or renamed, the plan once they are empty or time is up."""
    until = time.monotonic() + order.idle_minutes * 60
    pause = min(MOST_SECONDS_BETWEEN_LOOKS, order.idle_minutes * 3)
    while True:
        plan = order.planned(world, state)
        busy = [str(action.address) for action in plan.actions if action.session and action.disturbs]
        if not busy or order.consent.allow_live or time.monotonic() + pause > until:
            return plan
        named = printable(", ".join(busy[:5])) + (" and others" if len(busy) > 5 else "")
        console.tell(f"Waiting until {named} {'is' if len(busy) == 1 else 'are'} empty.")
        time.sleep(pause)


def _agree(order: Order, plan: Plan) -> None:
    """Refused or UsageError unless everything in ``plan`` may be done."""
    refused = refusals(plan, limits(order.session), order.consent)
    report = plan_report(plan, now(), refused=refused, selection=order.selection)
    if order.form == "text":
        console.out(PLAN_FORMATS["text"](report))
    if refused:
        flags = sorted({refusal.consent for refusal in refused if refusal.consent})
        reasons = "; ".join(printable(refusal.reason) for refusal in refused[:3]) + ("; …" if len(refused) > 3 else "")
        raise Refused(f"refused, nothing was written: {reasons}", hint=f"to consent to exactly this: {' '.join(flags)}" if flags else "")
    if order.yes or order.saved:
        return
    if not console.can_ask():
        raise UsageError(
            f"{order.reason} cannot ask for consent without a terminal; nothing was written",
            hint="give --yes, or apply a saved plan with --plan" if order.reason == "apply" else "give --yes",
        )
    if not console.confirmed(f"{count(len(plan.actions), 'action')} on {plan.space}. Go on?"):
        raise Refused("nothing was written")


class _Book:
    """Keeps what is done: each finished action is in the journal before its worker does anything else."""

    def __init__(self, world: World, state: State, stop: threading.Event) -> None:
        self.entries: list[Entry] = []
        self.broken: StateError | None = None
        self._world = world
        self._state = state
        self._stop = stop
        self._stamp = Stamp(now(), commit())
        self._one_at_a_time = threading.Lock()

    def intend(self, intent: Intent) -> None:
        """Journal a creation before it is sent. A StateError keeps it from being sent."""
        self._keep(Entry(intent=intent))
        if self.broken is not None:
            raise self.broken

    def note(self, result: Result) -> None:
        """Journal a finished action. Where that fails nothing new is started, and the id is told so that it is not lost."""
        outcome = result.outcome
        if result.record is not None or result.gone is not None:
            self._keep(Entry(result.record, result.gone, self._stamp))
        elif outcome.action.action == "create" and outcome.status == "failed":
            self._keep(Entry(settled=outcome.action.address))
        known = result.record or result.gone
        if self.broken is not None and known is not None:
            what = "is there" if result.record else "is deleted"
            console.tell(f"perhaps not in the state: {known.address} {what}, id {known.id}")

    def _keep(self, entry: Entry) -> None:
        with self._one_at_a_time:
            self.entries.append(entry)
            try:
                self._world.state.note(self._state, entry)
            except StateError as error:
                self.broken = error
                self._stop.set()


def _do(order: Order, world: World, client: Writer, state: State, plan: Plan) -> tuple[State, list[Outcome], bool]:
    """Carry out ``plan``; the state after it (written), the outcomes in the plan's order, and whether a signal stopped it.

    A StateError comes only after everything that was done has been told.
    """
    outcomes: list[Outcome] = []
    with stopping_in_order() as stop:
        book = _Book(world, state, stop)
        tools = Tools(client, order.session.kinds, state.key, allow_live=order.consent.allow_live, intend=book.intend)
        with console.progress(len(plan.actions)) as shown:
            for result in run(plan, tools, parallel=order.parallel, stop=stop, noted=book.note):
                outcomes.append(result.outcome)
                shown(result.outcome)
        order_of = {action.address: number for number, action in enumerate(plan.actions)}
        outcomes.sort(key=lambda outcome: order_of[outcome.action.address])
        interrupted = stop.is_set() and book.broken is None
        try:
            if book.broken is not None:
                raise book.broken
            written = world.state.write(_settle(state, plan).after(*book.entries))
        except StateError:
            _tell_outcomes(order, world, outcomes)
            raise
    return written, outcomes, interrupted


def _tell_outcomes(order: Order, world: World, outcomes: list[Outcome]) -> None:
    console.out(OUTCOME_FORMATS[order.form](outcome_report(world.target.space, outcomes)))


def _settle(state: State, plan: Plan) -> State:
    """``state`` with what is known better of unchanged resources, and without what is gone from both sides."""
    return state.after(*(Entry(record) for record in plan.remember), *(Entry(gone=record) for record in plan.forgotten))


def _conclude(order: Order, world: World, state: State, outcomes: list[Outcome]) -> None:
    """Print what was done, look once more, and raise Incomplete where it is not what was asked for."""
    _tell_outcomes(order, world, outcomes)
    if any(outcome.status != "done" for outcome in outcomes):
        raise Incomplete("not everything was done; what was done is recorded", hint=f"run {order.reason} again to finish")
    rest = order.planned(world, state)
    if rest.actions:
        fields = [f"{action.address} {change.path}" for action in rest.actions for change in action.changes] or [
            str(action.address) for action in rest.actions
        ]
        shown = ", ".join(map(printable, fields[:10])) + (f" and {len(fields) - 10} more" if len(fields) > 10 else "")
        raise Incomplete(
            f"everything was sent, and the Space does not show all of it: {shown}",
            hint="the Space may not take these values, or somebody changed them meanwhile; see: reconciler plan",
        )


def carry_out_order(order: Order) -> int:
    """Do what was asked for, in the Space that the session means. The exit code is 0; everything else is an error with its own."""
    with writing(order.session, parallel=order.parallel) as (world, client):
        return carried_out(order, world, client)


def carried_out(order: Order, world: World, client: Writer) -> int:
    """Plan under the lock, and do it where that is agreed; as ``carry_out_order``, in a world that is open already."""
    with world.state.lock(reason=order.reason, since=now()):
        state = world.state.read()
        plan = _planned_when_idle(order, world, state)
        if order.saved is not None:
            check_same(order.saved, plan, selection=order.selection or Selection())
        if not plan.actions:
            return _nothing_to_do(order, world, state, plan)
        _agree(order, plan)
        if state.serial == 0:
            state = world.state.write(state)  # the journal needs a record that it belongs to
        state, outcomes, interrupted = _do(order, world, client, state, plan)
        if interrupted:
            _tell_outcomes(order, world, outcomes)
            raise Interrupted("stopped by a signal; what was done is recorded", hint=f"run {order.reason} again to finish")
        _conclude(order, world, state, outcomes)
    return 0


def _nothing_to_do(order: Order, world: World, state: State, plan: Plan) -> int:
    """Say so; the state still learns what it can."""
    after = _settle(state, plan)
    if after != state:
        world.state.write(after)
    text = PLAN_FORMATS["text"](plan_report(plan, now(), selection=order.selection))
    console.out(text if order.form == "text" else OUTCOME_FORMATS[order.form](outcome_report(plan.space, ())))
    return 0
