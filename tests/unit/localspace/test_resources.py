import uuid

import pytest

from reconciler.core.kinds import kinds_from

UNKNOWN = str(uuid.UUID(int=5))
ROOM = {
    "name": "lobby",
    "display_name": "lobby",
    "description": None,
    "max_members": 20,
    "quality": "720p",
    "join_from": None,
    "join_until": None,
    "remove_at": None,
    "remove_after_seconds_elapsed": None,
    "layout": "grid-responsive",
    "record_on_start": False,
    "enable_room_previews": False,
    "meta": None,
    "sync_audio_video": None,
    "fps": 20,
    "tone_on_entry_and_exit": False,
    "room_join_video_off": False,
    "user_join_video_off": False,
    "prioritize_handraise": False,
    "created_at": "2026-01-01T12:00:00Z",
    "updated_at": "2026-01-01T12:00:00Z",
}


def test_a_new_room_has_every_field_at_its_default(api):
    made = api.post("/rooms", json={"name": "lobby"}).json()
    assert made == {"id": made["id"], **ROOM}


def test_a_room_is_read_by_id_and_by_name(api):
    made = api.post("/rooms", json={"name": "lobby"}).json()
    assert [api.get(f"/rooms/{made['id']}").json(), api.get("/rooms/lobby").json()] == [made, made]


@pytest.mark.parametrize("word", [UNKNOWN, "nowhere"])
def test_what_does_not_exist_is_404(api, word):
    answers = [
        api.get(f"/rooms/{word}"),
        api.put(f"/rooms/{word}", json={}),
        api.delete(f"/rooms/{word}"),
        api.get(f"/streams/{word}"),
    ]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (404, {"error": "Not Found"})
    ] * 4


def test_only_reading_goes_by_name(api):
    api.post("/rooms", json={"name": "lobby"})
    assert [
        api.put("/rooms/lobby", json={}).status_code,
        api.delete("/rooms/lobby").status_code,
    ] == [404, 404]


def test_conferences_are_not_found_by_name(api):
    api.post("/conferences", json={"name": "hall", "display_name": "Hall"})
    assert api.get("/conferences/hall").status_code == 404


def test_an_update_keeps_what_it_does_not_mention(api, clock):
    made = api.post(
        "/rooms", json={"name": "lobby", "max_members": 7, "meta": {"a": [1, None]}}
    ).json()
    clock.move(60)
    changed = api.put(f"/rooms/{made['id']}", json={"quality": "1080p"})
    assert changed.json() == {**made, "quality": "1080p", "updated_at": "2026-01-01T12:01:00Z"}
    assert api.get("/rooms/lobby").json() == changed.json()


def test_an_update_that_changes_nothing_leaves_the_time_alone(api, clock):
    made = api.post("/rooms", json={"name": "lobby"}).json()
    clock.move(60)
    assert api.put(f"/rooms/{made['id']}", json={"quality": "720p"}).json() == made


def test_a_conference_takes_some_fields_on_update_only(api, complaints):
    asked = {"name": "hall", "display_name": "Hall", "tone_on_entry_and_exit": True}
    assert complaints(api.post("/conferences", json=asked)) == [
        ("invalid_parameter", "tone_on_entry_and_exit")
    ]
    made = api.post("/conferences", json={"name": "hall", "display_name": "Hall"}).json()
    changed = api.put(
        f"/conferences/{made['id']}", json={"display_name": "Hall", "tone_on_entry_and_exit": True}
    ).json()
    assert changed == {**made, "tone_on_entry_and_exit": True}


def test_a_conference_without_a_name_gets_one_from_its_title(api):
    names = [
        api.post("/conferences", json={"display_name": "Town Hall!"}).json()["name"]
        for _ in range(2)
    ]
    assert names[0] == "Town-Hall"
    assert names[1].startswith("Town-Hall-")


def test_deleting_takes_streams_and_tokens_along(api):
    hall = api.post("/conferences", json={"display_name": "Hall"}).json()["id"]
    stream = api.post(f"/conferences/{hall}/streams", json={"url": "rtmp://a.example/live"}).json()[
        "id"
    ]
    token = api.get(f"/conferences/{hall}/conference_tokens").json()["data"][0]["id"]
    deleted = api.delete(f"/conferences/{hall}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    gone = [
        f"/conferences/{hall}",
        f"/streams/{stream}",
        f"/conference_tokens/{token}",
        f"/conferences/{hall}/streams",
    ]
    assert [api.get(path).status_code for path in gone] == [404, 404, 404, 404]


def test_a_deleted_name_is_free_again(api):
    first = api.post("/rooms", json={"name": "lobby"}).json()["id"]
    api.delete(f"/rooms/{first}")
    second = api.post("/rooms", json={"name": "lobby"})
    assert second.status_code == 200
    assert second.json()["id"] != first


def test_the_life_of_a_stream(api):
    room = api.post("/rooms", json={"name": "lobby"}).json()["id"]
    made = api.post(f"/rooms/{room}/streams", json={"url": "rtmp://a.example/live"})
    stream = made.json()
    assert made.status_code == 201
    assert {field: stream[field] for field in ("url", "stream_type", "width", "height", "fps")} == {
        "url": "rtmp://a.example/live",
        "stream_type": "live",
        "width": 1280,
        "height": 720,
        "fps": 20,
    }
    assert api.get(f"/rooms/{room}/streams").json()["data"] == [stream]
    changed = api.put(f"/streams/{stream['id']}", json={"url": "rtmps://b.example/live"}).json()
    assert (
        api.get(f"/streams/{stream['id']}").json()
        == changed
        == {**stream, "url": "rtmps://b.example/live"}
    )
    assert api.delete(f"/streams/{stream['id']}").status_code == 204
    assert api.get(f"/rooms/{room}/streams").json()["data"] == []


def test_streams_of_an_unknown_parent(api):
    assert (
        api.post(f"/rooms/{UNKNOWN}/streams", json={"url": "rtmp://a.example/x"}).status_code == 404
    )


def test_the_ledger_holds_what_was_committed_and_nothing_else(api, space):
    room = api.post("/rooms", json={"name": "lobby"}).json()["id"]
    api.post("/rooms", json={"name": "lobby"})
    api.post("/rooms", json={"name": "no/way"})
    stream = api.post(f"/rooms/{room}/streams", json={"url": "rtmp://a.example/key"}).json()["id"]
    api.put(f"/rooms/{room}", json={"max_members": 3})
    api.delete(f"/rooms/{room}")
    assert space.ledger == [
        ("POST", "/api/video/rooms", "Room", room, {"name": "lobby"}),
        (
            "POST",
            f"/api/video/rooms/{room}/streams",
            "Stream",
            stream,
            {"url": "rtmp://a.example/key"},
        ),
        ("PUT", f"/api/video/rooms/{room}", "Room", room, {"max_members": 3}),
        ("DELETE", f"/api/video/rooms/{room}", "Room", room, None),
    ]


def test_the_requests_are_remembered_without_credentials(api, space):
    api.get("/rooms", params={"page_size": "2"})
    api.post("/rooms", json={"name": "lobby"})
    api.post("/rooms", content=b"{")
    assert [(seen.method, seen.path, seen.query, seen.body) for seen in space.requests] == [
        ("GET", "/api/video/rooms", (("page_size", "2"),), None),
        ("POST", "/api/video/rooms", (), {"name": "lobby"}),
        ("POST", "/api/video/rooms", (), None),
    ]
    assert not any("authorization" in map(str.lower, seen.headers) for seen in space.requests)
    assert space.requests[0].headers["User-Agent"].startswith(("python-httpx/", "python-httpx2/"))


def test_the_same_seed_gives_the_same_ids(make, client_of):
    ids = [
        client_of(make(seed=3)).post("/rooms", json={"name": "lobby"}).json()["id"]
        for _ in range(2)
    ]
    assert ids[0] == ids[1]
    assert client_of(make(seed=4)).post("/rooms", json={"name": "lobby"}).json()["id"] != ids[0]


STAGE = {
    "title": "Stage",
    "type": "object",
    "properties": {
        "metadata": {"properties": {"name": {"type": "string", "pattern": "^[a-z]+$"}}},
        "spec": {
            "properties": {
                "seats": {"type": "integer", "minimum": 1, "default": 10},
                "colour": {"type": "string", "format": "color-hex"},
                "opens": {"type": ["string", "null"], "anyOf": [{"format": "date-time"}]},
                "shape": {"type": "string", "default": "round"},
                "plays": {"type": "array"},
            }
        },
    },
    "x-reconciler": {
        "type": "resource",
        "collection": "/stages",
        "item": "/stages/{id}",
        "lookup": "/stages/by-name/{name}",
        "key": "name",
        "create_only": ["shape"],
        "unset": {"opens": None, "colour": "#000000"},
        "children": {"plays": "Play"},
        "answers": {"id": {"type": "string"}, "created_at": {"format": "date-time"}},
    },
}
PLAY = {
    "title": "Play",
    "type": "object",
    "properties": {"title": {"type": "string"}},
    "x-reconciler": {
        "type": "child",
        "parents": {"Stage": "/stages/{id}/plays"},
        "item": "/plays/{id}",
        "key": "title",
        "required": ["title"],
        "answers": {"id": {"type": "string"}},
    },
}


def test_a_made_up_kind_is_served_from_its_schema_alone(make, client_of, complaints):
    api = client_of(make(of=kinds_from({"stage": STAGE, "play": PLAY}), colours="lower"))
    made = api.post(
        "/stages", json={"name": "globe", "colour": "#AABBCC", "opens": "2026-02-03"}
    ).json()
    assert made == {
        "id": made["id"],
        "name": "globe",
        "seats": 10,
        "colour": "#aabbcc",
        "opens": "2026-02-03T00:00:00Z",
        "shape": "round",
        "created_at": "2026-01-01T12:00:00Z",
    }
    assert api.get("/stages/by-name/globe").json() == made
    assert complaints(api.post("/stages", json={"seats": 0})) == [
        ("missing_required_parameter", "name"),
        ("invalid_parameter", "seats"),
    ]
    assert complaints(api.put(f"/stages/{made['id']}", json={"shape": "square"})) == [
        ("invalid_parameter", "shape")
    ]
    play = api.post(f"/stages/{made['id']}/plays", json={"title": "Hamlet"}).json()
    assert (
        api.get(f"/stages/{made['id']}/plays").json()["data"]
        == [play]
        == [{"id": play["id"], "title": "Hamlet"}]
    )
    assert api.delete(f"/stages/{made['id']}").status_code == 204
    assert api.get(f"/plays/{play['id']}").status_code == 404
