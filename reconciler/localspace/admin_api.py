"""Control API for demos and tests: sessions, fields and settings."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from reconciler.core.kinds import Kinds
from reconciler.localspace import sessions
from reconciler.localspace.http import Answer, Call, FieldError, Refusal, Route, document
from reconciler.localspace.settings import Settings
from reconciler.localspace.store import Record

_MOST_MEMBERS = 1000


def _complaint(attribute: str, message: str) -> Refusal:
    return Refusal(422, [FieldError("invalid_parameter", attribute, message)])


def _session_request(body: Mapping[str, Any]) -> tuple[str, str, int]:
    """Kind, name and members in the body. Raises a Refusal for an invalid one."""
    for unknown in body.keys() - {"kind", "name", "members"}:
        raise _complaint(unknown, f"{unknown} is not a parameter of this request")
    kind, name, members = body.get("kind"), body.get("name"), body.get("members", 1)
    if not isinstance(kind, str) or not isinstance(name, str):
        raise _complaint("name", "kind and name say which resource, in text")
    if (
        isinstance(members, bool)
        or not isinstance(members, int)
        or not 0 <= members <= _MOST_MEMBERS
    ):
        raise _complaint("members", f"members is a whole number from 0 to {_MOST_MEMBERS}")
    return kind, name, members


def begin_session(kinds: Kinds, call: Call, *, kind: str, name: str, members: int) -> Record:
    """Start a session of the resource of this kind and name.

    Raises LookupError if there is no such resource, ValueError if a session is live already.
    """
    if kind not in kinds or not kinds[kind].session:
        raise LookupError(f"{kind} is not a kind that has sessions")
    with call.store.writing():
        room = call.store.named(kind, name)
        if room is None:
            raise LookupError(f"{kind}/{name} does not exist")
        return sessions.start(call, kinds[kind], room, members=members)


def finish_session(call: Call, session_id: str) -> None:
    """End a live session; an ended one stays as it is. Raises LookupError for an unknown id."""
    with call.store.writing():
        session = call.store.get(sessions.SESSION, session_id.lower())
        if session is None:
            raise LookupError(f"no session {session_id}")
        if session.attributes["status"] == "in-progress":
            sessions.end(call, session)


def _start(kinds: Kinds, call: Call) -> Answer:
    kind, name, members = _session_request(document(call))
    try:
        session = begin_session(kinds, call, kind=kind, name=name, members=members)
    except LookupError as error:
        raise Refusal(404) from error
    except ValueError as error:
        raise _complaint("name", str(error)) from error
    return Answer(201, sessions.session_fields(call, session))


def _end(call: Call) -> Answer:
    try:
        finish_session(call, call.ids["id"])
    except LookupError as error:
        raise Refusal(404) from error
    return Answer(204)


def set_fields(
    kinds: Kinds, call: Call, *, kind: str, name: str, fields: Mapping[str, Any]
) -> None:
    """Set fields that no request can set. Raises LookupError if there is no such resource."""
    with call.store.writing():
        record = call.store.named(kind, name) if kind in kinds else None
        if record is None:
            raise LookupError(f"{kind}/{name} does not exist")
        call.store.replace(record, {**record.attributes, **fields}, now=call.now)


def _set_fields(kinds: Kinds, call: Call) -> Answer:
    body = document(call)
    for unknown in body.keys() - {"kind", "name", "fields"}:
        raise _complaint(unknown, f"{unknown} is not a parameter of this request")
    kind, name, fields = body.get("kind"), body.get("name"), body.get("fields")
    if not isinstance(kind, str) or not isinstance(name, str) or not isinstance(fields, dict):
        raise _complaint("fields", "kind and name say which resource, fields what it is to have")
    try:
        set_fields(kinds, call, kind=kind, name=name, fields=fields)
    except LookupError as error:
        raise Refusal(404) from error
    return Answer(204)


def _show_settings(call: Call) -> Answer:
    return Answer(200, call.knobs.to_json())


def _set_settings(set_settings: Callable[[Settings], None], call: Call) -> Answer:
    body = document(call)
    try:
        knobs = Settings.from_json(body)
    except (ValueError, TypeError) as error:
        raise _complaint("knobs", str(error)) from error
    set_settings(knobs)
    return Answer(200, knobs.to_json())


def routes(kinds: Kinds, set_settings: Callable[[Settings], None]) -> list[Route]:
    """Routes of the control API. ``set_settings`` replaces the settings."""
    return [
        Route("POST", "/control/sessions", partial(_start, kinds)),
        Route("DELETE", "/control/sessions/{id}", _end),
        Route("PUT", "/control/fields", partial(_set_fields, kinds)),
        Route("GET", "/control/knobs", _show_settings),
        Route("PUT", "/control/knobs", partial(_set_settings, set_settings)),
    ]
