"""Write the sub-resources of one resource: one request for each that is new, changed or gone."""

import contextlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from reconciler.core.errors import (
    ApiError,
    NotFound,
    ProtocolError,
    ReconcilerError,
    Refused,
    StateError,
)
from reconciler.core.intents import Intent, created_in_window
from reconciler.core.kinds import Kind
from reconciler.core.normalize import canonical_attributes, same, sealed
from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import Applied, AppliedChild, Attributes, Live
from reconciler.executor.context import ExecutionContext
from reconciler.executor.ownership import Sent, check_made
from reconciler.executor.put import compare_after_put
from reconciler.executor.results import Conflict, InDoubt, unknown_outcome
from reconciler.space.live_resource import as_live
from reconciler.space.observe import fetch
from reconciler.space.paths import expand
from reconciler.space.response_json import Document

Check = Callable[[], None]


def _same_fields(child: Kind, left: Attributes, right: Attributes, *, key: bytes) -> bool:
    there = canonical_attributes(child, left, name="")
    return all(
        same(sealed(there.get(field), key), sealed(value, key)) for field, value in right.items()
    )


def _answered(
    child: Kind, answer: Document | None, asked: Attributes, *, request: str, key: bytes
) -> Live:
    """The sub-resource in the answer. ProtocolError where it is not what was asked."""
    live = as_live(child, answer, request=request)
    if not _same_fields(child, live.attributes, asked, key=key):
        raise ProtocolError(
            f"{request}: the answer is not what was asked",
            hint="whether it was done is not known; plan again",
            request=request,
        )
    return live


def _overlooked(
    tools: ExecutionContext, child: Kind, change: FieldChange, recorded: Sequence[AppliedChild]
) -> str | None:
    """The id of one of ours that is what is wanted, where the list left it out: a list can lag behind."""
    for one in recorded:
        if one.attributes == sealed(change.after, tools.key):
            live = fetch(tools.writer, child, one.id, tools.kinds, with_children=False)
            if live is not None and _same_fields(
                child, live.attributes, change.after, key=tools.key
            ):
                return live.id
    return None


def _ours(
    tools: ExecutionContext, child: Kind, intent: Intent, one: Live, asked: Attributes
) -> bool:
    """Whether ``one`` is what was sent: it has the fields, was made then as far as is known, and was met nowhere before."""
    then = created_in_window(child, intent, one)
    return (
        then is not False
        and _same_fields(child, one.attributes, asked, key=tools.key)
        and tools.known.claim(one.id)
    )


def _made(
    tools: ExecutionContext, record: Applied, change: FieldChange, *, known: Collection[str]
) -> str:
    """Create a sub-resource, once. It has no name: where the answer was lost, one of its parent's that is exactly what was sent
    and that nobody knew is it; where there is none, nobody knows.
    """
    parent = tools.kinds[record.address.kind]
    child = tools.kinds[parent.children[change.field]]
    path = expand(child.parents[parent.name], id=record.id)
    intent = tools.intend(
        Intent(record.address, sealed(change.after, tools.key), child=change.field)
    )
    before = tools.writer.server_date
    try:
        answer = _answered(
            child,
            tools.writer.post(path, change.after),
            change.after,
            request=f"POST {path}",
            key=tools.key,
        )
    except ApiError as error:
        if not unknown_outcome(error):
            raise
        try:
            there = fetch(tools.writer, parent, record.id, tools.kinds, with_children=True)
        except ApiError as unseen:
            raise error from unseen
        for one in there.children.get(change.field, ()) if there else ():
            if one.id not in known and _ours(tools, child, intent, one, change.after):
                return one.id
        tools.intend(intent)  # it was under way until now
        raise
    check_made(tools.known, child, Sent(intent, {}, before, tools.writer.server_date), answer)
    return answer.id


class _Gone(Exception):  # no error where it is to be removed
    """The sub-resource is not there any more."""


def _check(tools: ExecutionContext, child: Kind, change: FieldChange, check: Check) -> Live:
    """The sub-resource just before it is written: Conflict where it is not what the plan saw, _Gone where it is no more."""
    check()
    live = fetch(tools.writer, child, change.child_id or "", tools.kinds, with_children=False)
    if live is None:
        raise _Gone
    if not _same_fields(child, live.attributes, change.before, key=tools.key):
        raise Conflict(
            f"{change.path} changed since the plan was made",
            hint="plan again and look at what changed",
        )
    return live


def _changed(tools: ExecutionContext, child: Kind, change: FieldChange, check: Check) -> str | None:
    """Update or delete a sub-resource that the plan saw; the id of what is there now, or None."""
    path = expand(child.item, id=change.child_id or "")

    there: list[Live] = []

    def body() -> Attributes:
        there.append(_check(tools, child, change, check))
        wanted: Attributes = change.after
        return wanted

    try:
        if change.after is None:
            with contextlib.suppress(NotFound):
                tools.writer.delete(path, look=lambda: _check(tools, child, change, check))
            return None
        answer = _answered(
            child, tools.writer.put(path, body), change.after, request=f"PUT {path}", key=tools.key
        )
    except _Gone as gone:
        if change.after is None:
            return None
        raise Conflict(
            f"{change.path} was removed since the plan was made",
            hint="plan again and look at what changed",
        ) from gone
    compare_after_put(tools, child, there[-1], answer, asked=change.after)
    return answer.id


def _again(
    tools: ExecutionContext, child: Kind, change: FieldChange, check: Check, *, lost: ApiError
) -> str | None:
    """A change or removal whose answer was lost, once more, unless it took effect."""
    try:
        live = fetch(tools.writer, child, change.child_id or "", tools.kinds, with_children=False)
    except ApiError as error:
        raise lost from error
    if change.after is None and live is None:
        return None
    if (
        change.after is not None
        and live is not None
        and _same_fields(child, live.attributes, change.after, key=tools.key)
    ):
        return live.id
    try:
        return _changed(tools, child, change, check)
    except Refused as error:
        raise lost from error


def _check_doubts(tools: ExecutionContext, record: Applied, change: FieldChange) -> None:
    """InDoubt where an earlier run may still have added to the list."""
    seconds = tools.doubts.get((record.address, change.child or ""), 0.0)
    if seconds > 0:
        raise InDoubt(
            f"{change.path} is not made yet: an earlier run sent something whose answer it never saw, and which may still come about",
            hint=f"run it again in {seconds:.0f} s: what is there by then is known again",
        )


def _written(
    tools: ExecutionContext,
    record: Applied,
    change: FieldChange,
    check: Check,
    *,
    known: Collection[str],
    recorded: Sequence[AppliedChild],
) -> str | None:
    """Carry out one change; the id of the sub-resource that is there now, or None."""
    child = tools.kinds[tools.kinds[record.address.kind].children[change.field]]
    if change.before is None:
        missed = [one for one in recorded if one.id not in known]
        there = _overlooked(tools, child, change, missed)
        if there is None:
            _check_doubts(tools, record, change)
        return there or _made(tools, record, change, known=known)
    try:
        return _changed(tools, child, change, check)
    except ApiError as error:
        if not unknown_outcome(error):
            raise
        return _again(tools, child, change, check, lost=error)


def _known(
    record: Applied, field: str, *, without: str | None, plus: AppliedChild | None
) -> Applied:
    kept = tuple(one for one in record.children.get(field, ()) if one.id and one.id != without)
    return replace(
        record,
        children={
            **record.children,
            field: tuple(sorted((*kept, plus) if plus else kept, key=lambda one: one.id)),
        },
    )


def _begun(record: Applied, changes: Sequence[FieldChange], before: Applied | None) -> Applied:
    """The record of the parent before anything was done: what the state knew of those that are to change, and all others."""
    pending = {(change.child, change.child_id) for change in changes if change.child_id}
    known = {
        field: tuple(one for one in ones if one.id and (field, one.id) not in pending)
        for field, ones in record.children.items()
    }
    for field, ones in before.children.items() if before else ():
        still = tuple(one for one in ones if (field, one.id) in pending)
        known[field] = (*known.get(field, ()), *still)
    return replace(record, children=known)


def write_children(
    tools: ExecutionContext,
    changes: Sequence[FieldChange],
    *,
    record: Applied,
    before: Applied | None,
    check: Check = lambda: None,
) -> tuple[Applied, ReconcilerError | None]:
    """Carry out the changes of sub-resources in order, until one fails; one that is in doubt is passed over. ``check`` is called
    right before one is changed or removed.

    Returns the record of the parent with exactly the sub-resources that are known to be there (``before`` is what the
    state knew so far), and the error that ended it. A lost answer is repeated for PUT and DELETE, which bear it; a POST is
    never sent twice.
    """
    declared = frozenset(record.children)
    taken = {change.child_id for change in changes if change.child_id}
    ours = before.children if before else {}
    record = _begun(record, changes, before)
    doubt: InDoubt | None = None
    for change in changes:
        if change.child is None:
            continue
        known = taken | {one.id for ones in record.children.values() for one in ones}
        try:
            made = _written(
                tools, record, change, check, known=known, recorded=ours.get(change.child, ())
            )
        except InDoubt as error:
            doubt = error
            continue
        except (ApiError, Conflict, Refused, StateError) as error:
            return record, error
        plus = AppliedChild(made, sealed(change.after, tools.key)) if made else None
        record = _known(record, change.child, without=change.child_id, plus=plus)
    return replace(
        record,
        children={
            field: ones for field, ones in record.children.items() if ones or field in declared
        },
    ), doubt
