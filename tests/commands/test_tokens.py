import json
from pathlib import Path

import pytest

from reconciler.localspace import Fault, Settings
from tests.commands.words import MANIFESTS, conference, manifest, room

HOST = ["room.lock", "room.self.audio_mute"]
MINT = ("tokens", "mint", "lobby", "--user", "Ann", "--role", "host", "--path", MANIFESTS)


@pytest.fixture
def hall(apply, space):
    """A Space with a conference, a room, and a role; gives the tokens as they are there."""
    apply(
        conference("hall"),
        room("lobby"),
        manifest("Role", "host", permissions=HOST, auto_create_room=False),
    )

    def tokens():
        listed = space.ask(
            "GET", f"/conferences/{space.get('Conference', 'hall')['id']}/conference_tokens"
        )["data"]
        return {one["name"]: one for one in listed}

    return tokens


def minted(space):
    """The bodies of the requests for room tokens."""
    return [
        request.body for request in space.space.requests if request.path.endswith("/room_tokens")
    ]


def resets(space):
    return [
        path
        for method, path in ((one.method, one.path) for one in space.space.ledger)
        if path.endswith("/reset")
    ]


@pytest.mark.parametrize("name", ["hall", "Conference/hall"])
def test_list_masks_and_reveals(hall, done, name):
    there = hall()

    masked, shown = done("tokens", "list", name).out, done("tokens", "list", name, "--reveal").out

    assert [
        word
        for word in ("hall/moderator", "hall/guest", "(secret)", there["guest"]["id"])
        if word not in masked
    ] == []
    assert [token["token"] in masked for token in there.values()] == [False, False]
    assert [token["token"] in shown for token in there.values()] == [True, True]


def test_list_as_json(hall, done):
    there = hall()
    document = done("tokens", "list", "hall", "--format", "json").json

    assert [(one["name"], one["id"], one["token"]) for one in document["tokens"]] == [
        (name, token["id"], "(secret)") for name, token in there.items()
    ]
    revealed = done("tokens", "list", "hall", "--format", "json", "--reveal").json
    assert [one["token"] for one in revealed["tokens"]] == [
        token["token"] for token in there.values()
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hal", "did you mean 'hall'?"),
        ("Room/lobby", "Room has none of these tokens"),
        ("Conferense/hall", "did you mean 'Conference'?"),
    ],
)
@pytest.mark.usefixtures("hall")
def test_a_name_that_is_none_is_an_error_with_the_nearest(reconciler, name, words):
    code, out, err = reconciler("tokens", "list", name)

    assert (code, out) == (1, "")
    assert words in err


def test_reset_changes_one_token_and_shows_it_only_if_asked(hall, done):
    before = hall()
    code, out, err = done("tokens", "reset", "hall/guest", "--yes")
    after = hall()

    assert after["moderator"] == before["moderator"]
    assert after["guest"]["token"] != before["guest"]["token"]
    assert "Conference/hall/guest is reset" in err
    assert not [
        token for token in (before["guest"]["token"], after["guest"]["token"]) if token in out + err
    ]
    assert code == 0


def test_reset_reveals_the_new_token(hall, done):
    document = done(
        "tokens", "reset", "Conference/hall/guest", "--yes", "--reveal", "--format", "json"
    ).json

    assert [one["token"] for one in document["tokens"]] == [hall()["guest"]["token"]]


@pytest.mark.usefixtures("hall")
def test_reset_without_a_terminal_needs_yes(reconciler, space):
    code, out, err = reconciler("tokens", "reset", "hall/guest")

    assert (code, out, resets(space)) == (1, "", [])
    assert "--yes" in err


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("hall", "is not CONFERENCE/NAME"),
        ("hall/", "is not CONFERENCE/NAME"),
        ("hall/gest", "did you mean 'guest'?"),
        ("hal/guest", "'hall'"),
    ],
)
@pytest.mark.usefixtures("hall")
def test_a_token_that_is_none_is_an_error(reconciler, space, token, words):
    code, out, err = reconciler("tokens", "reset", token, "--yes")

    assert (code, out, resets(space)) == (1, "", [])
    assert words in err


@pytest.mark.usefixtures("hall")
def test_mint_sends_what_the_role_says(done, space):
    out = done(*MINT).out

    assert minted(space) == [
        {"room_name": "lobby", "user_name": "Ann", "permissions": HOST, "auto_create_room": False}
    ]
    assert [
        word
        for word in ("Room/lobby", "Ann as host", "(secret)", "room.lock, room.self.audio_mute")
        if word not in out
    ] == []
    assert "eyJ" not in out


@pytest.mark.usefixtures("hall")
def test_mint_reveals_a_token_in_the_form_of_a_jwt(done):
    document = done(*MINT, "--reveal", "--format", "json").json

    assert document["token"].count(".") == 2
    assert document["grants"] == {"permissions": HOST, "auto_create_room": False}
    assert document["token"].startswith("eyJ")
    assert "eyJ" in done(*MINT, "--reveal").out


def test_mint_sends_every_field_of_a_role_in_its_own_spelling(apply, done, space):
    spec = {
        "join_as": "audience",
        "media_allowed": "video-only",
        "join_from": "2027-01-31T01:00:00+01:00",
        "join_until": None,
        "remove_after_seconds_elapsed": 3600,
        "meta": {"badge": "x"},
        "end_room_session_on_leave": True,
    }
    apply(room("lobby"), manifest("Role", "host", **spec))

    out = done(*MINT).out

    sent = {**spec, "join_from": "2027-01-31T00:00:00Z", "room_name": "lobby", "user_name": "Ann"}
    del sent["join_until"]
    assert minted(space) == [sent]
    assert [
        word
        for word in ("from 2027-01-31T00:00:00Z", "3600 seconds", "an audience has no permissions")
        if word not in out
    ] == []


def test_a_role_with_a_permission_that_is_none_mints_nothing(declare, reconciler, space):
    declare(room("lobby"), manifest("Role", "host", permissions=["room.lok"]))

    code, out, err = reconciler(*MINT)

    assert (code, out, space.space.requests) == (1, "", [])
    assert "did you mean 'room.lock'?" in err
    assert f"{MANIFESTS}:" in err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"--role": "hst"}, "did you mean 'host'?"),
        ({"mint": "loby"}, "did you mean 'lobby'?"),
        ({"mint": "hall"}, "tokens list hall"),
        ({"mint": "Conference/hall"}, "tokens"),
        ({"--user": ""}, "1 to 100"),
        ({"--user": "u" * 101}, "1 to 100"),
        ({"--user": "a\u202eb"}, "1 to 100"),
    ],
)
@pytest.mark.usefixtures("hall")
def test_what_cannot_be_minted_is_an_error_and_sends_nothing(reconciler, space, change, words):
    line = list(MINT)
    for before, value in change.items():
        line[line.index(before) + 1] = value

    code, out, err = reconciler(*line)

    assert (code, out, minted(space)) == (1, "", [])
    assert words in err


def test_a_room_of_nobody_that_is_in_the_space_may_be_joined(hall, done, space):
    space.create("Room", name="theirs")

    assert hall()
    assert "Room/theirs" in done("tokens", "mint", "theirs", *MINT[3:]).out


def test_a_room_that_is_only_declared_is_said_to_be_missing(declare, done, space):
    declare(room("lobby"), manifest("Role", "host"))

    assert "not in the Space yet" in (done(*MINT).err)
    assert "default settings" in done(*MINT).err
    assert space.names() == set()


@pytest.mark.parametrize("debug", [[], ["--debug"]], ids=["plain", "debug"])
@pytest.mark.parametrize(
    "arguments",
    [("tokens", "list", "hall"), ("tokens", "reset", "hall/guest", "--yes"), MINT],
    ids=["list", "reset", "mint"],
)
def test_no_token_is_in_any_output_or_file(hall, done, space, arguments, debug):
    before = hall()
    ran = done(*arguments, *debug)
    texts = [
        ran.out,
        ran.err,
        *(
            path.read_bytes().decode("utf-8", "replace")
            for path in Path().rglob("*")
            if path.is_file()
        ),
    ]

    secret = [token["token"] for tokens in (before, hall()) for token in tokens.values()]
    assert not [word for word in (*secret, "eyJ", "vpt_") for text in texts if word in text]
    assert space.names() == {"Room/lobby", "Conference/hall"}


@pytest.mark.parametrize("action", ["status", "garbage"])
@pytest.mark.parametrize(
    "arguments",
    [("tokens", "reset", "hall/guest", "--yes", "--debug"), (*MINT, "--debug")],
    ids=["reset", "mint"],
)
def test_a_space_that_answers_with_tokens_in_its_errors_gives_none_away(
    hall, reconciler, space, arguments, action
):
    assert hall()
    body = json.dumps({"error": "vpt_canary1 and eyJcanary.2.3", "token": "vpt_canary4"})[
        : 60 if action == "garbage" else None
    ]
    space.space.knobs = Settings(
        faults=(
            Fault(
                method="POST", path_regex="reset|room_tokens", action=action, status=422, body=body
            ),
        )
    )

    code, out, err = reconciler(*arguments)

    # A reset that was done is found out by looking; a token that was made cannot be.
    assert code == (1 if action == "status" else 0 if "reset" in arguments else 4)
    assert "canary" not in out + err
    assert "Traceback" not in err


def test_the_embedded_space_has_tokens_too(local, apply, done):
    apply(conference("hall"))

    assert "hall/guest" in done("tokens", "list", "hall", "--space", "local").out
    assert local.names() == {"Conference/hall"}


def test_what_an_audience_is_granted_is_told_as_empty(apply, done, space):
    role = manifest("Role", "host", join_as="audience", permissions=["room.self.audio_mute"])
    apply(room("lobby"), role)

    result = done(*MINT, "--format", "json")

    assert result.json["grants"]["permissions"] == []
    assert "join_as: audience" in result.err
    assert minted(space)[0]["permissions"] == ["room.self.audio_mute"]


def test_of_two_tokens_of_one_name_none_is_reset(hall, reconciler, space):
    """A list that ignores whose tokens are requested has those of other conferences."""
    there = hall()
    other = {**there["guest"], "id": "c22d0000-0000-4000-8000-000000000001", "token": "vpt_other"}
    body = json.dumps({"links": {}, "data": [*there.values(), other]})
    space.space.knobs = Settings(
        faults=(Fault("GET", "/conference_tokens$", status=200, body=body),)
    )

    code, _, err = reconciler("tokens", "reset", "hall/guest", "--yes")

    assert (code, resets(space)) == (1, [])
    assert "lists 2 tokens called 'guest' for Conference/hall" in err
    assert "vpt_" not in err


@pytest.mark.parametrize("body", ["{}", "[]", '{"id": 7}', "gone"])
def test_an_answer_to_a_reset_that_shows_no_token_is_no_failure_before_a_write(
    hall, reconciler, space, body
):
    hall()
    space.space.knobs = Settings(faults=(Fault("POST", "/reset$", status=200, body=body),))

    code, _, err = reconciler("tokens", "reset", "hall/guest", "--yes")

    assert code == 4
    assert "Conference/hall/guest may be reset: " in err
    assert "reconciler tokens list --reveal" in err


LOST = [
    Fault("POST", "/reset$|_tokens$", action="reset_after_commit"),
    Fault("POST", "/reset$|_tokens$", status=502),
    Fault("POST", "/reset$|_tokens$", action="truncated"),
]
LOST_READS = Fault("GET", "/conference_tokens/", status=500)


@pytest.mark.parametrize("lost", LOST, ids=["no answer", "502", "a part of an answer"])
def test_a_reset_whose_outcome_is_unknown_is_no_failure_before_a_write(
    hall, reconciler, space, lost
):
    hall()
    space.space.knobs = Settings(faults=(lost, LOST_READS))

    code, out, err = reconciler("tokens", "reset", "hall/guest", "--yes")

    assert code == 4
    assert "Conference/hall/guest may be reset: " in err
    assert "reconciler tokens list --reveal" in err
    assert "vpt_" not in out + err


@pytest.mark.parametrize("lost", LOST, ids=["no answer", "502", "a part of an answer"])
@pytest.mark.usefixtures("hall")
def test_a_token_that_may_have_been_minted_is_told(reconciler, space, lost):
    space.space.knobs = Settings(faults=(lost,))

    code, out, err = reconciler(*MINT)

    assert code == 4
    assert "a token to join Room/lobby may have been made" in err
    assert "eyJ" not in out + err


@pytest.mark.parametrize("command", [("tokens", "reset", "hall/guest", "--yes"), MINT])
def test_what_the_space_refuses_was_not_written(hall, reconciler, space, command):
    hall()
    space.space.knobs = Settings(faults=(Fault("POST", "/reset$|_tokens$", status=422),))

    code, _, err = reconciler(*command)

    assert code == 1
    assert "may be reset" not in err
    assert "may have been made" not in err
