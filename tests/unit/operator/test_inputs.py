"""From a snapshot and the record to what a pass wants."""

import pytest

from reconciler import catalog
from reconciler.core.resources import Address, Applied
from reconciler.library import load_values
from reconciler.operator.inputs import inputs
from tests.unit.operator.bodies import preset, room, snapshot

KINDS = catalog.kinds()
REFERENCE = {"secretKeyRef": {"name": "rtmp", "key": "url"}}


def address(name):
    return Address("Room", name)


def record(name, identity, **more):
    return Applied(address(name), identity, {}, **more)


def wanted(*items, records=(), secrets=None, intended=(), fragments=(), **more):
    return inputs(
        snapshot(*items, fragments=fragments, **more),
        {one.address: one for one in records},
        kinds=KINDS,
        read_secret=lambda name, key: (secrets or {}).get((name, key)),
        intended={address(name) for name in intended},
    )


def test_what_is_declared_is_a_manifest_by_its_title():
    found = wanted(
        room("lobby", layout="2x2", protect=True, adoptionPolicy="IfExists", presets=["look"]),
        fragments=[preset("look", max_members=3)],
    )

    assert found.values == {
        "Preset/look": {
            "apiVersion": "reconciler.dev/v1",
            "kind": "Preset",
            "metadata": {"name": "look"},
            "spec": {"max_members": 3},
        },
        "Room/lobby": {
            "apiVersion": "reconciler.dev/v1",
            "kind": "Room",
            "metadata": {"name": "lobby", "protect": True},
            "spec": {"layout": "2x2", "presets": ["look"]},
        },
    }
    assert found.adopt == {address("lobby")}
    assert load_values(found.values).problems == ()


def test_a_rename_is_known_by_the_id():
    found = wanted(room("lobby", roomName="front", id="1"), records=[record("lobby", "1")])

    assert found.values["Room/lobby"]["metadata"] == {"name": "front", "renamedFrom": "lobby"}


def test_a_secret_is_filled_in_or_its_resource_is_wrong():
    stream = room("a", streams=[{"urlFrom": REFERENCE}])

    found = wanted(stream, secrets={("rtmp", "url"): "rtmp://x/y"})
    assert found.values["Room/a"]["spec"]["streams"] == [{"url": "rtmp://x/y"}]

    missing = wanted(stream, records=[record("a", "1")])
    assert missing.values == {}
    assert missing.delete == frozenset()
    assert "'rtmp'" in missing.problems["uid-of-a"]


MANAGED = [record("a", "1")]
# What a marked resource asks for: (the resource, the record, deleted, forgotten, released).
MARKED = {
    "deleted": (room("a", deleting=True), MANAGED, {"a"}, set(), False),
    "retained": (room("a", deleting=True, deletionPolicy="Retain"), MANAGED, set(), {"a"}, False),
    "observed": (
        room("a", deleting=True, managementPolicy="Observe"),
        MANAGED,
        set(),
        {"a"},
        False,
    ),
    "paused": (
        room("a", deleting=True, annotations={"paused": "true"}),
        MANAGED,
        set(),
        set(),
        False,
    ),
    "never-made": (room("a", deleting=True), [], set(), set(), True),
    "of-another-name": (
        room("a", deleting=True, roomName="b", id="1"),
        MANAGED,
        {"a"},
        set(),
        False,
    ),
}


@pytest.mark.parametrize(
    ("item", "records", "delete", "forget", "released"), MARKED.values(), ids=MARKED
)
def test_a_deletion_mark(item, records, delete, forget, released):
    found = wanted(item, records=records)

    assert found.values == {}
    assert {one.name for one in found.delete} == delete
    assert {one.name for one in found.forget} == forget
    assert ("uid-of-a" in found.released) == released


def test_nothing_is_deleted_because_it_is_absent():
    found = wanted(records=[record("a", "1"), record("b", "2")])

    assert (found.delete, found.forget) == (frozenset(), frozenset())


def test_the_loser_of_a_name_deletes_nothing_of_the_owner():
    found = wanted(
        room("first", roomName="x", id="1"),
        room("second", roomName="x", id="1", created="2027-01-05T00:00:00Z", deleting=True),
        records=[record("x", "1")],
    )

    assert found.delete == frozenset()
    assert found.released == {"uid-of-second"}


def test_a_creation_whose_answer_was_lost_is_deleted_and_not_released():
    found = wanted(room("a", deleting=True), intended=["a"])

    assert found.delete == {address("a")}
    assert found.released == frozenset()


@pytest.mark.parametrize(
    ("declared", "recorded", "change"), [(True, False, True), (False, True, False)]
)
def test_protection_is_recorded_before_a_deletion(declared, recorded, change):
    found = wanted(
        room("a", deleting=True, protect=declared), records=[record("a", "1", protect=recorded)]
    )

    assert found.protection == {address("a"): change}


def test_a_paused_space_wants_nothing():
    found = wanted(
        room("a"),
        room("b", deleting=True),
        records=[record("b", "1")],
        annotations={"paused": "true"},
    )

    assert (found.values, found.delete, found.released) == ({}, frozenset(), frozenset())


def test_what_is_observed_is_compared_and_kept():
    found = wanted(room("a", managementPolicy="Observe"))

    assert found.kept == {address("a")}
    assert set(found.values) == {"Room/a"}


def test_a_rename_before_the_status_has_the_id_is_one_too():
    found = inputs(
        snapshot(room("lobby", roomName="front")),
        {address("lobby"): record("lobby", "1")},
        kinds=KINDS,
        read_secret=lambda *_: None,
        known_ids={"uid-of-lobby": "1"},
    )

    assert found.values["Room/lobby"]["metadata"] == {"name": "front", "renamedFrom": "lobby"}
