import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.text import count, did_you_mean, hidden_characters, nearest, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain Größe 東京", "plain Größe 東京"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\tc\r", "a\\x0ab\\x09c\\x0d"),
        ("\u202eevil", "\\u202eevil"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("a\u200db", "a\\u200db"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        ("\u2764\ufe0f\u200d\U0001f525", "\u2764\ufe0f\u200d\U0001f525"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("a\u200cb", "a\\u200cb"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_spelled(text, shown):
    assert printable(text) == shown
    assert bool(hidden_characters(text)) == (text != shown and text.strip("abc\n\t\r") != "")


@given(st.text())
def test_printable_is_one_line_that_can_be_written_and_stays_as_it_is(text):
    shown = printable(text)
    assert len(shown.splitlines()) <= 1
    assert shown.encode().decode() == shown
    assert printable(shown) == shown


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("layuot", ["layout", "quality"], "layout"),
        ("Layout", ["layout", "quality"], "layout"),
        ("grid", ["grid-responsive", "grid-responsive-mobile"], "grid-responsive"),
        ("--det", ["--debug", "--detailed-exitcode"], "--detailed-exitcode"),
        ("xyz", ["layout"], None),
        ("", ["layout"], None),
    ],
)
def test_the_nearest_word(word, known, near):
    assert nearest(word, known) == near
    assert did_you_mean(word, known) == (f"; did you mean {near!r}?" if near else "")


def test_counting():
    assert (count(0, "room"), count(1, "room"), count(2, "room")) == ("0 rooms", "1 room", "2 rooms")
