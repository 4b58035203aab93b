import base64
import json

import pytest


def test_a_conference_comes_with_two_tokens(api):
    hall = api.post("/conferences", json={"display_name": "Hall"}).json()["id"]
    tokens = api.get(f"/conferences/{hall}/conference_tokens").json()["data"]
    assert [token["name"] for token in tokens] == ["moderator", "guest"]
    assert all(token["token"].startswith("vpt_") and len(token["token"]) == 36 for token in tokens)
    assert "room.member.remove" in tokens[0]["scopes"]
    assert "room.member.remove" not in tokens[1]["scopes"]
    assert api.get(f"/conference_tokens/{tokens[0]['id']}").json() == tokens[0]


def test_a_reset_changes_the_token_alone(api, space):
    hall = api.post("/conferences", json={"display_name": "Hall"}).json()["id"]
    before = api.get(f"/conferences/{hall}/conference_tokens").json()["data"][1]
    after = api.post(f"/conference_tokens/{before['id']}/reset").json()
    assert after["token"] != before["token"]
    assert (
        after
        == {**before, "token": after["token"]}
        == api.get(f"/conference_tokens/{before['id']}").json()
    )
    assert space.ledger[-1].path == f"/api/video/conference_tokens/{before['id']}/reset"


@pytest.mark.parametrize("path", ["/conference_tokens/nope", "/conferences/nope/conference_tokens"])
def test_unknown_tokens(api, path):
    assert api.get(path).status_code == 404


def claims(token):
    head, body, signature = token.split(".")
    padded = [part + "=" * (-len(part) % 4) for part in (head, body)]
    assert signature
    return [json.loads(base64.urlsafe_b64decode(part)) for part in padded]


def test_a_room_token_has_the_form_of_a_jwt(api):
    answer = api.post(
        "/room_tokens",
        json={
            "room_name": "lobby",
            "user_name": "ann",
            "permissions": ["room.lock"],
            "join_as": "audience",
        },
    )
    head, body = claims(answer.json()["token"])
    assert (answer.status_code, head) == (200, {"typ": "VRT", "alg": "HS512"})
    assert {
        field: body[field]
        for field in ("room_name", "user_name", "permissions", "join_as", "media_allowed")
    } == {
        "room_name": "lobby",
        "user_name": "ann",
        "permissions": ["room.lock"],
        "join_as": "audience",
        "media_allowed": "all",
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("missing_required_parameter", "room_name")]),
        ({"room_name": "a b"}, [("invalid_parameter", "room_name")]),
        ({"room_name": "a", "user_name": "u" * 101}, [("character_limit_exceeded", "user_name")]),
        ({"room_name": "a", "permissions": ["room.fly"]}, [("invalid_parameter", "permissions")]),
        ({"room_name": "a", "join_as": "host"}, [("invalid_parameter", "join_as")]),
        ({"room_name": "a", "role": "host"}, [("invalid_parameter", "role")]),
        (
            {"room_name": "a", "join_from": "2026-02-02", "join_until": "2026-02-01"},
            [("invalid_join_until_date", "join_until")],
        ),
        ({"room_name": "a", "meta": {"k": "v" * 2000}}, [("character_limit_exceeded", "meta")]),
    ],
)
def test_what_a_room_token_refuses(api, complaints, body, expected):
    assert complaints(api.post("/room_tokens", json=body)) == expected
