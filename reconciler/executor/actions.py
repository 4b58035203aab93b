"""Carry out one Action: re-read, write, hold the answer against what was asked."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from reconciler.core.errors import ApiError, Invalid, NotFound, Refused, StateError
from reconciler.core.intents import Intent, created_in_window
from reconciler.core.kinds import Kind
from reconciler.core.plan_model import Action, FieldChange, Verb
from reconciler.core.resources import Applied, Attributes, Live
from reconciler.executor.context import ExecutionContext
from reconciler.executor.findings import Findings
from reconciler.executor.ownership import Sent, check_made, under_another_name
from reconciler.executor.recheck import DELETED, PLAN_AGAIN, check_sessions, recheck
from reconciler.executor.request_bodies import create_body, late_fields, unsettled
from reconciler.executor.results import Conflict, Result, failed, succeeded, unknown_outcome
from reconciler.executor.sub_resources import write_children
from reconciler.executor.update import Update, found_after_loss
from reconciler.space.live_resource import as_live
from reconciler.space.observe import fetch, find
from reconciler.space.paths import expand


def _name_is_taken(tools: ExecutionContext, kind: Kind, intent: Intent, error: ApiError) -> bool:
    """Whether the name is taken, perhaps by what an earlier run sent and never heard of again."""
    return isinstance(error, Invalid) and kind.key in error.attributes and intent.key in tools.open


def _post(tools: ExecutionContext, kind: Kind, action: Action, intent: Intent) -> Live:
    """Create, once. Where the answer was lost, what bears the name now is ours only if it is exactly what was sent, and then."""
    body = create_body(kind, action)
    name, request = action.address.name, f"POST {kind.collection}"
    asked = {field: value for field, value in body.items() if field in kind.attributes}
    before = tools.writer.server_date
    try:
        answer = as_live(kind, tools.writer.post(kind.collection, body), request=request)
    except ApiError as error:
        taken = _name_is_taken(tools, kind, intent, error)
        if not taken and not unknown_outcome(error):
            raise
        found = found_after_loss(lambda: find(tools.writer, kind, name, tools.kinds), error)
        then = created_in_window(kind, intent, found)
        if (
            then is False
            or (taken and then is None)
            or unsettled(kind, asked, found)
            or not tools.known.claim(found.id)
        ):
            raise
        return found
    check_made(tools.known, kind, Sent(intent, asked, before, tools.writer.server_date), answer)
    if answer.address == action.address:
        return answer
    return under_another_name(tools, kind, intent, answer, asked=asked, request=request)


def _made(tools: ExecutionContext, kind: Kind, made: Live) -> Live:
    """What was just created, as it is now: somebody may be at it already. Where it is not to be seen yet, as it was made."""
    return fetch(tools.writer, kind, made.id, tools.kinds, with_children=False) or made


def _made_under_another_name(action: Action, live: Live, *, early: Attributes) -> Result:
    """What is recorded and told where the Space gave what it made another name: it is ours, and on its way to the declared one."""
    # Protection begins with the declared name, which it would keep from being given.
    record = Applied(live.address, live.id, early, rename_target=action.address.name)
    what = f"the Space made it as {live.address}, id {live.id}; it is recorded under that name"
    error = Conflict(
        what, hint="the next apply renames it; or declare that name, or delete it there"
    )
    return failed(action, error, record=record)


def _created(tools: ExecutionContext, action: Action) -> Result:
    kind = tools.kinds[action.address.kind]
    assert action.record is not None  # every action but a deletion has one
    late = late_fields(kind, action)
    early = {field: value for field, value in action.record.attributes.items() if field not in late}
    try:
        intent = tools.intend(Intent(action.address, early))
        live = _post(tools, kind, action, intent)
    except (ApiError, Conflict, StateError) as error:
        return failed(action, error)
    if live.address != action.address:
        return _made_under_another_name(action, live, early=early)
    if late:
        try:
            live = Update(tools, kind, action, late, live.id).send(
                partial(_made, tools, kind, live)
            )
        except (ApiError, Conflict) as error:
            return failed(
                action,
                error,
                record=replace(action.record, id=live.id, attributes=early, children={}),
            )
    record, ended = write_children(
        tools, action.changes, record=replace(action.record, id=live.id), before=None
    )
    if ended:
        return failed(action, ended, record=record)
    return succeeded(action, record=record, unsettled=unsettled(kind, action.body, live))


def _renamed(
    kind: Kind, action: Action, live: Live, record: Applied, before: Applied | None
) -> tuple[Applied, tuple[FieldChange, ...]]:
    """The record, and the name as unsettled where the Space has another one than was asked.

    A rename that was ignored is recorded under the name that stayed. A name that somebody else gave meanwhile is not: the
    record keeps its own, so that the next plan shows a rename outside and never a deletion.
    """
    if live.address.name == action.address.name:
        return record, ()
    wrong = (FieldChange(kind.key, live.address.name, action.address.name, "conflict"),)
    if not action.renames:
        return record, wrong
    known = before.address if before else live.address
    renamed_from, heading = (before.renamed_from, before.rename_target) if before else (None, None)
    return replace(record, address=known, renamed_from=renamed_from, rename_target=heading), wrong


def _written(tools: ExecutionContext, kind: Kind, action: Action) -> Live:
    """Re-read the resource and PUT what is to change; the answer, or what was read where nothing is."""

    def reading() -> Live:
        live = recheck(tools, kind, action)
        if live is None:
            raise Conflict(DELETED, hint=PLAN_AGAIN)
        return live

    rename = action.address.name if action.renames else None
    if not action.body and rename is None:
        return reading()
    return Update(tools, kind, action, action.body, action.id or "", rename).send(reading)


def _updated(tools: ExecutionContext, action: Action) -> Result:
    """Update, adopt or rename: a PUT where fields change, then the sub-resources."""
    kind = tools.kinds[action.address.kind]
    assert action.record is not None  # every action but a deletion has one
    try:
        answer = _written(tools, kind, action)
    except (ApiError, Conflict, Refused) as error:
        return failed(action, error)
    record, wrong_name = _renamed(kind, action, answer, action.record, action.known)
    record, ended = write_children(
        tools,
        action.changes,
        record=record,
        before=action.known,
        check=partial(check_sessions, tools, action),
    )
    if ended:
        return failed(action, ended, record=record)
    return succeeded(
        action, record=record, unsettled=wrong_name + unsettled(kind, action.body, answer)
    )


class _Gone(Exception):  # no error: what is to be deleted is deleted
    """The resource is not there any more."""


def _delete(tools: ExecutionContext, kind: Kind, action: Action) -> None:
    """Delete what is still what the plan saw, which is read right before each DELETE leaves; what is gone already is deleted."""

    def look() -> None:
        if recheck(tools, kind, action) is None:
            raise _Gone

    try:
        tools.writer.delete(expand(kind.item, id=action.id or ""), look=look)
    except _Gone:
        return
    except NotFound:
        if fetch(tools.writer, kind, action.id or "", tools.kinds, with_children=False) is not None:
            raise


def _delete_again(tools: ExecutionContext, kind: Kind, action: Action, lost: ApiError) -> None:
    """A deletion whose answer was lost, once more, unless it took effect or something else is there by now."""
    try:
        _delete(tools, kind, action)
    except (ApiError, Conflict, Refused) as error:
        raise lost from error


def _deleted(tools: ExecutionContext, action: Action) -> Result:
    kind = tools.kinds[action.address.kind]
    try:
        try:
            _delete(tools, kind, action)
        except ApiError as lost:
            if not unknown_outcome(lost):
                raise
            _delete_again(tools, kind, action, lost)
    except (ApiError, Conflict, Refused) as error:
        return failed(action, error)
    return succeeded(action)


_CARRY: Mapping[Verb, Callable[[ExecutionContext, Action], Result]] = {
    "create": _created,
    "update": _updated,
    "adopt": _updated,
    "rename": _updated,
    "delete": _deleted,
}


def carry_out(tools: ExecutionContext, action: Action) -> Result:
    """Do what ``action`` says, as far as the Space lets it; every failure is in the Result."""
    told = Findings()
    result = _CARRY[action.action](replace(tools, told=told), action)
    if not (told.moved or told.notes):
        return result
    outcome = replace(result.outcome, moved=tuple(told.moved), notes=tuple(told.notes))
    return replace(result, outcome=outcome, moved_kinds=frozenset(told.kinds))
