"""Waits until lists show what a run created, as long as a probe has measured that it takes."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from reconciler.core.facts import LIST_LAG
from reconciler.core.intents import creation_time
from reconciler.core.plan_model import Outcome
from reconciler.core.resources import Live
from reconciler.engine.clock import server_clock
from reconciler.engine.connection import Connection
from reconciler.engine.workspace import Workspace

# The lag is an answer of the Space: a wrong one must not stop a run for hours.
_LONGEST_WAIT = 60.0
_SLACK = timedelta(seconds=2)  # times of answers have whole seconds


def _lag_of(connection: Connection, kind: str) -> float:
    """Return the seconds after which a list shows a new resource; 0 if that is unknown."""
    found = connection.facts.answer(LIST_LAG, kind)
    seconds = found.get("seconds") if isinstance(found, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return 0.0
    return min(max(float(seconds), 0.0), _LONGEST_WAIT)


def seconds_until_listed(connection: Connection, outcomes: Iterable[Outcome]) -> float:
    """Return how long to wait until the lists show what was created; 0 if nothing was."""
    kinds = {
        one.action.address.kind
        for one in outcomes
        if one.status == "done" and one.action.action == "create"
    }
    return max((_lag_of(connection, kind) for kind in kinds), default=0.0)


def check_lag(workspace: Workspace, connection: Connection, unlisted: Sequence[Live]) -> None:
    """Drop the measured lag of a list that omits a resource for longer than that."""
    now = server_clock(connection.client, connection.client.wall).now()
    for live in unlisted:
        kind = workspace.kinds[live.address.kind]
        created = creation_time(kind, live)
        if connection.facts.answer(LIST_LAG, kind.name) is None or created is None:
            continue
        if now - created > timedelta(seconds=_lag_of(connection, kind.name)) + _SLACK:
            why = "a list omits a resource for longer than was measured"
            connection.facts.drop(LIST_LAG, kind.name, why)
