"""Checks after a run that everything was done and that the Space shows it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from reconciler.core.errors import ApiError, Incomplete
from reconciler.core.kinds import listed_kinds
from reconciler.core.plan_model import Outcome, Plan
from reconciler.core.text import printable
from reconciler.engine.confirmed_deletions import note_what_is_still_there, record_again
from reconciler.engine.connection import Connection
from reconciler.engine.list_lag import seconds_until_listed
from reconciler.engine.options import ApplyOptions
from reconciler.engine.waiting import pause
from reconciler.space.observe import Listing
from reconciler.space.prefetch import listings
from reconciler.space.target import LOCAL
from reconciler.state.record import State

_MOST_SHOWN = 10


def report_outcomes(
    options: ApplyOptions, connection: Connection, outcomes: Sequence[Outcome]
) -> None:
    """Report the end of the run and all outcomes; called before an error is raised."""
    options.observer.finished(outcomes)
    options.observer.outcomes(connection.target.space, outcomes)


def _unrequested_changes(outcomes: Sequence[Outcome]) -> str:
    fields = []
    for outcome in outcomes:
        fields += [f"{outcome.action.address} {change.path}" for change in outcome.moved]
    return printable(", ".join(fields[:_MOST_SHOWN]))


def _check_done(options: ApplyOptions, outcomes: Sequence[Outcome]) -> None:
    """Incomplete if an action was not done, or a PUT changed fields that were not in the plan."""
    unrequested = _unrequested_changes(outcomes)
    if unrequested:
        raise Incomplete(
            "an update changed fields that were not in the plan, and no further update of that kind was started:"
            f" {unrequested}",
            hint="the old values are listed above: restore the ones that matter;"
            " see docs/LIMITS.md, 'An update'",
            outcomes=outcomes,
        )
    if any(outcome.status != "done" for outcome in outcomes):
        refused = any(outcome.refused for outcome in outcomes)
        fix = "fix what the Space refuses, then" if refused else "see the reasons above, then"
        raise Incomplete(
            "not everything was done; what was done is recorded",
            hint=f"{fix} run {options.reason} again",
            outcomes=outcomes,
        )


def _remaining_fields(remaining: Plan) -> str:
    fields = []
    for action in remaining.actions:
        fields += [f"{action.address} {change.path}" for change in action.changes]
    fields = fields or [str(action.address) for action in remaining.actions]
    shown = ", ".join(map(printable, fields[:_MOST_SHOWN]))
    more = len(fields) - _MOST_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def begin_lists(
    options: ApplyOptions, connection: Connection, state: State, outcomes: Sequence[Outcome]
) -> AbstractContextManager[Mapping[str, Listing]]:
    """Begin to read the lists that ``check_convergence`` compares with ``state``, and no others.

    Every write was answered, so they may be on their way while the state is written. Nothing begins
    where no list will be read, or not at once.
    """
    targets = options.selection is not None and options.selection.targets
    not_done = any(one.status != "done" or one.moved for one in outcomes)
    if targets or not_done or connection.target.space == LOCAL:
        return nullcontext({})
    if seconds_until_listed(connection, outcomes):
        return nullcontext({})
    kinds = options.workspace.kinds
    wanted = listed_kinds(kinds, {address.kind for address in state.resources})
    return listings(connection.client, kinds, wanted=wanted)


def check_convergence(
    options: ApplyOptions, connection: Connection, state: State, outcomes: Sequence[Outcome]
) -> None:
    """Report the outcomes and plan again. Incomplete unless the new plan is empty."""
    try:
        _check_done(options, outcomes)
    except Incomplete:
        report_outcomes(options, connection, outcomes)
        note_what_is_still_there(options, connection, state, outcomes)
        raise
    options.observer.outcomes(connection.target.space, outcomes)
    seconds = seconds_until_listed(connection, outcomes)
    if seconds:
        options.observer.waiting(f"Waiting {seconds:g} s until the lists show what was created.")
        pause(options, seconds)
    try:
        remaining = options.make_plan(connection, state)
        undeleted = record_again(options, connection, state, outcomes, after=remaining)
    except ApiError as error:
        note_what_is_still_there(options, connection, state, outcomes)
        raise Incomplete(
            "everything was done and is recorded, but the Space could not be read again to"
            f" verify it: {error.message}",
            hint="verify it later with: reconciler plan",
            outcomes=outcomes,
        ) from error
    finally:
        options.observer.finished(outcomes)  # this last plan is part of the run
    if undeleted:
        raise Incomplete(
            undeleted, hint=f"wait a minute, then run {options.reason} again", outcomes=outcomes
        )
    if remaining.actions:
        raise Incomplete(
            "every change was sent, but the Space does not show all of them:"
            f" {_remaining_fields(remaining)}",
            hint="the Space may not accept these values, or they were changed meanwhile;"
            " see: reconciler plan",
            outcomes=outcomes,
        )
