"""The interface of calls to the Space: the room of a token, and the start, members and end of a
session.
"""

import hmac
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reconciler.core.kinds import Kind, Kinds
from reconciler.core.named_tuple import NamedTuple
from reconciler.localspace import api_tables, sessions, tokens
from reconciler.localspace.http import Call
from reconciler.localspace.jwt import read_token
from reconciler.localspace.store import Filter, Record

# Marks: a session that calls began, and a room that a token made. They are shown nowhere.
_HOSTED, _MADE = "hosted_session", "made_room"


class Place(NamedTuple):
    """A room or conference that can be joined, with its present record."""

    kind: Kind
    id: str
    name: str
    attributes: Mapping[str, Any]


class Hosted(NamedTuple):
    """A session with real members. ``recording`` is the id of the recording that
    started with it.
    """

    id: str
    display_name: str
    layout: str
    previewed: bool
    prioritize_handraise: bool
    recording: str | None


def _place(kind: Kind, record: Record) -> Place:
    name = record.name or ""
    shown = {
        field: record.attributes.get(field, kind.default(field, name)) for field in kind.attributes
    }
    return Place(kind, record.id, name, shown)


class Attendance:
    """Reads and writes of calls in the Space. Several threads may use it at once."""

    def __init__(
        self, kinds: Kinds, call: Callable[[], Call], credentials: tuple[str, str] | None
    ) -> None:
        self._kinds = kinds
        self._call = call
        self._joinable = sorted(
            (kind for kind in kinds.values() if kind.session and kind.session_told),
            key=lambda kind: kind.collection,
            reverse=True,
        )
        self._credentials = credentials
        self.project = credentials[0] if credentials else None

    def now(self) -> float:
        """The Space's time in Unix seconds."""
        return self._call().now.timestamp()

    def admits(self, project: str, token: str) -> bool:
        """Whether this is the project and API token of the Space."""
        wanted = self._credentials or (project, token)
        same = [
            hmac.compare_digest(one.encode(), other.encode())
            for one, other in zip((project, token), wanted, strict=True)
        ]
        return bool(project and token and all(same))

    def fresh(self) -> str:
        """A new id."""
        call = self._call()
        with call.store.writing():
            return call.store.fresh(call.knobs.seed)

    def claims(self, token: str, *, user: str | None = None) -> dict[str, Any]:
        """The claims of a token: a room token signed by this Space, or a conference's own
        token. ValueError if it is neither, or has expired.
        """
        call = self._call()
        if token.startswith(tokens.PREFIX):
            return tokens.conference_claims(self._kinds, call, token, user)
        with call.store.writing():
            key = tokens.signing_key(call)
        claims = read_token(token, key)
        if self.project not in (None, claims.get("sub")):
            raise ValueError("the token is of another project")
        if claims.get("exp") is not None and claims["exp"] <= call.now.timestamp():
            raise ValueError("the token has expired")
        return claims

    def place(self, claims: Mapping[str, Any]) -> Place | None:
        """The room of these claims, created now if the token allows it; None if there is no such
        room.
        """
        call = self._call()
        with call.store.writing():
            for kind in self._joinable:
                record = call.store.named(kind.name, str(claims.get("r")))
                if record is not None and claims.get("room_id") in (None, record.id):
                    return _place(kind, record)
            return self._made(call, claims) if claims.get("acr") else None

    def _made(self, call: Call, claims: Mapping[str, Any]) -> Place:
        """Create the room of a token; it is deleted with its session."""
        kind = next(
            kind for kind in self._joinable if kind.collection in api_tables.JOINED.values()
        )
        name = str(claims["r"])
        attributes = {field: kind.default(field, name) for field in kind.attributes}
        asked = {
            "display_name": claims.get("room_display_name"),
            "enable_room_previews": claims.get("enable_room_previews"),
        }
        attributes |= {
            field: value
            for field, value in asked.items()
            if value is not None and field in attributes
        }
        record = call.store.insert(
            kind.name, call.store.fresh(call.knobs.seed), attributes, now=call.now, name=name
        )
        call.store.insert(
            _MADE, call.store.fresh(call.knobs.seed), {}, now=call.now, owner=record.id
        )
        return _place(kind, record)

    def begin(self, place: Place) -> Hosted:
        """The live session of the room, started now if there is none. LookupError if the room was
        deleted.
        """
        call = self._call()
        with call.store.writing():
            record = call.store.get(place.kind.name, place.id)
            if record is None:
                raise LookupError(place.name)
            live = call.store.page(
                sessions.SESSION, filters=[sessions.LIVE, Filter("room_id", "=", record.id)]
            )
            session = live[0] if live else sessions.start(call, place.kind, record, members=0)
            if not live:
                call.store.insert(
                    _HOSTED, call.store.fresh(call.knobs.seed), {}, now=call.now, owner=session.id
                )
            recordings = call.store.page(
                sessions.RECORDING, owner=session.id, filters=[Filter("status", "=", "recording")]
            )
        return Hosted(
            session.id,
            session.attributes["display_name"] or place.name,
            session.attributes["layout"] or "grid-responsive",
            sessions.previewed(session),
            bool(session.attributes["prioritize_handraise"]),
            recordings[0].id if recordings else None,
        )

    def join(self, session_id: str, member_id: str, name: str) -> None:
        """Record that a member joined the session."""
        call = self._call()
        with call.store.writing():
            session = call.store.get(sessions.SESSION, session_id)
            if session is not None:
                sessions.join(call, session, name, id_=member_id)

    def leave(self, session_id: str, member_id: str) -> None:
        """Record that a member left the session."""
        call = self._call()
        with call.store.writing():
            session, member = (
                call.store.get(sessions.SESSION, session_id),
                call.store.get(sessions.MEMBER, member_id),
            )
            if session is not None and member is not None:
                sessions.leave(call, session, member)

    def note(self, session_id: str, fields: Mapping[str, Any]) -> None:
        """Update fields of the session."""
        call = self._call()
        with call.store.writing():
            session = call.store.get(sessions.SESSION, session_id)
            if session is not None:
                call.store.replace(session, {**session.attributes, **fields}, now=call.now)

    def record(self, session_id: str, recording_id: str, status: str) -> None:
        """Record that a recording started, was paused, continued or was completed."""
        call = self._call()
        with call.store.writing():
            session, recording = (
                call.store.get(sessions.SESSION, session_id),
                call.store.get(sessions.RECORDING, recording_id),
            )
            if session is None:
                return
            if recording is None:
                sessions.begin_recording(call, session, id_=recording_id)
            elif status == "completed":
                sessions.end_recording(call, session, recording)
            else:
                call.store.replace(
                    recording, {**recording.attributes, "status": status}, now=call.now
                )

    def end(self, session_id: str) -> None:
        """No member of the calls is left in the session: it ends, unless it was started by
        request.
        """
        call = self._call()
        with call.store.writing():
            session = call.store.get(sessions.SESSION, session_id)
            if session is not None and call.store.page(_HOSTED, owner=session.id):
                self._finish(call, session)

    def _finish(self, call: Call, session: Record) -> None:
        """End it. A room that a token created is deleted, unless it was changed since."""
        if session.attributes["status"] == "in-progress":
            sessions.end(call, session)
        for mark in call.store.page(_HOSTED, owner=session.id):
            call.store.remove(mark.id)
        room_id = session.attributes["room_id"]
        for mark in call.store.page(_MADE, owner=room_id):
            call.store.remove(mark.id)
            rooms = (call.store.get(kind.name, room_id) for kind in self._joinable)
            if any(room is not None and room.updated_at == room.created_at for room in rooms):
                call.store.remove(room_id)

    def end_left_over(self) -> None:
        """End the sessions of a stopped server: they have no members."""
        call = self._call()
        with call.store.writing():
            for mark in call.store.page(_HOSTED):
                session = call.store.get(sessions.SESSION, mark.owner or "")
                if session is not None:
                    self._finish(call, session)

    def live(self, session_ids: Iterable[str]) -> set[str]:
        """The sessions that continue: a session is over if its room was deleted or it was ended
        by request.
        """
        call = self._call()
        found = (call.store.get(sessions.SESSION, id_) for id_ in session_ids)
        return {
            session.id
            for session in found
            if session is not None and session.attributes["status"] == "in-progress"
        }
