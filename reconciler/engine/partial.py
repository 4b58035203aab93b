"""What ends a run that has written something is told as that: exit code 4, and whether what was done is recorded."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from reconciler.core.errors import Incomplete, Interrupted, ReconcilerError
from reconciler.core.plan_model import Outcome
from reconciler.space.client import Writer


@dataclass(slots=True)
class Progress:
    """How far a run has come: whether the record holds all that was done, and what became of each action so far."""

    recorded: bool = False
    outcomes: Sequence[Outcome] = ()


def _reason(error: Exception) -> str:
    if isinstance(error, ReconcilerError):
        return error.message
    if isinstance(error, OSError):
        return f"the system refuses: {error.strerror or type(error).__name__}"
    if isinstance(error, MemoryError):
        return "there is not enough memory for this"
    return f"this is a bug in reconciler: {type(error).__name__}"


@contextmanager
def incomplete_after_write(client: Writer, *, reason: str) -> Iterator[Progress]:
    """Turn what ends the run into Incomplete once ``client`` has sent a write; before that it is left as it is.

    ``reason`` is the command. Incomplete and Interrupted say it themselves.
    """
    progress = Progress()
    try:
        yield progress
    except (Incomplete, Interrupted):
        raise
    except Exception as error:
        if not client.has_written:
            raise
        known = (
            "what was done is recorded"
            if progress.recorded
            else "something was written to the Space and may not be recorded"
        )
        again = f"run {reason} again: it looks first, and knows again what it made"
        hint = error.hint if isinstance(error, ReconcilerError) else ""
        raise Incomplete(
            f"the run did not come to its end; {known}: {_reason(error)}",
            hint=f"{hint}; then {again}" if hint else again,
            outcomes=progress.outcomes,
        ) from error
