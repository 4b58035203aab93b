import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.text import (
    count,
    did_you_mean,
    escaped,
    first_hidden,
    harmless_json,
    hidden_characters,
    holds_order,
    nearest,
    printable,
    without_orders,
)


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
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("a\u200cb", "a\\u200cb"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("Stand\u034f-up\U000e0141\ufe01", "Stand\\u034f-up\\U000e0141\\ufe01"),
        ("a\ufe0fb", "a\\ufe0fb"),
        ("1\ufe0f\u20e3 \u00a9\ufe0f", "1\ufe0f\u20e3 \u00a9\ufe0f"),
        ("1\ufe0f", "1\\ufe0f"),
        ("\u2764\ufe0f\ufe0f", "\u2764\ufe0f\\ufe0f"),
        ("\U0001fffe", "\\U0001fffe"),
    ],
)
def test_what_cannot_be_seen_is_spelled(text, shown):
    assert printable(text) == shown
    assert bool(hidden_characters(text)) == (text != shown and text.strip("abc\n\t\r") != "")


@pytest.mark.parametrize(
    ("code", "spelled"),
    [
        (0x0, "\\x00"),
        (0xFF, "\\xff"),
        (0x100, "\\u0100"),
        (0xFFFF, "\\uffff"),
        (0x10000, "\\U00010000"),
        (0x10FFFF, "\\U0010ffff"),
    ],
)
def test_a_character_is_spelled_with_two_four_or_eight_digits(code, spelled):
    assert escaped(chr(code)) == spelled


HANGUL_FILLERS = "\u115f\u1160\u3164\uffa0"


@pytest.mark.long
def test_every_format_character_selector_and_filler_of_this_pythons_tables_is_spelled():
    never = [
        one
        for one in map(chr, range(0x110000))
        if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        or "VARIATION SELECTOR" in unicodedata.name(one, "")
    ]
    assert len(never) > 2500
    shown = printable("|".join(f"x{one}y" for one in [*never, *HANGUL_FILLERS]))
    assert [one for one in never if one in shown] == []


def test_nothing_that_shows_is_spelled():
    shown = ("L", "N", "P", "S", "M", "Zs")
    passed = {
        one for one in map(chr, range(0x110000)) if unicodedata.category(one).startswith(shown)
    }
    spelled = {one for one in passed if printable(f"x{one}y") != f"x{one}y"}
    assert {unicodedata.category(one) for one in spelled} <= {"Mn", "Lo", "So"}
    # Fillers, vowels that Khmer has for its own sorting, the joiner of graphemes, selectors, and what stands for an object.
    assert len(spelled) < 300


def test_the_blocks_of_ignorable_code_points_are_spelled_whole():
    blocks = [
        *range(0xE0000, 0xE1000),
        *range(0x2060, 0x2070),
        *range(0xFFF0, 0xFFF9),
        *range(0x1BCA0, 0x1BCA4),
        *range(0x1D173, 0x1D17B),
    ]
    assert [hex(code) for code in blocks if printable(f"x{chr(code)}y") == f"x{chr(code)}y"] == []


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
    assert (count(0, "room"), count(1, "room"), count(2, "room")) == (
        "0 rooms",
        "1 room",
        "2 rooms",
    )


@pytest.mark.parametrize(
    "text",
    ["plain", "a\u202eb", "\U000e0041x", "\U0010fffe", "\ufeff", "\U0001fffe and \u200b", "\x7f"],
)
def test_escaped_json_is_ascii_where_it_must_be_and_reads_as_the_same_text(text):
    written = harmless_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(written) == text
    assert not hidden_characters(written)


@pytest.mark.parametrize("text", ["::error::x", "##[group]x", "a ##vso[task] b"])
def test_no_order_to_a_runner_is_left_in_json(text):
    written = harmless_json(json.dumps(text))
    assert json.loads(written) == text
    assert holds_order(text) or text.startswith("a")
    assert not holds_order(written)


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("plain\n\t\r", []),
        ("a\x00b\x7fc", ["\x00", "\x7f"]),
        ("Gr\u00f6\u00dfe\n", []),
        ("\u00e9\u202e\n\u200b\u202e", ["\u202e", "\u200b", "\u202e"]),
        ("\u00e9\x1b", ["\x1b"]),
    ],
)
def test_which_characters_are_hidden(text, characters):
    assert hidden_characters(text) == characters


@pytest.mark.parametrize(
    ("text", "character", "index"),
    [
        ("ab\u200bc\u200b", "\u200b", 2),
        ("\U0001f469\u200d\U0001f4bb a\u200db", "\u200d", 5),
        ("\u202e\u200b", "\u200b", 1),
    ],
)
def test_where_a_hidden_character_is(text, character, index):
    assert first_hidden(text, character) == index


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("::error::x", "\\x3a:error::x"),
        ("a\n  ::set-env name=A::b", "a\n  \\x3a:set-env name=A::b"),
        ("a ::error::x", "a ::error::x"),
        (": : a::b", ": : a::b"),
        ("##[group]x ##vso[task]", "\\x23#[group]x \\x23#vso[task]"),
        ("## a ##x[ #[", "## a ##x[ #["),
    ],
)
def test_what_a_runner_would_obey_is_escaped_and_nothing_else(text, harmless):
    assert without_orders(text) == harmless
    assert holds_order(text) is (text != harmless)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", "plain"),
        ("\x1b\u202e", "\\u001b\\u202e"),
        ("\uffff\U00010ffe", "\\uffff\U00010ffe"),
        ("\U000e0001", "\\udb40\\udc01"),
        ("##[group]", "\\u0023#[group]"),
    ],
)
def test_json_with_what_a_terminal_would_obey(text, written):
    assert harmless_json(text) == written


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("LAY", ["layout", "Laymen", "x"], "layout"),
        ("lay", ["layout", "x"], "layout"),
        ("la", ["layout", "x"], None),
        ("layo", ["layout", "layover"], "layout"),
        ("qualty", ["equality", "quality"], "quality"),
        ("lobby", ["Lobby", "lobbyist"], "Lobby"),
        ("abcdefghij", ["abcdefzzzz", "x"], "abcdefzzzz"),
        ("abcdefghij", ["abcdezzzzz", "x"], None),
    ],
)
def test_a_word_is_near_by_its_letters_its_start_or_most_of_it(word, known, near):
    assert nearest(word, known) == near
