"""Sessions from start to end, with members, events, recordings and logs."""

import uuid
from datetime import datetime
from typing import Any

from reconciler.core.kinds import Kind
from reconciler.localspace import api_tables
from reconciler.localspace.http import Answer, Call, Refusal, Route
from reconciler.localspace.preview import SECONDS_PER_PICTURE, preview
from reconciler.localspace.serializers import inner_id, spell_instants
from reconciler.localspace.store import Filter, Record
from reconciler.localspace.timestamps import stored

SESSION, MEMBER, EVENT, RECORDING, LOG = (
    "room_session",
    "room_session_member",
    "room_session_event",
    "room_recording",
    "log",
)
LIVE = Filter("status", "=", "in-progress")
# No file is made: a recording's size is what one of its length would have at 1 Mbit/s.
_BYTES_PER_SECOND = 125_000


def _event(call: Call, session: Record, name: str, **about: str) -> None:
    attributes = {
        "room_id": session.attributes["room_id"],
        "level": "info",
        "name": name,
        "payload": {},
        **about,
    }
    call.store.insert(
        EVENT, call.store.fresh(call.knobs.seed), attributes, now=call.now, owner=session.id
    )


def join(call: Call, session: Record, name: str, *, id_: str | None = None) -> Record:
    """Record that a member joins now. Call it while writing; ``id_`` is the member's id if it has one already."""
    attributes = {
        "name": name,
        "join_time": stored(call.now),
        "leave_time": None,
        "duration": None,
        "cost_in_dollars": 0.0,
    }
    member = call.store.insert(
        MEMBER,
        id_ or call.store.fresh(call.knobs.seed),
        attributes,
        now=call.now,
        owner=session.id,
    )
    _event(call, session, "member.joined", room_participant_id=member.id)
    return member


def leave(call: Call, session: Record, member: Record) -> None:
    """Record that a member leaves now; nothing if it left before. Call it while writing."""
    if member.attributes["leave_time"] is None:
        _with_end(call, member, "join_time", "leave_time")
        _event(call, session, "member.left", room_participant_id=member.id)


def begin_recording(call: Call, session: Record, *, id_: str | None = None) -> Record:
    """Record the start of a recording. Call it while writing."""
    attributes = {
        "status": "recording",
        "started_at": stored(call.now),
        "finished_at": None,
        "duration": None,
        "size_in_bytes": None,
        "format": "video/mp4",
        "cost_in_dollars": 0.0,
        "uri": None,
    }
    recording = call.store.insert(
        RECORDING,
        id_ or call.store.fresh(call.knobs.seed),
        attributes,
        now=call.now,
        owner=session.id,
    )
    _event(call, session, "recording.started", room_recording_id=recording.id)
    return recording


def end_recording(call: Call, session: Record, recording: Record) -> None:
    """Complete a recording; nothing if it was completed before. Call it while writing."""
    if recording.attributes["finished_at"] is None:
        ended = _with_end(call, recording, "started_at", "finished_at", status="completed")
        size = ended.attributes["duration"] * _BYTES_PER_SECOND
        call.store.replace(ended, {**ended.attributes, "size_in_bytes": size}, now=call.now)
        _event(call, session, "recording.ended", room_recording_id=recording.id)


def _log(call: Call, kind: Kind, session: Record) -> None:
    attributes = {
        "source": "realtime_api",
        "type": api_tables.LOG_TYPES.get(kind.collection, api_tables.LOG_TYPE),
        "room_name": session.attributes["name"],
        "status": "in-progress",
        "locked": False,
        "started_at": stored(call.now),
        "ended_at": None,
        "charge": 0.0,
        "charge_details": [],
        "session": session.id,
    }
    call.store.insert(LOG, call.store.fresh(call.knobs.seed), attributes, now=call.now)


def room_id_of(kind: Kind, room: Record) -> str:
    """The id by which sessions name the room: the last of those that the kind lists."""
    field = kind.session_ids[-1]
    return room.id if field == "id" else inner_id(room, field)


def start(call: Call, kind: Kind, room: Record, *, members: int) -> Record:
    """Start a session of ``room``. Call it while writing; ValueError if a session is live."""
    room_id = room_id_of(kind, room)
    if call.store.page(SESSION, filters=[LIVE, Filter("room_id", "=", room_id)]):
        raise ValueError(f"{kind.name}/{room.name} already has a live session")
    inherited = {
        field: room.attributes.get(field, value) for field, value in api_tables.INHERITED.items()
    }
    inherited |= {"enable_room_previews": bool(inherited["enable_room_previews"])}
    attributes = {
        "room_id": room_id,
        "name": room.name,
        **inherited,
        **api_tables.SESSION_START,
        "start_time": stored(call.now),
    }
    session = call.store.insert(
        SESSION, call.store.fresh(call.knobs.seed), attributes, now=call.now
    )
    _event(call, session, "room.started")
    for number in range(1, members + 1):
        join(call, session, f"member-{number}")
    if attributes["record_on_start"]:
        begin_recording(call, session)
    _log(call, kind, session)
    return session


def _with_end(call: Call, record: Record, begun: str, ended: str, **more: Any) -> Record:
    """The record with its end, and its duration in whole seconds."""
    seconds = int((call.now - datetime.fromisoformat(record.attributes[begun])).total_seconds())
    duration = {"duration": max(seconds, 0)} if "duration" in record.attributes else {}
    return call.store.replace(
        record, {**record.attributes, ended: stored(call.now), **duration, **more}, now=call.now
    )


def end(call: Call, session: Record) -> None:
    """End a live session with its members, recordings and log. Call it while writing."""
    for member in call.store.page(MEMBER, owner=session.id):
        leave(call, session, member)
    for recording in call.store.page(RECORDING, owner=session.id):
        end_recording(call, session, recording)
    for log in call.store.page(LOG, filters=[Filter("session", "=", session.id)]):
        _with_end(call, log, "started_at", "ended_at", status="completed")
    _event(call, session, "room.ended")
    _with_end(call, session, "start_time", "end_time", status="completed")


def end_of_room(call: Call, room_id: str) -> None:
    """End the live session of a room before its deletion. Call it while writing."""
    for session in call.store.page(SESSION, filters=[LIVE, Filter("room_id", "=", room_id)]):
        end(call, session)


def live_by_room(call: Call) -> dict[str, Record]:
    """Live sessions by the id of their room."""
    return {
        session.attributes["room_id"]: session
        for session in call.store.page(SESSION, filters=[LIVE])
    }


def previewed(session: Record) -> bool:
    """Whether the session has a preview now."""
    return bool(
        session.attributes["enable_room_previews"] and session.attributes["status"] == "in-progress"
    )


def session_fields(call: Call, session: Record) -> dict[str, Any]:
    """All fields of the session as JSON. The preview's URL is on this server."""
    preview = f"{call.root}/previews/{session.id}.webp" if previewed(session) else None
    other = {
        "own": session.attributes["room_id"],
        "null": None,
        "other": str(uuid.uuid5(uuid.NAMESPACE_OID, session.id)),
    }
    own = {
        "id": session.id,
        **session.attributes,
        "room_id": other[call.knobs.session_room_id],
        "preview_url": preview,
        "created_at": session.created_at,
        "updated_at": session.updated_at,
    }
    return spell_instants(own, call.knobs)


def active_session(call: Call, session: Record) -> dict[str, Any]:
    """The session within the JSON of its room or conference, without unset fields."""
    fields = session_fields(call, session)
    present = {name: fields[name] for name in api_tables.ACTIVE_SESSION if fields[name] is not None}
    synced = session.attributes["sync_audio_video"]
    return present if synced is None else {**present, "audio_video_sync": synced}


def _preview(call: Call) -> Answer:
    session = call.store.get(SESSION, call.ids["id"].lower())
    if session is None or not previewed(session):
        raise Refusal(404)
    composed = call.picture(session.id) if call.picture else None
    if composed is not None:
        return Answer(200, composed, {"Cache-Control": "no-store"}, "image/webp")
    people = len(call.store.page(MEMBER, owner=session.id, limit=10))
    picture = int(call.now.timestamp()) // SECONDS_PER_PICTURE
    return Answer(
        200, preview(session.id, people, picture), {"Cache-Control": "no-store"}, "image/webp"
    )


def preview_route() -> Route:
    """Route of previews. It takes no credentials, as a browser has none; session ids are secret."""
    return Route("GET", "/previews/{id}.webp", _preview)
