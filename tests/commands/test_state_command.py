"""The commands that look at the record and mend it; none of them touches the Space."""

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler import catalog
from reconciler.state.backends.local import LocalState
from tests.commands.words import CREDENTIALS, MANIFESTS, actions, conference, room

SCHEMA = catalog.documents()["state.schema.json"]


@pytest.fixture
def managed(apply, space, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    monkeypatch.setenv("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567")
    apply(room("lobby", layout="3x3"), conference("hall", protect=True))
    return space


def state_file():
    return next(Path(".reconciler").glob("*.state.json"))


def test_list_tells_what_is_ours(managed, done):
    hall, lobby = managed.get("Conference", "hall")["id"], managed.get("Room", "lobby")["id"]

    assert done("state", "list").out == (
        f"Conference/hall  {hall}  2027-01-15T08:00:00Z  protected\nRoom/lobby       {lobby}  2027-01-15T08:00:00Z\n"
    )


def test_show_tells_one_record(managed, done):
    assert done("state", "show", "Room/lobby").json == {
        "kind": "Room",
        "name": "lobby",
        "id": managed.get("Room", "lobby")["id"],
        "protect": False,
        "applied_at": "2027-01-15T08:00:00Z",
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "renamed_from": None,
        "attributes": {"layout": "3x3"},
        "children": {},
    }


def test_the_record_is_as_its_schema_says(managed, done, monkeypatch):
    Draft202012Validator(SCHEMA).validate(done("state", "pull").json)
    Draft202012Validator(SCHEMA).validate(json.loads(state_file().read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "Room/loby"),
        ("show", "lobby"),
        ("rm", "Room/loby"),
        ("mv", "Room/loby", "Room/x"),
        ("show", "Rom/lobby"),
    ],
)
def test_what_is_not_there_is_told_with_what_is_near(managed, reconciler, arguments):
    before = state_file().read_bytes()
    code, _, err = reconciler("state", *arguments)
    assert (code, state_file().read_bytes()) == (1, before)
    assert "lobby" in err or "Room" in err


def test_mv_and_then_apply_is_a_rename(managed, declare, done, plan):
    before = managed.get("Room", "lobby")["id"]
    done("state", "mv", "Room/lobby", "Room/foyer")
    declare(room("foyer", layout="3x3"), conference("hall", protect=True))

    assert [
        (one["action"], one["name"], one["changes"][0]["origin"]) for one in plan()["actions"]
    ] == [("rename", "foyer", "manifest")]
    done("apply", MANIFESTS, "--yes")
    assert managed.get("Room", "foyer")["id"] == before
    assert plan()["actions"] == []


@pytest.mark.parametrize("target", ["Conference/lobby", "Room/lobby", "Conference/hall"])
def test_mv_keeps_the_kind_and_takes_nobodys_place(managed, reconciler, target):
    assert reconciler("state", "mv", "Room/lobby", target).code == 1


def test_rm_forgets_and_leaves_alone(managed, declare, done, plan):
    done("state", "rm", "Room/lobby")
    declare(conference("hall", protect=True))

    assert (plan()["actions"], plan()["summary"]["unmanaged"], managed.names()) == (
        [],
        1,
        {"Room/lobby", "Conference/hall"},
    )


def test_pull_edit_push(managed, done, plan, declare):
    document = done("state", "pull").json
    document["resources"] = [one for one in document["resources"] if one["kind"] == "Conference"]
    Path("edited.json").write_text(json.dumps(document), encoding="utf-8")

    assert "serial 3" in done("state", "push", "edited.json").err
    assert done("state", "list").out.count("\n") == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"lineage": "00000000-0000-4000-8000-000000000000"}, "another history"),
        ({"project": "other"}, "belongs to project other"),
        ({"format_version": 2}, "has format 2"),
        ({"resources": [{"kind": "Room"}]}, "is not a usable state record"),
        ({"surplus": 1}, "has a field that is not known"),
    ],
)
def test_push_refuses_what_does_not_fit(managed, done, reconciler, change, told):
    before = state_file().read_bytes()
    Path("edited.json").write_text(
        json.dumps(done("state", "pull").json | change), encoding="utf-8"
    )

    code, _, err = reconciler("state", "push", "edited.json")

    assert (code, told in err, state_file().read_bytes()) == (1, True, before)


@pytest.mark.parametrize(
    "command",
    [
        ("plan", MANIFESTS),
        ("drift", MANIFESTS),
        ("apply", MANIFESTS, "--yes"),
        ("destroy", "--yes"),
    ],
)
@pytest.mark.parametrize("fault", ["edited", "rolled back"])
def test_an_edited_or_rolled_back_record_is_refused_everywhere(
    managed, apply, reconciler, command, fault
):
    apply(room("lobby", layout="5x5"), conference("hall", protect=True))
    path = state_file()
    if fault == "edited":
        path.write_text(
            path.read_text(encoding="utf-8").replace('"5x5"', '"4x4"'), encoding="utf-8"
        )
    else:
        path.write_bytes(path.with_name(path.name + ".1").read_bytes())
    before = list(managed.space.ledger)

    code, _, err = reconciler(*command)

    assert (code, managed.space.ledger) == (1, before)
    assert "state push" in err
    assert ("checksum" if fault == "edited" else "was rolled back") in err


def test_a_rolled_back_record_can_be_put_in_place_on_purpose(managed, apply, done, plan):
    apply(room("lobby", layout="5x5"), conference("hall", protect=True))
    done("state", "push", f"{state_file()}.1")

    assert actions(plan()) == []


def test_a_damaged_record_takes_no_backups_place(managed, done):
    path = state_file()
    Path("good.json").write_text(done("state", "pull").out, encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace("lobby", "lobbz"), encoding="utf-8")
    before = path.with_name(path.name + ".1").read_bytes()

    done("state", "push", "good.json")

    assert path.with_name(path.name + ".1").read_bytes() == before
    assert "lobbz" in path.with_name(path.name + ".damaged").read_text(encoding="utf-8")


def test_unlock_leaves_a_living_holder_alone(managed, reconciler, done):
    store = LocalState(state_file(), space=os.environ["SIGNALWIRE_SPACE"], project=CREDENTIALS[0])
    with store.lock(reason="a test", since="today"):
        code, _, err = reconciler("state", "unlock")
        assert (code, "for a test" in err) == (3, True)
    assert "is not locked" in done("state", "unlock").err


def test_it_needs_no_token(managed, done, monkeypatch):
    monkeypatch.delenv("SIGNALWIRE_API_TOKEN")

    assert "Room/lobby" in done("state", "list").out


def test_a_lost_state_adopts_nothing_and_deletes_nothing(managed, declare, reconciler, plan):
    for path in Path(".reconciler").iterdir():
        path.unlink()
    declare(room("lobby", layout="3x3"))
    before = list(managed.space.ledger)

    assert (actions(plan()), plan()["summary"]["unmanaged"]) == ([("adopt", "Room/lobby", [])], 1)
    code, _, err = reconciler("apply", MANIFESTS, "--yes")
    assert (code, "--adopt" in err, managed.space.ledger) == (3, True, before)


@pytest.mark.parametrize("name", ["a b", "c22d24f6-5a47-4597-9a23-c7d01e696b92"])
def test_mv_takes_no_name_that_no_manifest_could_declare(managed, reconciler, name):
    before = state_file().read_bytes()

    code, _, err = reconciler("state", "mv", "Room/lobby", f"Room/{name}")

    assert (code, state_file().read_bytes()) == (1, before)
    assert f"{name!r} is not a valid name" in err


def test_the_list_as_json(apply, done, space):
    apply(room("a", protect=True), room("b"))

    listed = done("state", "list", "--format", "json").json["resources"]

    assert [(one["kind"], one["name"], one["protect"]) for one in listed] == [
        ("Room", "a", True),
        ("Room", "b", False),
    ]
    assert [one["id"] for one in listed] == [space.get("Room", name)["id"] for name in "ab"]
