"""Words in another script that look like Latin ones are told apart from them."""

# letters that look like others are what is tested
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.confusables import LOOK_LIKE
from reconciler.core.lookalikes import distinguished, prints_alike, without_disguise
from reconciler.core.resources import Address
from reconciler.core.text import escaped
from reconciler.core.value_text import address_text, sides

CASES = [
    ("соса", "coca"),  # Cyrillic
    ("роре", "pope"),
    ("ѕсоре", "scope"),
    ("ΑΒΕ", "ABE"),  # Greek
    ("ΗΟΤΕΙ", "HOTEl"),
    ("ᎪᏴᏟ", "ABC"),  # Cherokee
    ("ꓮꓐꓚ", "ABC"),  # Lisu
    ("օս", "ou"),  # Armenian
    ("ａｂｃ", "abc"),  # wide
    ("lоbby", "lobby"),
]


@pytest.mark.parametrize(("disguised", "plain"), CASES)
def test_a_whole_word_of_another_script_is_told_apart(disguised, plain):
    assert prints_alike(disguised, plain)
    assert prints_alike(plain, disguised)
    shown, other = sides(disguised, plain)
    assert "\\u" in shown
    assert shown != other


@pytest.mark.parametrize(("disguised", "plain"), CASES)
def test_a_name_that_only_looks_like_ascii_is_spelled_out(disguised, plain):
    assert address_text(Address("Room", disguised)).isascii()
    assert address_text(Address("Room", plain)) == f"Room/{plain}"


@pytest.mark.parametrize("name", ["Привет", "会議室", "Café", "Straße", "Ναί", "lobby", "😀"])
def test_a_name_that_looks_like_no_other_stays_readable(name):
    assert without_disguise(name) == name
    assert address_text(Address("Room", name)) == f"Room/{name}"


@pytest.mark.parametrize(("one", "other"), [("hall", "ball"), ("соса", "cola"), ("Привет", "Hi")])
def test_words_that_differ_to_the_eye_are_left_alone(one, other):
    assert distinguished(one, other) == (one, other)


SWAPS = {look: [chr(int(code, 16)) for code in codes.split()] for look, codes in LOOK_LIKE.items()}


@given(st.text(st.sampled_from(sorted(SWAPS)), min_size=1, max_size=12), st.data())
def test_any_mixture_of_look_alikes_is_told_apart(word, data):
    letters = [data.draw(st.sampled_from([one, *SWAPS[one]])) for one in word]
    disguised = "".join(letters)
    if disguised == word:
        return
    assert prints_alike(disguised, word)
    assert without_disguise(disguised).isascii()
    assert all(text.isascii() for text in distinguished(disguised, word))


@pytest.mark.parametrize(
    ("other", "plain"),
    [
        ("a\N{OGHAM SPACE MARK}b", "a b"),
        ("a\N{NO-BREAK SPACE}b", "a b"),
        ("a\N{BRAILLE PATTERN BLANK}b", "a b"),
        ("a\N{EN DASH}b", "a-b"),
        ("a\N{MINUS SIGN}b", "a-b"),
        ("a\N{VARIATION SELECTOR-16}b", "ab"),
    ],
)
def test_a_blank_or_dash_of_another_kind_is_spelled_out(other, plain):
    assert prints_alike(other, plain)
    assert without_disguise(other).isascii()
    assert without_disguise(plain) == plain


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("l\u043ebby", "lobby", ("l\\u043ebby", "l\\x6fbby")),
        ("\u0391\u0392E", "ABE", ("\\u0391\\u0392E", "\\x41\\x42E")),
        # Of different lengths: what one has more, and nothing else, is spelled.
        ("cafe\N{COMBINING ACUTE ACCENT}y", "caf\u00e9y", ("caf\\x65\\u0301y", "caf\\xe9y")),
        ("a\N{VARIATION SELECTOR-16}b", "ab", ("a\\ufe0fb", "ab")),
        ("\ufb01le", "file", ("\\ufb01le", "\\x66\\x69le")),
    ],
)
def test_only_the_code_points_that_differ_are_spelled(one, other, shown):
    assert distinguished(one, other) == shown
    assert distinguished(other, one) == shown[::-1]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        # Of two scripts with the same rest of their names, or in a few letters only.
        ("\u0448", "w", False),
        ("\u0430\u0431\u0432\u0433", "abcd", False),
        ("lobb\u0443", "lobby", True),
        ("lobby\u0448", "lobbyw", True),
        ("lobby1", "lobby\u0448", False),
        ("\u00e9", "e", False),
        ("same", "same", False),
    ],
)
def test_words_print_alike_if_few_letters_are_strange(one, other, alike):
    assert prints_alike(one, other) is alike
    assert prints_alike(other, one) is alike


@pytest.mark.parametrize("length", [1_999, 2_000, 2_001, 5_000])
def test_of_very_long_texts_of_two_lengths_all_but_ascii_is_spelled(length):
    plain = "a" * (length - 3)
    one, other = f"{plain}e\u0301\u0430", f"{plain}\u00e9\u0430"
    shown = distinguished(one, other)
    if length <= 2_000:  # only what differs
        assert shown == (f"{plain}\\x65\\u0301\u0430", f"{plain}\\xe9\u0430")
    else:
        assert shown == (f"{plain}e\\u0301\\u0430", f"{plain}\\xe9\\u0430")


def test_every_confusable_is_one_character_that_looks_like_one_of_ascii():
    for look, swaps in SWAPS.items():
        assert len(look) == 1
        assert look.isascii()
        assert look.isalnum()
        assert not any(map(str.isascii, swaps))
        assert [without_disguise(one) for one in swaps] == [escaped(one) for one in swaps]
    everything = [one for swaps in SWAPS.values() for one in swaps]
    assert len(everything) == len(set(everything))
