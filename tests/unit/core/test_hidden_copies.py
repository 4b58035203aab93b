"""Copies of secrets in live values are hidden, and only those."""

from dataclasses import replace

import pytest

from reconciler.core.hidden_copies import (
    hidden_action,
    hidden_actions,
    hidden_change,
    hidden_changes,
    hidden_fields,
    hidden_left_as_is,
    hidden_outcome,
    without_copies,
)
from reconciler.core.plan_model import Action, FieldChange, LeftAsIs, Outcome
from reconciler.core.redacted_values import holds_hidden, secrets_in
from reconciler.core.resources import Address, Secret
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


HIDDEN = Secret(WORD)
SECRETS = texts_of([Secret(WORD)])
ROOM = Address("Room", "lobby")


def change(before, after=None, *, steps=(), path="description"):
    return FieldChange(path, before, after, "drift", steps=steps)


@pytest.mark.parametrize(
    ("live", "wanted", "seen"),
    [
        ({WORD: 1, "b": 2}, {"b": 2}, {"(secret)": 1, "b": 2}),
        ({WORD: 1, "b": 2}, {WORD: 2, "b": 2}, {WORD: 1, "b": 2}),
        ({WORD: WORD}, "text", {"(secret)": HIDDEN}),
        ([{WORD: [WORD, 1]}, "a"], None, [{"(secret)": [HIDDEN, 1]}, Secret("a")]),
        (({"a": {WORD: 1}},), None, [{"a": {"(secret)": 1}}]),
        (HIDDEN, None, HIDDEN),
        (Secret("https://a.example/x", WORD), None, Secret("https://a.example/x")),
        (None, WORD, None),
    ],
)
def test_keys_and_items_of_lists_are_hidden_too(live, wanted, seen):
    found = without_copies(live, wanted, SECRETS)
    assert (found, repr(found)) == (seen, repr(seen))


def test_the_fields_of_an_answer_are_hidden_one_by_one():
    found = hidden_fields({"name": WORD, "id": "7", "at": [WORD]}, SECRETS)
    assert found == {"name": HIDDEN, "id": "7", "at": [HIDDEN]}


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (change(WORD), change(HIDDEN)),
        (change(WORD, "other"), change(HIDDEN, "other")),
        (change(WORD, WORD), change(WORD, WORD)),
        (change("plain", WORD), change("plain", WORD)),
        # A key of an object that was added outside is a place in the path.
        (
            change("x", path=f"meta.{WORD}", steps=(WORD,)),
            change(Secret("x"), path='meta["(secret)"]', steps=("(secret)",)),
        ),
        (
            change(None, path=f"meta.a.{WORD}", steps=("a", WORD)),
            change(None, path='meta.a["(secret)"]', steps=("a", "(secret)")),
        ),
        (
            change(None, "set", path=f"meta.{WORD}", steps=(WORD,)),
            change(None, "set", path=f"meta.{WORD}", steps=(WORD,)),
        ),
        (
            change(WORD, path="meta.a", steps=("a",)),
            change(HIDDEN, path="meta.a", steps=("a",)),
        ),
    ],
)
def test_a_change_shows_no_secret_that_only_the_space_has(shown, expected):
    found = hidden_change(shown, SECRETS)
    assert (found, repr(found)) == (expected, repr(expected))
    assert (found is shown) is (repr(found) == repr(shown))


def test_changes_without_a_secret_are_the_same_tuple():
    plain = (change("a"), change("b"))
    assert hidden_changes(plain, SECRETS) is plain
    mixed = (change("a"), change(WORD))
    assert hidden_changes(mixed, SECRETS) == (change("a"), change(HIDDEN))


PLAIN = Action(
    *("update", ROOM, "1", (change("a"),)), session={"name": "a"}, updated_at="2027-01-01T00:00:00Z"
)


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"changes": (change(WORD),)}, {"changes": (change(HIDDEN),)}),
        ({"session": {"name": WORD}}, {"session": {"name": HIDDEN}}),
        ({"updated_at": WORD}, {"updated_at": None}),
        ({}, {}),
        ({"session": None, "updated_at": None}, {"session": None, "updated_at": None}),
    ],
)
def test_an_action_shows_no_secret_that_only_the_space_has(fields, shown):
    action = replace(PLAIN, **fields)
    found = hidden_action(action, SECRETS)
    assert found == replace(PLAIN, **shown)
    assert (found is action) is (fields == shown)
    assert hidden_actions([action, PLAIN], SECRETS) == (found, PLAIN)


def hide(text):
    return text.replace(WORD, "***")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"error": f"bad {WORD}"}, {"error": "bad ***"}),
        ({"hint": f"use {WORD}"}, {"hint": "use ***"}),
        ({"unsettled": (change(WORD),)}, {"unsettled": (change(HIDDEN),)}),
        ({"moved": (change(WORD),)}, {"moved": (change(HIDDEN),)}),
        ({"notes": ("a", WORD)}, {"notes": ("a", "***")}),
    ],
)
def test_an_outcome_shows_no_secret(said, shown):
    outcome = Outcome(PLAIN, "done", id="7", refused=True)
    found = hidden_outcome(replace(outcome, **said), SECRETS, hide)
    assert found == replace(outcome, **shown)
    assert hidden_outcome(outcome, SECRETS, hide) is outcome


def test_a_released_field_shows_no_secret():
    kept = [LeftAsIs(ROOM, "meta", {"a": WORD}), LeftAsIs(ROOM, "size", "small")]
    assert hidden_left_as_is(kept, SECRETS) == (
        LeftAsIs(ROOM, "meta", {"a": HIDDEN}),
        LeftAsIs(ROOM, "size", "small"),
    )
