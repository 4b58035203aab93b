"""Sessions, from their start to their end, with their members, events, recordings and logs; the control API starts and ends them."""

from datetime import datetime
from typing import Any

from reconciler.core.kinds import Kind
from reconciler.localspace import published
from reconciler.localspace.answers import spell_instants
from reconciler.localspace.calls import Answer, Call, Refusal, Route
from reconciler.localspace.instants import stored
from reconciler.localspace.preview import SECONDS_PER_PICTURE, preview
from reconciler.localspace.store import Filter, Record

SESSION, MEMBER, EVENT, RECORDING, LOG = "room_session", "room_session_member", "room_session_event", "room_recording", "log"
LIVE = Filter("status", "=", "in-progress")
# No file is made: a recording's size is what one of its length would have at 1 Mbit/s.
_BYTES_PER_SECOND = 125_000


def _event(call: Call, session: Record, name: str, **about: str) -> None:
    attributes = {"room_id": session.attributes["room_id"], "level": "info", "name": name, "payload": {}, **about}
    call.store.insert(EVENT, call.store.fresh(call.knobs.seed), attributes, now=call.now, owner=session.id)


def join(call: Call, session: Record, name: str, *, id_: str | None = None) -> Record:
    """A member of this name joins now. To be called while writing; ``id_`` is the member's own, where it has one already."""
    attributes = {"name": name, "join_time": stored(call.now), "leave_time": None, "duration": None, "cost_in_dollars": 0.0}
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
    """A member leaves now; one who has left stays as it is. To be called while writing."""
    if member.attributes["leave_time"] is None:
        _closed(call, member, "join_time", "leave_time")
        _event(call, session, "member.left", room_participant_id=member.id)


def begin_recording(call: Call, session: Record, *, id_: str | None = None) -> Record:
    """A recording begins. To be called while writing."""
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
    """A recording is completed; one that was stays as it is. To be called while writing."""
    if recording.attributes["finished_at"] is None:
        ended = _closed(call, recording, "started_at", "finished_at", status="completed")
        size = ended.attributes["duration"] * _BYTES_PER_SECOND
        call.store.replace(ended, {**ended.attributes, "size_in_bytes": size}, now=call.now)
        _event(call, session, "recording.ended", room_recording_id=recording.id)


def _log(call: Call, kind: Kind, session: Record) -> None:
    attributes = {
        "source": "realtime_api",
        "type": published.LOG_TYPES.get(kind.collection, published.LOG_TYPE),
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


def start(call: Call, kind: Kind, room: Record, *, members: int) -> Record:
    """Start a session of ``room`` with so many members. To be called while writing; ValueError where one is live already."""
    if call.store.page(SESSION, filters=[LIVE, Filter("room_id", "=", room.id)]):
        raise ValueError(f"{kind.name}/{room.name} already has a live session")
    inherited = {field: room.attributes.get(field, value) for field, value in published.INHERITED.items()}
    inherited |= {"enable_room_previews": bool(inherited["enable_room_previews"])}
    attributes = {"room_id": room.id, "name": room.name, **inherited, **published.SESSION_START, "start_time": stored(call.now)}
    session = call.store.insert(SESSION, call.store.fresh(call.knobs.seed), attributes, now=call.now)
    _event(call, session, "room.started")
    for number in range(1, members + 1):
        join(call, session, f"member-{number}")
    if attributes["record_on_start"]:
        begin_recording(call, session)
    _log(call, kind, session)
    return session


def _closed(call: Call, record: Record, begun: str, ended: str, **more: Any) -> Record:
    """The record with its end and its duration in whole seconds."""
    seconds = int((call.now - datetime.fromisoformat(record.attributes[begun])).total_seconds())
    duration = {"duration": max(seconds, 0)} if "duration" in record.attributes else {}
    return call.store.replace(record, {**record.attributes, ended: stored(call.now), **duration, **more}, now=call.now)


def end(call: Call, session: Record) -> None:
    """End a live session: its members leave, its recordings and its log are completed. To be called while writing."""
    for member in call.store.page(MEMBER, owner=session.id):
        leave(call, session, member)
    for recording in call.store.page(RECORDING, owner=session.id):
        end_recording(call, session, recording)
    for log in call.store.page(LOG, filters=[Filter("session", "=", session.id)]):
        _closed(call, log, "started_at", "ended_at", status="completed")
    _event(call, session, "room.ended")
    _closed(call, session, "start_time", "end_time", status="completed")


def end_of_room(call: Call, room_id: str) -> None:
    """End the live session of a room that is about to be deleted, if it has one. To be called while writing."""
    for session in call.store.page(SESSION, filters=[LIVE, Filter("room_id", "=", room_id)]):
        end(call, session)


def live_by_room(call: Call) -> dict[str, Record]:
    """The live sessions by the id of their room."""
    return {session.attributes["room_id"]: session for session in call.store.page(SESSION, filters=[LIVE])}


def previewed(session: Record) -> bool:
    """Whether the session has a preview now."""
    return bool(session.attributes["enable_room_previews"] and session.attributes["status"] == "in-progress")


def session_fields(call: Call, session: Record) -> dict[str, Any]:
    """The session with all its fields, spelled; its preview's URL is on this server."""
    preview = f"{call.root}/previews/{session.id}.webp" if previewed(session) else None
    own = {
        "id": session.id,
        **session.attributes,
        "preview_url": preview,
        "created_at": session.created_at,
        "updated_at": session.updated_at,
    }
    return spell_instants(own, call.knobs)


def active_session(call: Call, session: Record) -> dict[str, Any]:
    """The session as a room's or conference's answer holds it; there nothing is null, and what is not known is left out."""
    fields = session_fields(call, session)
    shown = {name: fields[name] for name in published.ACTIVE_SESSION if fields[name] is not None}
    synced = session.attributes["sync_audio_video"]
    return shown if synced is None else {**shown, "audio_video_sync": synced}


def _preview(call: Call) -> Answer:
    session = call.store.get(SESSION, call.ids["id"].lower())
    if session is None or not previewed(session):
        raise Refusal(404)
    composed = call.picture(session.id) if call.picture else None
    if composed is not None:
        return Answer(200, composed, {"Cache-Control": "no-store"}, "image/webp")
    people = len(call.store.page(MEMBER, owner=session.id, limit=10))
    picture = int(call.now.timestamp()) // SECONDS_PER_PICTURE
    return Answer(200, preview(session.id, people, picture), {"Cache-Control": "no-store"}, "image/webp")


def preview_route() -> Route:
    """Where a session's preview is seen, without credentials as a browser has none; nobody guesses the session's id."""
    return Route("GET", "/previews/{id}.webp", _preview)
