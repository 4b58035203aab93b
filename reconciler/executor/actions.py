"""Carries out one Action: re-reads, writes, and compares the answer with the request."""

import contextlib
from collections.abc import Callable, Mapping
from functools import partial

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import ApiError, Invalid, NotFound, Refused, StateError
from reconciler.core.intents import CREATED, Intent, created_in_window, creation_time
from reconciler.core.kinds import Kind
from reconciler.core.plan_model import Action, FieldChange, Verb
from reconciler.core.resources import Applied, Attributes, Live
from reconciler.executor.context import ExecutionContext
from reconciler.executor.contradictions import check_defaults, check_refusal
from reconciler.executor.findings import Findings
from reconciler.executor.ownership import Sent, check_made, is_as_sent, under_another_name
from reconciler.executor.recheck import DELETED, PLAN_AGAIN, check_sessions, recheck
from reconciler.executor.request_bodies import create_body, late_fields, unsettled
from reconciler.executor.results import Conflict, Result, failed, succeeded, unknown_outcome
from reconciler.executor.sub_resources import write_children
from reconciler.executor.update import Update, found_after_loss
from reconciler.space.live_resource import as_live
from reconciler.space.observe import fetch, find
from reconciler.space.paths import expand


def _name_is_taken(context: ExecutionContext, kind: Kind, intent: Intent, error: ApiError) -> bool:
    """Whether the name is taken, perhaps by a lost creation of an earlier run."""
    return (
        isinstance(error, Invalid) and kind.key in error.attributes and intent.key in context.open
    )


def _whole(context: ExecutionContext, kind: Kind, created: Live) -> Live:
    """Return the resource of an answer to a POST; read by its id if the answer has no time."""
    if CREATED not in kind.answers or creation_time(kind, created) is not None:
        return created
    with contextlib.suppress(ApiError):
        return _reread(context, kind, created)
    return created


def _post(context: ExecutionContext, kind: Kind, action: Action, intent: Intent) -> Live:
    """Create, once. After a lost answer, take the resource of that name only if exactly ours."""
    body = create_body(kind, action)
    name, request = action.address.name, f"POST {kind.collection}"
    asked = {field: value for field, value in body.items() if field in kind.attributes}
    before = context.writer.server_date
    try:
        posted = context.writer.post(kind.collection, body)
        answer = context.writer.hidden.shown(as_live(kind, posted, request=request))
    except ApiError as error:
        taken = _name_is_taken(context, kind, intent, error)
        if not taken and not unknown_outcome(error):
            raise
        existing = found_after_loss(lambda: find(context.writer, kind, name, context.kinds), error)
        in_window = created_in_window(kind, intent, existing)
        if in_window is False or (taken and in_window is None):
            raise
        if not is_as_sent(kind, asked, existing) or not context.known.claim(existing.id):
            raise
        return existing
    answer = _whole(context, kind, answer)
    check_defaults(context.facts, kind, body, answer)
    check_made(context.known, kind, Sent(intent, asked, before, context.writer.server_date), answer)
    if answer.address == action.address:
        return answer
    return under_another_name(context, kind, intent, answer, asked=asked, request=request)


def _reread(context: ExecutionContext, kind: Kind, created: Live) -> Live:
    """Return the created resource as it is now; as it was created if it is not visible yet."""
    return fetch(context.writer, kind, created.id, context.kinds, with_children=False) or created


def _created_under_another_name(action: Action, live: Live, *, early: Attributes) -> Result:
    """Record a resource that the Space created under another name, as an unfinished rename."""
    # Not protected yet: protection would refuse the rename to the declared name.
    record = Applied(live.address, live.id, early, rename_target=action.address.name)
    what = f"the Space gave it another name, {live.address}, id {live.id}; it is recorded under that name"
    error = Conflict(
        what, hint="the next apply renames it; or declare that name, or delete it there"
    )
    return failed(action, error, record=record)


def _create(context: ExecutionContext, action: Action) -> Result:
    kind = context.kinds[action.address.kind]
    assert action.record is not None  # every action but a deletion has one
    late = late_fields(kind, action)
    early = {field: value for field, value in action.record.attributes.items() if field not in late}
    try:
        intent = context.intend(Intent(action.address, early))
        live = _post(context, kind, action, intent)
    except (ApiError, Conflict, StateError) as error:
        return failed(action, error)
    if live.address != action.address:
        return _created_under_another_name(action, live, early=early)
    if late:
        try:
            live = Update(context, kind, action, late, live.id).send(
                partial(_reread, context, kind, live)
            )
        except (ApiError, Conflict) as error:
            return failed(
                action,
                error,
                record=replace(action.record, id=live.id, attributes=early, children={}),
            )
    record, failure = write_children(
        context,
        action.changes,
        record=replace(action.record, id=live.id),
        before=None,
        is_new=True,
    )
    if failure:
        return failed(action, failure, record=record)
    return succeeded(action, record=record, unsettled=unsettled(kind, action.body, live))


def _check_name(
    kind: Kind, action: Action, live: Live, record: Applied, before: Applied | None
) -> tuple[Applied, tuple[FieldChange, ...]]:
    """Return the record, and the name as unsettled if the Space has another one.

    An ignored rename is recorded under the name that stayed. After a rename by another client the
    record keeps its name, so that the next plan shows a rename outside, never a deletion.
    """
    if live.address.name == action.address.name:
        return record, ()
    wrong = (FieldChange(kind.key, live.address.name, action.address.name, "conflict"),)
    if not action.renames:
        return record, wrong
    if before is None:
        record = replace(record, address=live.address, renamed_from=None, rename_target=None)
        return record, wrong
    record = replace(
        record,
        address=before.address,
        renamed_from=before.renamed_from,
        rename_target=before.rename_target,
    )
    return record, wrong


def _write(context: ExecutionContext, kind: Kind, action: Action) -> Live:
    """Re-read the resource and PUT the changes; returns the answer, or the reading if none."""

    def read() -> Live:
        live = recheck(context, kind, action)
        if live is None:
            raise Conflict(DELETED, hint=PLAN_AGAIN)
        return live

    rename = action.address.name if action.renames else None
    if not action.body and rename is None:
        return read()
    return Update(context, kind, action, action.body, action.live_id, rename).send(read)


def _update(context: ExecutionContext, action: Action) -> Result:
    """Update, adopt or rename: a PUT if fields change, then the sub-resources."""
    kind = context.kinds[action.address.kind]
    assert action.record is not None  # every action but a deletion has one
    try:
        answer = _write(context, kind, action)
    except (ApiError, Conflict, Refused) as error:
        check_refusal(context.facts, kind, action.body, error)
        return failed(action, error)
    record, wrong_name = _check_name(kind, action, answer, action.record, action.known)
    record, failure = write_children(
        context,
        action.changes,
        record=record,
        before=action.known,
        check=partial(check_sessions, context, action),
    )
    if failure:
        return failed(action, failure, record=record)
    return succeeded(
        action, record=record, unsettled=wrong_name + unsettled(kind, action.body, answer)
    )


class _Gone(Exception):  # a signal, not an error
    """The resource no longer exists: a deletion has nothing left to do."""


def _delete(context: ExecutionContext, kind: Kind, action: Action) -> None:
    """Delete the resource as planned, re-read right before each DELETE; a missing one counts."""

    def check() -> None:
        if recheck(context, kind, action) is None:
            raise _Gone

    try:
        context.writer.delete(expand(kind.deletion, id=action.live_id), look=check)
    except _Gone:
        return
    except NotFound:
        if (
            fetch(context.writer, kind, action.live_id, context.kinds, with_children=False)
            is not None
        ):
            raise


def _delete_again(context: ExecutionContext, kind: Kind, action: Action, lost: ApiError) -> None:
    """Retry a deletion whose answer was lost, unless it took effect or the resource changed."""
    try:
        _delete(context, kind, action)
    except (ApiError, Conflict, Refused) as error:
        raise lost from error


def _delete_with_retry(context: ExecutionContext, action: Action) -> Result:
    kind = context.kinds[action.address.kind]
    try:
        try:
            _delete(context, kind, action)
        except ApiError as lost:
            if not unknown_outcome(lost):
                raise
            _delete_again(context, kind, action, lost)
    except (ApiError, Conflict, Refused) as error:
        return failed(action, error)
    return succeeded(action)


_CARRY: Mapping[Verb, Callable[[ExecutionContext, Action], Result]] = {
    "create": _create,
    "update": _update,
    "adopt": _update,
    "rename": _update,
    "delete": _delete_with_retry,
}


def carry_out(context: ExecutionContext, action: Action) -> Result:
    """Carry out ``action``; every failure is in the Result."""
    findings = Findings()
    result = _CARRY[action.action](replace(context, findings=findings), action)
    if not (findings.moved or findings.notes):
        return result
    outcome = replace(result.outcome, moved=tuple(findings.moved), notes=tuple(findings.notes))
    return replace(result, outcome=outcome, moved_kinds=frozenset(findings.kinds))
