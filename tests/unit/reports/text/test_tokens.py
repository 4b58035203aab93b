import base64
import json

import pytest

from reconciler.core.resources import Address, Secret
from reconciler.reports.text.tokens import (
    MINTED_FORMATS,
    TOKENS_FORMATS,
    MintedReport,
    ShownToken,
    TokensReport,
)
from tests.unit.reports.cases import HOSTILE, SPACE

GUEST = ShownToken(
    Address("Conference", "hall"),
    "5e55",
    "guest",
    Secret("vpt_canary"),
    ("room.self.audio_mute", "room.self.deaf"),
)
GRANTS = {
    "permissions": ["room.lock"],
    "join_until": "2027-01-31T00:00:00Z",
    "remove_after_seconds_elapsed": 3600,
    "media_allowed": "audio-only",
}


def jwt(claims):
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"typ": "VRT"}, claims, "canary")
    )


def minted(*, reveal=False, token="opaque-canary", user="ann", **grants):  # noqa: S107  # a canary
    return MintedReport(
        space=SPACE,
        room=Address("Room", "lobby"),
        user=user,
        role="host",
        grants=grants,
        token=Secret(token),
        reveal=reveal,
    )


def row(report, name):
    lines = MINTED_FORMATS["text"](report).splitlines()
    return next(line.split(maxsplit=1)[1] for line in lines if line.split()[0] == name)


def test_tokens_are_masked_and_revealed():
    masked, shown = (
        TOKENS_FORMATS["text"](TokensReport(space=SPACE, tokens=[GUEST], reveal=reveal))
        for reveal in (False, True)
    )

    assert masked == "Conference/hall/guest  (secret)  2 permissions  5e55\n= --reveal shows it\n"
    assert shown == "Conference/hall/guest  vpt_canary  2 permissions  5e55\n"


def test_tokens_as_json():
    token = {
        "kind": "Conference",
        "owner": "hall",
        "name": "guest",
        "id": "5e55",
        "token": "(secret)",
        "scopes": list(GUEST.scopes),
    }

    assert json.loads(TOKENS_FORMATS["json"](TokensReport(space=SPACE, tokens=[GUEST]))) == {
        "format_version": "1.0",
        "space": SPACE,
        "tokens": [token],
    }


def test_no_tokens_are_one_line():
    assert TOKENS_FORMATS["text"](TokensReport(space=SPACE, tokens=[])) == "No tokens.\n"


def test_a_minted_token_explains_its_lifetime():
    text = MINTED_FORMATS["text"](minted(**GRANTS))

    assert text.splitlines() == [
        "Room/lobby  ann as host",
        "  token          (secret)  --reveal shows it",
        "  join           until 2027-01-31T00:00:00Z",
        "  stay           3600 seconds after joining at most",
        "  expires        the token itself does not say",
        "  may            room.lock",
        '  media_allowed  "audio-only"',
    ]


def test_a_minted_token_as_json():
    document = json.loads(
        MINTED_FORMATS["json"](minted(reveal=True, token=jwt({"exp": 1798761600}), **GRANTS))
    )

    assert {
        key: document[key] for key in ("kind", "room", "user", "role", "expires_at", "grants")
    } == {
        "kind": "Room",
        "room": "lobby",
        "user": "ann",
        "role": "host",
        "expires_at": "2027-01-01T00:00:00Z",
        "grants": GRANTS,
    }
    assert document["token"] == jwt({"exp": 1798761600})


@pytest.mark.parametrize(
    ("grants", "may"),
    [
        ({}, "what the API grants by default: the role names no permissions"),
        ({"permissions": []}, "nothing: the role's list is empty"),
        (
            {"permissions": ["room.lock"], "join_as": "audience"},
            "watch and listen only: an audience has no permissions",
        ),
    ],
)
def test_what_a_minted_token_allows(grants, may):
    assert row(minted(**grants), "may") == may


@pytest.mark.parametrize(
    ("token", "expires"),
    [
        (jwt({"exp": 1798761600}), "2027-01-01T00:00:00Z, as the token itself says"),
        *(
            (token, "the token itself does not say")
            for token in ("", "a.b.c", jwt([]), jwt({"exp": 1e300}), jwt({"exp": True}), "é.é.é")
        ),
    ],
)
def test_a_token_says_when_it_expires_or_not(token, expires):
    assert row(minted(token=token), "expires") == expires


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_text_is_obeyed_and_no_secret_is_shown(form):
    report = minted(user=HOSTILE, meta={HOSTILE: HOSTILE}, permissions=[HOSTILE], join_from=HOSTILE)
    tokens = TokensReport(
        space=SPACE, tokens=[GUEST._replace(name=HOSTILE, scopes=(HOSTILE,))], verbose=True
    )
    text = MINTED_FORMATS[form](report) + TOKENS_FORMATS[form](tokens)

    assert "canary" not in text + repr(report) + repr(tokens)
    assert not [char for char in text if not char.isprintable() and char != "\n"]
    assert "##[" not in text
