"""Write limit of the Space: the documented one, adjusted by response headers."""

from collections import deque
from collections.abc import Mapping

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex

WRITES = frozenset({"POST", "PUT", "PATCH"})
WRITE_LIMIT = 13_800
WINDOW_SECONDS = 10.0
# Latency varies: requests sent ten seconds apart can arrive closer together.
SPREAD_SECONDS = 0.5

_WHOLE = regex(r"[0-9]{1,9}")
_LIMIT, _LEFT, _RESET = (
    (f"x-ratelimit-{word}", f"x-rate-limit-{word}") for word in ("limit", "remaining", "reset")
)
_NAMES = frozenset((*_LIMIT, *_LEFT, *_RESET))


class RateLimit(NamedTuple):
    """An answer's limit, remaining writes, and seconds until reset (None: not stated)."""

    limit: int | None = None
    left: int | None = None
    reset: float = WINDOW_SECONDS


_NOTHING = RateLimit()


def _whole(headers: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    text = next((headers[name] for name in names if name in headers), "")
    return int(text) if text.isascii() and _WHOLE.fullmatch(text) else None


def rate_limit_of(headers: Mapping[str, str]) -> RateLimit:
    """The write limit in ``headers``; invalid or repeated headers are ignored."""
    if _NAMES.isdisjoint(headers):
        return _NOTHING
    limit, reset = _whole(headers, _LIMIT), _whole(headers, _RESET)
    # A reset beyond the window is a date or invalid: the documented window replaces it.
    return RateLimit(
        limit or None,
        _whole(headers, _LEFT),
        WINDOW_SECONDS if reset is None else min(float(reset), WINDOW_SECONDS),
    )


class Allowance:
    """Counts sent writes, in monotonic seconds. For one thread at a time."""

    def __init__(self, limit: int = WRITE_LIMIT) -> None:
        self._most = limit
        self._limit = limit
        self._sent: deque[float] = deque()
        self._left = 0
        self._until = float("-inf")

    def wait(self, now: float) -> float:
        """Seconds until another write may be sent; 0 for now."""
        sent = self._sent
        while sent and sent[0] + WINDOW_SECONDS + SPREAD_SECONDS <= now:
            sent.popleft()
        wait = 0.0
        if len(sent) >= self._limit:
            wait = max(wait, sent[-self._limit] + WINDOW_SECONDS + SPREAD_SECONDS - now)
        if self._left <= 0:
            wait = max(wait, self._until - now)
        return wait

    def take(self, now: float) -> None:
        """Count one write."""
        self._sent.append(now)
        self._left -= 1

    def update(self, said: RateLimit, now: float, *, under_way: int) -> None:
        """Apply an answer's limit; it may not include the ``under_way`` other writes yet.

        A limit above the documented one is ignored.
        """
        if said.limit is not None:
            self._limit = min(said.limit, self._most)
        if said.left is None:
            return
        left = said.left - under_way
        if now >= self._until or left < self._left:
            self._left, self._until = left, now + said.reset
