import pytest

from reconciler.core.resources import Address, Origin, Place, Secret
from reconciler.core.text import holds_order
from reconciler.core.value_text import (
    address_text,
    holds_secret,
    is_secret,
    json_text,
    json_value,
    origin_text,
    plain,
    session_text,
    sides,
    value_text,
)

HIDDEN = Secret("canary")
NOON = "2026-11-30T12:05:59Z"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not set"),
        (True, "true"),
        (4, "4"),
        (0.5, "0.5"),
        ("Town Hall", '"Town Hall"'),
        ("#00aaFF", "#00aaFF"),
        (NOON, NOON),
        ("é", '"é"'),
        ([], "[]"),
        (["a", None, 1], '["a", null, 1]'),
        ({}, "{}"),
        ({"team": "x", "two words": [True]}, '{team: "x", "two words": [true]}'),
        (HIDDEN, "(secret)"),
        ({"url": HIDDEN}, "{url: (secret)}"),
    ],
)
def test_a_value_is_one_line(value, text):
    assert value_text(value) == text


def test_an_object_with_a_secret_is_one():
    assert [holds_secret(one) for one in (HIDDEN, {"url": HIDDEN}, {"url": "x"}, "x")] == [
        True,
        True,
        False,
        False,
    ]
    assert sides({"url": HIDDEN}, 1) == ("(secret)", "1")


def test_values_that_print_alike_are_told_apart():
    assert sides("a", "b") == ('"a"', '"b"')
    here, there = sides("a", "\N{CYRILLIC SMALL LETTER A}")
    assert (here != there, (here + there).isascii()) == (True, True)


def test_a_place_is_named_with_the_fragment_that_it_is_in():
    place = Place("m.yaml", 8, 11)
    assert origin_text(None) == ""
    assert origin_text(Origin(place)) == "m.yaml:8:11"
    assert origin_text(Origin(place, "preset webinar")) == "m.yaml:8:11 (preset webinar)"
    assert address_text(Address("Room", "lobby")) == "Room/lobby"


@pytest.mark.parametrize(
    ("session", "today", "text"),
    [
        ({}, "", "in session"),
        ({"members": 1}, "", "in session, 1 member"),
        ({"members": 14}, "", "in session, 14 members"),
        ({"members": True}, "", "in session"),
        ({"start_time": NOON}, "", "in session since 2026-11-30 12:05 UTC"),
        ({"start_time": NOON}, NOON, "in session since 12:05 UTC"),
        ({"start_time": NOON}, "2026-12-01T00:00:00Z", "in session since 2026-11-30 12:05 UTC"),
        ({"started_at": NOON}, NOON, "in session since 12:05 UTC"),
        ({"start_time": "soon"}, NOON, "in session"),
        ({"start_time": 5}, NOON, "in session"),
    ],
)
def test_a_session_in_words(session, today, text):
    assert session_text(session, today=today) == text


def test_json_has_every_value_but_secrets():
    assert json_value({"a": [HIDDEN, 1, ("x",)]}) == {"a": ["(secret)", 1, ["x"]]}
    assert json_text({"a": "é"}) == '{\n  "a": "é"\n}\n'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text: #1", "plain text: #1"),
        ("Gr\u00f6\u00dfe", "Gr\u00f6\u00dfe"),
        ("a\nb", "a\\x0ab"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\u202eevil", "\\u202eevil"),
        ("::error::x", "\\x3a:error::x"),
        ("##[group]x", "\\x23#[group]x"),
    ],
)
def test_a_text_is_shown_on_one_line_and_gives_no_orders(text, shown):
    assert plain(text) == shown
    assert not holds_order(plain(text))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Secret("x", "${env:KEY}"), '"${env:KEY}"'),
        ({"url": Secret("x", "${env:KEY}")}, '{url: "${env:KEY}"}'),
        (HIDDEN.sealed(b"k"), "(secret)"),
        (("a", ("b",)), '["a", ["b"]]'),
        ("#00aaF", '"#00aaF"'),
        ("2026-11-30T12:05:59+01:00", '"2026-11-30T12:05:59+01:00"'),
        ({"_a-1": 1, "1a": 2, "\u00e9": 3}, '{_a-1: 1, "1a": 2, "\u00e9": 3}'),
        ("a\nb\x1b", '"a\\nb\\u001b"'),
        (Address("Room", "lobby"), '["Room", "lobby"]'),
        (frozenset(), "frozenset()"),
    ],
)
def test_any_other_value_is_one_line_too(value, text):
    assert value_text(value) == text


NAMED = Secret("x", "${env:KEY}")


def test_what_must_not_be_shown_and_what_has_no_name_to_show():
    assert [is_secret(one) for one in (HIDDEN, NAMED, HIDDEN.sealed(b"k"), "x", None)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    whole = (NAMED, {"a": NAMED}, {"a": {"b": HIDDEN}}, [HIDDEN], HIDDEN.sealed(b"k"))
    assert [holds_secret(one) for one in whole] == [False, False, False, False, True]
    assert sides(NAMED, {"a": HIDDEN}) == ('"${env:KEY}"', "(secret)")
    assert sides(None, "x") == ("not set", '"x"')


def test_json_names_a_secret_and_keeps_the_order_of_keys():
    assert json_value(NAMED) == "${env:KEY}"
    assert json_text({"b": 1, "a": "\x1b##[x]"}) == (
        '{\n  "b": 1,\n  "a": "\\u001b\\u0023#[x]"\n}\n'
    )


def test_a_name_or_a_place_gives_no_orders():
    assert address_text(Address("Room", "a\u202e")) == "Room/a\\u202e"
    assert origin_text(Origin(Place("::m.yaml", 1, 1), "preset \x1b")) == (
        "\\x3a:m.yaml:1:1 (preset \\x1b)"
    )


def test_the_start_of_a_session_is_its_start_time_first():
    both = {"start_time": NOON, "started_at": "2020-01-01T00:00:00Z", "members": 0}
    assert session_text(both, today=NOON) == "in session since 12:05 UTC, 0 members"
