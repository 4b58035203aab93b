"""The result of one action and its effect on the state."""

import shlex

from reconciler.core.deferred_dataclass import built_often, dataclass
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


@built_often
@dataclass(frozen=True, slots=True)
class Result:
    """An Outcome, the new ``record``, and the record ``gone`` that it replaces.

    ``denied``: the Space refused the credentials. ``moved_kinds``: kinds with unrequested changes.
    ``in_doubt``: a lost request of an earlier run may still take effect.
    """

    outcome: Outcome
    record: Applied | None = None
    gone: Applied | None = None
    denied: bool = False
    moved_kinds: frozenset[str] = frozenset()
    in_doubt: bool = False


class Conflict(ReconcilerError):
    """The resource changed since the plan; nothing was written to it."""


class InDoubt(ReconcilerError):
    """A lost creation of an earlier run may still take effect; it was not sent again."""


def unknown_outcome(error: ApiError) -> bool:
    """Whether the write may have taken effect despite the error."""
    return isinstance(error, Unreachable | ServerError | ProtocolError) and not isinstance(
        error, NotSent
    )


def _hint(action: Action, error: ReconcilerError) -> str:
    """Return the error's hint, with placeholders replaced by the refused kind and field."""
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
    """Whether the action does nothing but create sub-resources."""
    renames = action.live_name not in (None, action.address.name)
    return not (action.body or renames) and all(
        change.child and change.before is None for change in action.changes
    )


def failed(action: Action, error: ReconcilerError, *, record: Applied | None = None) -> Result:
    """Return the Result of a failed action; ``record`` holds what was done before the error."""
    status: Status = (
        "unknown" if isinstance(error, ApiError) and unknown_outcome(error) else "failed"
    )
    if isinstance(error, InDoubt) and _only_adds(action):
        status = "skipped"
    gone = action.known if record else None
    # After a lost answer, the read that follows may be what was refused.
    denied = any(isinstance(one, Unauthorized | Forbidden) for one in (error, error.__cause__))
    outcome = Outcome(
        action, status, error.message, _hint(action, error), refused=isinstance(error, Invalid)
    )
    return Result(outcome, record, gone, denied=denied, in_doubt=isinstance(error, InDoubt))


def succeeded(
    action: Action, *, record: Applied | None = None, unsettled: tuple[FieldChange, ...] = ()
) -> Result:
    """Return the Result of an action that the Space confirmed."""
    return Result(
        Outcome(action, "done", unsettled=unsettled, id=record.id if record else None),
        record,
        action.known,
    )
