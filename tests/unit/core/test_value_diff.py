import pytest

from reconciler.core.resources import path_text
from reconciler.core.value_diff import MISSING_VALUE, Difference, differences, origin_of


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
