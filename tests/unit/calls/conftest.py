"""Calls without a socket: a Space in memory with a clock of its own, and clients that speak the
vendor's protocol to it.
"""

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from reconciler import catalog
from reconciler.calls.clients import Outbox
from reconciler.calls.hub import Hub
from reconciler.calls.signalling import Signalling
from reconciler.calls.studio import Silence
from reconciler.localspace import Settings, create_space

_SECTIONS = (
    "m=video 9 UDP/TLS/RTP/SAVPF 96",
    "a=mid:1",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    "a=mid:0",
    "",
)
OFFER = "\r\n".join(("v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", *_SECTIONS))


class Clock:
    """The time of day, which moves only when a test moves it."""

    def __init__(self):
        self.now = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self):
        return self.now

    def move(self, seconds):
        self.now += timedelta(seconds=seconds)


class Inbox(Outbox):
    """What a client was sent, in order."""

    def __init__(self):
        super().__init__()
        self.messages = []
        self.closed = False

    def put(self, message):
        self.messages.append(json.loads(json.dumps(message)))

    def close(self):
        self.closed = True


class Page:
    """A client that speaks to the signalling as the vendor's SDK does."""

    def __init__(self, hub, token=None, *, protocol=None, authentication=None):
        self.hub, self.token, self.inbox = hub, token, Inbox()
        self.said = Signalling(hub, "http://127.0.0.1:8080", self.inbox)
        self.call_id = self.session = self.member = None
        self.number = 0
        given = {
            "authentication": authentication or {"jwt_token": token},
            **({"protocol": protocol} if protocol else {}),
        }
        self.welcome = self.ask("signalwire.connect", given)

    def ask(self, method, params=None):
        """The result of a request, or its error."""
        self.number += 1
        self.said.receive(
            json.dumps(
                {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params or {}}
            )
        )
        (answer,) = [one for one in self.inbox.messages if one.get("id") == self.number]
        return answer.get("result") or answer["error"]

    def verto(self, method, params):
        message = {"jsonrpc": "2.0", "id": "inner", "method": method, "params": params}
        return self.ask("video.message", {"message": message, "callID": params.get("callID")})

    def invite(self, call_id, **dialog):
        return self.verto(
            "verto.invite", {"sdp": OFFER, "dialogParams": {"callID": call_id, **dialog}}
        )

    def join(self, call_id="call"):
        """Join the token's room; what the page's promise rejects with comes back where it is
        refused.
        """
        call_id = f"{call_id}-{self.welcome['protocol']}" if call_id == "call" else call_id
        answer = self.invite(call_id)
        for event in self.events("video.room.subscribed"):
            self.call_id, self.member, self.session = (
                call_id,
                event["member_id"],
                event["room_session"]["id"],
            )
        return answer

    def do(self, method, **params):
        """The code of a method of the room, and its answer."""
        answer = self.ask(f"video.{method}", {"room_session_id": self.session, **params})
        return answer["code"]

    def events(self, *types):
        """The parameters of the events of these types, or the types of all events but those of the
        call.
        """
        events = [
            one["params"] for one in self.inbox.messages if one.get("method") == "signalwire.event"
        ]
        if not types:
            return [one["event_type"] for one in events if one["event_type"] != "webrtc.message"]
        return [one["params"] for one in events if one["event_type"] in types]

    def calls(self):
        """The methods of the calls' messages."""
        return [one["method"] for one in self.events("webrtc.message")]

    def forget(self):
        self.inbox.messages.clear()


@pytest.fixture(scope="session")
def kinds():
    return catalog.kinds()


@pytest.fixture(scope="session")
def everything(kinds):
    """All permissions that a token can have."""
    return [
        word
        for kind in kinds.values()
        if kind.type == "token"
        for word in kind.fields["permissions"]["items"]["enum"]
    ]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def stack():
    with ExitStack() as entered:
        yield entered


@pytest.fixture
def space(stack, kinds, clock):
    made = create_space(":memory:", kinds=kinds, knobs=Settings(seed=7), clock=clock)
    stack.callback(made.close)
    return made


@pytest.fixture
def hub(space):
    return Hub(space.attendance, Silence())


@pytest.fixture
def api(stack, space):
    return stack.enter_context(
        httpx.Client(
            transport=httpx.WSGITransport(space),
            base_url="http://127.0.0.1:8080/api/video",
            auth=("p", "t"),
        )
    )


@pytest.fixture
def lobby(api):
    return api.post("/rooms", json={"name": "lobby", "enable_room_previews": True}).json()


@pytest.fixture
def token(api):
    """A room token for the lobby, or what else is asked for."""

    def minted(**asked):
        answer = api.post(
            "/room_tokens", json={"room_name": "lobby", "auto_create_room": False, **asked}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["token"]

    return minted


@pytest.fixture
def page(hub, token, lobby, everything):
    """A client of this name with all permissions, or those asked for; in the lobby, unless asked
    otherwise.
    """

    def opened(name="Ann", *, joins=True, **asked):
        made = Page(hub, token(**{"user_name": name, "permissions": everything, **asked}))
        if joins:
            made.join()
        return made

    return opened


@pytest.fixture
def connect():
    """Connect a client to a hub with a token, a protocol or other credentials."""
    return Page
