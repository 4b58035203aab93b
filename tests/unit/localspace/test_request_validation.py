import pytest

LONG = "x" * 201


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("missing_required_parameter", "name")]),
        ({"name": "a", "nam": "b"}, [("invalid_parameter", "nam")]),
        ({"name": "a", "id": "b"}, [("invalid_parameter", "id")]),
        ({"name": "a", "fps": 20}, [("invalid_parameter", "fps")]),
        ({"name": "a", "streams": []}, [("invalid_parameter", "streams")]),
        ({"name": "a", "presets": []}, [("invalid_parameter", "presets")]),
        ({"name": "a b"}, [("invalid_parameter", "name")]),
        ({"name": "a\n"}, [("invalid_parameter", "name")]),
        ({"name": "é"}, [("invalid_parameter", "name")]),
        ({"name": None}, [("invalid_parameter", "name")]),
        ({"name": 7}, [("invalid_parameter", "name")]),
        ({"name": "n" * 101}, [("character_limit_exceeded", "name")]),
        ({"name": "a", "display_name": LONG}, [("character_limit_exceeded", "display_name")]),
        ({"name": "a", "description": "x" * 3001}, [("character_limit_exceeded", "description")]),
        ({"name": "a", "max_members": 0}, [("invalid_parameter", "max_members")]),
        ({"name": "a", "max_members": 301}, [("invalid_parameter", "max_members")]),
        ({"name": "a", "max_members": "20"}, [("invalid_parameter", "max_members")]),
        ({"name": "a", "max_members": True}, [("invalid_parameter", "max_members")]),
        ({"name": "a", "max_members": None}, [("invalid_parameter", "max_members")]),
        ({"name": "a", "layout": "grid"}, [("invalid_parameter", "layout")]),
        ({"name": "a", "record_on_start": "yes"}, [("invalid_parameter", "record_on_start")]),
        ({"name": "a", "meta": [1]}, [("invalid_parameter", "meta")]),
        ({"name": "a", "meta": {"k": "v" * 2000}}, [("character_limit_exceeded", "meta")]),
        ({"name": "a", "join_from": "tomorrow"}, [("not_a_datetime", "join_from")]),
        ({"name": "a", "join_from": "2026-01-01T00:00:00"}, [("not_a_datetime", "join_from")]),
        ({"name": "a", "join_from": "2026-02-30"}, [("not_a_datetime", "join_from")]),
        (
            {"name": "a", "join_from": "0001-01-01T00:00:00+05:00"},
            [("not_a_datetime", "join_from")],
        ),
        ({"name": "a", "join_from": 7}, [("not_a_datetime", "join_from")]),
        (
            {"name": "a", "join_from": "2026-02-02", "join_until": "2026-02-01"},
            [("invalid_join_until_date", "join_until")],
        ),
        (
            {"name": "a!", "display_name": LONG, "quality": 1, "remove_at": ""},
            [
                ("invalid_parameter", "name"),
                ("character_limit_exceeded", "display_name"),
                ("invalid_parameter", "quality"),
                ("not_a_datetime", "remove_at"),
            ],
        ),
    ],
)
def test_what_a_room_refuses(api, space, complaints, body, expected):
    assert complaints(api.post("/rooms", json=body)) == expected
    assert space.ledger == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "a"}, [("missing_required_parameter", "display_name")]),
        ({"display_name": None}, [("invalid_parameter", "display_name")]),
        ({"display_name": "A", "dark_primary": "#12345"}, [("invalid_parameter", "dark_primary")]),
        (
            {"display_name": "A", "dark_primary": "#123456\n"},
            [("invalid_parameter", "dark_primary")],
        ),
        ({"display_name": "A", "meta": {}}, [("invalid_parameter", "meta")]),
        ({"display_name": "A", "theme": "brand"}, [("invalid_parameter", "theme")]),
    ],
)
def test_what_a_conference_refuses(api, complaints, body, expected):
    assert complaints(api.post("/conferences", json=body)) == expected


def test_a_conference_is_not_updated_without_its_title(api, complaints):
    made = api.post("/conferences", json={"display_name": "A"}).json()["id"]
    assert complaints(api.put(f"/conferences/{made}", json={})) == [
        ("missing_required_parameter", "display_name")
    ]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example/live",
        "https://a.example/live",
        "rtmp:///live",
        "rtmp://a b/",
        "${env:KEY}",
        7,
        None,
    ],
)
def test_what_a_stream_refuses_without_showing_it(api, complaints, url):
    room = api.post("/rooms", json={"name": "lobby"}).json()["id"]
    answer = api.post(f"/rooms/{room}/streams", json={"url": url})
    assert complaints(answer) == [("invalid_parameter", "url")]
    assert not url or str(url) not in answer.text


def test_an_update_is_judged_by_what_it_leads_to(api, complaints):
    room = api.post("/rooms", json={"name": "a", "join_from": "2026-03-01"}).json()["id"]
    assert complaints(api.put(f"/rooms/{room}", json={"join_until": "2026-02-01"})) == [
        ("invalid_join_until_date", "join_until")
    ]


def test_a_name_in_use_is_refused_along_with_all_else(api, complaints):
    api.post("/rooms", json={"name": "lobby"})
    refused = api.post("/rooms", json={"name": "lobby", "quality": "4k"})
    assert complaints(refused) == [
        ("invalid_parameter", "quality"),
        ("not_unique_within_project", "name"),
    ]
    assert (
        api.post("/conferences", json={"name": "lobby", "display_name": "Lobby"}).status_code == 200
    )


def test_an_error_in_full(api):
    assert api.post("/rooms", json={"name": "a", "nam": "b"}).json() == {
        "errors": [
            {
                "type": "validation_error",
                "code": "invalid_parameter",
                "message": "nam is not a parameter of this request",
                "attribute": "nam",
                "url": "https://signalwire.com/docs/apis/error-codes#invalid_parameter",
            }
        ]
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"a"',
        b'{"name": NaN}',
        b'{"meta": {"a": 1e999}}',
        b"\xff",
        b'{"name": "\\ud800"}',
        b"[" * 100_000,
        b'{"a": ' + b"1" * 5000 + b"}",
    ],
    ids=[
        "empty",
        "open",
        "list",
        "text",
        "nan",
        "infinite",
        "not-utf-8",
        "surrogate",
        "deep",
        "huge-number",
    ],
)
def test_what_is_not_a_json_object_is_a_bad_request(api, body):
    answer = api.post("/rooms", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (400, {"error": "Bad Request"})


def test_a_body_of_another_type_is_a_bad_request(api):
    assert api.post("/rooms", data={"name": "lobby"}).status_code == 400


def test_a_body_that_is_too_large_is_refused(api):
    assert api.post("/rooms", json={"name": "a", "meta": {"a": "x" * (1 << 20)}}).status_code == 413


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-01-02", "2026-01-02T00:00:00Z"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02t03:04:05z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"),
        ("2026-01-02T03:04:05.250-01:30", "2026-01-02T04:34:05.250000Z"),
        ("0999-01-01", "0999-01-01T00:00:00Z"),
    ],
)
def test_instants_are_kept_in_utc(api, sent, kept):
    assert api.post("/rooms", json={"name": "a", "join_from": sent}).json()["join_from"] == kept


def test_a_whole_number_with_a_point_is_whole(api):
    assert (
        api.post(
            "/rooms",
            content=b'{"name": "a", "max_members": 20.0}',
            headers={"Content-Type": "application/json"},
        ).json()["max_members"]
        == 20
    )
