"""Writes the sub-resources of one resource: one request for each new, changed or removed one."""

from collections.abc import Collection, Sequence

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import (
    ApiError,
    Forbidden,
    ReconcilerError,
    Refused,
    StateError,
    Unauthorized,
)
from reconciler.core.intents import Intent, created_in_window
from reconciler.core.kinds import Kind
from reconciler.core.normalize import sealed
from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import Applied, AppliedChild, Attributes, Live
from reconciler.executor.child_changes import (
    Check,
    change_again,
    change_child,
    child_in_answer,
    same_fields,
)
from reconciler.executor.context import ExecutionContext
from reconciler.executor.ownership import Sent, check_made
from reconciler.executor.recheck import DELETED, PLAN_AGAIN
from reconciler.executor.results import Conflict, InDoubt, unknown_outcome
from reconciler.space.observe import children_of, fetch
from reconciler.space.paths import expand


def _missing_from_list(
    context: ExecutionContext, child: Kind, change: FieldChange, recorded: Sequence[AppliedChild]
) -> str | None:
    """Return the id of a recorded sub-resource that a lagging list left out."""
    for one in recorded:
        if one.attributes == sealed(change.after, context.key):
            live = fetch(context.writer, child, one.id, context.kinds, with_children=False)
            if live is not None and same_fields(
                child, live.attributes, change.after, key=context.key
            ):
                return live.id
    return None


def _is_what_was_sent(
    context: ExecutionContext, child: Kind, intent: Intent, one: Live, asked: Attributes
) -> bool:
    """Whether a sub-resource is what was sent: same fields, matching time, new id."""
    then = created_in_window(child, intent, one)
    return (
        then is not False
        and same_fields(child, one.attributes, asked, key=context.key)
        and context.known.claim(one.id)
    )


def _check_still_missing(
    context: ExecutionContext, record: Applied, change: FieldChange, *, known: Collection[str]
) -> None:
    """Conflict if the list has, since the plan, what is about to be created."""
    parent = context.kinds[record.address.kind]
    child = context.kinds[parent.children[change.field]]
    try:
        children = children_of(context.writer, parent, record.id, context.kinds)
    except (Unauthorized, Forbidden):
        raise
    except ApiError as error:
        raise Conflict(
            f"{change.path} could not be read before the creation, and nothing was sent: {error.message}",
            hint=error.hint,
        ) from error
    if children is None:
        raise Conflict(DELETED, hint=PLAN_AGAIN)
    for one in children.get(change.field, ()):
        if one.id in known or one.id in context.known:
            continue
        if same_fields(child, one.attributes, change.after, key=context.key):
            raise Conflict(
                f"{change.path} was added by another client since the plan was made, id {one.id}; it was not added again",
                hint=PLAN_AGAIN,
            )
    # A creation that is answered with one of these did not make it.
    context.known.add(one.id.lower() for one in children.get(change.field, ()))


def _create(
    context: ExecutionContext,
    record: Applied,
    change: FieldChange,
    *,
    known: Collection[str],
    is_new: bool,
) -> str:
    """Create a sub-resource, once. The list of a resource that ``is_new`` needs no look before.

    It has no name: after a lost answer, one that is exactly what was sent and has a new id is ours;
    without one the outcome is unknown.
    """
    parent = context.kinds[record.address.kind]
    child = context.kinds[parent.children[change.field]]
    path = expand(child.parents[parent.name], id=record.id)
    intent = context.intend(
        Intent(record.address, sealed(change.after, context.key), child=change.field)
    )
    before = context.writer.server_date

    def body() -> Attributes:
        _check_still_missing(context, record, change, known=known)
        wanted: Attributes = change.after
        return wanted

    try:
        answer = child_in_answer(
            child,
            context.writer.post(path, change.after if is_new else body),
            change.after,
            request=f"POST {path}",
            key=context.key,
        )
    except ApiError as error:
        if not unknown_outcome(error):
            raise
        try:
            current = fetch(context.writer, parent, record.id, context.kinds, with_children=True)
        except ApiError as unseen:
            raise error from unseen
        for one in current.children.get(change.field, ()) if current else ():
            if one.id not in known and _is_what_was_sent(context, child, intent, one, change.after):
                return one.id
        context.intend(intent)  # extends the window: the request was in flight until now
        raise
    check_made(context.known, child, Sent(intent, {}, before, context.writer.server_date), answer)
    return answer.id


def _check_doubts(context: ExecutionContext, record: Applied, change: FieldChange) -> None:
    """InDoubt if a lost request of an earlier run may still add to the list."""
    seconds = context.doubts.get((record.address, change.field), 0.0)
    if seconds > 0:
        raise InDoubt(
            f"{change.path} is not created yet: an earlier run sent a creation and got no answer, and it may still take effect",
            hint=f"run it again in {seconds:.0f} s: by then the result can be read",
        )


def _carry_out(
    context: ExecutionContext,
    record: Applied,
    change: FieldChange,
    check: Check,
    *,
    known: Collection[str],
    recorded: Sequence[AppliedChild],
    is_new: bool,
) -> str | None:
    """Carry out one change; returns the id of the sub-resource, or None if deleted."""
    child = context.kinds[context.kinds[record.address.kind].children[change.field]]
    if change.before is None:
        unlisted = [one for one in recorded if one.id not in known]
        child_id = _missing_from_list(context, child, change, unlisted)
        if child_id is None:
            _check_doubts(context, record, change)
        return child_id or _create(context, record, change, known=known, is_new=is_new)
    try:
        return change_child(context, child, change, check)
    except ApiError as error:
        if not unknown_outcome(error):
            raise
        return change_again(context, child, change, check, lost=error)


def _with_child(
    record: Applied, field: str, *, without: str | None, plus: AppliedChild | None
) -> Applied:
    others = tuple(one for one in record.children.get(field, ()) if one.id and one.id != without)
    return replace(
        record,
        children={
            **record.children,
            field: tuple(sorted((*others, plus) if plus else others, key=lambda one: one.id)),
        },
    )


def _record_before(
    record: Applied, changes: Sequence[FieldChange], before: Applied | None
) -> Applied:
    """Return the parent's record before any change: changed sub-resources as in ``before``."""
    pending = {(change.child, change.child_id) for change in changes if change.child_id}
    known = {}
    for field, planned in record.children.items():
        known[field] = tuple(one for one in planned if one.id and (field, one.id) not in pending)
    for field, recorded in before.children.items() if before else ():
        still = tuple(one for one in recorded if (field, one.id) in pending)
        known[field] = (*known.get(field, ()), *still)
    return replace(record, children=known)


def write_children(
    context: ExecutionContext,
    changes: Sequence[FieldChange],
    *,
    record: Applied,
    before: Applied | None,
    check: Check = lambda: None,
    is_new: bool = False,
) -> tuple[Applied, ReconcilerError | None]:
    """Carry out the changes of sub-resources in order until one fails; skips those with an unknown outcome.

    ``check`` is called right before a change or removal. ``before`` is the parent's old record, and
    ``is_new`` a parent that this run made.
    Returns the parent's record with exactly the sub-resources known to exist, and the error. PUT
    and DELETE are repeated after a lost answer, as they are idempotent; a POST is never repeated.
    """
    ours = before.children if before else {}
    if not (record.children or ours or any(change.child for change in changes)):
        return record, None  # the usual case
    declared = frozenset(record.children)
    taken = {change.child_id for change in changes if change.child_id}
    record = _record_before(record, changes, before)
    doubt: InDoubt | None = None
    for change in changes:
        if change.child is None:
            continue
        known = taken | {one.id for ones in record.children.values() for one in ones}
        try:
            child_id = _carry_out(
                context,
                record,
                change,
                check,
                known=known,
                recorded=ours.get(change.child, ()),
                is_new=is_new,
            )
        except InDoubt as error:
            doubt = error
            continue
        except (ApiError, Conflict, Refused, StateError) as error:
            return record, error
        plus = AppliedChild(child_id, sealed(change.after, context.key)) if child_id else None
        record = _with_child(record, change.child, without=change.child_id, plus=plus)
    return replace(
        record,
        children={
            field: ones for field, ones in record.children.items() if ones or field in declared
        },
    ), doubt
