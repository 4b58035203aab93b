import pytest

from reconciler.core.resources import Secret, path_text
from reconciler.core.value_diff import MISSING_VALUE, Difference, differences, origin_of, value_at


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("a", "a", ()),
        ("a", "b", (Difference((), "a", "b"),)),
        ({"team": "x"}, {"team": "x"}, ()),
        ({"team": "x"}, {"team": "y"}, (Difference(("team",), "x", "y"),)),
        ({"n": 1}, {"n": True}, (Difference(("n",), 1, True),)),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, (Difference(("a", "b"), [1, 2], [1, 3]),)),
        ({"a": [1, 1, 2]}, {"a": [1, 2]}, (Difference(("a",), [1, 1, 2], [1, 2]),)),
        ({}, {"new": {"deep": 1}}, (Difference(("new",), None, {"deep": 1}),)),
        (None, {"a": 1}, (Difference((), None, {"a": 1}),)),
        ({"a": 1}, None, (Difference((), {"a": 1}, None),)),
    ],
)
def test_differences(before, after, found):
    assert differences(before, after) == found


@pytest.mark.parametrize(
    ("steps", "text"), [((), "meta"), (("team",), "meta.team"), (("a.b",), 'meta["a.b"]')]
)
def test_a_path_reads_like_code(steps, text):
    assert path_text("meta", steps) == text


@pytest.mark.parametrize(
    ("desired", "applied", "live", "origin"),
    [
        ("new", "old", "old", "manifest"),
        ("old", "old", "theirs", "drift"),
        ("new", "old", "theirs", "conflict"),
        ("new", MISSING_VALUE, "theirs", "manifest"),
    ],
)
def test_who_caused_it(desired, applied, live, origin):
    assert origin_of(desired=desired, applied=applied, live=live) == origin


def test_what_is_absent_is_told_from_none():
    assert repr(MISSING_VALUE) == "missing"
    assert value_at({"a": {"b": None}}, ["a", "b"]) is None
    assert [
        value_at(value, steps)
        for value, steps in (({"a": 1}, ["b"]), ({"a": 1}, ["a", "b"]), (None, ["a"]))
    ] == [MISSING_VALUE] * 3
    assert value_at("x", []) == "x"


SEALED = Secret("a").sealed(b"k"), Secret("b").sealed(b"k")


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"b": 1, "a": 1}, {"b": 2, "a": 2}, [(("a",), 1, 2), (("b",), 1, 2)]),
        ({"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 1}}, [(("a", "b"), 1, 2)]),
        ({"a": {"b": 1}}, {"a": 1}, [(("a",), {"b": 1}, 1)]),
        ({"a": None}, {}, [(("a",), None, None)]),
        ({"a": 1}, {}, [(("a",), 1, None)]),
        ({"_a": 1, "__b": 1}, {"_a": 2, "__b": 2}, [(("__b",), 1, 2), (("_a",), 1, 2)]),
        ({"a": [True]}, {"a": [1]}, [(("a",), [True], [1])]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, [(("a",), [{"b": 1}], [{"b": 2}])]),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}, [(("a",), ["x", "y"], ["y", "x"])]),
        ({"a": SEALED[0]}, {"a": SEALED[1]}, [(("a",), *SEALED)]),
        ({"a": [SEALED[0]]}, {"a": [SEALED[1]]}, [(("a",), [SEALED[0]], [SEALED[1]])]),
        ({"a": "1"}, {"a": 1}, [(("a",), "1", 1)]),
        (
            {f"k{n}": n for n in range(9)},
            {f"k{n}": -n for n in range(9)},
            [((f"k{n}",), n, -n) for n in range(1, 9)],
        ),
    ],
)
def test_each_place_inside_of_two_objects_is_a_difference(before, after, found):
    assert differences(before, after) == tuple(Difference(*one) for one in found)
    turned = tuple(Difference(steps, here, there) for steps, there, here in found)
    assert differences(after, before) == turned


def test_who_caused_a_difference_is_told_by_value():
    assert origin_of(desired={"a": 1}, applied={"a": 1}, live={"a": 2}) == "drift"
    assert origin_of(desired=2, applied=None, live=None) == "manifest"
