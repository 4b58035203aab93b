"""Carry out one Action: re-read, write, hold the answer against what was asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.apply.bodies import create_body, late_fields, unsettled, update_body
from reconciler.apply.children import write_children
from reconciler.apply.results import Conflict, Result, done, failed, unknown_outcome
from reconciler.core.canon import canonical, same, sealed
from reconciler.core.diff import MISSING_VALUE, value_at
from reconciler.core.errors import ApiError, NotFound, Refused
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.model import Action, Applied, FieldChange, Live, Verb
from reconciler.space import Writer, as_live, expand, fetch, find

PLAN_AGAIN = "plan again and look at what changed"


@dataclass(frozen=True, slots=True)
class Tools:
    """What an action is carried out with: the writing client, the kinds, the state's key, and the consent."""

    writer: Writer
    kinds: Kinds
    key: bytes
    allow_live: bool = False


def _settled(kind: Kind, asked: Mapping[str, Any], live: Live | None) -> bool:
    return live is not None and not unsettled(kind, asked, live)


def _post(tools: Tools, kind: Kind, action: Action) -> Live:
    """Create, once. Where the answer was lost, what bears the name now is ours only if it is exactly what was sent."""
    body = create_body(kind, action)
    try:
        return as_live(kind, tools.writer.post(kind.collection, body), request=f"POST {kind.collection}")
    except ApiError as error:
        if not unknown_outcome(error):
            raise
        found = find(tools.writer, kind, action.address.name, tools.kinds)
        sent = {field: value for field, value in body.items() if field in kind.attributes}
        if found is None or not _settled(kind, sent, found):
            raise
        return found


def _put(tools: Tools, kind: Kind, live: Live, fields: Mapping[str, Any], *, name: str | None = None) -> Live:
    """Update; where the answer was lost, look, and repeat once what did not take."""
    path = expand(kind.item, id=live.id)
    try:
        return as_live(kind, tools.writer.put(path, update_body(kind, live, fields, name=name)), request=f"PUT {path}")
    except ApiError as error:
        if not unknown_outcome(error):
            raise
        there = fetch(tools.writer, kind, live.id, tools.kinds, with_children=False)
        if there is None:
            raise
        if _settled(kind, fields, there) and (name is None or there.address.name == name):
            return there
        return as_live(kind, tools.writer.put(path, update_body(kind, there, fields, name=name)), request=f"PUT {path}")


def _created(tools: Tools, action: Action) -> Result:
    kind = tools.kinds[action.address.kind]
    assert action.record is not None  # every action but a deletion has one
    late = late_fields(kind, action)
    try:
        live = _post(tools, kind, action)
    except ApiError as error:
        return failed(action, error)
    early = {field: value for field, value in action.record.attributes.items() if field not in late}
    record = replace(action.record, id=live.id, attributes=early, children={})
    if late:
        try:
            live = _put(tools, kind, live, late)
        except ApiError as error:
            return failed(action, error, record=record)
    record = replace(action.record, id=live.id)
    record, ended = write_children(tools.writer, tools.kinds, action.changes, record=record, before=None, key=tools.key)
    if ended:
        return failed(action, ended, record=record)
    return done(action, record=record, unsettled=unsettled(kind, action.body, live))


def _moved(tools: Tools, kind: Kind, action: Action, live: Live) -> str:
    """What of the fields that this action writes is not any more what the plan saw; '' where all is."""
    moved = []
    for change in action.changes:
        if change.child is not None or change.path == kind.key:
            continue
        there = canonical(kind, change.field, live.attributes.get(change.field), name=live.address.name)
        now = value_at(there, change.steps)
        if not same(sealed(None if now is MISSING_VALUE else now, tools.key), sealed(change.before, tools.key)):
            moved.append(change.path)
    return ", ".join(moved)


def _reread(tools: Tools, kind: Kind, action: Action) -> Live | None:
    """The resource as it is now (None: gone). Conflict or Refused where it is not what the plan saw, or people are in it."""
    live = fetch(tools.writer, kind, action.id or "", tools.kinds, with_children=False)
    if live is None:
        return None
    if live.address.name != action.live_name:
        raise Conflict(f"it was renamed to {live.address.name!r} since the plan was made", hint=PLAN_AGAIN)
    moved = _moved(tools, kind, action, live)
    if moved:
        raise Conflict(f"{moved} changed since the plan was made", hint=PLAN_AGAIN)
    if live.session is not None and action.action in ("rename", "delete") and not tools.allow_live:
        raise Refused("a session is live in it", hint="wait until it ends, or consent with --allow-live")
    return live


def _renamed(kind: Kind, action: Action, live: Live, record: Applied, before: Applied | None) -> tuple[Applied, tuple[FieldChange, ...]]:
    """The record under the name that the Space gives, and the name as unsettled where that is not what was asked."""
    if live.address.name == action.address.name:
        return record, ()
    kept = replace(record, address=live.address, renamed_from=before.renamed_from if before else None, heading=None)
    return kept, (FieldChange(kind.key, live.address.name, action.address.name, "conflict"),)


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
    record, ended = write_children(tools.writer, tools.kinds, action.changes, record=record, before=action.known, key=tools.key)
    if ended:
        return failed(action, ended, record=record)
    return done(action, record=record, unsettled=wrong_name + unsettled(kind, action.body, answer))


def _delete(tools: Tools, path: str) -> None:
    """Delete; a lost answer is asked for again, and what is gone is done."""
    try:
        tools.writer.delete(path)
    except NotFound:
        return
    except ApiError as error:
        if not unknown_outcome(error):
            raise
        try:
            tools.writer.delete(path)
        except NotFound:
            return


def _deleted(tools: Tools, action: Action) -> Result:
    kind = tools.kinds[action.address.kind]
    try:
        live = _reread(tools, kind, action)
        if live is not None:
            _delete(tools, expand(kind.item, id=live.id))
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
