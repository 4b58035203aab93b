import pytest

from reconciler.core.plan_model import Action
from reconciler.core.rename_hints import rename_hints
from reconciler.core.resources import Address
from tests.unit.core.worlds import applied

MANY = 101  # squared, more pairs than are compared each with each


def gone(name, **fields):
    return Action("delete", Address("Room", name), name, known=applied("Room", name, 1, **fields))


def new(name, **fields):
    return Action("create", Address("Room", name), None, record=applied("Room", name, 2, **fields))


def pairs(*actions):
    return [(old.name, created.name) for old, created in rename_hints(actions)]


@pytest.mark.parametrize(
    ("before", "after", "looks_alike"),
    [
        ({"layout": "3x3", "max_members": 4}, {"layout": "3x3", "max_members": 4}, True),
        ({"layout": "3x3", "max_members": 4}, {"layout": "5x5", "max_members": 4}, False),
        (
            {"layout": "3x3", "max_members": 4, "quality": "720p", "record_on_start": True},
            {"layout": "5x5", "max_members": 4, "quality": "720p", "record_on_start": True},
            True,
        ),
        ({"display_name": "a", "layout": "3x3"}, {"display_name": "b", "layout": "3x3"}, True),
        ({"display_name": "a"}, {"display_name": "a"}, False),
        ({}, {}, False),
    ],
)
def test_most_fields_must_be_equal(before, after, looks_alike):
    assert pairs(gone("a", **before), new("b", **after)) == ([("a", "b")] if looks_alike else [])


def test_names_that_differ_in_case_alone_come_first():
    fields = {"layout": "3x3"}
    actions = [gone("hall", **fields), new("Hall"), new("other", **fields)]
    assert pairs(*actions) == [("hall", "Hall")]


def test_a_resource_that_is_created_again_is_not_renamed():
    again = Action(
        "create",
        Address("Room", "b"),
        None,
        known=applied("Room", "b", 3, layout="3x3"),
        record=applied("Room", "b", 3, layout="3x3"),
    )
    assert pairs(gone("a", layout="3x3"), again) == []


def test_of_very_many_only_equal_ones_are_paired():
    olds = [gone(f"a{number:03}", max_members=number + 2) for number in range(MANY)]
    news = [new(f"b{number:03}", max_members=number + 2) for number in range(MANY)]
    news[0] = new("b000", max_members=500)
    news[1] = new("A000", max_members=501)
    expected = [("a000", "A000")]
    expected += [(f"a{number:03}", f"b{number:03}") for number in range(2, MANY)]
    assert pairs(*olds, *news) == expected


def test_of_very_many_without_fields_none_is_paired():
    olds = [gone(f"a{number}") for number in range(MANY)]
    assert pairs(*olds, *[new(f"b{number}") for number in range(MANY)]) == []


def test_of_very_many_the_letters_win_over_the_content():
    olds = [gone(f"a{number:03}", layout="3x3") for number in range(MANY)]
    news = [new(f"b{number:03}", layout="5x5") for number in range(MANY - 2)]
    news += [new("c", layout="3x3"), new("A050", layout="5x5")]
    assert pairs(*olds, *news) == [("a000", "c"), ("a050", "A050")]


def test_what_has_no_record_is_paired_by_its_letters_alone():
    unknown = Action("delete", Address("Room", "hall"), "1")
    bare = Action("create", Address("Room", "Hall"), None)
    assert pairs(unknown, bare, new("other", layout="3x3")) == [("hall", "Hall")]
    olds = [Action("delete", Address("Room", f"a{number}"), "1") for number in range(MANY)]
    many = [new(f"b{number}", layout="3x3") for number in range(MANY)]
    assert pairs(unknown, *olds, *many, bare) == [("hall", "Hall")]


def test_kinds_are_not_paired_with_each_other():
    hall = Action(
        "create",
        Address("Conference", "b"),
        None,
        record=applied("Conference", "b", 2, layout="3x3"),
    )
    assert pairs(gone("a", layout="3x3"), hall) == []


def test_the_most_similar_is_paired_first_and_each_once():
    fields = {"layout": "3x3", "max_members": 4, "quality": "720p", "record_on_start": True}
    near = new("near", **fields | {"layout": "5x5"})
    same = new("same", **fields)
    assert pairs(gone("a", **fields), near, same) == [("a", "same")]
    assert pairs(gone("a", **fields), gone("b", **fields), near, same) == [
        ("a", "same"),
        ("b", "near"),
    ]
    assert pairs(gone("a", **fields), gone("b", **fields), same) == [("a", "same")]


@pytest.mark.parametrize("creations", [100, 101])
def test_few_are_compared_field_by_field_and_many_only_as_a_whole(creations):
    fields = {"layout": "3x3", "max_members": 4, "quality": "720p", "record_on_start": True}
    olds = [gone(f"a{number:03}", max_members=number + 2) for number in range(99)]
    news = [new(f"b{number:03}", max_members=number + 900) for number in range(creations - 1)]
    found = pairs(*olds, gone("old", **fields), *news, new("new", **fields | {"layout": "5x5"}))
    assert found == ([("old", "new")] if creations == 100 else [])
