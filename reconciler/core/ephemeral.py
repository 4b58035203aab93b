"""Resources that may go by themselves: a token makes a room as its first member joins, and with the session it goes."""

from datetime import datetime, timedelta
from typing import Any

from reconciler.core.intents import CREATED
from reconciler.core.normalize import instant
from reconciler.core.resources import Live

STARTED = "start_time"
AT_ONCE = timedelta(seconds=5)


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(instant(text)) if isinstance(text, str) else None
    except ValueError:
        return None


def may_pass(live: Live) -> bool:
    """Whether it is in session and was made when that session began. The answer has no field that tells who made it."""
    made = _moment(live.attributes.get(CREATED))
    began = _moment(live.session.get(STARTED)) if live.session else None
    return made is not None and began is not None and abs(began - made) <= AT_ONCE
