"""What was written is used until the watch brings it."""

from reconciler.operator.newest import still_newer, with_newest
from reconciler.operator.resources import FINALIZER, Snapshot, item_of, space_of
from tests.unit.operator.bodies import body, room, snapshot


def versioned(kind, name, version, *, finalizers=(), **more):
    found = body(kind, name, **{"spaceRef": {"name": "main"}, **more})
    found["metadata"] |= {"resourceVersion": version, "finalizers": list(finalizers)}
    return found


def seen(version):
    return snapshot(item_of(versioned("Room", "a", version), "Room"))


def test_a_later_answer_takes_the_place_of_what_was_watched():
    answer = versioned("Room", "a", "100", finalizers=[FINALIZER], status={"id": "f00"})
    (item,) = with_newest(seen("99"), {"uid-of-a": answer}).items
    assert item.has_finalizer
    assert item.known_id == "f00"


def test_what_was_watched_since_stays():
    answer = versioned("Room", "a", "99", status={"id": "f00"})
    for version in ("99", "100", ""):
        assert with_newest(seen(version), {"uid-of-a": answer}) == seen(version)


def test_of_a_space_too():
    answer = versioned("Space", "main", "8", host="example.com", status={"managed": 1})
    before = space_of(versioned("Space", "main", "7", host="example.com"))
    found = with_newest(Snapshot(before, (), ()), {"uid-of-main": answer})
    assert found.space.status == {"managed": 1}


def test_what_has_come_or_is_gone_is_dropped():
    written = {
        "uid-of-a": versioned("Room", "a", "100"),
        "uid-of-b": versioned("Room", "b", "100"),
    }
    assert still_newer(seen("99"), written) == {"uid-of-a": written["uid-of-a"]}
    assert still_newer(seen("100"), written) == {}
    assert still_newer(snapshot(room("c")), written) == {}
