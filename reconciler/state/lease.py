"""Detects expired locks: by the store's clock, or by watching the lock for one lease."""

import time
from collections.abc import Callable
from typing import NamedTuple

from reconciler.core.errors import Locked
from reconciler.state.backends.base import Backend, VersionedSnapshot
from reconciler.state.lock_record import LEASE, Lock


class Clock(NamedTuple):
    """Monotonic time in seconds; wall clocks decide nothing here."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Timing(NamedTuple):
    """Lease length, heartbeat interval and polling interval, in seconds."""

    lease: float = LEASE
    beat: float = LEASE / 4
    look: float = 3.0


CLOCK = Clock()
TIMING = Timing()


def locked_by(lock: Lock, *, living: bool = False, left: float | None = None) -> Locked:
    """Refusal that names the holder; ``left`` is the seconds until the lock would expire."""
    by_itself = (
        f"; if it died, its lock ends by itself in {max(left, 1):.0f} s" if left is not None else ""
    )
    if living:
        return Locked(
            f"the state is locked by {lock.holder}, which is still running",
            hint=f"end that run, or wait for it{by_itself}",
        )
    return Locked(
        f"the state is locked by {lock.holder}", hint=f"wait until that run has ended{by_itself}"
    )


def expired(
    shelf: Backend,
    held: VersionedSnapshot,
    *,
    clock: Clock,
    look: float,
    tell: Callable[[str], None],
    living: bool = False,
) -> tuple[VersionedSnapshot, float | None]:
    """Return the snapshot once its lock is free or expired, and the seconds of silence.

    Refused names a live holder; ``living`` words it for ``state unlock``. Two runs may both see the
    lock expire; only one can write.
    """
    lock = held.page.head.lock
    if lock is None:
        return held, None
    silence = shelf.silence(held)
    if silence is not None:
        if silence <= lock.seconds:
            raise locked_by(lock, living=living, left=lock.seconds - silence)
        return held, silence
    tell(
        f"The state is locked by {lock.holder}. Looking for up to {lock.seconds:.0f} s whether that run is alive."
    )
    began = clock.monotonic()
    while (watched := clock.monotonic() - began) <= lock.seconds:
        clock.sleep(min(look, lock.seconds))
        seen = shelf.load()
        if seen.version != held.version:
            if seen.page.head.lock is None:
                return seen, None
            raise locked_by(seen.page.head.lock, living=living)
    return held, watched
