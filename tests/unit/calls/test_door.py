"""The WebSocket on the Space's own port: opened from this machine's pages alone, beside REST, and
gone when the server is.
"""

import json
import socket
import sys

import httpx
import pytest
from simple_websocket import Client, ConnectionClosed

from reconciler.calls import host
from reconciler.calls.studio import Silence
from reconciler.localspace import serve


@pytest.fixture
def served(stack, space):
    """A Space with calls on a port, without media."""
    calls = host(space, Silence())
    stack.callback(calls.close)
    server = stack.enter_context(serve(space, port=0, calls=calls))
    return server, calls


def opened(stack, port, **headers):
    client = Client.connect(f"ws://127.0.0.1:{port}/", headers=headers)
    stack.callback(lambda: client.connected and client.close())
    return client


def asked(client, method, params):
    client.send(json.dumps({"jsonrpc": "2.0", "id": "1", "method": method, "params": params}))
    return json.loads(client.receive(timeout=20))


def upgrade(port, **headers):
    """The status line that answers a request for a WebSocket with these headers."""
    sent = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **headers,
    }
    lines = ["GET / HTTP/1.1", *(f"{name}: {text}" for name, text in sent.items()), "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode())
        return connection.recv(64).split(b"\r\n")[0]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, b"101"),
        ({"Origin": "http://127.0.0.1:3000"}, b"101"),
        ({"Origin": "http://localhost:3000"}, b"101"),
        ({"Origin": "http://[::1]:3000"}, b"101"),
        ({"Origin": "https://evil.example"}, b"403"),
        ({"Origin": "http://127.0.0.1.evil.example"}, b"403"),
        ({"Origin": "http://localhost@evil.example"}, b"403"),
        ({"Origin": "null"}, b"403"),
        ({"Origin": "file://"}, b"403"),
        ({"Origin": "http://[nonsense"}, b"403"),
        ({"Host": "evil.example"}, b"403"),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, b"403"),
    ],
)
def test_only_pages_of_this_machine_open_it(served, headers, status):
    assert upgrade(served[0].port, **headers).split()[1] == status


def test_it_speaks_beside_rest_on_one_port(served, stack):
    port = served[0].port
    client = opened(stack, port, Origin=f"http://127.0.0.1:{port}")
    api = stack.enter_context(
        httpx.Client(base_url=f"http://127.0.0.1:{port}/api/video", auth=("p", "t"))
    )
    token = api.post("/room_tokens", json={"room_name": "lobby"}).json()["token"]
    answer = asked(client, "signalwire.connect", {"authentication": {"jwt_token": token}})
    assert answer["result"]["authorization"]["room"]["name"] == "lobby"
    assert api.get("/rooms").status_code == 200


def test_a_message_that_is_too_long_ends_the_connection(served, stack):
    client = opened(stack, served[0].port)
    client.send("x" * 300_000)
    with pytest.raises(ConnectionClosed):
        client.receive(timeout=20)


def test_without_the_extra_for_media_there_are_calls_without_media(space, monkeypatch):
    monkeypatch.setitem(sys.modules, "aiortc", None)
    for name in [name for name in sys.modules if name.startswith("reconciler.calls.media")]:
        monkeypatch.delitem(sys.modules, name)
    calls = host(space)
    assert calls.media is False
    calls.close()


def test_without_calls_there_is_no_such_door(space, stack):
    server = stack.enter_context(serve(space, port=0))
    assert upgrade(server.port).split()[1] == b"401"


def test_a_server_that_closes_ends_its_calls_and_their_sessions(served, stack, space):
    server, calls = served
    client = opened(stack, server.port)
    api = httpx.Client(base_url=f"http://127.0.0.1:{server.port}/api/video", auth=("p", "t"))
    token = (
        stack.enter_context(api).post("/room_tokens", json={"room_name": "lobby"}).json()["token"]
    )
    asked(client, "signalwire.connect", {"authentication": {"jwt_token": token}})
    inner = {"jsonrpc": "2.0", "id": "2", "method": "verto.invite"}
    inner["params"] = {
        "sdp": "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n",
        "dialogParams": {"callID": "c"},
    }
    assert asked(client, "video.message", {"message": inner})["result"]["code"] == "200"
    assert api.get("/room_sessions").json()["data"][0]["status"] == "in-progress"
    calls.close()
    assert api.get("/room_sessions").json()["data"][0]["status"] == "completed"
    server.close()
    with pytest.raises(ConnectionClosed):
        list(iter(lambda: client.receive(timeout=20), None))
