"""A state that has ids in other letters than the Space: they name the same resources."""

import json
import re
from pathlib import Path

import pytest

from reconciler.localspace import Settings
from tests.commands.words import MANIFESTS, conference, counts, room

ID = re.compile(r'(?<="id": ")[0-9a-f-]{36}|(?<="id":")[0-9a-f-]{36}')
STREAMS = [{"url": "rtmp://live.example/a"}]
BEFORE = [room("a", streams=STREAMS), room("b", layout="2x1"), conference("c")]
AFTER = [room("a", layout="5x5", streams=STREAMS), conference("c", layout="3x3")]


@pytest.fixture
def recorded_in_upper_case(apply, done, space):
    apply(*BEFORE)
    path = next(Path(".reconciler").glob("*.state.json"))
    text = path.read_text(encoding="utf-8")
    edited = path.with_name("edited.json")
    edited.write_text(ID.sub(lambda found: found[0].upper(), text), encoding="utf-8")
    done("state", "push", str(edited))
    return json.loads(path.read_text(encoding="utf-8"))["resources"]


@pytest.mark.parametrize("flags", [(), ("--target", "Room/a"), ("--target", "Conference/c")])
def test_nothing_differs(recorded_in_upper_case, plan, flags):
    assert all(one["id"] == one["id"].upper() for one in recorded_in_upper_case)

    found = plan(*flags)

    assert found["summary"] == counts(noop=3 if not flags else 1)


def test_an_apply_updates_and_deletes_and_makes_nothing_anew(
    recorded_in_upper_case, apply, plan, space
):
    before = {
        (kind, name): space.get(kind, name)["id"]
        for kind, name in (("Room", "a"), ("Conference", "c"))
    }

    apply(*AFTER)

    assert space.names() == {"Room/a", "Conference/c"}
    assert {(kind, name): space.get(kind, name)["id"] for kind, name in before} == before
    assert plan()["summary"] == counts(noop=2)


def test_a_saved_plan_is_applied(recorded_in_upper_case, declare, done, plan, space):
    declare(*AFTER)
    done("plan", MANIFESTS, "--out", "saved.plan")
    done("apply", "saved.plan", "--yes")
    assert space.names() == {"Room/a", "Conference/c"}
    assert plan()["summary"] == counts(noop=2)


def test_a_rename_is_one(recorded_in_upper_case, apply, space):
    there = space.get("Room", "b")["id"]
    apply(room("a", streams=STREAMS), room("d", renamed_from="b"), conference("c"))
    assert space.get("Room", "d")["id"] == there


def test_drift_and_pull_know_whose_it_is(recorded_in_upper_case, reconciler, done, plan, space):
    space.change("Room", "b", layout="5x5")

    drift = reconciler("drift", MANIFESTS, "--format", "json")
    done("pull", MANIFESTS, "--all", "--yes")

    assert [one["name"] for one in drift.json["drift"]] == ["b"]
    assert plan()["summary"] == counts(noop=3)


def test_import_finds_nothing_that_is_not_managed(recorded_in_upper_case, reconciler, tmp_path):
    found = reconciler("import", "--all", "--out", "imported")
    assert not list(Path("imported").glob("**/*.y*ml")), found.out


def test_a_room_with_people_in_it_is_not_deleted(recorded_in_upper_case, declare, refused, space):
    space.space.start_session("Room", "b", members=2)
    declare(room("a", streams=STREAMS), conference("c"))
    for told in ("told", "absent", "null"):
        space.space.knobs = Settings(active_session=told)
        assert "Room/b" in refused()
    assert "Room/b" in space.names()


def test_destroy_deletes_what_is_recorded(recorded_in_upper_case, done, space):
    space.create("Room", name="theirs")
    done("destroy", "--yes")
    assert space.names() == {"Room/theirs"}
