"""The time of a run, and the Space's time."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from reconciler.core.deferred_dataclass import dataclass

if TYPE_CHECKING:
    from reconciler.space.client import Reader


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
    from reconciler.space.retry import http_date  # noqa: PLC0415  # ``now`` needs no part of HTTP

    local, server = wall() if seen is None else seen, http_date(client.server_date)
    if server is None:
        return ServerClock(wall)
    # HTTP dates are truncated to whole seconds: the server may be almost a second ahead.
    if max(server - local, local - server - 0.999) > _BELIEVED.total_seconds():
        return ServerClock(wall)
    return ServerClock(wall, timedelta(seconds=server - local), SKEW)
