"""Rooms that disappear by themselves: created for one session by a token."""

from datetime import datetime, timedelta
from typing import Any

from reconciler.core.intents import CREATED
from reconciler.core.normalize import instant
from reconciler.core.resources import Live

_STARTED = "start_time"
_AT_ONCE = timedelta(seconds=5)


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(instant(text)) if isinstance(text, str) else None
    except ValueError:
        return None


def may_disappear(live: Live) -> bool:
    """Whether a live resource was created when its session began, and may end with it."""
    # The answer has no field that tells who created a resource, so the times decide.
    created = _moment(live.attributes.get(CREATED))
    started = _moment(live.session.get(_STARTED)) if live.session else None
    return created is not None and started is not None and abs(started - created) <= _AT_ONCE
