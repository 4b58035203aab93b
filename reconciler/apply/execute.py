"""Carry out one Action: re-read, write, hold the answer against what was asked."""

import contextlib
import shlex
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from reconciler.apply.bodies import create_body, late_fields, unsettled, update_body
from reconciler.apply.children import write_children
from reconciler.apply.results import Conflict, Result, done, failed, unknown_outcome
from reconciler.apply.tools import Tools
from reconciler.core.canon import canonical, same, sealed
from reconciler.core.errors import ApiError, Forbidden, Invalid, NotFound, ProtocolError, Refused, StateError, Unauthorized
from reconciler.core.intents import Intent, made_then
from reconciler.core.kinds import Kind
from reconciler.core.model import Action, Applied, FieldChange, Live, Verb
from reconciler.core.text import count
from reconciler.space import Document, as_live, expand, fetch, find

PLAN_AGAIN = "plan again and look at what changed"
UNCERTAIN = "whether it was done is not known; the next run looks"


def _answered(kind: Kind, answer: Document | None, *, request: str, names: Collection[str], resource_id: str | None = None) -> Live:
    """The resource in the answer to a write. ProtocolError where the answer is about another one."""
    live = as_live(kind, answer, request=request)
    if live.address.name not in names or (resource_id is not None and live.id.lower() != resource_id.lower()):
        raise ProtocolError(f"{request}: the answer is about {live.address}, id {live.id}", hint=UNCERTAIN, request=request)
    return live


def _looked(look: Callable[[], Live | None], lost: ApiError) -> Live:
    """What is there now, after an answer was lost; where that cannot be told the lost answer is what counts."""
    try:
        found = look()
    except ApiError as error:
        raise lost from error
    if found is None:
        raise lost
    return found


def _taken(tools: Tools, kind: Kind, intent: Intent, error: ApiError) -> bool:
    """Whether the name is taken, perhaps by what an earlier run sent and never heard of again."""
    return isinstance(error, Invalid) and kind.key in error.attributes and intent.key in tools.open


def _post(tools: Tools, kind: Kind, action: Action, intent: Intent) -> Live:
    """Create, once. Where the answer was lost, what bears the name now is ours only if it is exactly what was sent, and then."""
    body = create_body(kind, action)
    name, request = action.address.name, f"POST {kind.collection}"
    try:
        return _answered(kind, tools.writer.post(kind.collection, body), request=request, names=(name,))
    except ApiError as error:
        taken = _taken(tools, kind, intent, error)
        if not taken and not unknown_outcome(error):
            raise
        found = _looked(lambda: find(tools.writer, kind, name, tools.kinds), error)
        then = made_then(kind, intent, found)
        asked = {field: value for field, value in body.items() if field in kind.attributes}
        if then is False or (taken and then is None) or unsettled(kind, asked, found):
            raise
        return found


def _put(tools: Tools, kind: Kind, live: Live, fields: Mapping[str, Any], *, name: str | None = None) -> Live:
    """Update; where the answer was lost, look, and repeat once what did not take, unless somebody else wrote meanwhile."""
    path = expand(kind.item, id=live.id)
    names = {live.address.name, name or live.address.name}

    def put(there: Live) -> Live:
        answer = tools.writer.put(path, update_body(kind, there, fields, name=name))
        return _answered(kind, answer, request=f"PUT {path}", names=names, resource_id=live.id)

    try:
        return put(live)
    except ApiError as error:
        if not unknown_outcome(error):
            raise
        there = _looked(lambda: fetch(tools.writer, kind, live.id, tools.kinds, with_children=False), error)
        lacking = {change.path for change in unsettled(kind, fields, there)}
        if not lacking and (name is None or there.address.name == name):
            return there
        foreign = {change.path for change in unsettled(kind, {field: live.attributes.get(field) for field in fields}, there)}
        if there.address.name not in names or lacking & foreign:
            raise
        return put(there)


def _created(tools: Tools, action: Action) -> Result:
    kind = tools.kinds[action.address.kind]
    assert action.record is not None  # every action but a deletion has one
    late = late_fields(kind, action)
    early = {field: value for field, value in action.record.attributes.items() if field not in late}
    try:
        intent = tools.intend(Intent(action.address, early))
        live = _post(tools, kind, action, intent)
    except (ApiError, StateError) as error:
        return failed(action, error)
    if late:
        try:
            live = _put(tools, kind, live, late)
        except ApiError as error:
            return failed(action, error, record=replace(action.record, id=live.id, attributes=early, children={}))
    record, ended = write_children(tools, action.changes, record=replace(action.record, id=live.id), before=None)
    if ended:
        return failed(action, ended, record=record)
    return done(action, record=record, unsettled=unsettled(kind, action.body, live))


def _moved(tools: Tools, kind: Kind, action: Action, live: Live) -> str:
    """Which fields that this action writes are not any more as the plan saw them; '' where all are."""
    moved = []
    for field, presumed in action.presumed.items():
        now = canonical(kind, field, live.attributes.get(field), name=live.address.name)
        if not same(sealed(now, tools.key), sealed(presumed, tools.key)):
            moved.append(field)
    return ", ".join(moved)


def _reread(tools: Tools, kind: Kind, action: Action) -> Live | None:
    """The resource as it is now (None: gone). Conflict or Refused where it is not what the plan saw, or people are in it."""
    try:
        live = fetch(tools.writer, kind, action.id or "", tools.kinds, with_children=action.action == "delete" and bool(kind.children))
    except (Unauthorized, Forbidden):
        raise
    except ApiError as error:
        raise Conflict(f"it could not be read before the write, and nothing was sent: {error.message}", hint=error.hint) from error
    if live is None:
        return None
    if live.address.name != action.live_name:
        raise Conflict(f"it was renamed to {live.address.name!r} since the plan was made", hint=PLAN_AGAIN)
    moved = _moved(tools, kind, action, live)
    if moved:
        raise Conflict(f"{moved} changed since the plan was made", hint=PLAN_AGAIN)
    if live.session is not None and action.disturbs and not {action.address, live.address} & set(tools.allow_live):
        raise Refused("a session is live in it", hint=f"wait until it ends, or consent with --allow-live {shlex.quote(str(live.address))}")
    return live


def _renamed(kind: Kind, action: Action, live: Live, record: Applied, before: Applied | None) -> tuple[Applied, tuple[FieldChange, ...]]:
    """The record, and the name as unsettled where the Space has another one than was asked.

    A rename that was ignored is recorded under the name that stayed. A name that somebody else gave meanwhile is not: the
    record keeps its own, so that the next plan shows a rename outside and never a deletion.
    """
    if live.address.name == action.address.name:
        return record, ()
    wrong = (FieldChange(kind.key, live.address.name, action.address.name, "conflict"),)
    if not action.disturbs:
        return record, wrong
    known = before.address if before else live.address
    return replace(record, address=known, renamed_from=before.renamed_from if before else None, heading=None), wrong


def _written(tools: Tools, kind: Kind, action: Action) -> Live:
    """Re-read the resource and PUT what is to change; the answer, or what was read where nothing is."""
    live = _reread(tools, kind, action)
    if live is None:
        raise Conflict("it was deleted since the plan was made", hint=PLAN_AGAIN)
    rename = action.address.name if action.live_name != action.address.name else None
    return _put(tools, kind, live, action.body, name=rename) if action.body or rename else live


def _updated(tools: Tools, action: Action) -> Result:
    """Update, adopt or rename: a PUT where fields change, then the sub-resources."""
    kind = tools.kinds[action.address.kind]
    assert action.record is not None  # every action but a deletion has one
    try:
        answer = _written(tools, kind, action)
    except (ApiError, Conflict, Refused) as error:
        return failed(action, error)
    record, wrong_name = _renamed(kind, action, answer, action.record, action.known)
    record, ended = write_children(tools, action.changes, record=record, before=action.known)
    if ended:
        return failed(action, ended, record=record)
    return done(action, record=record, unsettled=wrong_name + unsettled(kind, action.body, answer))


def _check_children(action: Action, live: Live) -> None:
    """Conflict where sub-resources that are not ours would go with their parent."""
    ours = {one.id for ones in (action.known.children if action.known else {}).values() for one in ones}
    for field, ones in live.children.items():
        strangers = [one.id for one in ones if one.id not in ours]
        if strangers:
            raise Conflict(
                f"{count(len(strangers), field.removesuffix('s'))} that this tool did not make would go with it",
                hint=f"declare its {field} and apply, or remove them in the Space; then delete it",
            )


def _delete_again(tools: Tools, kind: Kind, action: Action, lost: ApiError) -> None:
    """A deletion whose answer was lost, once more, unless it took effect or something else is there by now."""
    try:
        there = _reread(tools, kind, action)
        if there is not None:
            _check_children(action, there)
    except (ApiError, Conflict, Refused) as error:
        raise lost from error
    if there is not None:
        with contextlib.suppress(NotFound):
            tools.writer.delete(expand(kind.item, id=there.id))


def _deleted(tools: Tools, action: Action) -> Result:
    kind = tools.kinds[action.address.kind]
    try:
        live = _reread(tools, kind, action)
        if live is not None:
            _check_children(action, live)
            try:
                tools.writer.delete(expand(kind.item, id=live.id))
            except NotFound:
                if fetch(tools.writer, kind, live.id, tools.kinds, with_children=False) is not None:
                    raise
            except ApiError as error:
                if not unknown_outcome(error):
                    raise
                _delete_again(tools, kind, action, error)
    except (ApiError, Conflict, Refused) as error:
        return failed(action, error)
    return done(action)


_CARRY: Mapping[Verb, Callable[[Tools, Action], Result]] = {
    "create": _created,
    "update": _updated,
    "adopt": _updated,
    "rename": _updated,
    "delete": _deleted,
}


def carry_out(tools: Tools, action: Action) -> Result:
    """Do what ``action`` says, as far as the Space lets it; every failure is in the Result."""
    return _CARRY[action.action](tools, action)
