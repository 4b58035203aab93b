import json

import pytest

from reconciler.localspace import Fault, Settings

ID = "00000000-0000-4000-8000-000000000001"


def test_knobs_go_to_json_and_back():
    knobs = Settings(
        latency=0.5,
        faults=(
            Fault("POST", "/rooms$", 1, 2, "reset_after_commit"),
            Fault(status=429, headers={"Retry-After": "1"}),
        ),
        put="replace",
    )
    assert Settings.from_json(json.loads(json.dumps(knobs.to_json()))) == knobs
    assert Settings.from_json({}) == Settings()


@pytest.mark.parametrize(
    "values",
    [
        {"put": "both"},
        {"puts": "merge"},
        {"latency": "slow"},
        {"lag_lists": None},
        {"write_limit": -1},
        {"seed": True},
        {"faults": [{"action": "explode"}]},
        {"faults": [{"path_regex": "("}]},
        {"faults": [{"times": "twice"}]},
        {"faults": ["hang"]},
        {"faults": 3},
        [],
    ],
)
def test_knobs_that_cannot_be(values):
    with pytest.raises((ValueError, TypeError)):
        Settings.from_json(values)


def test_a_put_that_replaces_resets_what_it_leaves_out(make, client_of):
    api = client_of(make(put="replace"))
    room = api.post(
        "/rooms",
        json={
            "name": "a",
            "display_name": "A",
            "max_members": 5,
            "meta": {"k": 1},
            "join_from": "2026-01-01",
        },
    ).json()
    assert api.put(f"/rooms/{room['id']}", json={"quality": "1080p"}).json() == {
        **room,
        "display_name": "a",
        "max_members": 20,
        "meta": None,
        "join_from": None,
        "quality": "1080p",
    }


def test_a_put_that_replaces_resets_update_only_fields_too(make, client_of):
    api = client_of(make(put="replace"))
    hall = api.post(
        "/conferences", json={"name": "a", "display_name": "A", "enable_room_previews": True}
    ).json()
    path = f"/conferences/{hall['id']}"
    api.put(path, json={"display_name": "A", "tone_on_entry_and_exit": True})
    assert api.put(path, json={"display_name": "B"}).json() == {
        **hall,
        "display_name": "B",
        "enable_room_previews": None,
    }


@pytest.mark.parametrize(
    ("put_name", "expected"),
    [("taken", (200, "b")), ("ignored", (200, "a")), ("refused", (422, "a"))],
)
def test_a_name_in_a_put(make, client_of, put_name, expected):
    api = client_of(make(put_name=put_name))
    room = api.post("/rooms", json={"name": "a"}).json()["id"]
    status = api.put(f"/rooms/{room}", json={"name": "b"}).status_code
    assert (status, api.get(f"/rooms/{room}").json()["name"]) == expected


def test_a_refused_name_is_named(make, client_of, complaints):
    api = client_of(make(put_name="refused"))
    room = api.post("/rooms", json={"name": "a"}).json()["id"]
    assert complaints(api.put(f"/rooms/{room}", json={"name": "b"})) == [
        ("invalid_parameter", "name")
    ]


def test_a_rename_onto_another_name_is_refused(api, complaints):
    api.post("/rooms", json={"name": "a"})
    room = api.post("/rooms", json={"name": "b"}).json()["id"]
    assert complaints(api.put(f"/rooms/{room}", json={"name": "a"})) == [
        ("not_unique_within_project", "name")
    ]
    assert complaints(api.put(f"/rooms/{room}", json={"name": "a b"})) == [
        ("invalid_parameter", "name")
    ]
    assert api.put(f"/rooms/{room}", json={"name": "b"}).status_code == 200


def test_null_clears_a_field_that_may_be_unset(api):
    room = api.post("/rooms", json={"name": "a", "description": "x", "meta": {}}).json()
    cleared = api.put(f"/rooms/{room['id']}", json={"description": None, "meta": None})
    assert cleared.json() == {**room, "description": None, "meta": None}


def test_null_is_refused_where_the_knob_says_so(make, client_of, complaints):
    api = client_of(make(clear="refused"))
    room = api.post("/rooms", json={"name": "a"}).json()["id"]
    assert complaints(api.put(f"/rooms/{room}", json={"description": None})) == [
        ("invalid_parameter", "description")
    ]


@pytest.mark.parametrize(
    ("colours", "expected"), [("as_sent", "#aaBBcc"), ("upper", "#AABBCC"), ("lower", "#aabbcc")]
)
def test_the_spelling_of_colours(make, client_of, colours, expected):
    api = client_of(make(colours=colours))
    assert (
        api.post("/conferences", json={"display_name": "A", "dark_primary": "#aaBBcc"}).json()[
            "dark_primary"
        ]
        == expected
    )


@pytest.mark.parametrize(
    ("instants", "expected"),
    [
        ("Z", "2026-01-02T00:00:00Z"),
        ("fraction", "2026-01-02T00:00:00.000Z"),
        ("offset", "2026-01-02T02:00:00+02:00"),
    ],
)
def test_the_spelling_of_instants(make, client_of, instants, expected):
    api = client_of(make(instants=instants))
    assert (
        api.post("/rooms", json={"name": "a", "join_from": "2026-01-02"}).json()["join_from"]
        == expected
    )


def test_the_last_moment_has_no_other_offset(make, client_of):
    api = client_of(make(instants="offset"))
    assert (
        api.post("/rooms", json={"name": "a", "join_from": "9999-12-31T23:59:59Z"}).json()[
            "join_from"
        ]
        == "9999-12-31T23:59:59+00:00"
    )


@pytest.mark.parametrize(
    ("created", "expected"),
    [("documented", [200, 201, 200]), (200, [200, 200, 200]), (201, [201, 201, 201])],
)
def test_the_status_of_a_create(make, client_of, created, expected):
    api = client_of(make(created=created))
    room, hall = (
        api.post("/rooms", json={"name": "a"}),
        api.post("/conferences", json={"display_name": "A"}),
    )
    streams = [
        api.post(f"{path}/streams", json={"url": "rtmp://a.example/x"})
        for path in (f"/rooms/{room.json()['id']}", f"/conferences/{hall.json()['id']}")
    ]
    assert [answer.status_code for answer in (room, *streams)] == expected


def test_a_limit_on_streams(make, client_of, complaints):
    api = client_of(make(stream_limit=1))
    path = f"/rooms/{api.post('/rooms', json={'name': 'a'}).json()['id']}/streams"
    assert api.post(path, json={"url": "rtmp://a.example/1"}).status_code == 201
    assert complaints(api.post(path, json={"url": "rtmp://a.example/2"})) == [
        ("exceeds_platform_stream_limit", "url")
    ]


def test_a_limit_on_writes(make, client_of, clock):
    api = client_of(make(write_limit=2))
    statuses = [api.post("/rooms", json={"name": name}).status_code for name in "abc"]
    refused = api.put(f"/rooms/{ID}", json={})
    assert [*statuses, api.get("/rooms").status_code] == [200, 200, 429, 200]
    assert (
        refused.json(),
        refused.headers["Retry-After"],
        refused.headers["X-RateLimit-Remaining"],
    ) == (
        {"error": "Too Many Requests"},
        "10",
        "0",
    )
    clock.move(10)
    assert api.post("/rooms", json={"name": "d"}).status_code == 200


def test_latency_is_waited_for(make, client_of):
    assert client_of(make(latency=0.01)).get("/rooms").status_code == 200


def test_the_body_of_a_fault_is_text():
    with pytest.raises(ValueError, match="body: the text of an answer"):
        Settings.from_json({"faults": [{"status": 401, "body": {"error": "Unauthorized"}}]})


@pytest.mark.parametrize(
    ("taken", "status", "same"),
    [("refused", 422, False), ("answered", 200, True), ("suffixed", 200, False)],
)
def test_a_post_of_a_taken_name(make, client_of, taken, status, same):
    api = client_of(make(taken=taken))
    first = api.post("/rooms", json={"name": "a", "max_members": 9}).json()
    answer = api.post("/rooms", json={"name": "a", "max_members": 3})
    assert (answer.status_code, answer.json() == first) == (status, same)
    assert len(api.get("/rooms").json()["data"]) == (2 if taken == "suffixed" else 1)
    if taken == "suffixed":
        assert (answer.json()["name"][:2], answer.json()["display_name"]) == ("a_", "a")


def test_a_post_under_another_name(make, client_of):
    api = client_of(make(made_name="suffixed"))
    made = [api.post("/rooms", json={"name": "a"}).json()["name"] for _ in range(2)]
    assert len(set(made)) == 2
    assert all(name.startswith("a_") for name in made)


def test_a_put_that_resets_a_field(make, client_of):
    space = make(put_resets=("meta", "layout"))
    api = client_of(space)
    room = api.post("/rooms", json={"name": "a", "layout": "3x3"}).json()["id"]
    space.set_fields("Room", "a", meta={"k": 1}, max_members=500)
    there = api.put(f"/rooms/{room}", json={"description": "x", "layout": "5x5"}).json()
    assert [there[field] for field in ("meta", "layout", "max_members")] == [
        None,
        "grid-responsive",
        500,
    ]
