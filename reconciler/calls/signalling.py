"""One connection of the vendor's SDK over JSON-RPC: connecting, methods of rooms, the server-side
SDK.
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.calls.clients import (
    NODE,
    Client,
    Message,
    Outbox,
    authorization,
    new_protocol,
    signature_of,
)
from reconciler.calls.hub import MOST_CLIENTS, Hub
from reconciler.calls.room.model import Refused
from reconciler.calls.room.spelling import room_fields
from reconciler.calls.verto import Verto

_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())


class _Unauthorized(Exception):
    """The token is not accepted."""


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


class Signalling:
    """The messages of one socket. ``root`` is the origin that the client connected
    to.
    """

    def __init__(self, hub: Hub, root: str, outbox: Outbox) -> None:
        self._hub = hub
        self._root = root
        self._outbox = outbox
        self._client: Client | None = None
        self._methods: Mapping[str, Callable[[Any, Mapping[str, Any]], None]] = {
            "signalwire.connect": self._connect,
            "signalwire.reauthenticate": self._reauthenticate,
            "signalwire.subscribe": self._subscribe,
            "signalwire.ping": self._ping,
            "video.message": self._verto,
            "video.rooms.get": self._rooms,
        }

    def receive(self, text: str | bytes) -> None:
        """Handle one message. Unreadable messages and acknowledgements are ignored."""
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            return
        id_, params = message.get("id"), _object(message.get("params"))
        try:
            handler = self._methods.get(message["method"])
            if handler is not None:
                handler(id_, params)
            else:
                self._perform(id_, message["method"], params)
        except Refused as refused:
            self._answer(id_, {"code": refused.code, "message": str(refused), "node_id": NODE})
        except _Unauthorized as refusal:
            self._fail(id_, -32002, str(refusal))
        except Exception:  # noqa: BLE001  # whatever it is, the page gets an answer
            _log.exception("%s", message["method"])
            self._fail(id_, -32603, "Internal error")

    def closed(self) -> None:
        """Handle the closed socket; the client may reconnect for a while."""
        with self._hub.lock:
            client = self._client
            if client is not None and client.outbox is self._outbox:
                client.outbox = None
                client.closed_at = self._hub.attendance.now()

    def _answer(self, id_: Any, result: Mapping[str, Any]) -> None:
        self._outbox.put({"jsonrpc": "2.0", "id": id_, "result": dict(result)})

    def _fail(self, id_: Any, code: int, message: str) -> None:
        self._outbox.put({"jsonrpc": "2.0", "id": id_, "error": {"code": code, "message": message}})

    def _known(self) -> Client:
        if self._client is None:
            raise _Unauthorized("Connect first")
        return self._client

    def _claims(self, given: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None, str]:
        """The token, its claims (None: the API token of the server-side SDK) and its project."""
        token, attendance = given.get("jwt_token"), self._hub.attendance
        if isinstance(token, str):
            try:
                claims = attendance.claims(token)
            except ValueError as error:
                raise _Unauthorized(f"Authentication failed: {error}") from error
            return token, claims, str(claims.get("sub") or "local")
        project, secret = given.get("project"), given.get("token")
        if (
            not isinstance(project, str)
            or not isinstance(secret, str)
            or not attendance.admits(project, secret)
        ):
            raise _Unauthorized("Authentication failed")
        return secret, None, project

    def _connect(self, id_: Any, params: Mapping[str, Any]) -> None:
        token, claims, project = self._claims(_object(params.get("authentication")))
        signature, protocol = signature_of(token), params.get("protocol")
        with self._hub.lock:
            client = self._hub.clients.get(protocol) if isinstance(protocol, str) else None
            if client is None or client.signature != signature:
                client = self._registered(
                    Client(new_protocol(signature), signature, claims, self._root, project)
                )
            if client.outbox is not None and client.outbox is not self._outbox:
                client.outbox.close()
            client.outbox, client.closed_at = self._outbox, None
            self._client = client
            self._answer(id_, self._welcome(client))

    def _registered(self, client: Client) -> Client:
        clients = self._hub.clients
        if len(clients) >= MOST_CLIENTS:
            raise _Unauthorized(f"this local Space takes {MOST_CLIENTS} connections at once")
        clients[client.protocol] = client
        return client

    def _welcome(self, client: Client) -> Message:
        leg = client.own_leg()
        room = self._hub.rooms.get(leg.session_id) if leg is not None else None
        member = room.member(leg.member_id) if room is not None and leg is not None else None
        return {
            "identity": client.protocol,
            "protocol": client.protocol,
            "ice_servers": [],
            "authorization": authorization(
                client, room_fields(room) if room is not None else None, member
            ),
        }

    def _reauthenticate(self, id_: Any, params: Mapping[str, Any]) -> None:
        client, given = self._known(), _object(params.get("authentication"))
        _, claims, project = self._claims(given)
        old = client.claims or {}
        another = (
            claims is None
            or claims.get("r") != old.get("r")
            or given.get("project", project) != project
        )
        if another or project != client.project:
            raise _Unauthorized("Authentication failed: the token is of another room or project")
        with self._hub.lock:
            client.claims = claims
            self._answer(id_, self._welcome(client))

    def _ping(self, id_: Any, params: Mapping[str, Any]) -> None:
        self._answer(id_, {"timestamp": params.get("timestamp")})

    def _subscribe(self, id_: Any, params: Mapping[str, Any]) -> None:
        client, channel, events = self._known(), params.get("event_channel"), params.get("events")
        if client.claims is not None:
            raise Refused("403", "Unauthorized")
        with self._hub.lock:
            if isinstance(channel, str) and isinstance(events, list):
                client.channels[channel] = client.channels.get(channel, frozenset()) | {
                    str(name) for name in events
                }
            self._answer(id_, {"code": "200", "message": "subscribed"})

    def _rooms(self, id_: Any, _params: Mapping[str, Any]) -> None:
        if self._known().claims is not None:
            raise Refused("403", "Unauthorized")
        with self._hub.lock:
            self._answer(
                id_,
                {
                    "code": "200",
                    "message": "OK",
                    "rooms": [room_fields(room) for room in self._hub.rooms.values()],
                },
            )

    def _perform(self, id_: Any, method: str, params: Mapping[str, Any]) -> None:
        client = self._known()
        with self._hub.lock:
            step = self._hub.perform(client, method, params)
            self._answer(id_, {"code": step.code, "message": "OK", **step.answer})

    def _verto(self, id_: Any, params: Mapping[str, Any]) -> None:
        client, inner = self._known(), _object(params.get("message"))
        if "result" in inner or client.claims is None:
            self._answer(id_, {"code": "200", "node_id": NODE})
            return

        def answer(result: Mapping[str, Any]) -> None:
            told = {"jsonrpc": "2.0", "id": inner.get("id"), "result": dict(result)}
            self._answer(id_, {"code": "200", "message": "OK", "node_id": NODE, "result": told})

        Verto(self._hub, client, answer).receive(
            str(inner.get("method")), _object(inner.get("params"))
        )
