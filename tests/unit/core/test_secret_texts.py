"""A secret is found in a text in each spelling that can be read back, and in no other text."""

import base64
import html
import json
import unicodedata
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
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
    assert of(secret).in_text(secret.upper())


@given(SECRETS, AROUND, AROUND, st.sampled_from(list(SPELLINGS)))
@example("caf\u0131-stra\xdfe", "", "", "plain")
@example("caf\xe9-1234", "", "\u0323", "plain")
def test_it_is_found_in_any_letter_case_and_form_of_its_accents(secret, before, after, spelling):
    for changed in (
        secret.upper(),
        secret.lower(),
        unicodedata.normalize("NFD", secret),
        unicodedata.normalize("NFC", secret).swapcase(),
    ):
        spelled = SPELLINGS[spelling](changed, before, after)
        assert of(secret).in_text(f"{before} {spelled} {after}"), ascii(changed)


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


# One secret in each spelling by itself, whatever examples the properties above try.
WORD = 'k\u00e9y/ <hunter2> "x"'


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_a_secret_is_found_in_each_spelling(spelling, before):
    spelled = SPELLINGS[spelling](WORD, before, "")
    assert of(WORD).in_text(f"x {spelled} x")
    assert of(WORD).in_value({"a": [spelled]})
    assert not of(WORD[::-1]).in_text(f"x {spelled} x")


@pytest.mark.parametrize(
    "text",
    [
        "line\\nbreak",
        "tab\\tstop",
        'quote\\"s',
        "slash\\/es",
        "\\ud83d\\ude00 smile",
        "\\u0061bcdef",
        "\\\\back slash",
    ],
)
def test_each_escape_of_json_is_read_back(text):
    assert of(json.loads(f'"{text}"')).in_text(f"a {text} b")


def test_two_encodings_in_one_another_are_read_and_three_are_not():
    once = quote(WORD, safe="")
    twice, thrice = once.encode().hex(), base64.b64encode(once.encode().hex().encode()).decode()
    found = [of(WORD).in_text(text) for text in (WORD, once, twice, thrice)]
    assert found == [True, True, True, False]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (12345678, True),
        (12345678.5, True),
        (1234567, False),
        (True, False),
        (None, False),
        ("text 12345678", True),
        (["a", ("b", "12345678")], True),
        ({"a": {"12345678": 1}}, True),
        ({"a": {"b": [None, False]}}, False),
        (Secret("12345678"), False),
        (Secret("x", "12345678"), True),
    ],
)
def test_what_a_value_holds(value, found):
    assert of("12345678").in_value(value) is found


def test_a_truth_value_is_no_secret_also_where_its_spelling_would_be():
    secrets = of("false", "falsehood", "true12")
    assert not secrets.in_value([True, False])
    assert not of("false1").in_value(False)


@pytest.mark.parametrize(
    ("length", "found"), [(SHORTEST - 1, False), (SHORTEST, True), (SHORTEST + 1, True)]
)
def test_a_short_text_is_no_secret(length, found):
    word = "z9y8x7w6"[:length]
    assert of(word).in_text(f"a {word} b") is found
    assert of(word).in_text(word) is found


@pytest.mark.parametrize("number", [2, 199, 200, 201, 400])
def test_of_many_secrets_each_is_found(number):
    secrets = of(*(f"{index:03}-secret-{index}" for index in range(number)))
    last = f"{number - 1:03}-secret-{number - 1}"
    assert [secrets.in_text(text) for text in (f"a {last}", last.upper(), last[:-1], "a")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("rtmp://a.example", []),
        ("rtmp://a.example/", []),
        ("rtmp://a.example/12345", []),
        ("rtmp://a.example/123456", ["123456"]),
        ("rtmp://a.example/1234567", ["1234567"]),
        ("rtmp://a.example/12345678", ["12345678", "12345678"]),
        ("https://a.example/a?key=12345678&b=abc#x", ["a?key=12345678&b=abc#x", "12345678"]),
        ("https://a.example/live12345/123456", ["live12345/123456", "live12345", "123456"]),
        ("a.example/12345678", []),
    ],
)
def test_which_parts_of_a_url_are_keys(address, keys):
    assert list(keys_of(address)) == keys


def test_the_words_are_asked_for_once_and_only_for_a_text():
    asked = []

    def words():
        asked.append(1)
        return ["hunter2hunter2"]

    secrets = SecretTexts(words)
    assert (secrets.in_text("short"), asked) == (False, [])
    assert [secrets.in_text(text) for text in ("a hunter2hunter2", "nothing here") * 2] == [
        True,
        False,
    ] * 2
    assert asked == [1]


def test_the_secrets_of_fragments_count_too():
    fragment = {"theme": {"logo": Secret("hunter2hunter2")}}
    assert SecretTexts.of([], fragment).in_text("hunter2hunter2")
    stream = Desired(Address("Room", "a"), {}, {}, {"streams": ({"url": Secret("abcdefgh")},)})
    assert SecretTexts.of([stream]).in_text("abcdefgh")
