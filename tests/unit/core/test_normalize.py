from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import catalog
from reconciler.core.normalize import (
    canonical,
    canonical_attributes,
    instant,
    moment_of,
    same,
    sealed,
    utc_moment,
)
from reconciler.core.resources import SECRET_TEXT, Secret

KINDS = catalog.kinds()


@pytest.mark.parametrize(
    ("spelled", "one"),
    [
        ("2022-01-01", "2022-01-01T00:00:00Z"),
        ("2022-01-01T00:00:00Z", "2022-01-01T00:00:00Z"),
        ("2022-01-01T02:00:00+02:00", "2022-01-01T00:00:00Z"),
        ("2022-01-01T00:00:00.000Z", "2022-01-01T00:00:00Z"),
        ("2022-01-01T00:00:00.250000Z", "2022-01-01T00:00:00.25Z"),
        ("2021-12-31T19:00:00-05:00", "2022-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_an_instant_has_one_spelling(spelled, one):
    assert instant(spelled) == one


def test_times_are_compared_in_utc():
    assert moment_of("2027-01-31T09:00:00+02:00") == datetime(2027, 1, 31, 7, tzinfo=UTC)
    assert moment_of("2027-01-31") == datetime(2027, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, 5, "soon", "2022-01-01T00:00:00", ["2022-01-01"]])
def test_what_is_no_timestamp_names_no_time(value):
    assert moment_of(value) is None


@pytest.mark.parametrize(
    "text", ["2022-01-01T00:00:00", "2022-13-01", "soon", "0001-01-01T00:00:00+23:59", ""]
)
def test_what_is_no_instant_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011  # each of these has its own words
        instant(text)


@pytest.mark.parametrize(
    ("kind", "field", "value", "one"),
    [
        ("Conference", "dark_primary", "#044ef4", "#044EF4"),
        ("Conference", "dark_primary", None, "#044EF4"),
        ("Conference", "size", None, "medium"),
        ("Conference", "enable_room_previews", None, False),
        ("Room", "description", None, ""),
        ("Room", "display_name", None, "lobby"),
        ("Room", "max_members", 20.0, 20),
        ("Room", "join_from", "2022-01-01", "2022-01-01T00:00:00Z"),
        ("Room", "join_from", "not a date from a newer API", "not a date from a newer API"),
        ("Room", "meta", {"b": 1.0, "a": [2.0]}, {"a": [2], "b": 1}),
        ("Room", "meta", {"owner": "ann", "x": None}, {"owner": "ann"}),
        (
            "Room",
            "meta",
            {"a": {"x": None}, "b": [{"x": None, "y": 1}, None]},
            {"a": {}, "b": [{"y": 1}, None]},
        ),
        ("Room", "meta", {"a": "Cafe\u0301"}, {"a": "Caf\u00e9"}),
        ("Room", "display_name", "Cafe\u0301", "Caf\u00e9"),
        ("Room", "sync_audio_video", None, None),
        ("Room", "max_members", ["from", "a newer API"], ["from", "a newer API"]),
    ],
)
def test_a_value_has_one_spelling(kind, field, value, one):
    assert same(canonical(KINDS[kind], field, value, name="lobby"), one)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), JSON))
def test_canonical_is_a_fixed_point(value):
    once = canonical(KINDS["Room"], "meta", value, name="x")
    assert same(canonical(KINDS["Room"], "meta", once, name="x"), once)


@given(st.datetimes(timezones=st.timezones()))
def test_an_instant_is_a_fixed_point(moment):
    try:
        once = instant(moment.isoformat())
    except ValueError:
        return
    assert instant(once) == once
    assert datetime.fromisoformat(once) == utc_moment(moment.isoformat())


@pytest.mark.parametrize(
    ("left", "right"), [(True, 1), ({"a": True}, {"a": 1}), ([0], [False]), ("1", 1), (None, "")]
)
def test_true_is_not_one(left, right):
    assert not same(left, right)


def test_the_order_of_keys_is_no_difference():
    assert same({"a": 1, "b": [{"c": 1, "d": 2}]}, {"b": [{"d": 2, "c": 1}], "a": 1})


def test_a_secret_is_compared_by_its_keyed_digest_and_never_shown():
    secret = Secret("rtmp://example.com/key")
    assert sealed({"url": secret}, b"k") == sealed({"url": Secret("rtmp://example.com/key")}, b"k")
    assert sealed(secret, b"k") != sealed(secret, b"other")
    assert {repr(secret), str(secret), f"{secret}", repr(sealed(secret, b"k"))} == {SECRET_TEXT}


def test_a_secret_is_compared_as_its_text_would_be_unless_the_field_is_a_secret_one():
    colour = next(
        name for name, spelling in KINDS["Conference"].spellings.items() if spelling == "colour"
    )
    hidden = canonical(KINDS["Conference"], colour, Secret("#aabbcc"), name="a")
    assert hidden == Secret("#AABBCC")
    # An address with a key is sent and compared as it was written.
    written = Secret("rtmp://a.example/cafe\N{COMBINING ACUTE ACCENT}")
    assert canonical(KINDS["Stream"], "url", written, name="") == written


def test_the_attributes_of_a_kind_are_in_its_order_and_nothing_else_is():
    given = {"quality": "1080p", "unheard": 1, "max_members": 3.0, "streams": (), "layout": "3x3"}
    found = canonical_attributes(KINDS["Room"], given, name="lobby")
    order = [name for name in KINDS["Room"].attributes if name in found]
    assert found == {"max_members": 3, "quality": "1080p", "layout": "3x3"}
    assert [*found] == order


SECRET = Secret("x")
SEALED = SECRET.sealed(b"k")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", "x"),
        (1.5, 1.5),
        (None, None),
        (SECRET, SEALED),
        ({"a": SECRET, "b": [1, SECRET]}, {"a": SEALED, "b": [1, SEALED]}),
        ((SECRET, (SECRET,)), [SEALED, [SEALED]]),
    ],
)
def test_secrets_are_sealed_wherever_they_are(value, expected):
    assert sealed(value, b"k") == expected


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ([], [], True),
        ({"a": [1]}, {"a": [1]}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": 1}, {"b": 1}, False),
        ({"a": {"b": [True]}}, {"a": {"b": [1]}}, False),
        ([{"a": 1.0}], [{"a": 1}], False),
        ((1,), [1], False),
        (SECRET, Secret("x"), True),
        (SECRET, SEALED, False),
        (0, False, False),
        (0.0, 0, False),
        ("a", "a", True),
    ],
)
def test_two_values_are_the_same_if_all_of_their_parts_are_of_one_type(left, right, equal):
    assert same(left, right) is equal
    assert same(right, left) is equal


def test_what_nests_deeper_than_python_calls_is_compared():
    def nested(inner):
        value = inner
        for _ in range(100_000):
            value = [value]
        return value

    one = nested(1)
    assert same(one, one)


@pytest.mark.parametrize(
    ("meaning", "value"),
    [({"max_members": 5}, 5), ({}, 20), ({"max_members": None}, 20)],
)
def test_null_is_what_the_kind_says_else_the_default(meaning, value):
    kind = replace(KINDS["Room"], null_means=meaning)
    assert canonical(kind, "max_members", None, name="lobby") == value


def test_a_time_at_the_end_of_the_calendar_is_no_error_of_the_program():
    for text in ("9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"):
        with pytest.raises(ValueError, match="outside the years 1 to 9999"):
            utc_moment(text)
    with pytest.raises(ValueError, match="no offset"):
        utc_moment("2027-01-01T00:00:00")
    assert utc_moment("2027-01-02") == datetime(2027, 1, 2, tzinfo=UTC)
