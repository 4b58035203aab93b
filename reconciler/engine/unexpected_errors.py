"""Describes exceptions that the code did not raise itself, for people."""

from reconciler.core.errors import ReconcilerError


def describe_exception(error: Exception) -> ReconcilerError:
    """Return the error to report for ``error``; a ReconcilerError is returned as it is."""
    if isinstance(error, ReconcilerError):
        return error
    if isinstance(error, OSError):
        return ReconcilerError(
            f"the operating system reports: {error.strerror or type(error).__name__}",
            hint="check that the disk is not full",
        )
    if isinstance(error, MemoryError):
        return ReconcilerError(
            "there is not enough memory for this",
            hint="free memory, or look for a file that is far larger than it should be",
        )
    # Python has no class of its own for this one, and threads are started in many places.
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        hint = "lower --parallel, or raise the limit on processes (ulimit -u, or the container's)"
        return ReconcilerError("this machine can start no more threads", hint=hint)
    return ReconcilerError(
        f"this is a bug in reconciler: {type(error).__name__}",
        hint="run it again with --debug and report what it prints",
    )
