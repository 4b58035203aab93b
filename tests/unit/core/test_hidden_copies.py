"""Copies of secrets in live values are hidden, and only those."""

import pytest

from reconciler.core.hidden_copies import without_copies
from reconciler.core.redacted_values import holds_hidden, secrets_in
from reconciler.core.resources import Secret
from reconciler.core.secret_texts import SecretTexts

WORD = "hunter2hunter2"
URL = "rtmps://live.example.com/app/KEYkeyKEY123"


def texts_of(value):
    return SecretTexts(lambda: secrets_in(value))


def _plain(value):
    """The texts of a value that a report would show."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in _plain(item)]
    if isinstance(value, list):
        return [text for item in value for text in _plain(item)]
    return [] if isinstance(value, Secret) else [value]


@pytest.mark.parametrize(
    "live",
    [
        WORD,
        f"the word is {WORD}!",
        [WORD],
        ["other", {"deep": [f"{WORD} too"]}],
        {"a": WORD, "b": "shown", "c": {"d": [1, WORD]}},
        URL,
        "key KEYkeyKEY123",
    ],
    ids=str,
)
def test_a_copy_is_hidden_wherever_it_is(live):
    secrets = texts_of({"k": [Secret(WORD)], "streams": ({"url": Secret(URL)},)})
    seen = without_copies(live, None, secrets)
    assert holds_hidden(seen)
    assert [text for text in _plain(seen) if WORD in str(text) or "KEY" in str(text)] == []


@pytest.mark.parametrize("live", ["hunter2", 5, None, True, {"a": ["x", 1]}, "rtmps://live", ""])
def test_all_else_is_shown(live):
    assert without_copies(live, None, texts_of([Secret(WORD), Secret(URL)])) == live


def test_a_text_that_the_manifest_shows_is_shown():
    secrets = texts_of(Secret("production"))
    live = {"stage": "production", "other": "production"}
    seen = without_copies(live, {"stage": "production", "other": "test"}, secrets)
    assert seen == {"stage": "production", "other": Secret("production")}


def test_a_short_value_hides_no_words():
    secrets = texts_of([Secret("room"), Secret("https://h/a")])

    assert without_copies("a room", None, secrets) == "a room"
    assert without_copies("https://h/a", None, secrets) == Secret("https://h/a")
