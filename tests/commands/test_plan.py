import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.commands.words import MANIFESTS, RECONCILER, actions, conference, counts, room, rooms


def test_a_plan_says_what_would_be_made_and_where_it_was_declared(done, declare, space):
    declare(room("lobby", layout="2x2"))

    code, out, err = done("plan", MANIFESTS)

    assert (code, err) == (0, "")
    assert [
        word
        for word in ("Room/lobby", "create", "layout", '"2x2"', "rooms.yaml:8:13")
        if word not in out
    ] == []
    assert out.splitlines()[-2:] == [
        "Plan: 1 to create.",
        f"Apply: reconciler apply {MANIFESTS}",
    ]
    assert space.writes == []


def test_a_plan_sends_nothing_but_get(done, apply, declare, space):
    apply(room("lobby"), room("kitchen"))
    declare(room("lobby", layout="2x2"), room("attic"))
    before = len(space.space.requests)

    done("plan", MANIFESTS)

    assert {request.method for request in space.space.requests[before:]} == {"GET"}


def test_a_plan_leaves_the_record_as_it_was(apply, done, declare, space, tmp_path):
    apply(room("lobby"))
    declare(room("lobby", layout="2x2"))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    done("plan", MANIFESTS)
    done("plan", MANIFESTS, "--refresh-only")
    done("drift", MANIFESTS)

    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert space.writes == [("POST", "Room")]


def test_a_plan_of_what_is_there_is_empty(apply, done, space):
    apply(room("lobby", layout="2x2"), conference("town-hall"))

    assert done("plan", MANIFESTS, "--detailed-exitcode").out.endswith(
        "\nNo changes: 2 resources match.\n"
    )
    assert len(space.writes) == 2


def test_the_detailed_exit_code_is_2_where_there_is_something_to_do_and_else_0(
    apply, declare, reconciler, space
):
    apply(room("lobby"))
    declare(room("lobby", layout="2x2"))

    codes = [reconciler("plan", MANIFESTS, *flags).code for flags in ([], ["--detailed-exitcode"])]

    assert codes == [0, 2]
    assert space.writes == [("POST", "Room")]


@pytest.mark.parametrize(
    "documents",
    [
        [room("lobby"), room("attic")],
        [room("lobby"), room("hall", renamed_from="kitchen")],
        [room("lobby")],
        [room("kitchen"), room("free"), room("lobby")],
    ],
    ids=["create and delete", "rename", "delete", "adopt"],
)
def test_every_action_is_something_to_do(apply, declare, reconciler, space, documents):
    apply(room("lobby"), room("kitchen"))
    space.create("Room", name="free")
    declare(*documents)

    assert reconciler("plan", MANIFESTS, "--detailed-exitcode").code == 2


def test_a_plan_that_would_be_refused_says_so_and_is_no_error(apply, declare, done, plan, space):
    apply(room("lobby", protect=True), room("kitchen"))
    declare(room("kitchen"))

    assert "refuse" in done("plan", MANIFESTS).out
    assert len(plan()["refusals"]) == 1
    assert space.names() == {"Room/lobby", "Room/kitchen"}


def test_each_change_tells_before_after_why_and_where(apply, declare, done, space):
    apply(room("lobby", layout="2x2", quality="1080p", max_members=5, description="ours"))
    space.change("Room", "lobby", quality="720p", max_members=7)
    declare(room("lobby", layout="3x3", quality="1080p", max_members=6))

    lines = [
        line.replace("→", "->").split()
        for line in done("plan", MANIFESTS).out.splitlines()
        if line.startswith("    ")
    ]

    assert sorted(lines) == [
        ["description", '"ours"', "->", '""', "released", "no", "longer", "declared"],
        ["layout", '"2x2"', "->", '"3x3"', "manifest", "rooms.yaml:8:13"],
        ["max_members", "7", "->", "6", "conflict", "rooms.yaml:10:18"],
        ["quality", '"720p"', "->", '"1080p"', "drift", "rooms.yaml:9:14"],
    ]


def test_target_plans_this_resource_alone_and_says_what_was_left_out(apply, declare, plan, space):
    apply(*rooms("a", "b", "c"))
    declare(room("a", layout="2x2"), room("b", layout="2x2"))

    document = plan("--target", "Room/a")

    assert actions(document) == [("update", "Room/a", ["layout"])]
    assert "Room/a" in document["left_out"]
    assert space.names() == {"Room/a", "Room/b", "Room/c"}


def test_targets_add_up(declare, plan, space):
    declare(*rooms("a", "b", "c"), conference("a"))

    assert {
        address for _, address, _ in actions(plan("--target", "Room/a", "--target", "Conference/a"))
    } == {"Room/a", "Conference/a"}
    assert space.writes == []


def test_a_target_can_be_what_is_declared_no_longer(apply, declare, plan, space):
    apply(*rooms("a", "b", "c"))
    declare(room("a", layout="2x2"), room("b"))

    assert actions(plan("--target", "Room/c")) == [("delete", "Room/c", [])]
    assert space.writes == [("POST", "Room")] * 3


def test_selector_plans_what_bears_the_label(declare, plan, space):
    declare(room("a", labels={"team": "growth"}), room("b", labels={"team": "core"}), room("c"))

    document = plan("--selector", "team=growth")

    assert actions(document) == [("create", "Room/a", [])]
    assert "team=growth" in document["left_out"]
    assert space.writes == []


def test_selectors_must_all_hold(declare, plan, space):
    declare(
        room("a", labels={"team": "growth", "floor": "1"}),
        room("b", labels={"team": "growth", "floor": "2"}),
    )

    assert actions(plan("--selector", "team=growth", "--selector", "floor=2")) == [
        ("create", "Room/b", [])
    ]
    assert space.writes == []


def test_a_selector_never_deletes_what_it_did_not_pick(apply, declare, done, space):
    apply(room("a", labels={"team": "growth"}), room("b", labels={"team": "core"}))
    declare(room("a", labels={"team": "growth"}, layout="2x2"))

    done("apply", MANIFESTS, "--yes", "--selector", "team=growth")

    assert space.names() == {"Room/a", "Room/b"}
    assert space.get("Room", "a")["layout"] == "2x2"


def test_no_prune_leaves_deletions_out_and_says_so(apply, declare, plan, done, space):
    apply(*rooms("a", "b", "c"))
    declare(room("a", layout="2x2"), room("b"))

    document = plan("--no-prune")
    done("apply", MANIFESTS, "--yes", "--no-prune")

    assert actions(document) == [("update", "Room/a", ["layout"])]
    assert document["left_out"]
    assert space.names() == {"Room/a", "Room/b", "Room/c"}


def test_refresh_only_shows_what_was_changed_outside_and_nothing_else(
    apply, declare, reconciler, space
):
    apply(room("a", layout="2x2"), room("b"), room("c"))
    space.change("Room", "a", layout="5x5")
    space.remove("Room", "b")
    declare(room("a", layout="2x2"), room("b"), room("new"))

    code, out, err = reconciler("plan", MANIFESTS, "--refresh-only")

    note = "This is what was changed outside. 'reconciler plan' shows all that apply would do.\n"
    assert (code, err) == (0, note)
    assert [word for word in ("Room/a", "Room/b", '"5x5"') if word not in out] == []
    assert [word for word in ("Room/c", "Room/new") if word in out] == []
    assert out.splitlines()[-2:] == [
        f"Keep: reconciler pull Room/a {MANIFESTS}",
        f"Let go: reconciler pull Room/b {MANIFESTS} --drop-deleted",
    ]


def test_refresh_only_without_drift_has_nothing_to_say(apply, declare, reconciler, space):
    apply(room("a"))
    declare(room("a", layout="2x2"))

    assert reconciler("plan", MANIFESTS, "--refresh-only", "--detailed-exitcode").code == 0
    assert space.writes == [("POST", "Room")]


def test_refresh_only_with_drift_is_something_to_report(apply, reconciler, space):
    apply(room("a", layout="2x2"))
    space.change("Room", "a", layout="5x5")

    assert reconciler("plan", MANIFESTS, "--refresh-only", "--detailed-exitcode").code == 2


def test_what_nobody_declared_is_counted_and_listed_on_request(apply, plan, done, space):
    apply(room("a"))
    space.create("Room", name="free")

    assert "free" not in done("plan", MANIFESTS).out
    assert "Room/free" in done("plan", MANIFESTS, "--unmanaged").out
    assert plan("--unmanaged")["unmanaged"] == ["Room/free"]
    assert plan()["summary"] == counts(noop=1, unmanaged=1)


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_a_saved_plan_is_nobody_elses_to_change(declare, done, space):
    declare(room("a"))

    done("plan", MANIFESTS, "--out", "plan.json")

    assert Path("plan.json").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in Path().iterdir() if "plan" in path.name) == ["plan.json"]


def test_a_saved_plan_that_cannot_be_written_leaves_nothing(declare, reconciler, space):
    declare(room("a"))

    code, out, err = reconciler("plan", MANIFESTS, "--out", "no/such/plan.json")

    assert (code, "--out no/such/plan.json: cannot be written" in err) == (1, True)
    assert "its folder does not exist" in err
    assert "Apply:" not in out  # no command may name a file that is not there


@pytest.mark.skipif(os.name != "posix", reason="limits are those of POSIX")
def test_a_disk_that_is_full_under_a_saved_plan_keeps_the_old_one_and_leaves_nothing_beside_it(
    declare, done, space
):
    declare(room("a"))
    done("plan", MANIFESTS, "--out", "plan.json")
    before = Path("plan.json").read_bytes()
    declare(*rooms("a", "b"))

    full = [
        "sh",
        "-c",
        'ulimit -f 0; exec "$@"',
        "sh",
        *RECONCILER,
        "plan",
        MANIFESTS,
        "--out",
        "plan.json",
    ]
    # Byte code would be the first file that the limit forbids.
    environ = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(
        full, capture_output=True, text=True, timeout=60, check=False, env=environ
    )

    assert (ended.returncode, "--out plan.json: cannot be written" in ended.stderr) == (1, True)
    assert Path("plan.json").read_bytes() == before
    assert [path.name for path in Path().iterdir() if "plan" in path.name] == ["plan.json"]


def test_refresh_only_is_no_plan_to_be_saved(reconciler, declare):
    declare(room("a"))

    code, _, err = reconciler("plan", MANIFESTS, "--refresh-only", "--out", "kept.plan")

    assert (code, Path("kept.plan").exists()) == (1, False)
    assert "--refresh-only shows a part of the plan" in err


def test_protection_that_begins_or_ends_is_something_to_do(apply, declare, done, reconciler, space):
    apply(room("a"))
    declare(room("a", protect=True))

    assert reconciler("plan", MANIFESTS, "--detailed-exitcode").code == 2
    assert reconciler("plan", MANIFESTS, "--detailed-exitcode", "--refresh-only").code == 0
    done("apply", MANIFESTS, "--yes")
    assert reconciler("plan", MANIFESTS, "--detailed-exitcode").code == 0


def test_one_label_with_two_values_is_what_no_resource_has(declare, reconciler, space):
    declare(room("a", labels={"team": "growth"}), room("b", labels={"team": "ops"}))

    code, _, err = reconciler(
        "plan", MANIFESTS, "--selector", "team=growth", "--selector", "team=ops"
    )

    assert (
        code,
        "no resource is selected by --selector team=growth --selector team=ops" in err,
    ) == (
        1,
        True,
    )


def test_a_saved_plan_is_told_with_the_command_that_carries_it_out(declare, done, local):
    declare(room("a"))

    said = done("plan", MANIFESTS, "--out", "my plan.json", "--space", "local").err.strip()

    command = said.removeprefix("Wrote my plan.json; to apply exactly this: reconciler ")
    assert command == f"apply {MANIFESTS} --plan 'my plan.json' --space local"
    done(*shlex.split(command))
    assert local.names() == {"Room/a"}


def test_a_saved_plan_without_anything_to_do_is_told_alone(apply, done, space):
    apply(room("a"))

    assert done("plan", MANIFESTS, "--out", "plan.json").err == "Wrote plan.json\n"
