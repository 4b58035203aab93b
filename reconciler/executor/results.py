"""What became of one action, and what the record is to say of it."""

import shlex
from dataclasses import dataclass

from reconciler.core.errors import (
    ApiError,
    Forbidden,
    Invalid,
    ProtocolError,
    ReconcilerError,
    ServerError,
    Unauthorized,
    Unreachable,
)
from reconciler.core.plan_model import Action, FieldChange, Outcome, Status
from reconciler.core.resources import Applied
from reconciler.space.transport_errors import NotSent


@dataclass(frozen=True, slots=True)
class Result:
    """An Outcome, and its effect on the state: ``record`` is there now, ``gone`` is what the state said before and is so no longer.

    ``denied`` says that the Space did not take the credentials, ``moved_kinds`` of which kinds a PUT moved what it was not to,
    ``in_doubt`` that something which an earlier run sent may still come about.
    """

    outcome: Outcome
    record: Applied | None = None
    gone: Applied | None = None
    denied: bool = False
    moved_kinds: frozenset[str] = frozenset()
    in_doubt: bool = False


class Conflict(ReconcilerError):
    """The resource is not any more what the plan saw; nothing was written to it."""


class InDoubt(ReconcilerError):
    """An earlier run may still have made what is to be made; it was not sent again."""


def unknown_outcome(error: ApiError) -> bool:
    """Whether the write may have taken effect all the same."""
    return isinstance(error, Unreachable | ServerError | ProtocolError) and not isinstance(
        error, NotSent
    )


def _hint(action: Action, error: ReconcilerError) -> str:
    """The error's hint; where it says ``explain KIND.FIELD``, of the kind and the field that were refused."""
    fields = {change.field for change in action.changes}
    named = (
        [name for name in dict.fromkeys(error.attributes) if name in fields]
        if isinstance(error, ApiError)
        else []
    )
    kind = action.address.kind
    about = f"{kind}.{named[0]}" if len(named) == 1 else kind
    hint = error.hint.replace("--adopt KIND/NAME", f"--adopt {shlex.quote(str(action.address))}")
    return hint.replace("explain KIND.FIELD", f"explain {about}").replace(
        "explain KIND", f"explain {kind}"
    )


def _only_adds(action: Action) -> bool:
    """Whether it does nothing but make sub-resources."""
    renames = action.live_name not in (None, action.address.name)
    return not (action.body or renames) and all(
        change.child and change.before is None for change in action.changes
    )


def failed(action: Action, error: ReconcilerError, *, record: Applied | None = None) -> Result:
    """The Result of an action that ``error`` ended; ``record`` holds what was done of it before."""
    status: Status = (
        "unknown" if isinstance(error, ApiError) and unknown_outcome(error) else "failed"
    )
    if isinstance(error, InDoubt) and _only_adds(action):
        status = "skipped"
    gone = action.known if record else None
    # Where an answer was lost, the look after it may have been refused.
    denied = any(isinstance(one, Unauthorized | Forbidden) for one in (error, error.__cause__))
    outcome = Outcome(
        action, status, error.message, _hint(action, error), refused=isinstance(error, Invalid)
    )
    return Result(outcome, record, gone, denied=denied, in_doubt=isinstance(error, InDoubt))


def succeeded(
    action: Action, *, record: Applied | None = None, unsettled: tuple[FieldChange, ...] = ()
) -> Result:
    """The Result of an action that the Space confirmed: ``record`` takes the place of what the state said before."""
    return Result(
        Outcome(action, "done", unsettled=unsettled, id=record.id if record else None),
        record,
        action.known,
    )
