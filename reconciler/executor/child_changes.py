"""Changes or removes one sub-resource: read right before its write, and checked after a lost answer."""

from collections.abc import Callable

from reconciler.core.errors import ApiError, NotFound, ProtocolError, Refused
from reconciler.core.kinds import Kind
from reconciler.core.normalize import canonical_attributes, same, sealed
from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import Attributes, Live
from reconciler.executor.context import ExecutionContext
from reconciler.executor.ownership import UNCERTAIN
from reconciler.executor.put import compare_after_put
from reconciler.executor.results import Conflict
from reconciler.space.live_resource import as_live
from reconciler.space.observe import fetch
from reconciler.space.paths import expand
from reconciler.space.response_json import Document

Check = Callable[[], None]


def same_fields(child: Kind, left: Attributes, right: Attributes, *, key: bytes) -> bool:
    """Whether ``left`` has the fields of ``right``; secrets are compared by their digests."""
    canonical = canonical_attributes(child, left, name="")
    return all(
        same(sealed(canonical.get(field), key), sealed(value, key))
        for field, value in right.items()
    )


def child_in_answer(
    child: Kind, answer: Document | None, asked: Attributes, *, request: str, key: bytes
) -> Live:
    """Return the sub-resource in the answer. ProtocolError if it differs from the request."""
    live = as_live(child, answer, request=request)
    if not same_fields(child, live.attributes, asked, key=key):
        raise ProtocolError(
            f"{request}: the Space answered with other values than were sent",
            hint="it is not known whether they were saved; check with: reconciler plan",
            request=request,
        )
    return live


class _Gone(Exception):  # a signal, not an error
    """The sub-resource no longer exists."""


def _check(context: ExecutionContext, child: Kind, change: FieldChange, check: Check) -> Live:
    """Re-read a sub-resource before its write. Conflict if it changed, _Gone if it is missing."""
    check()
    live = fetch(context.writer, child, change.live_child_id, context.kinds, with_children=False)
    if live is None:
        raise _Gone
    if not same_fields(child, live.attributes, change.before, key=context.key):
        raise Conflict(
            f"{change.path} changed since the plan was made",
            hint="plan again and check what changed",
        )
    return live


def _child_after_put(
    context: ExecutionContext, child: Kind, change: FieldChange, answer: Document | None
) -> Live:
    """Return the sub-resource in the answer to its PUT. ProtocolError if it is another one.

    The id of another one must not be recorded: it would be deleted later as this one.
    """
    request = f"{child.update} {expand(child.item, id=change.live_child_id)}"
    live = child_in_answer(child, answer, change.after, request=request, key=context.key)
    if live.id.lower() != change.live_child_id.lower():
        raise ProtocolError(
            f"{request}: the Space answered about another resource, of id {live.id}",
            hint=UNCERTAIN,
            request=request,
        )
    return live


def _remove(context: ExecutionContext, child: Kind, change: FieldChange, check: Check) -> None:
    """Delete a sub-resource. NotFound if the Space says that it is missing and shows it."""
    path = expand(child.item, id=change.live_child_id)
    try:
        context.writer.delete(path, look=lambda: _check(context, child, change, check))
    except _Gone:
        return
    except NotFound:
        if fetch(context.writer, child, change.live_child_id, context.kinds, with_children=False):
            raise


def change_child(
    context: ExecutionContext, child: Kind, change: FieldChange, check: Check
) -> str | None:
    """Update or delete a planned sub-resource; returns its id, or None if deleted."""
    if change.after is None:
        _remove(context, child, change, check)
        return None
    readings: list[Live] = []

    def body() -> Attributes:
        readings.append(_check(context, child, change, check))
        wanted: Attributes = change.after
        return wanted

    try:
        path = expand(child.item, id=change.live_child_id)
        answer = _child_after_put(context, child, change, context.writer.put(path, body))
    except _Gone as gone:
        raise Conflict(
            f"{change.path} was removed since the plan was made",
            hint="plan again and check what changed",
        ) from gone
    compare_after_put(context, child, readings[-1], answer, asked=change.after)
    return change.live_child_id


def change_again(
    context: ExecutionContext, child: Kind, change: FieldChange, check: Check, *, lost: ApiError
) -> str | None:
    """Retry a change or removal whose answer was lost, unless it took effect."""
    try:
        live = fetch(
            context.writer, child, change.live_child_id, context.kinds, with_children=False
        )
    except ApiError as error:
        raise lost from error
    if change.after is None and live is None:
        return None
    if (
        change.after is not None
        and live is not None
        and same_fields(child, live.attributes, change.after, key=context.key)
    ):
        return change.live_child_id
    try:
        return change_child(context, child, change, check)
    except Refused as error:
        raise lost from error
