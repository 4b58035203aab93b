"""The vendor's own client against the local Space on a port. For a loopback host it speaks plain HTTP by itself."""

import pytest
from signalwire.rest import RestClient, SignalWireRestError

from reconciler.localspace import serve


@pytest.fixture
def video(make, stack):
    space = make()
    server = stack.enter_context(serve(space, port=0))
    client = RestClient(project="project", token="token", host=f"127.0.0.1:{server.port}")
    stack.callback(client._http._session.close)
    return space, client.video


def test_rooms(video):
    _, sdk = video
    made = sdk.rooms.create(name="lobby", max_members=9, meta={"team": "growth"})
    changed = sdk.rooms.update(made["id"], quality="1080p")
    assert changed == {**made, "quality": "1080p"}
    assert sdk.rooms.get("lobby") == sdk.rooms.get(made["id"]) == changed
    assert sdk.rooms.list()["data"] == [changed]
    assert sdk.rooms.delete(made["id"]) == {}
    assert sdk.rooms.list()["data"] == []


def test_pages(video):
    _, sdk = video
    for number in range(7):
        sdk.rooms.create(name=f"r{number}")
    assert [room["name"] for room in sdk.rooms.paginate(page_size=3)] == [
        f"r{number}" for number in range(7)
    ]


def test_conferences_and_their_tokens(video):
    _, sdk = video
    made = sdk.conferences.create(
        display_name="Hall", name="hall", size="large", dark_primary="#00FF00"
    )
    assert [made[field] for field in ("name", "size", "dark_primary")] == [
        "hall",
        "large",
        "#00FF00",
    ]
    changed = sdk.conferences.update(made["id"], display_name="Hall", tone_on_entry_and_exit=True)
    assert sdk.conferences.get(made["id"]) == changed == {**made, "tone_on_entry_and_exit": True}
    moderator, guest = sdk.conferences.list_conference_tokens(made["id"])["data"]
    assert sdk.conference_tokens.get(guest["id"]) == guest
    assert sdk.conference_tokens.reset(moderator["id"])["token"] != moderator["token"]
    sdk.conferences.delete(made["id"])
    assert sdk.conferences.list()["data"] == []


def test_streams(video):
    _, sdk = video
    room, hall = (
        sdk.rooms.create(name="lobby")["id"],
        sdk.conferences.create(display_name="Hall")["id"],
    )
    made = [
        sdk.rooms.create_stream(room, url="rtmp://a.example/1"),
        sdk.conferences.create_stream(hall, url="rtmp://a.example/2"),
    ]
    assert [sdk.rooms.list_streams(room)["data"], sdk.conferences.list_streams(hall)["data"]] == [
        [made[0]],
        [made[1]],
    ]
    assert sdk.streams.update(made[0]["id"], url="rtmp://b.example/1") == sdk.streams.get(
        made[0]["id"]
    )
    sdk.streams.delete(made[0]["id"])
    assert sdk.rooms.list_streams(room)["data"] == []


def test_sessions_recordings_and_tokens_to_join(video):
    space, sdk = video
    sdk.rooms.create(name="lobby", record_on_start=True)
    session = space.start_session("Room", "lobby", members=3)
    assert sdk.room_sessions.get(session)["status"] == "in-progress"
    assert [
        found["id"]
        for found in sdk.room_sessions.list(status="in-progress", room_name="lobby")["data"]
    ] == [session]
    assert len(sdk.room_sessions.list_members(session)["data"]) == 3
    assert len(sdk.room_sessions.list_events(session)["data"]) == 5
    [recording] = sdk.room_sessions.list_recordings(session)["data"]
    assert (
        sdk.room_recordings.get(recording["id"])
        == recording
        == sdk.room_recordings.list()["data"][0]
    )
    assert [
        event["name"] for event in sdk.room_recordings.list_events(recording["id"])["data"]
    ] == ["recording.started"]
    assert sdk.room_recordings.delete(recording["id"]) == {}
    assert sdk.room_tokens.create(room_name="lobby", user_name="ann")["token"].count(".") == 2


def test_errors(video):
    _, sdk = video
    sdk.rooms.create(name="lobby")
    with pytest.raises(SignalWireRestError) as refused:
        sdk.rooms.create(name="lobby")
    assert (refused.value.status_code, refused.value.body["errors"][0]["code"]) == (
        422,
        "not_unique_within_project",
    )
    assert refused.value.request_id
    with pytest.raises(SignalWireRestError) as missing:
        sdk.rooms.get("nowhere")
    assert (missing.value.status_code, missing.value.body) == (404, {"error": "Not Found"})
