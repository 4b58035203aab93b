"""The quick look that finds nothing is never wrong: where it says so, the careful one finds nothing either."""

from dataclasses import replace

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from reconciler.core.field_changes import compare_fields
from reconciler.core.matching import Match
from reconciler.core.normalize import canonical_attributes, sealed
from reconciler.core.resources import Address, Applied, Desired, Live, Origin, Place, Secret
from reconciler.core.unchanged import nothing_differs
from tests.effort import examples
from tests.unit.core.test_properties import FIELDS
from tests.unit.core.worlds import KEY, KINDS, applied, desired, ident, live

ROOM = KINDS["Room"]
SAME = {"layout": "3x3", "max_members": 3, "description": "x"}


def matched(*, wanted=SAME, known=SAME, there=SAME):
    return Match(
        desired("Room", "a", **wanted),
        applied("Room", "a", 1, **known),
        live("Room", "a", 1, **there),
    )


@settings(max_examples=examples(300))
@given(base=FIELDS, other=FIELDS, sides=st.lists(st.booleans(), min_size=3, max_size=3))
def test_where_the_quick_look_finds_nothing_there_is_nothing(base, other, sides):
    # Each side has the one set of fields or the other, so that all three are often alike.
    wanted, known, there = (base if side else other for side in sides)
    one = matched(wanted=wanted, known=canonical_attributes(ROOM, known, name="a"), there=there)
    found = nothing_differs(one)
    event(f"quick: {found}")
    if found:
        compared = compare_fields(ROOM, one, key=KEY)
        assert (compared.changes, compared.body, compared.declared) == (
            (),
            {},
            one.applied.attributes,
        )


def test_what_is_alike_letter_by_letter_is_found_quickly():
    assert nothing_differs(matched())


@pytest.mark.parametrize("side", ["wanted", "known", "there"])
@pytest.mark.parametrize(
    "other",
    [
        {"layout": "5x5"},
        {"max_members": True},  # which Python takes for 1
        {"max_members": 3.0},
        {"description": None},
        {"meta": {"team": "x"}},
    ],
)
def test_what_is_not_alike_on_one_side_is_left_to_the_careful_look(side, other):
    ones = {"max_members": 1} if other.get("max_members") is True else {}
    sides = {name: {**SAME, **ones} for name in ("wanted", "known", "there")}
    sides[side] |= other
    # What nobody declared and nobody manages is nobody's; and a record has one spelling for numbers.
    expected = (side == "there" and "meta" in other) or (
        side == "known" and other.get("max_members") == 3
    )
    assert nothing_differs(matched(**sides)) is expected


def test_secrets_sub_resources_names_and_protection_are_left_to_the_careful_look():
    one = matched()
    for other in (
        replace(one, live=None),
        replace(one, applied=None),
        replace(one, desired=replace(one.desired, protect=True)),
        replace(one, desired=replace(one.desired, renamed_from="b")),
        replace(one, desired=replace(one.desired, children={"streams": ()})),
        replace(one, applied=replace(one.applied, rename_target="b")),
        replace(one, applied=replace(one.applied, children={"streams": ()})),
        replace(one, live=replace(one.live, address=one.live.address._replace(name="b"))),
        replace(one, live=replace(one.live, id=live("Room", "a", 2).id)),
        matched(
            wanted={"description": Secret("x")},
            known={"description": Secret("x")},
            there={"description": Secret("x")},
        ),
    ):
        assert not nothing_differs(other)


@pytest.mark.parametrize("field", ["layout", "max_members", "description"])
@pytest.mark.parametrize(
    "known",
    [SAME, {}, {"layout": "3x3"}],
    ids=["recorded", "adopted", "recorded in part"],
)
def test_one_field_that_differs_is_found_wherever_it_stands_among_the_others(field, known):
    other = {"layout": "5x5", "max_members": 9, "description": "theirs"}[field]
    compared = compare_fields(ROOM, matched(known=known, there={**SAME, field: other}), key=KEY)
    assert compared.body == {field: SAME[field]}
    assert compared.presumed == {field: other}


def test_every_field_that_differs_is_found():
    other = {"layout": "5x5", "max_members": 9, "description": "theirs"}
    assert compare_fields(ROOM, matched(there=other), key=KEY).body == SAME


@pytest.mark.parametrize("there", [True, False])
def test_null_unsets_a_field_that_there_is_and_is_not_sent_for_a_new_resource(there):
    one = matched(wanted={"join_from": None}, known={}, there={"join_from": "2027-01-01T00:00:00Z"})
    if not there:
        one = replace(one, live=None, applied=None)
    assert dict(compare_fields(ROOM, one, key=KEY).body) == ({"join_from": None} if there else {})


SECRET = "rtmp://a.example/live/a"


@pytest.mark.parametrize(
    ("known", "there", "origin"),
    [
        (Secret("b"), Secret("b"), "manifest"),
        (Secret(SECRET), Secret("b"), "drift"),
        (Secret("c"), Secret("b"), "conflict"),
        (None, Secret("b"), "manifest"),
    ],
)
def test_a_secret_that_differs_is_one_change_that_shows_nothing(known, there, origin):
    kind = KINDS["Stream"]
    address, number = Address("Stream", ident(7)), ident(7)
    at = {"url": Origin(Place("m.yaml", 5, 3))}
    record = Applied(address, number, {} if known is None else sealed({"url": known}, KEY))
    one = Match(
        Desired(address, {"url": Secret(SECRET)}, at),
        record,
        Live(address, number, {"url": there}),
    )
    compared = compare_fields(kind, one, key=KEY)
    (change,) = compared.changes
    assert (change.path, change.before, change.after, change.declared_at) == (
        *("url", there, Secret(SECRET)),
        at["url"],
    )
    assert (change.origin, compared.body) == (origin, {"url": Secret(SECRET)})


META, TEAM = Origin(Place("m.yaml", 5, 3)), Origin(Place("m.yaml", 6, 5))


def inside(wanted, known, there, *, origins=None):
    """The changes inside of an object: path, steps, both sides, cause and line."""
    one = matched(wanted={"meta": wanted}, known=known and {"meta": known}, there={"meta": there})
    origins = {"meta": META, "meta.team": TEAM} if origins is None else origins
    one = replace(one, desired=replace(one.desired, origins=origins))
    compared = compare_fields(ROOM, one, key=KEY)
    assert (compared.body, compared.presumed) == ({"meta": wanted}, {"meta": there})
    return [
        (
            *(change.path, change.steps, change.before, change.after, change.origin),
            change.declared_at and change.declared_at.place.line,
        )
        for change in compared.changes
    ]


@pytest.mark.parametrize(
    ("wanted", "known", "there", "changes"),
    [
        (
            {"team": "b"},
            {"team": "a"},
            {"team": "a"},
            [("meta.team", ("team",), "a", "b", "manifest", 6)],
        ),
        (
            {"team": "a"},
            {"team": "a"},
            {"team": "c"},
            [("meta.team", ("team",), "c", "a", "drift", 6)],
        ),
        (
            {"team": "b"},
            {"team": "a"},
            {"team": "c"},
            [("meta.team", ("team",), "c", "b", "conflict", 6)],
        ),
        # A key that the record lacks was absent; without a record nothing is known of any.
        (
            {"floor": 1, "team": "a"},
            {"team": "a"},
            {"team": "a"},
            [("meta.floor", ("floor",), None, 1, "manifest", 5)],
        ),
        (
            {"team": "a"},
            {"team": "a"},
            {"team": "a", "theirs": 1},
            [("meta.theirs", ("theirs",), 1, None, "drift", 5)],
        ),
        (
            {"team": "a"},
            {},
            {"team": "c", "a b": 1},
            [
                ('meta["a b"]', ("a b",), 1, None, "manifest", 5),
                ("meta.team", ("team",), "c", "a", "manifest", 6),
            ],
        ),
    ],
)
def test_a_change_inside_of_an_object_has_its_own_cause_and_place(wanted, known, there, changes):
    assert inside(wanted, known, there) == changes
    bare = [(*change[:5], None) for change in changes]
    assert inside(wanted, known, there, origins={}) == bare


def test_a_field_that_is_declared_no_longer_goes_back_to_its_default():
    one = matched(
        wanted={}, known={"layout": "3x3", "join_from": "2027-01-01"}, there={"layout": "3x3"}
    )
    compared = compare_fields(ROOM, one, key=KEY)
    (change,) = compared.changes
    default = ROOM.default("layout", "a")
    assert (change.path, change.before, change.after, change.origin) == (
        *("layout", "3x3", default),
        "released",
    )
    assert (compared.body, compared.presumed, compared.declared) == (
        {"layout": default},
        {"layout": "3x3"},
        {},
    )
    # Not in a resource that replaced ours.
    replaced = replace(one, live=replace(one.live, id=ident(9)))
    assert compare_fields(ROOM, replaced, key=KEY).body == {}
