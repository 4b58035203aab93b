"""Applies manifests: locks, plans, checks consent, executes under a journal, and plans again."""

import threading
from contextlib import ExitStack, closing

from reconciler.core.deferred_dataclass import dataclass, replace
from reconciler.core.errors import Interrupted, StateError
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.plan_model import Outcome, Plan
from reconciler.core.resources import Address
from reconciler.core.session_guard import may_disturb
from reconciler.engine.clock import ServerClock, now, server_clock
from reconciler.engine.confirmed_deletions import note_what_is_still_there
from reconciler.engine.connection import Connection, open_writer
from reconciler.engine.convergence import begin_lists, check_convergence, report_outcomes
from reconciler.engine.journal import Journal
from reconciler.engine.options import ApplyOptions
from reconciler.engine.partial import Progress, incomplete_after_write
from reconciler.engine.review import check_consent
from reconciler.engine.revision import current_commit
from reconciler.engine.saved_plan.check import check_same
from reconciler.engine.selection import Selection
from reconciler.engine.space_facts import kinds_with_defaults
from reconciler.engine.waiting import lists_in_doubt, plan_when_idle
from reconciler.executor.context import ExecutionContext
from reconciler.executor.scheduler import run, threads
from reconciler.space.client import Writer
from reconciler.space.session_list import SessionList
from reconciler.state.record import Entry, Stamp, State
from reconciler.timing import stage


class ApplyResult(NamedTuple):
    """The plan, and the outcome of each action in plan order."""

    plan: Plan
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class _Execution:
    """A plan about to be executed, with everything that execution needs."""

    options: ApplyOptions
    connection: Connection
    client: Writer
    state: State
    plan: Plan
    clock: ServerClock

    def open_journal(self, stop: threading.Event) -> Journal:
        """Return the journal that records this run; a failed write sets ``stop``."""
        return Journal(
            self.connection.state,
            self.state,
            stop=stop,
            time=self.clock,
            stamp=Stamp(now(), current_commit(self.options.paths)),
            note=self.options.observer.note,
        )

    def context(self, journal: Journal) -> ExecutionContext:
        """Return the context that the executor works with."""
        facts = self.connection.facts
        kinds = kinds_with_defaults(self.options.workspace.kinds, facts.all)
        return ExecutionContext(
            self.client,
            kinds,
            self.state.key,
            allow_live=may_disturb(self.plan, self.options.consent),
            intend=journal.intend,
            open=self.state.intents,
            doubts=lists_in_doubt(self.plan, self.state, self.clock.now()),
            facts=facts,
            sessions=SessionList(self.client, kinds, now=self.options.runtime.clock.monotonic),
        )


def _carry_out(
    execution: _Execution, journal: Journal, stop: threading.Event, progress: Progress
) -> None:
    """Execute every action and collect the outcomes in ``progress``, in plan order."""
    options, plan = execution.options, execution.plan
    context = execution.context(journal)
    outcomes = progress.outcomes
    journal.begin(plan)
    with options.observer.executing(plan) as on_outcome:
        results = run(
            plan,
            context,
            parallel=options.parallel,
            stop=stop,
            on_result=journal.note,
            before_action=journal.ready,
            on_start=options.observer.started,
            workers=options.runtime.workers or threads,
        )
        # However this block ends, no worker may go on once the lock is released.
        with closing(results):
            for result in results:
                journal.settle(result.outcome.action.address)
                outcomes.append(result.outcome)
                on_outcome(result.outcome)
    order = {action.address: number for number, action in enumerate(plan.actions)}
    outcomes.sort(key=lambda outcome: order[outcome.action.address])


class _Executed(NamedTuple):
    """The written state, whether a signal stopped the run, and the connection that checks it."""

    state: State
    interrupted: bool
    connection: Connection


@stage("apply")
def _execute(execution: _Execution, progress: Progress, reading: ExitStack) -> _Executed:
    """Execute the plan. Lists that are read to check it begin before the state is written, in ``reading``.

    A StateError is raised only after all outcomes were reported.
    """
    options, connection = execution.options, execution.connection
    with options.runtime.while_writing(execution.client.cancel) as stop:
        journal = execution.open_journal(stop)
        _carry_out(execution, journal, stop, progress)
        interrupted = stop.is_set() and journal.broken is None
        try:
            if journal.broken is not None:
                raise journal.broken
            settled = _settle(options, execution.state, execution.plan)
            settled = settled.with_entries(*journal.entries)
            checking = connection
            if not interrupted:
                lists = begin_lists(options, connection, settled, progress.outcomes)
                checking = replace(connection, lists=reading.enter_context(lists))
            written = connection.state.write(settled)
        except StateError:
            report_outcomes(options, connection, progress.outcomes)
            raise
    return _Executed(written, interrupted, checking)


def _settled_intents(options: ApplyOptions, state: State, plan: Plan) -> set[Address]:
    """Return parents whose lost creation of a sub-resource can no longer take effect.

    An empty plan for them proves it. A selection proves nothing about resources outside it.
    """
    selection = options.selection
    if selection is not None and (selection.targets or selection.selectors):
        return set()
    waiting = {intent.address for intent in state.intents.values() if intent.child}
    return waiting - {action.address for action in plan.actions}


def _settle(options: ApplyOptions, state: State, plan: Plan) -> State:
    """Return ``state`` with the plan's record updates and removals."""
    entries = [Entry(record) for record in plan.record_updates]
    entries += [Entry(removed=record) for record in plan.record_removals]
    addresses = _settled_intents(options, state, plan)
    entries += [Entry(settled=address) for address in sorted(addresses)]
    return state.with_entries(*entries)


def _apply_nothing(
    options: ApplyOptions, connection: Connection, state: State, plan: Plan
) -> ApplyResult:
    """Report an empty plan. The state may still have records to update."""
    settled = _settle(options, state, plan)
    if settled != state:
        connection.state.write(settled)
    options.observer.finished(())
    options.observer.nothing_to_do(plan)
    return ApplyResult(plan, ())


def apply_connected(options: ApplyOptions, connection: Connection, client: Writer) -> ApplyResult:
    """Lock, plan, check consent, execute, and plan again, over an open connection.

    Raises Refused (nothing was written), Incomplete (part was not done, or has not settled; with
    its outcomes), Interrupted, StateError, and the errors of reading the Space.
    """
    with (
        incomplete_after_write(client, reason=options.reason) as progress,
        connection.state.lock(reason=options.reason, since=now()),
        ExitStack() as reading,
    ):
        state = connection.state.read()
        plan = plan_when_idle(options, connection, state)
        seen = client.server_date_seen or None
        clock = server_clock(client, options.runtime.clock.wall, seen=seen)
        if options.saved is not None:
            check_same(options.saved, plan, selection=options.selection or Selection())
        if not plan.actions:
            return _apply_nothing(options, connection, state, plan)
        check_consent(options, plan)
        if state.serial == 0:
            state = connection.state.write(state)  # a journal belongs to a written record
        execution = _Execution(options, connection, client, state, plan, clock)
        executed = _execute(execution, progress, reading)
        progress.recorded = True
        outcomes = tuple(progress.outcomes)
        if executed.interrupted:
            report_outcomes(options, connection, outcomes)
            note_what_is_still_there(options, connection, executed.state, outcomes)
            raise Interrupted(
                "stopped by a signal; what was done is recorded",
                hint=f"run {options.reason} again to finish",
            )
        check_convergence(options, executed.connection, executed.state, outcomes)
    return ApplyResult(plan, outcomes)


def run_apply(options: ApplyOptions) -> ApplyResult:
    """Open the workspace's Space and apply. Raises as ``apply_connected``."""
    with open_writer(options.workspace, parallel=options.parallel) as (connection, client):
        return apply_connected(options, connection, client)
