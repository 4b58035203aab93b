import httpx
import pytest

from reconciler import catalog
from reconciler.core.errors import Forbidden, ProtocolError, ServerError, Unreachable
from reconciler.core.resources import Secret
from reconciler.space.tokens import Token, comes_with_tokens, mint_token, reset_token, tokens_of
from reconciler.space.transport_errors import NotSent
from tests.unit.space.conftest import ID

KINDS = catalog.kinds()
HALL, ROLE = KINDS["Conference"], KINDS["Role"]
OLD = Token(ID, "guest", Secret("vpt_old-canary"), ("room.self.audio_mute",))
NEW = OLD._replace(token=Secret("vpt_new-canary"))


def answer(token, *, status=200):
    return httpx.Response(
        status,
        json={
            "id": token.id,
            "name": token.name,
            "token": token.token.value,
            "scopes": list(token.scopes),
        },
    )


def test_only_some_kinds_come_with_tokens():
    assert [name for name, kind in KINDS.items() if comes_with_tokens(kind)] == ["Conference"]


def test_tokens_are_listed_as_secrets(scripted):
    listed = {"data": [answer(OLD).json()], "links": {}}
    on = scripted(httpx.Response(200, json=listed))

    assert tokens_of(on.client, HALL, ID) == (OLD,)
    assert on.wire.sent[0].url.path == f"/api/video/conferences/{ID}/conference_tokens"
    assert "canary" not in repr(OLD)


def test_a_reset_is_one_post(scripted):
    on = scripted(answer(NEW))

    assert reset_token(on.client, HALL, OLD) == NEW
    assert [(request.method, request.url.path) for request in on.wire.sent] == [
        ("POST", f"/api/video/conference_tokens/{ID}/reset")
    ]


def test_a_reset_that_changes_nothing_is_an_error(scripted):
    with pytest.raises(ProtocolError, match="not a new one"):
        reset_token(scripted(answer(OLD)).client, HALL, OLD)


@pytest.mark.parametrize(
    "lost", [httpx.ReadError("cut"), httpx.Response(502), httpx.Response(200, text="<html>")]
)
def test_a_lost_answer_is_made_up_for_by_looking(scripted, lost):
    on = scripted(lost, answer(NEW))

    assert reset_token(on.client, HALL, OLD) == NEW
    assert [request.method for request in on.wire.sent] == ["POST", "GET"]


@pytest.mark.parametrize(
    ("lost", "error"), [(httpx.ReadError("cut"), Unreachable), (httpx.Response(502), ServerError)]
)
def test_a_lost_reset_that_did_not_happen_is_that_error_and_is_not_repeated(scripted, lost, error):
    on = scripted(lost, answer(OLD))

    with pytest.raises(error):
        reset_token(on.client, HALL, OLD)
    assert [request.method for request in on.wire.sent] == ["POST", "GET"]


def test_what_nobody_knows_is_said_to_be_unknown(scripted):
    with pytest.raises(Unreachable) as caught:
        reset_token(scripted(httpx.ReadError("cut")).client, HALL, OLD)
    assert "unknown" in caught.value.hint


def test_what_was_not_sent_is_not_looked_for(scripted):
    on = scripted(httpx.ConnectError("no"))

    with pytest.raises(NotSent):
        reset_token(on.client, HALL, OLD)
    assert {request.method for request in on.wire.sent} == {"POST"}


def test_minting_sends_the_claims_and_gives_a_secret(scripted):
    on = scripted(httpx.Response(200, json={"token": "eyJ.canary.x"}))

    assert mint_token(on.client, ROLE, {"room_name": "lobby"}) == Secret("eyJ.canary.x")
    assert (on.wire.sent[0].url.path, on.wire.sent[0].content) == (
        "/api/video/room_tokens",
        b'{"room_name": "lobby"}',
    )
    assert "canary" not in "".join(on.trace)


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(200, json={"jwt_token": "eyJ.canary.x"}),
        httpx.Response(200, json={"token": ["eyJ.canary.x"]}),
        httpx.Response(200, text='{"token": "eyJ.canary.x"'),
        httpx.Response(200, text="token eyJ.canary.x"),
        httpx.Response(204),
    ],
)
def test_an_answer_without_a_token_is_an_error_that_shows_none(scripted, reply):
    on = scripted(reply)

    with pytest.raises(ProtocolError) as caught:
        mint_token(on.client, ROLE, {"room_name": "lobby"})
    assert "canary" not in str(caught.value) + caught.value.hint + "".join(on.trace)


def test_a_refusal_is_the_spaces_own(scripted):
    with pytest.raises(Forbidden):
        mint_token(
            scripted(httpx.Response(403, json={"error": "no"})).client, ROLE, {"room_name": "lobby"}
        )
