"""One server at a time hosts the calls of a Space's file, by a lock that ends with its
process.
"""

import os
from pathlib import Path

from reconciler.core.errors import ReconcilerError

try:
    import fcntl
except ImportError:  # Windows has no such locks; there two servers of one file are not kept apart
    fcntl = None  # type: ignore[assignment]


def take_hosting(database: str) -> int | None:
    """Take the lock of this file until ``leave_hosting``; None if no lock is needed.
    ReconcilerError if another server holds it.
    """
    if database == ":memory:" or fcntl is None:
        return None
    lock = Path(f"{database}.calls")
    descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise ReconcilerError(
            f"{database}: another server hosts the calls of this Space",
            hint="end that one first, or give this one its own file with --data",
        ) from error
    return descriptor


def leave_hosting(descriptor: int | None) -> None:
    """Release the lock."""
    if descriptor is not None:
        os.close(descriptor)
