"""Connected clients with their calls, and the ids that the vendor's SDK expects."""

import hashlib
import queue
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.calls.room.entering import media_ways
from reconciler.calls.room.model import Event, Member
from reconciler.core.deferred_dataclass import dataclass, field

NODE = "local"
Message = dict[str, Any]
_CLOSE = None


@dataclass(slots=True)
class Leg:
    """One call of a client, for one member of a session. ``active`` after it was
    answered.
    """

    call_id: str
    session_id: str
    member_id: str
    child: bool = False
    active: bool = False


class Outbox:
    """The send queue of one socket, in order. Its own thread writes the messages, so that a slow
    reader does not block a room.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Message | None] = queue.SimpleQueue()

    def put(self, message: Message) -> None:
        """Add a message to the queue."""
        self._queue.put(message)

    def close(self) -> None:
        """Send the queued messages, then close."""
        self._queue.put(_CLOSE)

    def drain(self, send: Callable[[Message], None]) -> None:
        """Send messages from the queue until it is closed."""
        while (message := self._queue.get()) is not _CLOSE:
            send(message)


@dataclass(slots=True)
class Client:
    """A page or program that is connected, or was until recently. ``claims`` are those of its
    token; None for a server-side one.

    ``root`` is the origin that it connected to; ``channels`` are the subscriptions of a
    server-side one.
    """

    protocol: str
    signature: str
    claims: Mapping[str, Any] | None
    root: str
    project: str
    legs: dict[str, Leg] = field(default_factory=dict)
    channels: dict[str, frozenset[str]] = field(default_factory=dict)
    outbox: Outbox | None = None
    closed_at: float | None = None

    def send(self, message: Message) -> None:
        """Send a message if the client is connected."""
        if self.outbox is not None:
            self.outbox.put(message)

    def tell(self, event: Event) -> None:
        """Send an event."""
        self.send(_event_message(self.project, event))

    def call(self, method: str, params: Mapping[str, Any]) -> None:
        """Send a request about a call."""
        inner = {"jsonrpc": "2.0", "id": str(uuid.uuid4()), "method": method, "params": params}
        self.tell(Event("webrtc.message", inner))

    def own_leg(self, session_id: str | None = None) -> Leg | None:
        """The newest call of the person, not of a screen or
        device.
        """
        own = [
            leg
            for leg in self.legs.values()
            if not leg.child and session_id in (None, leg.session_id)
        ]
        return own[-1] if own else None


def _event_message(project: str, event: Event) -> Message:
    """An event in its envelope."""
    about = {
        "event_type": event.type,
        "event_channel": f"room.{event.params.get('room_session_id', '')}",
        "timestamp": time.time(),
        "project_id": project,
        "node_id": NODE,
        "params": event.params,
    }
    return {
        "jsonrpc": "2.0",
        "id": str(uuid.uuid4()),
        "method": "signalwire.event",
        "params": about,
    }


def signature_of(token: str) -> str:
    """A digest in place of a token. It has no underscore, because the SDK splits at
    it.
    """
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def new_protocol(signature: str) -> str:
    """A random name that identifies a client when it reconnects."""
    return f"signalwire_{signature}_{uuid.uuid4()}_{NODE}"


def authorization(
    client: Client, room: Mapping[str, Any] | None, member: Member | None
) -> dict[str, Any]:
    """The permissions of a client in the SDK's form: those of its token, or of a later
    promotion or demotion.
    """
    claims = client.claims or {}
    scopes = list(member.scopes if member is not None else claims.get("s") or ())
    audio, video = media_ways(claims) if member is None else (member.audio, member.video)
    joined_as = claims.get("ja") or "member"
    if member is not None:
        joined_as = member.promised or ("audience" if member.audience else "member")
    known = room or {"name": claims.get("r"), "display_name": claims.get("r"), "meta": {}}
    return {
        "type": "video",
        "project": client.project,
        "project_id": client.project,
        "scope_id": client.signature,
        "scopes": ["video"],
        "resource": client.signature,
        "signature": client.signature,
        "user_name": claims.get("u") or "",
        "join_as": joined_as,
        "media_allowed": claims.get("media_allowed") or "all",
        "audio_allowed": audio,
        "video_allowed": video,
        "meta": claims.get("meta") or {},
        "room": {
            **{name: known.get(name) for name in ("name", "display_name", "meta")},
            "scopes": scopes,
        },
        **({"expires_at": claims["exp"]} if claims.get("exp") else {}),
    }
