"""A secret is found in a text in each spelling that can be read back, and in no other text."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.resources import Address, Desired, Secret
from reconciler.core.secret_texts import NO_SECRETS, SHORTEST, SecretTexts, keys_of

SECRETS = st.text(st.characters(codec="utf-8"), min_size=SHORTEST, max_size=20)
AROUND = st.text(max_size=8)


def of(*words):
    return SecretTexts(lambda: words)


def _base64(secret, before, after):
    return base64.b64encode(f"{before}{secret}{after}".encode("utf-8", "replace")).decode()


SPELLINGS = {
    "plain": lambda secret, *_: secret,
    "percent": lambda secret, *_: quote(secret, safe=""),
    "plus": lambda secret, *_: quote_plus(secret),
    "JSON": lambda secret, *_: json.dumps(secret)[1:-1],
    "JSON with slashes": lambda secret, *_: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "HTML": lambda secret, *_: html.escape(secret),
    "hex": lambda secret, *_: secret.encode().hex(),
    "hex in upper case": lambda secret, *_: f"0{secret.encode().hex().upper()}",
    "base64": _base64,
    "base64 for URLs": lambda *parts: _base64(*parts).replace("+", "-").replace("/", "_"),
}


@given(SECRETS, AROUND, AROUND, st.sampled_from(list(SPELLINGS)))
def test_each_spelling_is_found(secret, before, after, spelling):
    spelled = SPELLINGS[spelling](secret, before, after)

    assert of("another secret", secret).in_text(f"{before} {spelled} {after}")


@given(SECRETS)
def test_it_is_found_in_upper_case_and_in_two_encodings(secret):
    escaped = json.dumps(json.dumps(secret)[1:-1])[1:-1]

    assert of(secret).in_text(escaped)
    assert not secret.isascii() or of(secret).in_text(secret.upper())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short",
        "hunter2",
        "hunter2hunter",
        "aHVudGVyMg==",
        "%68%75",
        "\\u",
        "&#x;",
        "a+b%",
        "=" * 9,
    ],
)
def test_other_texts_hold_none(text):
    assert not of("hunter2hunter2").in_text(text)
    assert not NO_SECRETS.in_text(text)


def test_keys_and_numbers_are_looked_at_too():
    secrets = of("hunter2hunter2", "12345678")

    assert secrets.in_value({"a": [{"x hunter2hunter2": 1}]})
    assert secrets.in_value([12345678])
    assert not secrets.in_value([1234567, True, None, 1.5])
    assert secrets.in_value(Secret("https://hunter2hunter2.example", "hunter2hunter2.example"))


def test_the_values_in_a_text_are_secrets_and_the_text_around_them_is_not():
    said = Secret("Say hunter2 to all", "Say ${env:WORD} to all", ("hunter2",))
    shown = Secret("visible words", "visible words")  # an item of a list that holds a secret
    desired = Desired(Address("Room", "a"), {"description": said, "tags": [shown]}, {})
    secrets = SecretTexts.of([desired])

    assert [secrets.in_text(text) for text in ("hunter2!", "Say ... to all", "visible words")] == [
        True,
        False,
        False,
    ]


def test_the_last_part_of_a_url_is_a_key_of_its_own():
    assert list(keys_of("rtmps://live.example.com/app/secret")) == ["app/secret", "secret"]
    assert list(keys_of("rtmps://live.example.com/a/b")) == []
    assert list(keys_of("no url")) == []
