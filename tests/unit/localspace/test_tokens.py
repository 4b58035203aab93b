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


def test_a_room_token_carries_the_claims_of_the_service(api):
    asked = {
        "room_name": "lobby",
        "user_name": "ann",
        "permissions": ["room.lock"],
        "join_from": "2026-01-01",
        "remove_after_seconds_elapsed": 60,
    }
    head, body = claims(api.post("/room_tokens", json=asked).json()["token"])
    assert head == {"typ": "VRT", "alg": "HS512"}
    assert {
        name: body[name]
        for name in ("iat", "sub", "u", "r", "s", "acr", "jf", "rse", "ja", "media_allowed")
    } == {
        "iat": 1767268800,
        "sub": "project",
        "u": "ann",
        "r": "lobby",
        "s": ["room.lock"],
        "acr": True,
        "jf": 1767225600,
        "rse": 60,
        "ja": "member",
        "media_allowed": "all",
    }
    assert not {"exp", "ju", "rat"} & body.keys()


def test_an_audience_has_no_permissions_whatever_is_asked(api):
    asked = {"room_name": "lobby", "permissions": ["room.lock"], "join_as": "audience"}
    assert claims(api.post("/room_tokens", json=asked).json()["token"])[1]["s"] == []


def test_a_token_names_the_port_that_serves_it_and_ends_where_the_knobs_say(make, served):
    api = served(make(token_seconds=60))
    head, body = claims(api.post("/room_tokens", json={"room_name": "lobby"}).json()["token"])
    assert (head["ch"], body["exp"] - body["iat"]) == (f"ws://127.0.0.1:{api.base_url.port}", 60)


def test_tokens_are_read_by_the_space_that_made_them_alone(api, space, make, client_of, clock):
    minted = api.post("/room_tokens", json={"room_name": "lobby", "user_name": "ann"}).json()[
        "token"
    ]
    head, body, signature = minted.split(".")
    other = (
        client_of(make(seed=None)).post("/room_tokens", json={"room_name": "lobby"}).json()["token"]
    )
    forged = other.split(".")[1]

    assert space.attendance.claims(minted)["u"] == "ann"
    for wrong in (
        "",
        "a.b.c",
        other,
        f"{head}.{forged}.{signature}",
        f"{head}.{body}.",
        minted[:-2],
        "vpt_" + "0" * 32,
    ):
        with pytest.raises(ValueError, match=r"token|signature"):
            space.attendance.claims(wrong)


def test_a_token_that_is_over_or_of_another_project_is_refused(make, client_of, clock):
    space = make(token_seconds=60, credentials=("project", "token"))
    minted = client_of(space).post("/room_tokens", json={"room_name": "lobby"}).json()["token"]
    assert space.attendance.claims(minted)["r"] == "lobby"
    clock.move(60)
    with pytest.raises(ValueError, match="expired"):
        space.attendance.claims(minted)
    space.attendance.project = "another"
    with pytest.raises(ValueError, match="another project"):
        space.attendance.claims(minted)


def test_a_conference_token_makes_a_room_token_with_the_scopes_that_are_listed(
    api, space, client_of
):
    hall = api.post("/conferences", json={"display_name": "Hall", "name": "hall"}).json()["id"]
    tokens = api.get(f"/conferences/{hall}/conference_tokens").json()["data"]
    browser = client_of(space, auth=None)
    for token in tokens:
        ready = browser.get("/ready_room", params={"t": token["token"], "u": "Ann"}).json()
        said = space.attendance.claims(ready["token"])
        assert (said["r"], said["u"], said["s"], ready["permissions"]) == (
            "hall",
            "Ann",
            token["scopes"],
            token["scopes"],
        )
        assert space.attendance.claims(token["token"], user="Ann")["s"] == token["scopes"]
        assert ready["room_display_name"] == "Hall"
        assert "dark_primary" in ready["theme"]
    api.post(f"/conference_tokens/{tokens[0]['id']}/reset")
    assert browser.get("/ready_room", params={"t": tokens[0]["token"]}).status_code == 404


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
