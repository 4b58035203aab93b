"""Endpoints of sessions, members, events, recordings and logs, from one table."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from reconciler.localspace import api_tables, pagination
from reconciler.localspace.http import Answer, Call, Refusal, Route
from reconciler.localspace.serializers import PROJECT_FIELD, project_id, spell_instants
from reconciler.localspace.sessions import EVENT, LOG, MEMBER, RECORDING, SESSION, session_fields
from reconciler.localspace.store import Filter, Mutation, Record

_NO_ROOM = "00000000-0000-4000-8000-000000000000"  # no session has this id


def _owned(call: Call, record: Record) -> dict[str, Any]:
    times = (
        {"created_at": record.created_at, "updated_at": record.updated_at}
        if record.kind == RECORDING
        else {}
    )
    return spell_instants(
        {"id": record.id, "room_session_id": record.owner, **record.attributes, **times}, call.knobs
    )


def _event_json(call: Call, record: Record) -> dict[str, Any]:
    own = {
        "id": record.id,
        PROJECT_FIELD: project_id(call.project),
        "room_session_id": record.owner,
        **record.attributes,
        "created_at": record.created_at,
    }
    return spell_instants(own, call.knobs)


def _log_json(call: Call, record: Record) -> dict[str, Any]:
    own = {"id": record.id, **record.attributes, "created_at": record.created_at}
    own["url"] = f"{call.root}{call.path.split('/logs')[0]}/room_sessions/{own.pop('session')}"
    return spell_instants(own, call.knobs)


_SESSION_QUERY: Mapping[str, tuple[str, str, pagination.Reader]] = {
    "room_id": ("room_id", "=", pagination.identifier),
    "room_name": ("name", "=", str),
    "room_name_matches": ("name", "contains", str),
    "status": ("status", "=", pagination.one_of("in-progress", "completed")),
}
_LOG_QUERY: Mapping[str, pagination.Reader] = {
    "include_deleted": pagination.boolean,
    "created_before": pagination.instant,
    "created_on": pagination.instant,
    "created_after": pagination.instant,
}
_MEDIA_QUERY: Mapping[str, pagination.Reader] = {"media_ttl": pagination.whole(0, 2**31 - 1)}


def _record_at(kind: str, call: Call) -> Record:
    """The record of this kind in the path, or a Refusal with 404."""
    record = call.store.get(kind, call.ids["id"].lower())
    if record is None:
        raise Refusal(404)
    return record


def _list_sessions(call: Call) -> Answer:
    values = pagination.read_query(
        call,
        {**pagination.PAGING, **{name: reader for name, (_, _, reader) in _SESSION_QUERY.items()}},
    )
    if call.knobs.session_room_id != "own" and "room_id" in values:
        values["room_id"] = _NO_ROOM
    filters = [
        Filter(_SESSION_QUERY[name][0], _SESSION_QUERY[name][1], values[name])
        for name in _SESSION_QUERY
        if name in values
    ]
    return pagination.page(
        call, values, partial(session_fields, call), kind=SESSION, filters=filters
    )


def _read_session(call: Call) -> Answer:
    pagination.read_query(call, {})
    fields = session_fields(call, _record_at(SESSION, call))
    return Answer(
        200, {name: value for name, value in fields.items() if name not in api_tables.LISTED_ONLY}
    )


def _list_members(call: Call) -> Answer:
    values = pagination.read_query(call, pagination.PAGING)
    return pagination.page(
        call, values, partial(_owned, call), kind=MEMBER, owner=_record_at(SESSION, call).id
    )


def _list_events(call: Call) -> Answer:
    values = pagination.read_query(call, pagination.PAGING)
    return pagination.page(
        call, values, partial(_event_json, call), kind=EVENT, owner=_record_at(SESSION, call).id
    )


def _list_session_recordings(call: Call) -> Answer:
    values = pagination.read_query(call, {**pagination.PAGING, **_MEDIA_QUERY})
    return pagination.page(
        call, values, partial(_owned, call), kind=RECORDING, owner=_record_at(SESSION, call).id
    )


def _list_recordings(call: Call) -> Answer:
    values = pagination.read_query(call, {**pagination.PAGING, **_MEDIA_QUERY})
    return pagination.page(call, values, partial(_owned, call), kind=RECORDING)


def _read_recording(call: Call) -> Answer:
    pagination.read_query(call, _MEDIA_QUERY)
    return Answer(200, _owned(call, _record_at(RECORDING, call)))


def _delete_recording(call: Call) -> Answer:
    pagination.read_query(call, {})
    with call.store.writing() as mutations:
        recording = _record_at(RECORDING, call)
        call.store.remove(recording.id)
        mutations.append(Mutation(call.method, call.path, RECORDING, recording.id, None))
    return Answer(204)


def _list_recording_events(call: Call) -> Answer:
    values = pagination.read_query(call, pagination.PAGING)
    recording = _record_at(RECORDING, call)
    about = [Filter("room_recording_id", "=", recording.id)]
    return pagination.page(
        call, values, partial(_event_json, call), kind=EVENT, owner=recording.owner, filters=about
    )


def _list_logs(call: Call) -> Answer:
    values = pagination.read_query(call, {**pagination.PAGING, **_LOG_QUERY})
    filters = (
        [Filter("started_at", "<", values["created_before"])] if "created_before" in values else []
    )
    filters += (
        [Filter("started_at", ">=", values["created_after"])] if "created_after" in values else []
    )
    if "created_on" in values:
        day = values["created_on"][: len("2026-01-01")]
        filters += [Filter("started_at", ">=", day), Filter("started_at", "<=", f"{day}T99")]
    return pagination.page(call, values, partial(_log_json, call), kind=LOG, filters=filters)


def _read_log(call: Call) -> Answer:
    pagination.read_query(call, {})
    return Answer(200, _log_json(call, _record_at(LOG, call)))


def routes() -> list[Route]:
    """Routes of sessions, recordings and logs."""
    return [
        Route("GET", "/room_sessions", _list_sessions),
        Route("GET", "/room_sessions/{id}", _read_session),
        Route("GET", "/room_sessions/{id}/members", _list_members),
        Route("GET", "/room_sessions/{id}/events", _list_events),
        Route("GET", "/room_sessions/{id}/recordings", _list_session_recordings),
        Route("GET", "/room_recordings", _list_recordings),
        Route("GET", "/room_recordings/{id}", _read_recording),
        Route("DELETE", "/room_recordings/{id}", _delete_recording),
        Route("GET", "/room_recordings/{id}/events", _list_recording_events),
        Route("GET", "/logs", _list_logs),
        Route("GET", "/logs/{id}", _read_log),
    ]
