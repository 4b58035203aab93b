"""The action among people: their tokens, deleted accounts, cut and foreign artifacts, answers that are none, and pushes that are wrong."""

import io
import json
import re
import zipfile

import pytest

from tests.integration.action.test_action import (
    ACTION,
    HEAD,
    PULL_REQUEST,
    declare,
    hub,
    merged,
    space,
    step,
)

pytestmark = pytest.mark.long

__all__ = ["declare", "hub", "space", "step"]  # fixtures

MARKER = "<!-- reconciler plan default -->"


def methods(hub):
    """What was written to comments."""
    return [method for method, path in hub.asked if method != "GET" and "comments" in path]


def of_a_person(hub, login, *, known):
    """Let the token be that of a person, whom GitHub tells of, or not."""
    written = hub.add

    def add(kept, body):
        one = written(kept, body)
        return (
            one | one.update(user={"type": "User", "login": login}) if "user" not in body else one
        )

    hub.add = add
    hub.user = (200, {"login": login}) if known else (404, {"message": "Not Found"})


@pytest.mark.parametrize("known", [True, False], ids=["GitHub says who", "GitHub does not"])
def test_a_person_s_token_has_one_comment_too(step, declare, hub, known):
    of_a_person(hub, "ada", known=known)
    declare(a="2x2")

    for _ in range(3):
        assert step("plan", event=PULL_REQUEST)[0] == 0

    assert (methods(hub), len(hub.comments)) == (["POST", "PATCH", "PATCH"], 1)


@pytest.mark.parametrize("known", [True, False], ids=["GitHub says who", "GitHub does not"])
def test_what_another_person_wrote_under_the_marker_is_not_filled_in(step, declare, hub, known):
    """They could change it afterwards, and a reviewer would take it for the plan."""
    of_a_person(hub, "ada", known=known)
    hub.add(
        hub.comments,
        {"body": f"{MARKER}\nnothing to do", "user": {"type": "User", "login": "mallory"}},
    )
    declare(a="2x2")

    step("plan", event=PULL_REQUEST)
    step("plan", event=PULL_REQUEST)

    assert (methods(hub), hub.comments[0]["body"].splitlines()[-1]) == (
        ["POST", "PATCH"],
        "nothing to do",
    )


def test_a_comment_that_cannot_be_changed_does_not_stop_another_one(step, declare, hub):
    hub.add(hub.comments, {"body": f"{MARKER}\nof another app"})
    hub.fixed = True
    declare(a="2x2")

    code, out, _, _ = step("plan", event=PULL_REQUEST)

    assert (code, methods(hub), "https://hub/2" in out) == (0, ["PATCH", "POST"], True)


ODD = [
    {"body": None},
    {"body": f"{MARKER}\nx", "user": None},
    {"body": f"{MARKER}\nx", "user": {"type": None}},
    {"body": 7, "user": {"type": "Bot"}},
    {"body": f"{MARKER}\nx", "user": "ghost"},
]


@pytest.mark.parametrize("comment", ODD, ids=json.dumps)
def test_comments_of_deleted_accounts_and_without_a_text_stop_nothing(step, declare, hub, comment):
    hub.add(hub.comments, comment)
    declare(a="2x2")

    assert step("plan", event=PULL_REQUEST)[0] == 0
    assert "Room/a" in hub.comments[-1]["body"]


@pytest.mark.parametrize(
    "issue",
    [{"body": None}, {"body": "<!-- reconciler drift default -->", "pull_request": {}}],
    ids=json.dumps,
)
def test_issues_without_a_text_and_pull_requests_are_not_taken_for_ours(step, declare, hub, issue):
    hub.add(hub.issues, issue | {"state": "open", "labels": ["reconciler-drift"]})
    declare(a="2x2")
    step("apply", unreviewed="apply")

    assert (step("drift")[0], hub.issues[0]["state"]) == (0, "open")


ANSWERS = {
    "HTML": b"<!doctype html><title>Unicorn!</title>",
    "nothing": b"",
    "a text": b'"x"',
    "an object": b"{}",
    "null": b"null",
    "numbers": b"[1, 2]",
    "deep": b"[" * 100_000,
    "no text": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("command", ["plan", "apply", "drift"])
def test_an_answer_that_is_none_is_told(step, declare, hub, space, command, answer):
    declare(a="2x2")
    if command == "drift":  # is found against a record
        step("apply", unreviewed="apply")
    before = list(space.ledger)
    hub.raw = answer

    code, out, _, _ = step(command, event=PULL_REQUEST)

    assert (code, space.ledger) == (3 if command == "apply" else 0, before)
    assert re.search(
        r"^::(?:error|notice)::.*(?:came back|was not written|reviewed plan)", out, re.MULTILINE
    )


def packed(**files):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("_", "."), content)
    return archive.getvalue()


def damaged():
    """An archive whose list is whole and whose content is not."""
    whole = bytearray(packed(plan_json="x" * 10_000))
    whole[45:60] = bytes(15)
    return bytes(whole)


ARTIFACTS = {
    "no archive": b"<html>",
    "empty": b"",
    "cut": packed(plan_json="{}" * 1000)[:-30],
    "damaged": damaged(),
    "of something else": packed(report_txt="x"),
    "no JSON": packed(plan_json="<html>"),
    "a list": packed(plan_json="[]"),
    "an object": packed(plan_json="{}"),
    "no counts": packed(plan_json='{"summary": {"create": "x"}}'),
    "deep": packed(plan_json="[" * 100_000),
}


@pytest.mark.parametrize("content", ARTIFACTS.values(), ids=ARTIFACTS)
def test_a_cut_or_foreign_artifact_is_a_refusal(step, declare, hub, space, tmp_path, content):
    declare(a="2x2")
    step("plan", event=PULL_REQUEST)
    merged(hub, tmp_path)
    hub.artifacts["1"]["zip"] = content

    code, out, given, _ = step("apply")

    assert (code, given["changes"], space.ledger) == (3, "false", [])
    assert re.search(r"^::error::.*Nothing was written\.", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("run", "is_taken"),
    [
        ({"repository_id": 1, "head_repository_id": 1, "head_sha": HEAD}, True),
        ({"repository_id": 1, "head_repository_id": 2, "head_sha": HEAD}, False),
        ({"repository_id": 1, "head_repository_id": 1, "head_sha": "b" * 40}, False),
        (None, False),
    ],
    ids=["of this commit", "of a fork", "of another commit", "of a run that is gone"],
)
def test_a_plan_is_taken_only_from_a_run_of_this_repository_and_commit(
    step, declare, hub, space, tmp_path, run, is_taken
):
    """A fork's workflow may call its artifacts what it likes."""
    declare(a="2x2")
    step("plan", event=PULL_REQUEST)
    merged(hub, tmp_path)
    hub.artifacts["1"]["workflow_run"] = run

    assert (step("apply")[0], len(space.ledger)) == ((0, 1) if is_taken else (3, 0))


@pytest.mark.parametrize("before", [True, False], ids=["after a plan", "at once"])
def test_a_push_that_does_not_validate_says_so_in_the_comment(step, declare, hub, before):
    if before:
        declare(a="2x2")
        step("plan", event=PULL_REQUEST)
    declare(b="gird")

    code, _, given, shown = step("plan", event=PULL_REQUEST)

    (comment,) = hub.comments
    assert (code, "artifact" in given) == (1, False)
    assert comment["body"].splitlines()[:2] == [MARKER, f"### No plan for {HEAD[:10]}"]
    assert (
        "'gird' is not" in comment["body"],
        "Room/a" in comment["body"],
        "No plan" in shown,
    ) == (True, False, True)

    declare(b="2x2")
    step("plan", event=PULL_REQUEST)
    assert [("No plan" in one["body"], "Room/b" in one["body"]) for one in hub.comments] == [
        (False, True)
    ]


def test_what_a_wrong_manifest_says_stays_a_text_in_the_comment(step, declare, hub, tmp_path):
    text = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: a}\nspec:\n  layout: '````` @everyone <img src=x> [x](http://x)'\n"
    (tmp_path / "work" / "rooms.yaml").write_text(text)

    step("plan", event=PULL_REQUEST)

    body = hub.comments[0]["body"]
    fence = re.search(r"^(`+)text$", body, re.MULTILINE)[1]
    assert "@everyone" in body
    assert len(fence) > max(len(run) for run in re.findall("`+", body.replace(fence, "")))


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "drift"])
def test_every_command_gives_every_output(step, declare, command):
    declare(a="2x2", b="2x2")
    if command == "drift":  # is found against a record
        step("apply", unreviewed="apply")

    code, _, given, _ = step(command, unreviewed="apply")

    wanted = {
        "create": "2" if command in ("plan", "apply") else "0",
        "changes": str(command in ("plan", "apply")).lower(),
    }
    assert (code, {name: given[name] for name in wanted}) == (0, wanted)
    assert set(ACTION["outputs"]) <= given.keys()
    assert bool(re.fullmatch(r"sha256:[0-9a-f]{64}", given["digest"])) == (
        command in ("plan", "apply")
    )


def test_outputs_are_there_though_the_run_failed(step, declare, space):
    declare(a="gird")

    code, _, given, _ = step("apply", unreviewed="apply")

    assert (code, set(ACTION["outputs"]) <= given.keys(), given["changes"], space.ledger) == (
        1,
        True,
        "false",
        [],
    )


@pytest.mark.parametrize(
    "event",
    [
        "[]",
        "null",
        "{",
        '{"pull_request": null}',
        '{"pull_request": {"number": 7, "head": null}}',
        "\xff",
    ],
)
def test_an_odd_event_is_told_or_passed_over(step, declare, tmp_path, event):
    declare(a="2x2")
    (tmp_path / "odd.json").write_bytes(event.encode("latin-1"))

    code, _, given, _ = step("plan", raw={"GITHUB_EVENT_PATH": str(tmp_path / "odd.json")})

    assert (code, given.get("create")) in [(0, "1"), (1, None)]
