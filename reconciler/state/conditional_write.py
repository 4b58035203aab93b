"""Compare-and-swap of a shared snapshot, repeated after conflicts and lost answers."""

import secrets
from collections.abc import Callable

from reconciler.core.errors import StateError
from reconciler.state.backends.base import (
    Backend,
    Conflict,
    Snapshot,
    Unavailable,
    VersionedSnapshot,
)
from reconciler.state.lease import Clock

_MAX_ATTEMPTS = 30  # far more than a writer loses to as many others
_MAX_FAILURES = 4
_PAUSE = 0.25
_LONG_SECONDS = 30.0  # no retry after a wait of this length


def write_conditionally(
    backend: Backend,
    change: Callable[[VersionedSnapshot], Snapshot],
    *,
    current: VersionedSnapshot | None,
    clock: Clock,
) -> VersionedSnapshot:
    """Write the result of ``change`` over ``current``, or over what is stored if that is None.

    ``change`` raises if the change is not allowed; it is called again for each newer snapshot.
    """
    # A write whose answer was lost may have taken effect: it is recognised by its write id.
    write_ids: set[str] = set()
    failures = 0
    for _ in range(_MAX_ATTEMPTS):
        began = clock.monotonic()
        try:
            current = current or backend.load()
            if current.snapshot.head.write_id in write_ids:
                return current
            snapshot = change(current)
            write_id = secrets.token_hex(8)
            write_ids.add(write_id)
            head = snapshot.head._replace(write_id=write_id)
            return backend.swap(current, snapshot._replace(head=head))
        except Conflict:
            current = None
        except Unavailable:
            current = None
            failures += 1
            if failures == _MAX_FAILURES or clock.monotonic() - began > _LONG_SECONDS:
                raise
            clock.sleep(_PAUSE * 2**failures)
    raise StateError(
        f"{backend.place}: other runs write there continuously",
        hint="wait until those runs have ended, and run it again",
    )
