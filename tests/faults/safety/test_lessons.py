"""What users of such tools suffered from (sections B, C, D and K of the lessons), and that it does not happen here."""

import json
import os
from pathlib import Path

import pytest

from reconciler import catalog
from reconciler.core.kinds import resources
from tests.commands.words import (
    DECLARED,
    MANIFESTS,
    actions,
    conference,
    counts,
    flags_in,
    manifest,
    recorded,
    room,
    rooms,
)

SAVED = "plan.json"
KINDS = [kind.name for kind in resources(catalog.kinds())]
WITH_STREAMS = [kind.name for kind in resources(catalog.kinds()) if kind.children]


@pytest.fixture
def untouched(space):
    """Check that neither the Space nor the record was written meanwhile."""
    before = list(space.space.ledger), recorded()

    def check():
        assert (list(space.space.ledger), recorded()) == before

    return check


# B. Accidental mass deletion


@pytest.mark.parametrize("path", ["nowhere", "empty"])
@pytest.mark.parametrize("command", ["plan", "apply", "destroy", "drift"])
def test_a_missing_or_empty_folder_is_never_delete_all(
    apply, reconciler, space, path, command
):  # 7
    apply(*rooms("a", "b"))
    Path("empty").mkdir()
    before = list(space.space.ledger)

    code, _, _ = reconciler(command, path, *(["--yes"] if command in {"apply", "destroy"} else []))

    assert (code, space.space.ledger) == (1, before)


@pytest.mark.parametrize("kind", KINDS)
def test_no_resource_of_a_kind_at_all_needs_a_named_consent(
    apply, declare, refused, space, kind
):  # 7
    apply(
        DECLARED[kind]("a"),
        DECLARED[kind]("b"),
        *[DECLARED[other]("keep") for other in KINDS if other != kind],
    )
    declare(*[DECLARED[other]("keep") for other in KINDS if other != kind])

    assert flags_in(refused()) == [f"--allow-delete {kind}=2"]


@pytest.mark.parametrize(
    "trouble", ["unreadable", "not utf-8", "not yaml", "invalid", "unknown kind"]
)
def test_one_file_that_cannot_be_used_ends_the_run(apply, reconciler, space, trouble):  # 8
    apply(*rooms("a", "b", "c"))
    before = list(space.space.ledger)
    Path("rooms").mkdir()
    Path("rooms/good.json").write_text(json.dumps(room("a")), encoding="utf-8")
    bad = Path("rooms/other.yaml")
    content = {
        "not utf-8": b"\xff\xfe\x00",
        "not yaml": b"{",
        "invalid": json.dumps(room("b", layout="grid")).encode(),
    }
    bad.write_bytes(content.get(trouble, json.dumps(manifest("Rooom", "b")).encode()))
    if trouble == "unreadable":
        bad.unlink()
        bad.symlink_to("nowhere.yaml")

    code, _, err = reconciler("apply", "rooms", "--yes", "--allow-delete", "Room=9")

    assert (code, "other.yaml" in err) == (1, True)
    assert space.space.ledger == before


@pytest.mark.parametrize("kind", KINDS)
def test_limits_hold_for_three_as_for_thirty(apply, declare, refused, kind):  # 9, 13
    apply(*[DECLARED[kind](name) for name in "abc"])
    declare(DECLARED[kind]("a"))

    assert flags_in(refused()) == [f"--allow-delete {kind}=2"]


def test_the_flag_of_a_refusal_is_enough_and_is_for_no_more_than_that(
    apply, declare, refused, done, space
):  # 10
    apply(*rooms("a", "b", "c", "d", "e"))
    declare(*rooms("a", "b"))
    (consent,) = flags_in(refused())
    declare(room("a"))

    assert flags_in(refused(*consent.split())) == ["--allow-delete Room=4"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_in_the_record_is_not_deleted_whatever_it_is_called(
    apply, done, space, kind
):  # 11, 13
    apply(DECLARED[kind]("a"), DECLARED[kind]("b"))
    space.create(kind, name="theirs")
    done("state", "rm", f"{kind}/b")

    apply(DECLARED[kind]("a"))
    done("destroy", "--yes")

    assert space.names() == {f"{kind}/b", f"{kind}/theirs"}


@pytest.mark.parametrize("kind", WITH_STREAMS)
def test_leaving_a_resource_alone_leaves_its_streams_alone(
    apply, declare, done, monkeypatch, space, kind
):  # 12, 13
    monkeypatch.setenv("RTMP", "rtmp://live.example/a")
    apply(DECLARED[kind]("a", streams=[{"url": "${env:RTMP}"}]), DECLARED[kind]("b"))
    there = space.streams(kind, "a")
    declare(DECLARED[kind]("a", streams=[]), DECLARED[kind]("b", description="x"))

    done("apply", MANIFESTS, "--yes", "--target", f"{kind}/b")
    done("state", "rm", f"{kind}/a")
    apply(DECLARED[kind]("b"))

    assert space.streams(kind, "a") == there


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_protection_outlives_the_lines_that_gave_it(
    apply, declare, refused, space, kind, command
):  # 13, 14
    apply(DECLARED[kind]("a", protect=True), DECLARED[kind]("b"))
    declare(*([DECLARED[kind]("a")] if command == "destroy" else []), DECLARED[kind]("b"))

    assert f"{kind}/a is protected" in refused(command=command)


# C. Whose object is it


def test_what_is_nobodys_is_counted_and_listed_and_never_touched(
    apply, done, reconciler, plan, space
):  # 15, 16
    theirs = space.create("Room", name="theirs", layout="5x5")
    apply(room("ours"))

    assert plan("--unmanaged")["unmanaged"] == ["Room/theirs"]
    assert "1 unmanaged" in reconciler("drift", MANIFESTS).out
    done("destroy", "--yes")
    assert space.all("Room") == {"theirs": theirs}


def test_what_looks_like_ours_is_not_ours(apply, declare, refused, space):  # 17
    apply(room("a", layout="3x3"))
    space.remove("Room", "a")
    space.create("Room", name="a", layout="3x3")

    assert flags_in(refused()) == ["--adopt Room/a"]


# D. The plan was not what happened


@pytest.mark.parametrize("deed", ["change", "remove", "recreate"])
def test_a_space_that_moved_after_the_plan_is_told_and_nothing_written(
    apply, declare, done, reconciler, space, deed
):  # 18, 19
    apply(room("a", layout="2x2"))
    declare(room("a", layout="3x3"))
    done("plan", MANIFESTS, "--out", SAVED)
    if deed == "change":
        space.change("Room", "a", layout="5x5")
    else:
        space.remove("Room", "a")
    if deed == "recreate":
        space.create("Room", name="a", layout="2x2")
    before = list(space.space.ledger)

    code, _, err = reconciler("apply", MANIFESTS, "--plan", SAVED)

    assert (code, "Room/a" in err, space.space.ledger) == (3, True, before)


def test_there_is_no_blanket_force(done):  # 19
    assert [word for word in ("--force", "-f ") if word in done("apply", "--help").out] == []


def test_the_digest_of_a_plan_is_told(declare, plan, space):  # 19
    declare(room("a"))

    assert plan()["digest"].startswith("sha256:")


@pytest.mark.parametrize("command", ["plan", "drift", "show", "validate"])
def test_commands_that_look_send_nothing_but_get(
    apply, declare, reconciler, space, untouched, command
):  # 20
    apply(room("a"))
    space.change("Room", "a", layout="5x5")
    declare(room("a", layout="3x3"), room("b"))
    before, writes = recorded(), list(space.space.ledger)
    mark = len(space.space.requests)

    reconciler(command, *([] if command == "show" else [MANIFESTS]))

    assert {request.method for request in space.space.requests[mark:]} <= {"GET"}
    assert (recorded(), space.space.ledger) == (before, writes)


@pytest.mark.parametrize("flag", ["--dry-run", "--dry_run", "--force", "--nope"])
@pytest.mark.parametrize("command", ["apply", "destroy", "plan"])
def test_a_flag_that_is_not_there_is_an_error_and_nothing_is_done(
    apply, declare, reconciler, space, command, flag
):  # 20
    apply(room("a"))
    declare(room("a", layout="3x3"))
    before = list(space.space.ledger)

    assert reconciler(command, MANIFESTS, flag, *(["--yes"] if command != "plan" else [])).code == 1
    assert space.space.ledger == before


@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_is_carried_out_was_planned(declare, done, plan, space, kind):  # 21
    declare(DECLARED[kind]("a", description="x"))
    planned = actions(plan())

    result = done("apply", MANIFESTS, "--yes")

    assert planned == [("create", f"{kind}/a", [change for change in planned[0][2] if change])]
    assert "Applied: 1 created." in result.out
    assert space.writes == [("POST", kind)]


def test_a_saved_plan_of_other_manifests_is_refused_even_where_nothing_is_to_be_done(
    apply, declare, done, reconciler, space
):  # 22
    apply(room("a"))
    declare(room("a", layout="3x3"))
    done("plan", MANIFESTS, "--out", SAVED)
    declare(room("a"))

    code, _, err = reconciler("apply", MANIFESTS, "--plan", SAVED)

    assert (code, "the manifests were changed since the plan was made" in err) == (3, True)


def test_the_same_input_is_the_same_plan_byte_for_byte(
    apply, declare, reconciler, monkeypatch, space
):  # 23
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    apply(*rooms("a", "b"), conference("hall"))
    space.change("Room", "a", layout="5x5")
    declare(room("a", layout="3x3"), room("c"), conference("hall", size="large"))

    assert [reconciler("plan", MANIFESTS, "--format", form) for form in ("text", "json")] == [
        reconciler("plan", MANIFESTS, "--format", form) for form in ("text", "json")
    ]


def test_a_secret_that_changed_after_the_plan_makes_it_stale(
    apply, declare, done, reconciler, monkeypatch, space
):  # 24
    monkeypatch.setenv("RTMP", "rtmp://live.example/one")
    apply(room("a", streams=[{"url": "${env:RTMP}"}]))
    monkeypatch.setenv("RTMP", "rtmp://live.example/two")
    done("plan", MANIFESTS, "--out", SAVED)
    monkeypatch.setenv("RTMP", "rtmp://live.example/three")
    before = list(space.space.ledger)

    code, _, err = reconciler("apply", MANIFESTS, "--plan", SAVED)

    assert (code, "example" in err, space.space.ledger) == (3, False, before)


# K. Exit codes, renames, wrong target, scope


def test_each_kind_of_ending_has_its_own_code(apply, declare, reconciler, space):  # 49
    apply(room("a", layout="2x2"), room("b"))
    endings = {"in sync": reconciler("plan", MANIFESTS, "--detailed-exitcode").code}
    space.change("Room", "a", layout="5x5")
    endings |= {
        "changes": reconciler("plan", MANIFESTS, "--detailed-exitcode").code,
        "drift": reconciler("drift", MANIFESTS).code,
    }
    endings |= {"usage": reconciler("plan", "--nope").code}
    declare(room("c", renamed_from="a", layout="grid"))
    endings |= {"invalid": reconciler("plan", MANIFESTS, "--detailed-exitcode").code}
    declare(conference("hall"))
    endings |= {"refused": reconciler("apply", MANIFESTS, "--yes").code}

    assert endings == {
        "in sync": 0,
        "changes": 2,
        "drift": 2,
        "usage": 1,
        "invalid": 1,
        "refused": 3,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_rename_is_never_a_deletion_and_a_creation(apply, declare, plan, space, kind):  # 50
    apply(DECLARED[kind]("old", description="x", layout="3x3"))
    before = space.get(kind, "old")["id"]
    declare(DECLARED[kind]("new", description="x", layout="3x3"))
    assert plan()["suggestions"] == [{"renamed_from": f"{kind}/old", "to": f"{kind}/new"}]

    apply(DECLARED[kind]("new", renamed_from="old", description="x", layout="3x3"))

    assert (space.get(kind, "new")["id"], plan()["summary"]) == (before, counts(noop=1))


def test_what_the_space_does_not_take_is_no_success(apply, declare, reconciler, serving):  # 51
    space = serving(put_name="ignored")
    apply(room("a"))
    declare(room("b", renamed_from="a"))

    code, out, err = reconciler("apply", MANIFESTS, "--yes")

    assert (code, "name" in out + err, space.names()) == (4, True, {"Room/a"})


def test_the_space_and_project_stand_first_in_a_plan(declare, done, space):  # 52
    declare(room("a"))

    first = done("plan", MANIFESTS).out.splitlines()[0]

    assert [os.environ[f"SIGNALWIRE_{word}"] in first for word in ("SPACE", "PROJECT_ID")] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    "command",
    [["plan"], ["apply", "--yes"], ["drift"], ["destroy", "--yes"]],
    ids=lambda command: command[0],
)
def test_credentials_of_another_space_are_refused_before_anything_is_asked(
    declare, reconciler, monkeypatch, space, command
):  # 52
    declare(room("a"))
    Path("reconciler.yaml").write_text(
        f"manifests: [{MANIFESTS}]\nenvironments: {{prod: {{space: prod.signalwire.com, project_id: other}}}}\n",
        encoding="utf-8",
    )

    code, _, err = reconciler(*command, "--env", "prod")

    assert (code, "prod.signalwire.com" in err, space.space.requests) == (1, True, [])


def test_one_can_be_pushed_alone_and_the_rest_is_said_to_be_left_out(
    apply, declare, done, space
):  # 53
    apply(*rooms("a", "b", "c"))
    declare(room("a", layout="3x3"), room("b", layout="3x3"))

    result = done("apply", MANIFESTS, "--yes", "--target", "Room/a")

    assert "Left out: everything but Room/a" in result.out
    assert {name: one["layout"] for name, one in space.all("Room").items()} == {
        "a": "3x3",
        "b": "grid-responsive",
        "c": "grid-responsive",
    }


def test_what_is_left_out_is_not_said_to_lose_its_protection(apply, declare, done, space):  # 53
    apply(room("a", protect=True), room("b"))
    declare(room("a"), room("b", layout="3x3"))

    assert "Room/a" not in done("plan", MANIFESTS, "--target", "Room/b").out


def test_drift_of_a_resource_made_again_outside_says_so_where_no_field_differs(
    apply, reconciler, space
):  # 18
    apply(room("a", layout="2x2"))
    space.remove("Room", "a")
    space.create("Room", name="a", layout="2x2")

    code, out, _ = reconciler("drift", MANIFESTS)

    assert (code, "recreated outside" in out) == (2, True)


def test_a_protected_resource_is_not_renamed_by_way_of_the_record_either(
    apply, declare, done, refused, space
):  # 14
    apply(room("a", protect=True), room("c"))
    done("state", "mv", "Room/a", "Room/b")
    declare(room("b", protect=True), room("c"))

    assert "protected" in refused()


def test_an_apply_with_nothing_to_do_leaves_the_record_as_it_is(apply, monkeypatch, space):  # 23
    monkeypatch.setenv("RTMP", "rtmp://live.example/one")
    apply(room("a", streams=[{"url": "${env:RTMP}"}]))
    apply(room("a"))
    before = recorded()

    apply(room("a"))

    assert recorded() == before
