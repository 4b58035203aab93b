"""What a deletion presumes of a resource, and what may change without holding it back."""

from dataclasses import replace

import pytest

from reconciler.core.presumed_fields import presumed_fields
from reconciler.core.put_risk import fields_at_risk
from reconciler.core.resources import Live
from tests.unit.core.worlds import KINDS, live

ROOM = KINDS["Room"]


def room(**attributes):
    there = live("Room", "lobby", 1)
    return Live(there.address, there.id, {"id": there.id, "name": "lobby", **attributes})


@pytest.mark.parametrize(
    ("field", "value", "presumed"),
    [
        ("layout", "3x3", "3x3"),
        ("join_from", "2027-01-01T02:00:00+02:00", "2027-01-01T00:00:00Z"),
        ("note", "by hand", "by hand"),
        ("note", None, None),
        ("locked", True, True),
    ],
)
def test_what_is_presumed(field, value, presumed):
    assert presumed_fields(ROOM, room(**{field: value})) == {field: presumed}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("calls", 3),  # may be a counter
        ("picture", "https://cdn.example/a?signed"),
        ("parts", ["a"]),
        ("seen_at", "2027-01-01"),
        ("updated_at", "2027-01-01"),
        (ROOM.session, {"id": "s"}),
    ],
)
def test_what_changes_by_itself_is_not_presumed(field, value):
    assert presumed_fields(ROOM, room(**{field: value})) == {}


def test_a_read_only_field_that_is_documented_is_presumed_whatever_it_holds():
    kind = replace(ROOM, answers={"calls": {}, "made_at": {}})
    assert presumed_fields(kind, room(calls=3, made_at="now")) == {"calls": 3}


def test_a_name_that_is_a_field_of_its_own_is_presumed():
    kind = replace(ROOM, key="layout")
    assert presumed_fields(kind, room(layout="3x3")) == {"name": "lobby", "layout": "3x3"}


@pytest.mark.parametrize(
    ("fields", "at_risk"),
    [
        ({"layout": "3x3"}, {"layout"}),
        ({"layout": ROOM.defaults["layout"]}, set()),
        ({"description": "", "meta": {}, "note": None, "parts": []}, set()),
        ({"note": "x", "calls": 1}, {"note", "calls"}),
        ({"record_on_start": True}, {"record_on_start=True"}),
        ({"locked": False}, {"locked=False"}),
        ({"updated_at": "now", ROOM.session: {"id": "s"}}, set()),
    ],
)
def test_a_reset_of_what_has_a_value_of_its_own_would_show(fields, at_risk):
    assert fields_at_risk(ROOM, room(**fields)) == at_risk
