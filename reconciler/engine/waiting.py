"""Waits before a plan is carried out: for live sessions to end, and for lost requests to show."""

import itertools
import time
from datetime import datetime

from reconciler.core.intents import IntentKey, may_appear_late
from reconciler.core.plan_model import Plan
from reconciler.core.resources import Address
from reconciler.core.session_guard import occupied
from reconciler.core.text import printable
from reconciler.engine.connection import Connection
from reconciler.engine.options import ApplyOptions
from reconciler.state.record import State

_MOST_SECONDS_BETWEEN_LOOKS = 15.0
# Some CI systems end a job that prints nothing for ten minutes.
_MOST_SECONDS_OF_SILENCE = 300.0


def pause(options: ApplyOptions, seconds: float) -> None:
    """Sleep, by the clock of the run."""
    (options.runtime.clock.sleep or time.sleep)(seconds)


def plan_when_idle(options: ApplyOptions, connection: Connection, state: State) -> Plan:
    """Plan; if live sessions would be disturbed, plan again until they end or time is up."""
    until = options.runtime.clock.monotonic() + options.idle_minutes * 60
    interval = min(_MOST_SECONDS_BETWEEN_LOOKS, options.idle_minutes * 3)
    shown, next_notice = "", 0.0
    while True:
        plan = options.make_plan(connection, state)
        busy = [str(action.address) for action in occupied(plan, options.consent)]
        if not busy or options.runtime.clock.monotonic() + interval >= until:
            return plan
        names = printable(", ".join(busy[:5])) + (" and others" if len(busy) > 5 else "")
        reason = f"Waiting until {names} {'is' if len(busy) == 1 else 'are'} empty."
        if reason != shown or options.runtime.clock.monotonic() >= next_notice:
            options.observer.waiting(reason)
            shown, next_notice = (
                reason,
                options.runtime.clock.monotonic() + _MOST_SECONDS_OF_SILENCE,
            )
        pause(options, interval)


def lists_in_doubt(plan: Plan, state: State, moment: datetime) -> dict[IntentKey, float]:
    """Return lists that a lost request may still add to, and the seconds until it no longer can.

    Sub-resources have no name by which the Space would refuse a duplicate, so nothing is added yet.
    """
    doubts: dict[IntentKey, float] = {}
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
                doubts[action.address, child] = max(
                    seconds, doubts.get((action.address, child), 0.0)
                )
                doubts[Address(action.address.kind, name), child] = doubts[action.address, child]
    return doubts
