"""Copies of secrets in live values are hidden, and only those."""

import pytest

from reconciler.core.redacted_values import (
    holds_hidden,
    redacted_like,
    sealed_like,
    secret_texts,
    without_copies,
)
from reconciler.core.resources import Sealed, Secret

WORD = "hunter2hunter2"
URL = "rtmps://live.example.com/app/KEYkeyKEY123"


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
    secrets = secret_texts({"k": [Secret(WORD)], "streams": ({"url": Secret(URL)},)})
    seen = without_copies(live, None, secrets)
    assert holds_hidden(seen)
    assert [text for text in _plain(seen) if WORD in str(text) or "KEY" in str(text)] == []


@pytest.mark.parametrize("live", ["hunter2", 5, None, True, {"a": ["x", 1]}, "rtmps://live", ""])
def test_all_else_is_shown(live):
    assert without_copies(live, None, secret_texts([Secret(WORD), Secret(URL)])) == live


def test_a_text_that_the_manifest_shows_is_shown():
    secrets = secret_texts(Secret("production"))
    live = {"stage": "production", "other": "production"}
    seen = without_copies(live, {"stage": "production", "other": "test"}, secrets)
    assert seen == {"stage": "production", "other": Secret("production")}


def test_a_short_value_hides_no_words():
    assert secret_texts([Secret("room"), Secret("https://h/a")]) == {"https://h/a"}


SECRET, SEALED, HIDDEN = Secret("s"), Sealed("d"), Secret("x")
NEVER = object()  # nothing was applied


@pytest.mark.parametrize(
    ("live", "wanted", "applied", "seen"),
    [
        ("x", "x", "x", "x"),
        # In the place of a secret every text and number is one, and null is null.
        ("x", SECRET, NEVER, HIDDEN),
        ("x", SEALED, NEVER, HIDDEN),
        (7, SECRET, NEVER, Secret("\0" + "7")),
        (None, SECRET, SEALED, None),
        ({"a": "x", "b": ["x", None]}, SECRET, NEVER, {"a": HIDDEN, "b": [HIDDEN, None]}),
        # What was a secret stays one until the manifest shows that very text.
        ("x", None, SEALED, HIDDEN),
        ("x", "y", SEALED, HIDDEN),
        ("x", "x", SEALED, "x"),
        # Inside of an object, each place by itself.
        ({"a": "x", "b": "x"}, {"a": SECRET}, NEVER, {"a": HIDDEN, "b": "x"}),
        ({"a": "x", "b": "x"}, None, {"b": SEALED}, {"a": "x", "b": HIDDEN}),
        ({"a": {"b": "x"}}, {"a": {"b": SECRET}}, NEVER, {"a": {"b": HIDDEN}}),
        ({"a": "x"}, {"a": "x"}, {"a": SEALED}, {"a": "x"}),
        # In a list items move: one secret hides all texts, and no number.
        (["x", 1, {"a": "x"}], [SECRET], NEVER, [HIDDEN, 1, {"a": HIDDEN}]),
        (["x", 1], ["y", 1], [SEALED, 1], [HIDDEN, 1]),
        (["x", 1], ["x", 1], [SEALED, 1], ["x", 1]),
        (["x"], ["y"], ["z"], ["x"]),
        # An object that became a text may be one of its own secrets.
        ("x", {"a": SECRET}, NEVER, HIDDEN),
        ("x", None, {"a": SEALED}, HIDDEN),
        ("x", {"a": "y"}, {"a": "z"}, "x"),
    ],
)
def test_a_live_value_is_hidden_where_a_secret_was_or_is_meant(live, wanted, applied, seen):
    found = redacted_like(live, wanted, applied)
    assert found == seen
    assert type(found) is type(seen)
    if applied is NEVER:
        assert redacted_like(live, wanted) == seen


def test_what_is_hidden_is_compared_by_its_seal():
    key = b"k" * 32
    assert sealed_like("x", SECRET, key=key) == Secret("x").sealed(key)
    assert sealed_like("x", "y", key=key) == "x"
    assert sealed_like({"a": "x"}, {"a": SEALED}, key=key) == {"a": Secret("x").sealed(key)}
