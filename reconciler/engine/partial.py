"""Reports an error after the first write as Incomplete (exit code 4)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.errors import Incomplete, Interrupted
from reconciler.core.plan_model import Outcome
from reconciler.engine.unexpected_errors import describe_exception
from reconciler.space.client import Writer


@dataclass(slots=True)
class Progress:
    """Outcomes of a run so far, and whether the state has recorded all of them."""

    recorded: bool = False
    outcomes: list[Outcome] = field(default_factory=list)


@contextmanager
def incomplete_after_write(client: Writer, *, reason: str) -> Iterator[Progress]:
    """Turn an error into Incomplete once ``client`` has sent a write in this run; else let it pass.

    ``reason`` is the command. Incomplete and Interrupted pass as they are.
    """
    progress = Progress()
    # A program may have written over the same client before this run.
    writes_before = client.write_count
    try:
        yield progress
    except (Incomplete, Interrupted):
        raise
    except Exception as error:
        if client.write_count == writes_before:
            raise
        recorded = "something was written to the Space and may not be recorded"
        if progress.recorded:
            recorded = "what was done is recorded"
        hint = f"run {reason} again: it first reads the Space and recognises what it created"
        cause = describe_exception(error)
        if cause.hint:
            hint = f"{cause.hint}; then {hint}"
        raise Incomplete(
            f"the run did not finish; {recorded}: {cause.message}",
            hint=hint,
            outcomes=progress.outcomes,
        ) from error


@contextmanager
def after_write(done: str, *, wrote: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Turn an error of the block into Incomplete; ``done`` says what was written before it.

    While ``wrote`` answers False, nothing was written yet, and the error passes as it is.
    """
    try:
        yield
    except (Incomplete, Interrupted, BrokenPipeError):
        raise
    except Exception as error:
        if not wrote():
            raise
        cause = describe_exception(error)
        raise Incomplete(f"{done}, and then: {cause.message}", hint=cause.hint) from error
