"""Manifests of a Space are checked again when their values change, and only then."""

import pytest

from reconciler import catalog
from reconciler.library import load_values
from reconciler.operator.inputs import API_VERSION
from reconciler.operator.last_loaded import LastLoaded

KINDS = catalog.kinds()


def room(name="a", **spec):
    return {
        "apiVersion": API_VERSION,
        "kind": "Room",
        "metadata": {"name": name},
        "spec": spec,
    }


def test_values_that_did_not_change_are_not_loaded_again():
    last = LastLoaded(KINDS)
    first = last.of({"Room/a": room(max_members=20)})

    assert last.of({"Room/a": room(max_members=20)}) is first
    assert first == load_values({"Room/a": room(max_members=20)})


BEFORE = {"Room/a": room(enable_room_previews=True, max_members=20)}
CHANGES = {
    "another value": {"Room/a": room(enable_room_previews=False, max_members=20)},
    "a number that equals it": {"Room/a": room(enable_room_previews=1, max_members=20)},
    "a fraction that equals it": {"Room/a": room(enable_room_previews=True, max_members=20.0)},
    "a field less": {"Room/a": room(enable_room_previews=True)},
    "another name": {"Room/a": room("b", enable_room_previews=True, max_members=20)},
    "another source": {"Room/b": room(enable_room_previews=True, max_members=20)},
    "a resource more": {**BEFORE, "Room/b": room("b")},
    "none": {},
}


@pytest.mark.parametrize("after", CHANGES.values(), ids=CHANGES)
def test_every_change_is_loaded(after):
    last = LastLoaded(KINDS)
    last.of(BEFORE)

    assert last.of(after) == load_values(after)
    assert last.of(BEFORE) == load_values(BEFORE)


def test_faults_are_found_again_after_each_change():
    last = LastLoaded(KINDS)

    assert last.of({"Room/a": room(layout="grid")}).problems
    assert not last.of({"Room/a": room(layout="2x2")}).problems
    assert last.of({"Room/a": room(layout="grid")}).problems


def test_the_kinds_are_those_of_the_operator():
    fewer = {name: kind for name, kind in KINDS.items() if name != "Role"}
    role = {
        "apiVersion": API_VERSION,
        "kind": "Role",
        "metadata": {"name": "guest"},
        "spec": {"permissions": []},
    }

    assert LastLoaded(fewer).of({"Role/guest": role}).problems
    assert not LastLoaded(KINDS).of({"Role/guest": role}).problems
