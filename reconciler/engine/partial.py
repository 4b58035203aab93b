"""What ends a run that has written something is told as that: exit code 4, and whether what was done is recorded."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from reconciler.engine.unforeseen import unforeseen
from reconciler.core.errors import Incomplete, Interrupted
from reconciler.core.plan_model import Outcome
from reconciler.space.client import Writer


@dataclass(slots=True)
class Progress:
    """How far a run has come: whether the record holds all that was done, and what became of each action so far."""

    recorded: bool = False
    outcomes: Sequence[Outcome] = ()


@contextmanager
def told_in_part(client: Writer, *, reason: str) -> Iterator[Progress]:
    """Turn what ends the run into Incomplete once ``client`` has sent a write in it; before that it is left as it is.

    ``reason`` is the command. Incomplete and Interrupted say it themselves.
    """
    progress, before = Progress(), client.written
    try:
        yield progress
    except (Incomplete, Interrupted):
        raise
    except Exception as error:
        if client.written == before:
            raise
        known = (
            "what was done is recorded"
            if progress.recorded
            else "something was written to the Space and may not be recorded"
        )
        again = f"run {reason} again: it looks first, and knows again what it made"
        what = unforeseen(error)
        raise Incomplete(
            f"the run did not come to its end; {known}: {what.message}",
            hint=f"{what.hint}; then {again}" if what.hint else again,
            outcomes=progress.outcomes,
        ) from error
