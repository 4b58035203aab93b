"""Rooms that disappear by themselves: created for one session by a token."""

from datetime import timedelta

from reconciler.core.intents import CREATED
from reconciler.core.normalize import moment_of
from reconciler.core.resources import Live

_STARTED = "start_time"
_AT_ONCE = timedelta(seconds=5)


def may_disappear(live: Live) -> bool:
    """Whether a live resource was created when its session began, and may end with it."""
    # The answer has no field that tells who created a resource, so the times decide.
    created = moment_of(live.attributes.get(CREATED))
    started = moment_of(live.session.get(_STARTED)) if live.session else None
    return created is not None and started is not None and abs(started - created) <= _AT_ONCE
