import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.resources import Sealed, Secret
from reconciler.core.text import hidden_characters
from reconciler.core.value_text import json_text, json_value, plain, session_text, value_text
from reconciler.reports.text.style import excerpt

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not set"),
        (True, "true"),
        (20, "20"),
        (2.5, "2.5"),
        ("", '""'),
        ("Town Hall", '"Town Hall"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("two\nlines", '"two\\nlines"'),
        ("#044EF4", "#044EF4"),
        ("2027-01-31T09:00:00Z", "2027-01-31T09:00:00Z"),
        ([], "[]"),
        ({}, "{}"),
        ({"team": "core", "on call": [1, None]}, '{team: "core", "on call": [1, null]}'),
        (Secret("k3y"), "(secret)"),
        (Sealed("d1"), "(secret)"),
        ({"url": Secret("k3y"), "width": 3}, "{url: (secret), width: 3}"),
    ],
)
def test_values_are_spelled_for_people(value, text):
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("::error::x", "\\x3a:error::x"),
        ("  ::error::x", "  \\x3a:error::x"),
        ("a::b", "a::b"),
        ("x ##[add-mask]y", "x \\x23#[add-mask]y"),
        ("x ##vso[task]y", "x \\x23#vso[task]y"),
        ("## Heading", "## Heading"),
        ("\x1b[2J", "\\x1b[2J"),
    ],
)
def test_text_from_outside_is_no_order(text, harmless):
    assert plain(text) == harmless


@given(st.text())
def test_plain_text_is_one_harmless_line(text):
    shown = plain(text)
    assert hidden_characters(shown) == []
    assert not set(shown) & set("\n\r\t")


@given(JSON)
def test_json_is_exact_and_harmless(value):
    text = json_text({"value": json_value(value)})
    assert json.loads(text) == {"value": value}
    assert hidden_characters(text) == []
    text.encode()


def test_json_escapes_what_a_terminal_or_a_runner_obeys():
    assert (
        json_text({"a": "\x9b1m\u202e\ud800 ##[x]"})
        == '{\n  "a": "\\u009b1m\\u202e\\ud800 \\u0023#[x]"\n}\n'
    )


def test_json_never_holds_a_secret():
    assert json_value({"streams": ({"url": Secret("k3y")}, Sealed("d"))}) == {
        "streams": [{"url": "(secret)"}, "(secret)"]
    }


@pytest.mark.parametrize(
    ("session", "text"),
    [
        (
            {"start_time": "2026-11-20T10:12:00+01:00", "members": 1},
            "in session since 09:12 UTC, 1 member",
        ),
        ({"started_at": "2026-11-19T09:12:00Z"}, "in session since 2026-11-19 09:12 UTC"),
        ({}, "in session"),
        ({"start_time": None, "members": None}, "in session"),
        ({"start_time": "\x1b[2J", "members": ["a"]}, "in session"),
        ({"start_time": 5, "members": True}, "in session"),
    ],
)
def test_sessions_are_told_as_far_as_they_make_sense(session, text):
    assert session_text(session, today="2026-11-20T23:00:00Z") == text


def test_an_excerpt_shows_the_difference():
    assert excerpt("x" * 90 + "tea", "x" * 90 + "coffee", 20, more="…") == "…xxxxxxtea"
    assert excerpt("tea" + "x" * 90, "coffee" + "x" * 90, 12, more="…") == "teaxxxxxxxx…"
    assert excerpt("short", "other", 20, more="…") == "short"
