"""Throttle shared by all workers: pause, concurrency limit, write rate."""

import threading
from collections.abc import Callable

from reconciler.space.clock import Clock
from reconciler.space.rate_limit import Allowance, RateLimit
from reconciler.space.transport_errors import not_sent

# Grows slowly and shrinks at once, as TCP does: the limit settles just below what the Space takes.
GOOD_RUN = 20
# A signal handler only sets a flag, so waits are short enough to notice it.
_SLICE_SECONDS = 0.1


class AdaptiveConcurrency:
    """Concurrency limit: halved after 429, one more after a run of successes."""

    def __init__(self, most: int) -> None:
        self.limit = most
        self.round = 0
        self._most = most
        self._successes = 0

    def throttled(self, since: int) -> None:
        """Halve the limit once for all requests of round ``since``."""
        if since == self.round:
            self.limit = max(1, self.limit // 2)
            self.round += 1
        self._successes = 0

    def succeeded(self) -> None:
        """Count a success."""
        self._successes += 1
        if self._successes >= GOOD_RUN:
            self.limit, self._successes = min(self._most, self.limit + 1), 0


class Throttle:
    """Admits each request by ``enter`` and ends it by ``leave``. Thread-safe.

    ``cancel`` may be called from a signal handler.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        parallel: int,
        allowance: Allowance,
        on_limit: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.concurrency = AdaptiveConcurrency(parallel)
        self._clock = clock
        self._allowance = allowance
        self._on_limit = on_limit
        self._changed = threading.Condition()
        self._paused_until = float("-inf")
        self._active = 0
        self._waiting = 0  # threads that an ended request may let through
        self._writes = 0
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        """Whether waiting is over for good."""
        return self._cancelled

    def cancel(self) -> None:
        """End every wait now; requests that would have to wait are refused."""
        # Without the lock, which the interrupted code may hold; waiting threads poll the flag.
        self._cancelled = True

    def pause_until(self, until: float) -> bool:
        """Admit no request before ``until`` (monotonic seconds).

        Returns whether this extends the known pause by a second or more.
        """
        with self._changed:
            later = until >= max(self._paused_until, self._clock.monotonic()) + 1.0
            self._paused_until = max(self._paused_until, until)
            return later

    def sleep(self, seconds: float) -> None:
        """Sleep, at most until ``cancel``."""
        if self._clock.sleep is not None and not self._cancelled:
            self._clock.sleep(seconds)
            return
        until = self._clock.monotonic() + seconds
        with self._changed:
            while not self._cancelled and (left := until - self._clock.monotonic()) > 0:
                self._changed.wait(min(left, _SLICE_SECONDS))

    @property
    def paused(self) -> bool:
        """Whether a pause requested by the Space is still running."""
        return self._paused_until > self._clock.monotonic()

    def enter(self, label: str, *, deadline: float, write: bool, nested: bool = False) -> int:
        """Wait for admission and return the round for ``leave``. NotSent if out of time.

        With ``nested``, inside a turn of the same thread, only pauses apply and no slot is taken.
        """
        with self._changed:
            while (wait := self._seconds_to_wait(write=write, nested=nested)) is not None:
                self._check(label, wait, deadline)
                self._wait_for(wait)
            self._active += not nested
            if write:
                self._writes += 1
                self._allowance.take(self._clock.monotonic())
            return self.concurrency.round

    def leave(
        self,
        since: int,
        *,
        write: bool,
        throttled: bool,
        rate_limit: RateLimit | None,
        nested: bool = False,
    ) -> None:
        """End a request: whether it was throttled, and its rate limit (None: no answer)."""
        with self._changed:
            self._active -= not nested
            self._writes -= write
            if throttled:
                self.concurrency.throttled(since)
            elif rate_limit is not None:
                self.concurrency.succeeded()
            if write and rate_limit is not None:
                self._allowance.update(rate_limit, self._clock.monotonic(), under_way=self._writes)
            if self._waiting:
                self._changed.notify_all()

    def _seconds_to_wait(self, *, write: bool, nested: bool) -> float | None:
        """Seconds until a possible admission, 0 until another request ends, None for now."""
        now = self._clock.monotonic()
        pause = max(self._paused_until - now, self._allowance.wait(now) if write else 0.0)
        if pause > 0:
            return pause
        # A read for a write in progress must not wait for other requests.
        at_limit = self._active >= self.concurrency.limit and not nested
        return 0.0 if at_limit and not self._cancelled else None

    def _check(self, label: str, wait: float, deadline: float) -> None:
        now = self._clock.monotonic()
        if self._cancelled:
            raise not_sent("the run is being stopped", label)
        if now >= deadline or now + wait > deadline:
            raise not_sent(
                "the Space asks for a longer pause than the time limit allows"
                if wait
                else "the time for it is over",
                label,
            )
        if wait and self._paused_until <= now:
            self._on_limit(wait)

    def _wait_for(self, seconds: float) -> None:
        """Wait with the lock released."""
        if self._clock.sleep is None or not seconds:
            self._waiting += 1
            try:
                self._changed.wait(min(seconds or _SLICE_SECONDS, _SLICE_SECONDS))
            finally:
                self._waiting -= 1
            return
        self._changed.release()
        try:
            self._clock.sleep(seconds)
        finally:
            self._changed.acquire()
