"""The moment that a run says it happened at."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reconciler.space.client import Reader
from reconciler.space.retry import http_date


def now() -> str:
    """The moment as RFC 3339 in UTC; $SOURCE_DATE_EPOCH stands for it where outputs are to be reproducible."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(fixed), UTC) if fixed.isdigit() else datetime.now(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


SKEW = timedelta(seconds=5)  # an HTTP date has no fractions, and a Space more than one machine


UNKNOWN_SKEW = timedelta(seconds=300)


BELIEVED = timedelta(
    days=1
)  # no clock that anybody sets is further off: what tells such a time tells none


@dataclass(frozen=True, slots=True)
class ServerClock:
    """The Space's time as it told it last, carried on by this machine's clock; this machine's own where it told none."""

    wall: Callable[[], float]
    ahead: timedelta = timedelta()
    skew: timedelta = UNKNOWN_SKEW

    def now(self) -> datetime:
        """The moment there, off by ``skew`` at most where the Space tells its time."""
        return datetime.fromtimestamp(self.wall(), UTC) + self.ahead


def server_clock(client: Reader, wall: Callable[[], float]) -> ServerClock:
    """To be asked for just after the Space has answered; ``wall`` gives seconds since 1970."""
    here, told = wall(), http_date(client.server_date)
    # An HTTP date is cut to whole seconds, so that it may stand for a moment that is nearly one later.
    if told is None or max(told - here, here - told - 0.999) > BELIEVED.total_seconds():
        return ServerClock(wall)
    return ServerClock(wall, timedelta(seconds=told - here), SKEW)
