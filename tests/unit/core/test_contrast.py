import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.contrast import (
    Pair,
    contrast_ratio,
    is_colour,
    luminance,
    pairs,
    ratio_text,
    readable,
    scheme_of,
)

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("#000000", "#FFFFFF", "21:1"),
        ("#FFFFFF", "#FFFFFF", "1:1"),
        ("#777777", "#FFFFFF", "4.47:1"),  # WCAG's own example of what is just not enough
        ("#767676", "#FFFFFF", "4.54:1"),
        ("#044ef4", "#FFFFFF", "6.17:1"),
        ("#FF0000", "#0000FF", "2.14:1"),
    ],
)
def test_ratios_are_those_of_wcag_and_never_rounded_up(one, other, shown):
    assert ratio_text(contrast_ratio(one, other)) == shown


@given(COLOURS, COLOURS)
def test_a_ratio_is_the_same_both_ways_and_within_bounds(one, other):
    assert contrast_ratio(one, other) == contrast_ratio(other, one)
    assert 1 <= contrast_ratio(one, other) <= 21.000001
    assert 0 <= luminance(one) <= 1


@given(COLOURS, COLOURS, st.sampled_from([3.0, 4.5]))
def test_there_is_always_a_readable_colour_and_it_is_one(colour, background, least):
    found = readable(colour, background, least=least)
    assert found is not None
    assert contrast_ratio(found, background) >= least
    if contrast_ratio(colour, background) >= least:
        assert found == colour.upper()


def test_where_no_colour_stands_out_enough_none_is_named():
    assert readable("#808080", "#777777", least=20) is None


def test_pairs_lie_on_the_background_of_their_own_scheme():
    fields = {
        "light_primary": "#044EF4",
        "light_foreground": "#1D2127",
        "light_background": "#FFFFFF",
        "dark_primary": "#FFFFFF",
        "layout": "3x3",
        "light_success": None,
    }
    assert pairs(fields) == (
        Pair("light", "foreground", "light_foreground", "light_background", "#1D2127", "#FFFFFF"),
        Pair("light", "primary", "light_primary", "light_background", "#044EF4", "#FFFFFF"),
    )


def test_a_palette_without_schemes_has_pairs_too():
    assert pairs({"background": "#000000", "accent": "#FFFFFF"}) == (
        Pair("", "accent", "accent", "background", "#FFFFFF", "#000000"),
    )


@pytest.mark.parametrize(
    ("value", "answer"),
    [("#04ef4a", True), ("#04ef4a\n", False), ("#fff", False), (None, False), (3, False)],
)
def test_a_colour_is_six_hex_digits(value, answer):
    assert is_colour(value) is answer


def test_a_field_is_split_at_its_last_underscore():
    assert [scheme_of(name) for name in ("dark_primary", "primary", "very_dark_primary")] == [
        ("dark", "primary"),
        ("", "primary"),
        ("very_dark", "primary"),
    ]


def test_a_pair_knows_its_ratio_and_whether_it_is_text():
    text = Pair("light", "foreground", "light_foreground", "light_background", "#000000", "#FFFFFF")
    button = text._replace(role="primary", colour="#FFFFFF")
    assert [(round(one.ratio, 6), one.is_text) for one in (text, button)] == [
        (21, True),
        (1, False),
    ]
