import pytest


@pytest.fixture
def lobby(api):
    return api.post(
        "/rooms",
        json={
            "name": "lobby",
            "enable_room_previews": True,
            "record_on_start": True,
            "join_from": "2026-01-01",
        },
    ).json()


def test_a_live_session_shows_where_it_is_asked_for(api, space, lobby):
    session = space.start_session("Room", "lobby", members=2)
    shown = {
        "id": session,
        "room_id": lobby["id"],
        "name": "lobby",
        "display_name": "lobby",
        "join_from": "2026-01-01T00:00:00Z",
        "layout": "grid-responsive",
        "max_members": 20,
        "fps": 20,
        "quality": "720p",
        "start_time": "2026-01-01T12:00:00Z",
        "status": "in-progress",
        "record_on_start": True,
        "enable_room_previews": True,
        "preview_url": f"http://local.test/previews/{session}.webp",
    }
    assert api.get("/rooms/lobby").json() == lobby
    assert api.get("/rooms/lobby?include_active_session=true").json() == {
        **lobby,
        "active_session": shown,
    }
    assert api.get("/rooms?include_active_session=true").json()["data"] == [
        {**lobby, "active_session": shown}
    ]


def test_without_a_session_there_is_nothing_to_show(api, lobby):
    assert api.get("/rooms/lobby?include_active_session=true").json() == lobby


def test_a_session_that_ends(api, space, lobby, clock):
    session = space.start_session("Room", "lobby", members=2)
    clock.move(90)
    space.end_session(session)
    space.end_session(session)
    ended = api.get(f"/room_sessions/{session}").json()
    assert [ended[field] for field in ("status", "end_time", "duration", "preview_url")] == [
        "completed",
        "2026-01-01T12:01:30Z",
        90,
        None,
    ]
    assert [
        (member["leave_time"], member["duration"])
        for member in api.get(f"/room_sessions/{session}/members").json()["data"]
    ] == [("2026-01-01T12:01:30Z", 90)] * 2
    assert [
        event["name"] for event in api.get(f"/room_sessions/{session}/events").json()["data"]
    ] == [
        *("room.started", "member.joined", "member.joined", "recording.started"),
        *("member.left", "member.left", "recording.ended", "room.ended"),
    ]
    assert api.get("/rooms/lobby?include_active_session=true").json() == lobby


def test_deleting_a_room_ends_its_session(api, space, lobby):
    session = space.start_session("Room", "lobby", members=0)
    api.delete(f"/rooms/{lobby['id']}")
    assert api.get(f"/room_sessions/{session}").json()["status"] == "completed"


def test_one_live_session_to_a_room(space, lobby):
    space.start_session("Room", lobby["name"], members=1)
    with pytest.raises(ValueError, match="Room/lobby already has a live session"):
        space.start_session("Room", "lobby", members=1)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("Room", "nowhere"), ("Stream", "lobby"), ("Role", "lobby"), ("Nothing", "lobby")],
)
def test_sessions_of_what_is_not_there(space, kind, name):
    with pytest.raises(LookupError):
        space.start_session(kind, name, members=1)
    with pytest.raises(LookupError):
        space.end_session("nothing")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["lobby", "hall"]),
        ("status=in-progress", ["hall"]),
        ("status=completed", ["lobby"]),
        ("room_name=hall", ["hall"]),
        ("room_name_matches=obb", ["lobby"]),
        ("room_name_matches=%25", []),
        ("room_id={lobby}", ["lobby"]),
        ("room_id={lobby}&status=in-progress", []),
    ],
)
def test_sessions_are_found_by(api, space, lobby, query, expected):
    space.end_session(space.start_session("Room", "lobby", members=1))
    api.post("/conferences", json={"name": "hall", "display_name": "Hall"})
    space.start_session("Conference", "hall", members=1)
    assert [
        session["name"]
        for session in api.get(f"/room_sessions?{query.format(lobby=lobby['id'])}").json()["data"]
    ] == expected


@pytest.mark.parametrize("query", ["status=over", "room_id=lobby", "name=lobby"])
def test_queries_for_sessions_that_are_refused(api, complaints, query):
    assert complaints(api.get(f"/room_sessions?{query}")) == [
        ("invalid_parameter", query.split("=")[0])
    ]


def test_recordings(api, space, lobby, clock):
    session = space.start_session("Room", lobby["name"], members=1)
    clock.move(5)
    space.end_session(session)
    recording = api.get("/room_recordings?media_ttl=60").json()["data"][0]
    path = f"/room_recordings/{recording['id']}"
    assert [recording[field] for field in ("room_session_id", "status", "duration")] == [
        session,
        "completed",
        5,
    ]
    assert (
        api.get(f"/room_sessions/{session}/recordings").json()["data"]
        == [recording]
        == [api.get(path).json()]
    )
    assert [event["name"] for event in api.get(f"{path}/events").json()["data"]] == [
        "recording.started",
        "recording.ended",
    ]
    assert [
        api.delete(path).status_code,
        api.get(path).status_code,
        api.delete(path).status_code,
    ] == [204, 404, 404]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("include_deleted=true", 2),
        ("created_on=2026-01-01", 1),
        ("created_on=2026-01-02T10:00:00Z", 1),
        ("created_after=2026-01-02", 1),
        ("created_before=2026-01-02", 1),
        ("created_before=2026-01-01", 0),
    ],
)
def test_logs(api, space, lobby, clock, query, found):
    space.end_session(space.start_session("Room", lobby["name"], members=1))
    clock.move(24 * 60 * 60)
    session = space.start_session("Room", "lobby", members=1)
    logs = api.get(f"/logs?{query}").json()["data"]
    assert len(logs) == found
    assert [api.get(f"/logs/{log['id']}").json() for log in logs] == logs
    if found == 2:
        assert logs[1]["url"] == f"http://local.test/api/video/room_sessions/{session}"


def test_a_conference_is_logged_as_one(api, space):
    api.post("/conferences", json={"name": "hall", "display_name": "Hall"})
    space.start_session("Conference", "hall", members=1)
    assert [log["type"] for log in api.get("/logs").json()["data"]] == ["video_conference_session"]


@pytest.mark.parametrize(
    "path",
    [
        "/room_sessions/x",
        "/room_sessions/x/members",
        "/room_recordings/x",
        "/room_recordings/x/events",
        "/logs/x",
    ],
)
def test_unknown_sessions(api, path):
    assert (api.get(path).status_code, api.get(path).json()) == (404, {"error": "Not Found"})


def test_a_preview_moves_and_then_is_gone(client_of, space, lobby, clock):
    session = space.start_session("Room", lobby["name"], members=3)
    browser = client_of(space, auth=None, base="")
    first = browser.get(f"/previews/{session}.webp")
    assert (first.status_code, first.headers["Content-Type"], first.headers["Cache-Control"]) == (
        200,
        "image/webp",
        "no-store",
    )
    assert browser.get(f"/previews/{session}.webp").content == first.content
    clock.move(15)
    assert browser.get(f"/previews/{session}.webp").content != first.content
    space.end_session(session)
    assert browser.get(f"/previews/{session}.webp").status_code == 404


def test_no_preview_where_previews_are_off(client_of, api, space):
    api.post("/rooms", json={"name": "dark"})
    session = space.start_session("Room", "dark", members=3)
    assert api.get(f"/room_sessions/{session}").json()["preview_url"] is None
    assert client_of(space, auth=None, base="").get(f"/previews/{session}.webp").status_code == 404
