"""Throttle shared by all workers: pause, concurrency limit, write rate."""

import threading
from collections.abc import Callable

from reconciler.space.rate_limit import Allowance, RateLimit
from reconciler.space.retry import Clock
from reconciler.space.transport_errors import not_sent

GOOD_RUN = 20
SLICE_SECONDS = 0.1


class AdaptiveConcurrency:
    """Concurrency limit: halved after 429, one more after a run of successes."""

    def __init__(self, most: int) -> None:
        self.limit = most
        self.round = 0
        self._most = most
        self._good = 0

    def slowed(self, since: int) -> None:
        """Halve the limit once for all requests of round ``since``."""
        if since == self.round:
            self.limit = max(1, self.limit // 2)
            self.round += 1
        self._good = 0

    def went_well(self) -> None:
        """Count a success."""
        self._good += 1
        if self._good >= GOOD_RUN:
            self.limit, self._good = min(self._most, self.limit + 1), 0


class Throttle:
    """Admits each request by ``enter`` and ends it by ``leave``. Thread-safe.

    ``hurry`` may be called from a signal handler.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        parallel: int,
        allowance: Allowance,
        full: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.width = AdaptiveConcurrency(parallel)
        self._clock = clock
        self._allowance = allowance
        self._full = full
        self._changed = threading.Condition()
        self._opens = float("-inf")
        self._under_way = 0
        self._writes = 0
        self._hurried = False

    @property
    def hurried(self) -> bool:
        """Whether waiting is over for good."""
        return self._hurried

    def hurry(self) -> None:
        """End every wait now; requests that would have to wait are refused."""
        # Without the lock, which the interrupted code may hold; waiting threads poll the flag.
        self._hurried = True

    def hold(self, until: float) -> bool:
        """Admit no request before ``until`` (monotonic seconds).

        Returns whether this extends the known pause by a second or more.
        """
        with self._changed:
            later = until >= max(self._opens, self._clock.monotonic()) + 1.0
            self._opens = max(self._opens, until)
            return later

    def rest(self, seconds: float) -> None:
        """Sleep, at most until ``hurry``."""
        if self._clock.sleep is not None and not self._hurried:
            self._clock.sleep(seconds)
            return
        until = self._clock.monotonic() + seconds
        with self._changed:
            while not self._hurried and (left := until - self._clock.monotonic()) > 0:
                self._changed.wait(min(left, SLICE_SECONDS))

    @property
    def paused(self) -> bool:
        """Whether a pause requested by the Space is still running."""
        return self._opens > self._clock.monotonic()

    def enter(self, label: str, *, deadline: float, write: bool, within: bool = False) -> int:
        """Wait for admission and return the round for ``leave``. NotSent if out of time.

        ``within`` a turn of the same thread only pauses apply, and the request takes no slot.
        """
        with self._changed:
            while (wait := self._wait(write=write, within=within)) is not None:
                self._check(label, wait, deadline)
                self._pass_time(wait)
            self._under_way += not within
            if write:
                self._writes += 1
                self._allowance.take(self._clock.monotonic())
            return self.width.round

    def leave(
        self, since: int, *, write: bool, slowed: bool, said: RateLimit | None, within: bool = False
    ) -> None:
        """End a request: whether it was throttled, and its rate limit (None: no answer)."""
        with self._changed:
            self._under_way -= not within
            self._writes -= write
            if slowed:
                self.width.slowed(since)
            elif said is not None:
                self.width.went_well()
            if write and said is not None:
                self._allowance.learn(said, self._clock.monotonic(), under_way=self._writes)
            self._changed.notify_all()

    def _wait(self, *, write: bool, within: bool) -> float | None:
        """Seconds until a possible admission, 0 until another request ends, None for now."""
        now = self._clock.monotonic()
        pause = max(self._opens - now, self._allowance.wait(now) if write else 0.0)
        if pause > 0:
            return pause
        # A read for a write in progress must not wait for other requests.
        full = self._under_way >= self.width.limit and not within
        return 0.0 if full and not self._hurried else None

    def _check(self, label: str, wait: float, deadline: float) -> None:
        now = self._clock.monotonic()
        if self._hurried:
            raise not_sent("the run is being stopped", label)
        if now >= deadline or now + wait > deadline:
            raise not_sent(
                "the Space asks for a longer pause than there is time for"
                if wait
                else "the time for it is over",
                label,
            )
        if wait and self._opens <= now:
            self._full(wait)

    def _pass_time(self, seconds: float) -> None:
        """Wait with the lock released."""
        if self._clock.sleep is None or not seconds:
            self._changed.wait(min(seconds or SLICE_SECONDS, SLICE_SECONDS))
            return
        self._changed.release()
        try:
            self._clock.sleep(seconds)
        finally:
            self._changed.acquire()
