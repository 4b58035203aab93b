"""Events for programs: each line of standard error is one, and what each tells."""

import json
from pathlib import Path

import pytest

from reconciler.cli import console
from reconciler.cli.json_events import EVENTS
from reconciler.localspace import Fault
from tests.commands.words import MANIFESTS, PROJECT, room, rooms


@pytest.fixture
def events(reconciler):
    """Run a command with events; gives its exit code, standard output, and the events."""

    def ran(*arguments):
        code, out, err = reconciler(*arguments, "--log-format", "json")
        found = [json.loads(line) for line in err.splitlines()]
        assert {one["v"] for one in found} == {1}
        assert {one["event"] for one in found} <= EVENTS.keys()
        return code, out, found

    return ran


def names(found):
    return [one["event"] for one in found if one["event"] != "message"]


def test_an_apply_tells_its_whole_story(declare, events, space):
    declare(*rooms("a", "b"))

    code, out, found = events("apply", MANIFESTS, "--yes", "--parallel", "1")

    assert (code, "Applied: 2 created." in out) == (0, True)
    assert names(found) == [
        "start",
        "plan",
        "action_start",
        "action_done",
        "action_start",
        "action_done",
        "plan",
        "summary",
    ]
    start, plan, began, done, *_, summary = found
    assert (start["command"], plan["summary"]["create"]) == ("apply", 2)
    assert (began["action"], began["kind"], began["name"], began["id"]) == (
        "create",
        "Room",
        "a",
        None,
    )
    assert (done["name"], done["id"], done["unsettled"]) == ("a", space.get("Room", "a")["id"], [])
    assert {key: summary[key] for key in ("done", "failed", "unknown", "skipped")} == {
        "done": 2,
        "failed": 0,
        "unknown": 0,
        "skipped": 0,
    }


def test_what_fails_says_why(serving, declare, events):
    serving(faults=(Fault(method="POST", action="status", status=422, times=1),))
    declare(*rooms("a", "b"))

    code, _, found = events("apply", MANIFESTS, "--yes", "--parallel", "1")

    failed = next(one for one in found if one["event"] == "action_failed")
    assert (code, failed["status"], failed["name"], "422" in failed["error"]) == (
        4,
        "failed",
        "a",
        True,
    )
    assert (found[-1]["event"], found[-1]["exit_code"]) == ("error", 4)


def test_a_refusal_is_an_error_with_its_code_and_its_flag(apply, declare, events, space):
    apply(*rooms("a", "b", "c"))
    declare(room("a"))

    code, _, found = events("apply", MANIFESTS, "--yes")

    assert (code, found[-1]["event"], found[-1]["exit_code"]) == (3, "error", 3)
    assert "--allow-delete Room=2" in found[-1]["hint"]


def test_each_problem_of_manifests_is_an_event(events, space):
    Path(MANIFESTS).write_text(
        "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: a}\nspec: {layout: gird, fps: 20}\n"
    )

    code, _, found = events("plan", MANIFESTS)

    problems = [one for one in found if one["event"] == "problem"]
    assert (code, [(one["line"], one["column"], one["severity"]) for one in problems]) == (
        1,
        [(4, 16, "error"), (4, 22, "error")],
    )


def test_a_wait_is_told(capsys):
    console.use_json(events=True)
    try:
        console.wait("the Space asks for a pause of 30 s")
    finally:
        console.use_json(events=False)

    told = json.loads(capsys.readouterr().err)
    assert (told["event"], told["message"]) == ("waiting", "the Space asks for a pause of 30 s")


@pytest.mark.parametrize(
    "arguments", [["plan", "--no-such-flag"], ["no-such-command"], ["plan", "nowhere.yaml"]]
)
def test_what_is_wrong_with_a_command_line_is_an_event_too(events, space, arguments):
    code, _, found = events(*arguments)

    assert (code, found[-1]["exit_code"]) == (1, 1)
    assert found[-1]["event"] == "error"


def test_text_from_outside_is_inert(declare, events, serving):
    serving(
        faults=(
            Fault(
                method="POST",
                action="status",
                status=422,
                body='{"errors": [{"detail": "\\u001b[31mred"}]}',
            ),
        )
    )
    declare(room("a"))

    assert "\x1b" not in json.dumps(events("apply", MANIFESTS, "--yes")[2], ensure_ascii=False)


def test_the_next_command_speaks_to_people_again(declare, events, reconciler, space):
    declare(room("a"))
    events("plan", MANIFESTS)

    assert reconciler("plan", "nowhere.yaml").err.startswith("nowhere.yaml")


def test_the_page_lists_every_event():
    page = (PROJECT / "docs" / "ci.md").read_text(encoding="utf-8")

    assert [name for name, words in EVENTS.items() if f"| `{name}` | {words} |" not in page] == []
