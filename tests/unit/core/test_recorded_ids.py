"""Ids have the spelling of the record: letter case means nothing."""

import pytest

from reconciler.core.recorded_ids import (
    children_as_recorded,
    children_with_recorded_ids,
    recorded_spelling,
)
from reconciler.core.resources import Address, Applied, AppliedChild, Live

ROOM = Address("Room", "lobby")
ID, OTHER = "c22d0000-0000-4000-8000-00000000000a", "c22d0000-0000-4000-8000-00000000000b"


def stream(child_id):
    return Live(Address("Stream", child_id), child_id, {})


def record(*ids, room_id="1"):
    return Applied(ROOM, room_id, {}, {"streams": tuple(AppliedChild(one, {}) for one in ids)})


def ids(children):
    return [child.id for child in children["streams"]]


def test_a_recorded_id_in_other_letters_is_the_recorded_one():
    found = children_as_recorded({"streams": (stream(ID), stream(OTHER))}, record(ID.upper()))
    assert ids(found) == [ID.upper(), OTHER]
    found = children_as_recorded({"streams": (stream(ID.upper()),)}, record(ID))
    assert ids(found) == [ID]


def test_what_is_spelled_alike_or_not_recorded_is_left():
    children = {"streams": (stream(ID), stream(OTHER.upper()))}
    assert children_as_recorded(children, record(ID)) is children
    assert children_as_recorded(children, None) is children


def test_each_resource_is_compared_with_its_own_record():
    lobby = Live(ROOM, "a", {}, {"streams": (stream(ID),)})
    other = Live(Address("Room", "other"), "b", {}, {"streams": (stream(ID),)})
    found = children_with_recorded_ids([lobby, other], [record(ID.upper(), room_id="A")])
    assert [ids(one.children) for one in found] == [[ID.upper()], [ID]]
    assert children_with_recorded_ids([lobby], []) == (lobby,)


@pytest.mark.parametrize(("recorded", "live"), [(ID, ID.upper()), (ID.upper(), ID), (ID, ID)])
def test_a_resource_s_own_id_has_the_spelling_of_its_record(recorded, live):
    spelled = recorded_spelling([record(room_id=recorded), record(room_id=OTHER)])
    assert spelled(Live(ROOM, live, {})).id == recorded


def test_an_id_of_another_kind_is_left():
    spelled = recorded_spelling([record(room_id=ID)])
    other = Live(Address("Conference", "lobby"), ID.upper(), {})
    assert spelled(other) is other
