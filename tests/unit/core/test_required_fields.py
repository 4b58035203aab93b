"""Fields that a request needs beside what is declared: what the plan says of them."""

from dataclasses import replace

import pytest

from reconciler.core.field_changes import compare_fields
from reconciler.core.matching import Match
from reconciler.core.plan_model import LeftAsIs, PassedOver
from reconciler.core.released import left_as_they_are
from reconciler.core.required_fields import with_required
from reconciler.core.resources import Address, Origin, Place
from reconciler.core.skipped_renames import passed_over
from tests.unit.core.worlds import KEY, KINDS, applied, desired, live, records

KIND = replace(
    KINDS["Room"],
    required_on_create={"max_members": 5, "quality": "720p"},
    required_on_update={"quality": "1080p"},
    update_only=frozenset({"layout"}),
)


def added(wanted, there=None, *, renames=False):
    known = applied("Room", "lobby", 1) if there else None
    match = Match(wanted, known, there)
    before = compare_fields(KIND, match, key=KEY)
    after = with_required(KIND, match, before, renames=renames)
    assert (after.body, after.declared) == (before.body, before.declared)
    new = after.changes[len(before.changes) :]
    return [(one.path, one.before, one.after, one.origin, str(one.declared_at)) for one in new]


VIA = "m.yaml:1:1 (by required by the Space)"
CREATED = [
    ("max_members", None, 5, "manifest", VIA),
    ("quality", None, "720p", "manifest", VIA),
]


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({}, CREATED),
        ({"max_members": 9}, CREATED[1:]),
        ({"max_members": 9, "quality": None}, CREATED[1:]),
        ({"max_members": 9, "quality": "1080p"}, []),
        # A field that is written after the creation takes an update, which has needs of its own.
        ({"layout": "3x3"}, [CREATED[0], ("quality", None, "1080p", "manifest", VIA)]),
    ],
)
def test_a_creation_has_what_it_needs(fields, missing):
    assert added(desired("Room", "lobby", **fields)) == missing


def test_a_declared_value_that_null_stands_for_is_sent_and_not_the_required_one():
    kind = replace(KIND, required_on_update={"enable_room_previews": True})
    wanted = desired("Room", "lobby", description="x", enable_room_previews=False)
    match = Match(
        wanted,
        applied("Room", "lobby", 1, enable_room_previews=False),
        live("Room", "lobby", 1, enable_room_previews=None),
    )
    after = with_required(kind, match, compare_fields(kind, match, key=KEY), renames=False)
    assert after.body["enable_room_previews"] is False
    assert all(change.before != change.after for change in after.changes)


@pytest.mark.parametrize(
    ("fields", "there", "renames", "missing"),
    [
        ({"description": "x"}, {"quality": None}, False, True),
        ({"description": "x"}, {"quality": "720p"}, False, False),
        ({"description": "x", "quality": "480p"}, {"quality": None}, False, False),
        ({}, {"quality": None}, True, True),
        # Without an update of the resource itself nothing is needed.
        ({}, {"quality": None}, False, False),
    ],
)
def test_an_update_has_what_it_needs(fields, there, renames, missing):
    found = added(desired("Room", "lobby", **fields), live("Room", "lobby", 1, **there),
                  renames=renames)  # fmt: skip
    assert [(path, after) for path, _, after, *_ in found] == (
        [("quality", "1080p")] if missing else []
    )


def test_without_a_place_of_the_resource_there_is_none():
    found = added(replace(desired("Room", "lobby"), origins={"x": Origin(Place("m", 1, 1))}))
    assert {place for *_, place in found} == {"None"}


# Released fields


def released(wanted, known, there):
    return left_as_they_are(KINDS, [Match(wanted, known, there)])


LOBBY = desired("Room", "lobby", layout="3x3")
KNOWN = applied("Room", "lobby", 1, layout="3x3", join_from="2027-01-01", join_until="2027-02-01")
LIVE = live("Room", "lobby", 1, join_until="2028-01-01", join_from="2027-01-01")


def test_a_released_field_without_a_default_keeps_its_live_value():
    assert released(LOBBY, KNOWN, LIVE) == (
        LeftAsIs(LOBBY.address, "join_from", "2027-01-01T00:00:00Z"),
        LeftAsIs(LOBBY.address, "join_until", "2028-01-01T00:00:00Z"),
    )
    nulls = live("Room", "lobby", 1, join_until=None, join_from=None)
    assert released(LOBBY, KNOWN, nulls) == ()


@pytest.mark.parametrize(
    "sides",
    [
        (None, KNOWN, LIVE),
        (LOBBY, None, LIVE),
        (LOBBY, KNOWN, None),
        (LOBBY, KNOWN, replace(LIVE, id="another")),
        (LOBBY, applied("Room", "lobby", 1, layout="3x3", description="x"), LIVE),
        (LOBBY, replace(KNOWN, attributes={"dropped": 1}), LIVE),
    ],
)
def test_what_is_not_there_or_goes_back_to_a_default_is_not_left(sides):
    assert released(*sides) == ()


# Renames that are skipped


def to(name, old=None):
    return desired("Room", name, renamed_from=old)


def at(name, number=1, **options):
    return applied("Room", name, number, **options)


@pytest.mark.parametrize(
    ("wanted", "known", "reason"),
    [
        ([to("b", "a"), to("a")], [at("a")], "Room/a is still declared"),
        (
            [to("b", "a"), to("a", "x")],
            [at("a", renamed_from="x")],
            "Room/a is still declared, and its own renamedFrom: x was carried out earlier",
        ),
        ([to("b", "a")], [at("a"), at("b", 2)], "Room/b exists beside Room/a"),
        ([to("c", "a"), to("b", "a")], [at("a")], "another resource is renamed from Room/a"),
    ],
)
def test_a_rename_that_cannot_be_carried_out_says_why(wanted, known, reason):
    address = next(one.address for one in wanted if one.renamed_from == "a")
    assert passed_over(wanted, records(*known)) == (
        PassedOver(address, Address("Room", "a"), reason),
    )


@pytest.mark.parametrize(
    ("wanted", "known"),
    [
        ([to("b", "a")], [at("a")]),
        ([to("b", "a")], []),
        ([to("b")], [at("a")]),
        ([to("b", "a"), to("a")], [at("b", renamed_from="a"), at("a", 2)]),
    ],
)
def test_a_rename_that_is_to_be_done_or_was_done_is_not_skipped(wanted, known):
    assert passed_over(wanted, records(*known)) == ()
