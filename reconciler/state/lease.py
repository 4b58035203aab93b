"""Detects expired locks: by the store's clock, or by watching the lock for one lease."""

import time
from collections.abc import Callable

from reconciler.core.errors import Locked
from reconciler.core.named_tuple import NamedTuple
from reconciler.state.backends.base import Backend, VersionedSnapshot
from reconciler.state.lock_record import LEASE, Lock


class Clock(NamedTuple):
    """Monotonic time in seconds; wall clocks decide nothing here."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Timing(NamedTuple):
    """Lease length, heartbeat interval and polling interval, in seconds."""

    lease: float = LEASE
    heartbeat: float = LEASE / 4
    poll: float = 3.0


CLOCK = Clock()
TIMING = Timing()


def locked_by(lock: Lock, *, alive: bool = False, seconds_left: float | None = None) -> Locked:
    """Refusal that names the holder; ``seconds_left`` is the seconds until the lock would expire."""
    by_itself = (
        f"; if it died, its lock ends by itself in {max(seconds_left, 1):.0f} s"
        if seconds_left is not None
        else ""
    )
    if alive:
        return Locked(
            f"the state is locked by {lock.holder}, which is still running",
            hint=f"end that run, or wait for it{by_itself}",
        )
    return Locked(
        f"the state is locked by {lock.holder}", hint=f"wait until that run has ended{by_itself}"
    )


def expired(
    backend: Backend,
    current: VersionedSnapshot,
    *,
    clock: Clock,
    poll: float,
    notify: Callable[[str], None],
    alive: bool = False,
) -> tuple[VersionedSnapshot, float | None]:
    """Return the snapshot once its lock is free or expired, and the seconds of silence.

    Refused names a live holder; ``alive`` words it for ``state unlock``. Two runs may both see the
    lock expire; only one can write.
    """
    lock = current.snapshot.head.lock
    if lock is None:
        return current, None
    silence = backend.silence(current)
    if silence is not None:
        if silence <= lock.seconds:
            raise locked_by(lock, alive=alive, seconds_left=lock.seconds - silence)
        return current, silence
    notify(
        f"The state is locked by {lock.holder}. "
        f"Checking for up to {lock.seconds:.0f} s whether that run is alive."
    )
    began = clock.monotonic()
    while (watched := clock.monotonic() - began) <= lock.seconds:
        clock.sleep(min(poll, lock.seconds))
        seen = backend.load()
        if seen.version != current.version:
            if seen.snapshot.head.lock is None:
                return seen, None
            raise locked_by(seen.snapshot.head.lock, alive=alive)
    return current, watched
