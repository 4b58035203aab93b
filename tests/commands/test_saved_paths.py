"""A saved plan given where manifests are: it is the saved plan that is meant, and never that nothing is expected."""

import json
from pathlib import Path

import pytest

from tests.commands.words import MANIFESTS, recorded, room, rooms

PLAN = "p.json"


@pytest.fixture
def saved(apply, declare, done, space):
    """Three rooms are managed, and a plan that changes one and deletes one is saved."""
    apply(*rooms("a", "b", "c"))
    declare(room("a", layout="2x2"), room("b"))
    done("plan", MANIFESTS, "--out", PLAN)
    return space


@pytest.fixture
def nothing_moves(saved):
    """After the test, Space and record are as they were."""
    before = list(saved.space.ledger), recorded()
    yield saved
    assert (list(saved.space.ledger), recorded()) == before


@pytest.mark.parametrize(
    "arguments", [[PLAN, MANIFESTS], [MANIFESTS, PLAN], [PLAN, MANIFESTS, "--yes"]]
)
def test_apply_carries_out_a_saved_plan_beside_its_manifests(saved, done, arguments):
    assert "Applied: 1 updated, 1 deleted." in done("apply", *arguments).out
    assert saved.names() == {"Room/a", "Room/b"}


@pytest.mark.parametrize("name", [PLAN, "sub/plan.out", "plan"])
def test_apply_carries_out_a_saved_plan_of_a_project(saved, done, name):
    Path("reconciler.yaml").write_text(f"manifests: [{MANIFESTS}]\n", encoding="utf-8")
    Path(name).parent.mkdir(exist_ok=True)
    Path(PLAN).rename(name)

    done("apply", name, "--yes")

    assert saved.names() == {"Room/a", "Room/b"}


@pytest.mark.usefixtures("nothing_moves")
def test_a_saved_plan_that_is_stale_or_damaged_is_refused(reconciler, declare):
    content = Path(PLAN).read_text(encoding="utf-8")
    Path(PLAN).write_text(content[:-40], encoding="utf-8")
    assert "is not a whole plan" in reconciler("apply", PLAN, MANIFESTS, "--yes").err
    Path(PLAN).write_text(content.replace('"2x2"', '"3x3"'), encoding="utf-8")
    assert reconciler("apply", PLAN, MANIFESTS, "--yes").code == 3
    Path(PLAN).write_text(content, encoding="utf-8")
    declare(room("a", layout="5x5"), room("b"))
    assert reconciler("apply", PLAN, MANIFESTS, "--yes").code == 3
    assert reconciler("plan", PLAN, MANIFESTS).code == 3


@pytest.mark.usefixtures("nothing_moves")
def test_two_saved_plans_are_one_too_many(reconciler):
    Path("q.json").write_bytes(Path(PLAN).read_bytes())

    for arguments in ([PLAN, "q.json"], [PLAN, "--plan", "q.json"]):
        assert reconciler("apply", *arguments, "--yes").code == 1


@pytest.mark.usefixtures("nothing_moves")
def test_plan_plans_a_saved_plan_again(done, reconciler):
    before = json.loads(Path(PLAN).read_text(encoding="utf-8"))

    ran = done("plan", PLAN, MANIFESTS, "--format", "json")

    assert (ran.json["digest"], ran.json["actions"]) == (before["digest"], before["actions"])
    assert f"reconciler apply {MANIFESTS} --plan {PLAN}" in ran.err
    assert reconciler("plan", PLAN, MANIFESTS, "--detailed-exitcode").code == 2
    assert reconciler("plan", PLAN, "--target", "Room/a").code == 1


@pytest.mark.usefixtures("nothing_moves")
@pytest.mark.parametrize(
    "command",
    [
        ["drift"],
        ["validate"],
        ["pull", "--all", "--yes"],
        ["destroy", "--yes"],
        ["watch", "--rounds", "1"],
        ["watch", "--apply", "--rounds", "1"],
    ],
)
@pytest.mark.parametrize("paths", [[PLAN], [MANIFESTS, PLAN], ["only"], [MANIFESTS, "only"]])
def test_every_other_command_says_what_to_type(reconciler, command, paths):
    Path("only").mkdir()
    Path("only", PLAN).write_bytes(Path(PLAN).read_bytes())

    code, out, err = reconciler(*command, *paths)

    assert code == 1
    assert "reconciler apply --plan" in out + err
    assert "there is no manifest in" in out + err
    assert "skipped" not in out + err


@pytest.mark.usefixtures("nothing_moves")
@pytest.mark.parametrize("what", ["drift", "state", "schema"])
@pytest.mark.parametrize("command", [["plan"], ["apply", "--yes"], ["drift"]])
def test_a_named_path_without_a_manifest_is_an_error(reconciler, what, command):
    content = {
        "drift": {"format_version": "1.0", "drift": [], "summary": {}},
        "state": {"lineage": "x", "serial": 3},
        "schema": {"$schema": "https://json-schema.org/draft/2020-12/schema"},
    }[what]
    Path("other.json").write_text(json.dumps(content), encoding="utf-8")

    for paths in (["other.json"], [MANIFESTS, "other.json"]):
        code, out, err = reconciler(*command, *paths)
        assert (code, out, "there is no manifest in it" in err) == (1, "", True)


def test_a_saved_plan_among_manifests_of_a_folder_is_passed_over(saved, done):
    Path("m").mkdir()
    Path(MANIFESTS).rename(f"m/{MANIFESTS}")
    Path(PLAN).rename(f"m/{PLAN}")

    assert "skipped" in done("validate", "m").out


@pytest.mark.usefixtures("nothing_moves")
def test_show_renders_a_saved_plan_as_plan_does(done, reconciler):
    planned = done("plan", MANIFESTS).out.partition("Apply: ")[0]

    assert done("show", PLAN).out == f"{planned}Apply: reconciler apply --plan {PLAN}\n"
    assert done("show", PLAN, "--format", "json").out == Path(PLAN).read_text(encoding="utf-8")
    assert done("show", PLAN, "--format", "markdown").out.count("layout") >= 1
    assert done("show", PLAN, "--format", "html").out.startswith("<!")


def test_show_needs_no_space_and_no_project(saved, done, monkeypatch):
    for name in ("SPACE", "PROJECT_ID", "API_TOKEN"):
        monkeypatch.delenv(f"SIGNALWIRE_{name}")

    assert "Room/c" in done("show", PLAN).out


@pytest.mark.usefixtures("nothing_moves")
def test_show_keeps_secrets_and_says_what_is_not_shown_so(declare, done, reconciler):
    declare(
        room("a", streams=[{"url": "rtmp://h/a/canary"}], meta={"a.b": {"c": 1}}),
        room("b"),
        room("new"),
    )
    done("plan", MANIFESTS, "--out", "s.json")
    planned = done("plan", MANIFESTS).out.partition("Apply: ")[0]

    assert done("show", "s.json").out == f"{planned}Apply: reconciler apply --plan s.json\n"
    assert "(secret)" in planned
    assert reconciler("show", "Room/a", "--format", "html").code == 1
    assert reconciler("show", PLAN, "Room/a").code == 1
