"""What the tool makes of real people in rooms: refusals, waiting, previews, drift; and servers that
end in the middle of calls.
"""

import asyncio
import json
import re
import signal
import subprocess
import sys

import httpx
import pytest
from simple_websocket import Client

from reconciler import catalog
from reconciler.calls import host
from reconciler.calls.studio import Silence
from reconciler.cli.app import run
from reconciler.core.errors import ReconcilerError
from reconciler.localspace import create_space, serve

MANIFEST = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: NAME}\nspec: {enable_room_previews: true}\n"
# The new room looks like a rename of the old one.
DELETION = ["--allow-delete", "Room=1"]
APPLY = [sys.executable, "-m", "reconciler", "apply", "--yes", "--when-idle", "2", *DELETION]


@pytest.fixture
def desired(tmp_path, monkeypatch):
    """Say which room is declared."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", "p")
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "t")
    return lambda name: (tmp_path / "rooms.yaml").write_text(
        MANIFEST.replace("NAME", name), encoding="utf-8"
    )


@pytest.fixture
def hall(stack, desired, monkeypatch, connect):
    """A Space with calls and a room, the hall; and a way to join it."""
    space = create_space(":memory:", kinds=catalog.kinds())
    stack.callback(space.close)
    calls = host(space, Silence())
    stack.callback(calls.close)
    port = stack.enter_context(serve(space, port=0, calls=calls)).port
    monkeypatch.setenv("SIGNALWIRE_SPACE", f"127.0.0.1:{port}")
    desired("hall")
    assert run(["apply", "--yes", *DELETION]) == 0
    api = stack.enter_context(
        httpx.Client(base_url=f"http://127.0.0.1:{port}/api/video", auth=("p", "t"))
    )

    def join(name):
        token = api.post(
            "/room_tokens", json={"room_name": "hall", "user_name": name, "auto_create_room": False}
        ).json()["token"]
        page = connect(calls.hub, token)
        assert page.join()["code"] == "200"
        return page

    join.api = api
    return join


def leave(page):
    page.verto("verto.bye", {"callID": page.call_id})


def test_a_room_with_people_is_not_deleted_until_they_have_left(hall, desired, capsys):
    people = [hall("Ann"), hall("Bob")]
    assert run(["drift"]) == 0
    assert run(["previews"]) == 0
    assert "2 members" in capsys.readouterr().out
    desired("other")
    assert run(["apply", "--yes", *DELETION]) == 3
    assert "2 members" in capsys.readouterr().out
    assert hall.api.get("/rooms/hall").status_code == 200
    for page in people:
        leave(page)
    assert run(["apply", "--yes", *DELETION]) == 0
    assert hall.api.get("/rooms/hall").status_code == 404


@pytest.mark.long
def test_an_apply_that_waits_goes_on_when_the_last_one_has_left(hall, desired):
    ann = hall("Ann")
    desired("other")
    with subprocess.Popen(
        APPLY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as waiting:
        for line in waiting.stdout:
            if "aiting" in line:
                assert hall.api.get("/rooms/hall").status_code == 200
                leave(ann)
        assert waiting.wait() == 0
    assert hall.api.get("/rooms/hall").status_code == 404


def test_a_preview_is_null_where_previews_are_off(hall):
    room = hall.api.get("/rooms/hall").json()
    hall.api.put(f"/rooms/{room['id']}", json={"enable_room_previews": False})
    ann = hall("Ann")
    assert ann.events("video.room.subscribed")[0]["room_session"]["preview_url"] is None
    assert hall.api.get(f"/room_sessions/{ann.session}").json()["preview_url"] is None


def test_one_server_at_a_time_hosts_the_calls_of_a_file(tmp_path, stack, kinds):
    spaces = [create_space(tmp_path / "space.sqlite", kinds=kinds) for _ in range(2)]
    for space in spaces:
        stack.callback(space.close)
    calls = host(spaces[0], Silence())
    with pytest.raises(ReconcilerError, match="another server hosts the calls"):
        host(spaces[1], Silence())
    calls.close()
    host(spaces[1], Silence()).close()


async def _offer(aiortc):
    connection = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
    connection.addTransceiver("audio")
    await connection.setLocalDescription(await connection.createOffer())
    sdp = connection.localDescription.sdp
    await connection.close()
    return sdp


def start(command):
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    port = re.search(r":(\d+)", server.stdout.readline())[1]
    return server, port


@pytest.mark.long
def test_a_server_that_is_killed_leaves_no_room_protected_once_it_runs_again(tmp_path, stack):
    aiortc = pytest.importorskip("aiortc", reason="aiortc is not installed")
    command = [
        sys.executable,
        "-m",
        "reconciler",
        "space",
        "serve",
        "--port",
        "0",
        "--data",
        str(tmp_path / "space.sqlite"),
    ]
    first, port = start(command)
    stack.callback(first.communicate)
    stack.callback(first.kill)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/video", auth=("p", "t")) as api:
        api.post("/rooms", json={"name": "hall"})
        token = api.post("/room_tokens", json={"room_name": "hall", "user_name": "Ann"}).json()[
            "token"
        ]
        client = Client.connect(f"ws://127.0.0.1:{port}/")
        invite = {"jsonrpc": "2.0", "id": "i", "method": "verto.invite"}
        invite["params"] = {"sdp": asyncio.run(_offer(aiortc)), "dialogParams": {"callID": "c"}}
        for method, params in (
            ("signalwire.connect", {"authentication": {"jwt_token": token}}),
            ("video.message", {"message": invite}),
        ):
            client.send(
                json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params})
            )
        while "video.room.subscribed" not in client.receive(timeout=60):
            pass
        assert api.get("/room_sessions").json()["data"][0]["status"] == "in-progress"
    first.send_signal(signal.SIGKILL)
    first.wait()
    client.thread.join()
    second, port = start(command)
    stack.callback(second.communicate)
    stack.callback(second.kill)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/video", auth=("p", "t")) as api:
        (session,) = api.get("/room_sessions").json()["data"]
        people = api.get(f"/room_sessions/{session['id']}/members").json()["data"]
    assert (
        session["status"],
        [(one["name"], one["leave_time"] is not None) for one in people],
    ) == ("completed", [("Ann", True)])
