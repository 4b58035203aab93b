"""The time of a run, and the Space's time."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from reconciler.core.deferred_dataclass import dataclass
from reconciler.space.client import Reader
from reconciler.space.retry import http_date


def now() -> str:
    """Return the time as RFC 3339 in UTC; $SOURCE_DATE_EPOCH makes output reproducible."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(fixed), UTC) if fixed.isdigit() else datetime.now(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


SKEW = timedelta(seconds=5)  # HTTP dates have no fractions; a Space has several machines
UNKNOWN_SKEW = timedelta(seconds=300)
_BELIEVED = timedelta(days=1)  # a larger difference is no clock error: the date is ignored


@dataclass(frozen=True, slots=True)
class ServerClock:
    """The Space's last reported time, advanced locally; the local time if it reports none."""

    wall: Callable[[], float]
    ahead: timedelta = timedelta()
    skew: timedelta = UNKNOWN_SKEW

    def now(self) -> datetime:
        """Return the time in the Space, accurate to ``skew`` if the Space reports its time."""
        return datetime.fromtimestamp(self.wall(), UTC) + self.ahead


def server_clock(
    client: Reader, wall: Callable[[], float], *, seen: float | None = None
) -> ServerClock:
    """Return the clock of the Space. ``wall`` is this machine's, in seconds since 1970.

    ``seen`` is the local time of the last answer; without it, call right after an answer.
    """
    local, server = wall() if seen is None else seen, http_date(client.server_date)
    if server is None:
        return ServerClock(wall)
    # HTTP dates are truncated to whole seconds: the server may be almost a second ahead.
    if max(server - local, local - server - 0.999) > _BELIEVED.total_seconds():
        return ServerClock(wall)
    return ServerClock(wall, timedelta(seconds=server - local), SKEW)
