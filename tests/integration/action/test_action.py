"""The GitHub action: its script against a real local Space and a small GitHub on loopback; and what its file promises."""

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from reconciler import catalog
from reconciler.localspace import create_space, serve
from tests.integration.end_to_end.wrapped import booth

PROJECT = Path(__file__).parents[3]
ACTION = yaml.safe_load((PROJECT / "action.yml").read_text(encoding="utf-8"))
STEP = next(one for one in ACTION["runs"]["steps"] if one.get("id") == "run")
INSTALL = next(
    one for one in ACTION["runs"]["steps"] if "SOURCE" in one.get("env", {}) and one is not STEP
)
BASH = shutil.which("bash") or "bash"  # by its path: a test may put other programs first
TOKEN, SPACE_TOKEN = "ghs_canary-of-github", "PTcanary-of-the-space"
KEPT = {
    "validate": False,
    "plan": True,
    "apply": True,
    "drift": True,
}  # the checkout's credentials, over which 'state: git' goes
COMMIT, HEAD = "c" * 40, "a" * 40
ROOM = (
    "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {{name: {}}}\nspec: {{layout: {}}}\n---\n"
)


class Hub:
    """As much of GitHub as the action speaks to: comments, issues, artifacts, pull requests of a commit."""

    def __init__(self):
        self.comments, self.issues, self.artifacts, self.pulls, self.asked, self.forbids = (
            [],
            [],
            {},
            [],
            [],
            False,
        )
        self.files = {}  # by commit and path
        self.user, self.raw, self.fixed = (
            (403, {"message": "Resource not accessible by integration"}),
            None,
            False,
        )

    def answer(self, method, path, query, body):  # noqa: C901, PLR0911  # one answer for each path
        self.asked.append((method, path))
        if path == "/user":
            return self.user
        if (self.forbids and method != "GET") or (self.fixed and method == "PATCH"):
            return 403, {"message": "Resource not accessible by integration"}
        if found := re.fullmatch(r"/issues/(\d+)/comments", path):
            if method == "GET":
                page = int(query["page"][0])
                return 200, self.comments[(page - 1) * 100 : page * 100]
            return 201, self.add(self.comments, body | {"on": int(found[1])})
        if found := re.fullmatch(r"/issues/comments/(\d+)", path):
            return 200, self.change(self.comments, found[1], body)
        if path == "/issues":
            if method == "GET":
                return 200, [
                    one
                    for one in self.issues
                    if one["state"] == "open" and query["labels"][0] in one["labels"]
                ]
            return 201, self.add(self.issues, body | {"state": "open"})
        if found := re.fullmatch(r"/issues/(\d+)", path):
            return 200, self.change(self.issues, found[1], body)
        if path == f"/commits/{COMMIT}/pulls":
            return 200, self.pulls
        if path == "/actions/artifacts":
            listed = [one for one in self.artifacts.values() if one["name"] == query["name"][0]]
            return 200, {
                "artifacts": [
                    {key: value for key, value in one.items() if key != "zip"} for one in listed
                ]
            }
        if (found := re.fullmatch(r"/git/trees/([0-9a-f]+)", path)) and query["recursive"]:
            there = [name for commit, name in self.files if commit == found[1]]
            return 200, {"tree": [{"path": name, "type": "blob"} for name in there]}
        if (found := re.fullmatch(r"/contents/(.+)", path)) and (
            query["ref"][0],
            found[1],
        ) in self.files:
            return 200, self.files[query["ref"][0], found[1]]
        return 404, {"message": "Not Found"}

    def add(self, kept, body):
        kept.append(
            {
                "id": len(kept) + 1,
                "number": len(kept) + 1,
                "user": {"type": "Bot"},
                "html_url": f"https://hub/{len(kept) + 1}",
            }
            | body
        )
        return kept[-1]

    def change(self, kept, number, body):
        one = next(one for one in kept if one["id"] == int(number))
        one.update(body)
        return one


@contextmanager
def served(hub):
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            """Stay quiet."""

        def respond(self):
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            if parts.path.startswith("/blob/"):
                assert "Authorization" not in self.headers, "the token travelled on"
                return self.send(200, hub.artifacts[parts.path.removeprefix("/blob/")]["zip"])
            assert self.headers["Authorization"] == f"Bearer {TOKEN}"
            path = parts.path.removeprefix("/repos/owner/name")
            if found := re.fullmatch(r"/actions/artifacts/(\d+)/zip", path):
                self.send_response(302)
                self.send_header(
                    "Location", f"http://127.0.0.1:{self.server.server_port}/blob/{found[1]}"
                )
                self.send_header("Content-Length", "0")
                return self.end_headers()
            status, answer = hub.answer(self.command, path, parse_qs(parts.query), body)
            return self.send(status, json.dumps(answer).encode() if hub.raw is None else hub.raw)

        def send(self, status, content):
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = respond  # noqa: N815  # as the base class names them

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def hub():
    return Hub()


@pytest.fixture
def space():
    made = create_space(":memory:", kinds=catalog.kinds())
    yield made
    made.close()


@pytest.fixture
def step(hub, space, tmp_path):
    """Run the action's script as its step does; gives exit code, what was printed, the outputs and the summary."""
    with served(hub) as api, serve(space, port=0) as server:
        (tmp_path / "work").mkdir()
        python = tmp_path / "reconciler" / "bin" / "python"  # what the step before installs
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)

        def ran(command, *, event=None, raw=None, **given):
            for name in ("output", "summary"):
                (tmp_path / name).write_text("")
            (tmp_path / "event.json").write_text(json.dumps(event or {}))
            environment = {
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("GITHUB_", "INPUT_", "SIGNALWIRE_"))
            }
            environment |= {
                "SIGNALWIRE_SPACE": f"127.0.0.1:{server.port}",
                "SIGNALWIRE_PROJECT_ID": "project",
                "SIGNALWIRE_API_TOKEN": SPACE_TOKEN,
                "GITHUB_API_URL": api,
                "GITHUB_REPOSITORY": "owner/name",
                "GITHUB_SHA": COMMIT,
                "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
                "GITHUB_OUTPUT": str(tmp_path / "output"),
                "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
                "RUNNER_TEMP": str(tmp_path),
                "SOURCE": str(PROJECT),
                "INPUT_COMMAND": command,
                "INPUT_TOKEN": TOKEN,
                "INPUT_PATHS": "rooms.yaml",
            }
            environment |= {f"INPUT_{name.upper()}": value for name, value in given.items()} | (
                raw or {}
            )
            done = subprocess.run(
                [BASH, "-c", STEP["run"]],
                cwd=tmp_path / "work",
                env=environment,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert "Traceback" not in done.stderr, done.stderr
            told = (
                done.stdout
                + done.stderr
                + (tmp_path / "summary").read_text()
                + (tmp_path / "output").read_text()
            )
            assert TOKEN not in told
            assert SPACE_TOKEN not in told
            lines = (tmp_path / "output").read_text().splitlines()
            return (
                done.returncode,
                done.stdout,
                dict(line.split("=", 1) for line in lines),
                (tmp_path / "summary").read_text(),
            )

        yield ran


@pytest.fixture
def declare(tmp_path):
    def declared(**layouts):
        (tmp_path / "work" / "rooms.yaml").write_text(
            "".join(ROOM.format(name, layout) for name, layout in layouts.items())
        )

    return declared


PULL_REQUEST = {"pull_request": {"number": 7, "head": {"sha": HEAD}}}


def test_validate_needs_no_secret_and_shows_each_problem_at_its_line(step, declare):
    declare(a="gird", b="2x2")

    code, out, _, _ = step("validate", SIGNALWIRE_API_TOKEN="")

    assert code == 1
    assert re.search(
        r"^::error file=rooms.yaml,line=4,col=16::spec.layout: 'gird' is not .*", out, re.MULTILINE
    )


@pytest.mark.parametrize("handed", ["", None], ids=["as GitHub hands them to a fork", "not at all"])
def test_validate_takes_no_offence_at_secrets_that_are_not_there(
    step, tmp_path, monkeypatch, handed
):
    if handed is not None:
        monkeypatch.setenv("TITLE", handed)
    (tmp_path / "work" / "rooms.yaml").write_text(
        ROOM.format("a", "2x2").replace("layout: 2x2", "display_name: '${env:TITLE}'")
    )

    code, out, _, _ = step("validate")

    assert (code, "TITLE" in out) == (0, True)


def test_a_plan_has_one_comment_that_is_kept_up_to_date(step, declare, hub):
    declare(a="2x2")
    code, _, given, shown = step("plan", event=PULL_REQUEST)

    assert code == 0
    assert (given["create"], given["changes"], given["artifact"]) == (
        "1",
        "true",
        f"reconciler-plan-default-{HEAD}",
    )
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", given["digest"])
    assert [one["on"] for one in hub.comments] == [7]
    assert "Room/a" in shown
    assert "Room/a" in hub.comments[0]["body"]

    declare(a="2x2", b="3x3")
    step("plan", event=PULL_REQUEST)

    assert len(hub.comments) == 1
    assert "Room/b" in hub.comments[0]["body"]


def test_somebody_elses_comment_is_left_alone(step, declare, hub):
    declare(a="2x2")
    hub.add(
        hub.comments, {"body": "<!-- reconciler plan default -->\nmine", "user": {"type": "User"}}
    )

    step("plan", event=PULL_REQUEST)

    assert [one["body"].splitlines()[-1] == "mine" for one in hub.comments] == [True, False]


def test_a_token_that_may_only_read_fails_nothing(step, declare, hub):
    hub.forbids = True
    declare(a="2x2")

    code, out, _, shown = step("plan", event=PULL_REQUEST)

    assert (code, "403" in out, "Room/a" in shown) == (0, True, True)


def merged(hub, tmp_path, environment="default"):
    """The plan of the last step as the artifact of a pull request that was merged."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(tmp_path / "reconciler-plan" / "plan.json", "plan.json")
    hub.artifacts["1"] = {
        "id": 1,
        "name": f"reconciler-plan-{environment}-{HEAD}",
        "expired": False,
        "created_at": "2026-01-01T00:00:00Z",
        "zip": packed.getvalue(),
    }
    hub.pulls = [
        {
            "number": 7,
            "merged_at": "2026-01-01T00:00:00Z",
            "merge_commit_sha": COMMIT,
            "head": {"sha": HEAD},
        }
    ]


def test_the_merge_applies_exactly_the_plan_that_was_reviewed(step, declare, hub, space, tmp_path):
    declare(a="2x2")
    step("plan", event=PULL_REQUEST)
    merged(hub, tmp_path)

    code, out, given, _ = step("apply")

    assert (code, given["changes"], "Applied: 1 created." in out) == (0, "true", True)
    assert [one.method for one in space.ledger] == ["POST"]


def test_a_reviewed_plan_that_is_stale_writes_nothing(step, declare, hub, space, tmp_path):
    declare(a="2x2")
    step("plan", event=PULL_REQUEST)
    merged(hub, tmp_path)
    declare(a="3x3")

    code, out, given, _ = step("apply")

    assert (code, given["changes"], space.ledger) == (3, "false", [])
    assert "stale" in out


def test_a_merge_whose_plan_is_gone_writes_nothing(step, declare, hub, space, tmp_path):
    declare(a="2x2")
    step("plan", event=PULL_REQUEST)
    merged(hub, tmp_path)
    hub.artifacts["1"]["expired"] = True

    code, out, _, _ = step("apply")

    assert (code, space.ledger) == (3, [])
    assert "pull request 7 has no plan for its last commit" in out


@pytest.mark.parametrize("said", [{}, {"unreviewed": "refuse"}], ids=["by default", "refuse"])
def test_what_a_commit_without_a_pull_request_would_change_is_shown_and_not_written(
    step, declare, space, said
):
    declare(a="2x2")

    code, out, given, shown = step("apply", **said)

    assert (code, given["changes"], space.ledger) == (3, "false", [])
    assert re.search(
        r"^::error::This commit was not merged from a pull request, so it has no reviewed plan\. .*nothing",
        out,
        re.MULTILINE,
    )
    assert "Room/a" in shown


def test_a_commit_without_a_pull_request_that_changes_nothing_is_no_failure(step, declare, space):
    declare(a="2x2")
    step("apply", unreviewed="apply")

    code, out, _, _ = step("apply")

    assert (code, len(space.ledger)) == (0, 1)
    assert (
        "::notice::This commit was not merged from a pull request, so it has no reviewed plan; there is nothing to apply."
        in out
    )


def test_a_commit_without_a_pull_request_is_planned_and_applied_where_that_is_said(
    step, declare, space
):
    declare(a="2x2")

    code, out, _, _ = step("apply", unreviewed="apply")

    assert (code, len(space.ledger)) == (0, 1)
    assert (
        "::notice::This commit was not merged from a pull request: there is no reviewed plan, and a new one is applied."
        in out
    )


def test_without_reviewed_plans_nobody_is_asked_for_one(step, declare, hub, space):
    declare(a="2x2")

    assert (step("apply", reviewed_plan="false")[0], len(space.ledger), hub.asked) == (0, 1, [])


def test_another_word_for_what_nobody_reviewed_is_refused(step, declare, space):
    declare(a="2x2")

    assert (step("apply", unreviewed="allow")[0], space.ledger) == (1, [])


def test_what_would_be_refused_needs_its_consent(step, declare, space):
    declare(a="2x2", b="2x2", c="2x2")
    step("apply", unreviewed="apply")
    declare(a="2x2")

    assert step("apply", unreviewed="apply")[0] == 3
    assert step("apply", unreviewed="apply", allow="--allow-delete Room=2")[0] == 0


@pytest.mark.parametrize(
    "allow",
    [
        "--yes",
        "--plan x",
        "; rm -rf /",
        "--debug",
        "--allow-delete Room=2 extra",
        "--adopt",
        "--allow-live",
        "--adopt Room=2 extra",
        "--adopt --yes",
        "Room/a",
    ],
)
def test_consent_is_all_that_can_be_allowed(step, declare, space, allow):
    declare(a="2x2")

    assert (step("apply", unreviewed="apply", allow=allow)[0], space.ledger) == (1, [])


def change(space, path, body):
    from werkzeug.test import Client  # noqa: PLC0415  # beside the one test that wants it

    hands = Client(space)
    found = hands.get(f"/api/video{path}", auth=("p", "t")).json
    hands.put(f"/api/video/rooms/{found['id']}", json=body, auth=("p", "t"))


@pytest.mark.long
def test_drift_keeps_one_issue_and_closes_it_when_it_is_gone(step, declare, hub, space):
    declare(a="2x2")
    step("apply", unreviewed="apply")
    assert (step("drift")[0], hub.issues) == (0, [])

    change(space, "/rooms/a", {"layout": "5x5"})
    code, _, given, shown = step("drift")

    assert (code, given["drifted"], given["changes"]) == (0, "1", "true")
    assert "Room/a" in shown
    assert [(one["state"], one["labels"]) for one in hub.issues] == [("open", ["reconciler-drift"])]
    step("drift")
    assert len(hub.issues) == 1

    step("apply", unreviewed="apply")
    step("drift")
    assert [one["state"] for one in hub.issues] == ["closed"]


def test_drift_before_the_first_apply_fails_the_job_with_what_to_do(step, declare, hub):
    declare(a="2x2")

    code, out, given, shown = step("drift")

    assert (code, given["changes"], hub.issues, "Traceback" in out) == (1, "false", [], False)
    for words in ("nothing is recorded for Space", "reconciler apply"):
        assert words in out
        assert words in shown


def test_commands_from_data_are_inert(step, declare, hub, tmp_path):
    (tmp_path / "work" / "rooms.yaml").write_text(
        'apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: a}\nspec: {display_name: "::error::boo", description: "@everyone"}\n'
    )

    _, out, _, _ = step("apply", unreviewed="apply")

    heard = re.sub(
        r"^::stop-commands::([0-9a-f]{32})$.*?^::\1::$", "", out, flags=re.MULTILINE | re.DOTALL
    )
    assert "::error::boo" in out
    assert "::error::boo" not in heard


@pytest.fixture
def install(tmp_path):
    """Run the step that installs, with stand-ins for python and pip; gives the exit code, what was printed, and what pip was given."""
    pip = tmp_path / "reconciler" / "bin" / "pip"
    stand_in = tmp_path / "bin" / "python"
    stand_in.parent.mkdir()
    stand_in.write_text(
        f'#!/bin/sh\nmkdir -p "{pip.parent}"\nprintf \'#!/bin/sh\\necho "given: $*"\\n\' > "{pip}"\nchmod +x "{pip}"\n'
    )
    stand_in.chmod(0o755)

    def ran(extras):
        environment = {
            "PATH": f"{stand_in.parent}:{os.environ['PATH']}",
            "RUNNER_TEMP": str(tmp_path),
            "SOURCE": "/the/action",
        }
        script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", INSTALL["run"]]
        done = subprocess.run(
            script,
            env=environment | {"EXTRAS": extras},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return (
            done.returncode,
            done.stdout,
            done.stdout.rpartition(" ")[2].strip() if pip.exists() else None,
        )

    return ran


@pytest.mark.parametrize(
    ("extras", "package"),
    [
        ("", "/the/action"),
        ("objects", "/the/action[objects]"),
        ("postgres, objects", "/the/action[postgres,objects]"),
        ("kubernetes,local,objects,postgres", "/the/action[kubernetes,local,objects,postgres]"),
    ],
)
def test_the_extras_that_are_asked_for_are_installed(install, extras, package):
    code, _, given = install(extras)

    assert (code, given) == (0, package)


@pytest.mark.parametrize(
    "extras",
    [
        "test",
        "object",
        "objects,",
        ",",
        "objects postgres",
        "objects] evil[",
        "objects\n",
        "$(touch x)",
        "--index-url=x",
    ],
)
def test_nothing_but_our_extras_is_installed(install, extras):
    code, out, given = install(extras)

    assert (code, given) == (1, None)
    assert out.startswith("::error::extras: only kubernetes, local, objects and postgres are taken")


def test_the_extras_that_are_taken_are_those_that_there_are():
    known = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    taken = re.search(r"one='\(([\w|]+)\)'", INSTALL["run"])[1].split("|")

    assert set(taken) == set(known) - {"test", "dev", "docs", "calls", "operator"}
    assert [
        extra for extra in taken if extra not in ACTION["inputs"]["extras"]["description"]
    ] == []


def action():
    return ACTION


def test_every_action_it_uses_is_pinned_by_its_commit():
    used = [one["uses"] for one in action()["runs"]["steps"] if "uses" in one]

    assert used
    assert [one for one in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", one)] == []


def test_no_script_holds_what_people_write():
    assert [one["run"] for one in action()["runs"]["steps"] if "${{" in one.get("run", "")] == []


def test_every_input_reaches_the_script():
    given = {
        name
        for one in action()["runs"]["steps"]
        for name in one.get("env", {})
        if name.startswith("INPUT_")
    }
    asked = {f"INPUT_{name.upper().replace('-', '_')}" for name in action()["inputs"]} - {
        *("INPUT_PYTHON_VERSION", "INPUT_WORKING_DIRECTORY", "INPUT_EXTRAS")
    }

    assert given == asked


def test_every_output_is_one_that_the_script_gives(step, declare):
    declare(a="2x2")

    assert set(action()["outputs"]) <= step("plan", event=PULL_REQUEST)[2].keys()


def workflow():
    page = (PROJECT / "docs" / "ci.md").read_text(encoding="utf-8")
    return yaml.safe_load(re.search(r"```yml\n(name: .*?)```", page, re.DOTALL)[1])


def test_the_workflow_of_the_page_gives_the_action_what_it_takes():
    ours = [
        (name, step["with"])
        for name, job in workflow()["jobs"].items()
        for step in job["steps"]
        if step["uses"].startswith("OWNER/reconciler@")
    ]

    assert [name for name, given in ours if given["command"] == name] == [
        "validate",
        "plan",
        "apply",
        "drift",
    ]
    assert {word for _, given in ours for word in given} <= set(action()["inputs"])


def test_the_workflow_of_the_page_lets_the_jobs_that_need_the_record_reach_it():
    jobs = workflow()["jobs"]

    assert {
        name: one["steps"][0]["with"]["persist-credentials"] for name, one in jobs.items()
    } == KEPT
    assert jobs["apply"]["permissions"]["contents"] == "write"


def test_the_workflow_of_the_page_gives_a_fork_no_secret():
    shown = workflow()
    triggers = shown[True]  # YAML 1.1 reads 'on' as true

    assert "pull_request_target" not in triggers
    assert shown["permissions"] == {"contents": "read"}
    assert "secrets." not in str(shown["jobs"]["validate"])
    assert "head.repo.full_name == github.repository" in shown["jobs"]["plan"]["if"]


def of_base(text):
    """What GitHub answers for a file."""
    content = base64.b64encode(text.encode()).decode()
    return {
        "type": "file",
        "encoding": "base64",
        "content": "\n".join(content[at : at + 60] for at in range(0, len(content), 60)),
    }


BASE_COMMIT = "b" * 40
WITH_BASE = {"pull_request": {"number": 7, "head": {"sha": HEAD}, "base": {"sha": BASE_COMMIT}}}
ENVIRONMENT = "environments:\n  prod: {{space: '{}', api_token: '${{env:SIGNALWIRE_API_TOKEN}}'}}\n"


@pytest.fixture
def project(tmp_path):
    def written(space):
        (tmp_path / "work" / "reconciler.yaml").write_text(ENVIRONMENT.format(space))

    return written


def in_a_pull_request(step, event=WITH_BASE):
    elsewhere = {
        "SIGNALWIRE_SPACE": "",
        "SIGNALWIRE_PROJECT_ID": "project",
        "GITHUB_EVENT_NAME": "pull_request",
    }
    return step("plan", event=event, environment="prod", raw=elsewhere)


def test_a_pull_request_is_planned_on_the_space_that_its_base_names(
    step, declare, project, hub, space
):
    declare(a="2x2")
    step("plan", event=PULL_REQUEST)
    space_address = next(
        word for word in hub.comments[0]["body"].split("`") if word.startswith("127.0.0.1:")
    )
    project(space_address)
    hub.files[BASE_COMMIT, "reconciler.yaml"] = of_base(ENVIRONMENT.format(space_address))

    code, out, outputs, _ = in_a_pull_request(step)

    assert (code, outputs["create"]) == (0, "1"), out


@pytest.mark.parametrize(
    "base", [ENVIRONMENT.format("other.signalwire.com"), "vars: {a: b}\n", None]
)
def test_a_pull_request_chooses_no_space_for_the_token(step, declare, project, hub, space, base):
    declare(a="2x2")
    project("evil.example.com")
    if base is not None:
        hub.files[BASE_COMMIT, "reconciler.yaml"] = of_base(base)

    code, _, _, summary = in_a_pull_request(step)

    assert (code, space.requests) == (1, [])
    assert "the base branch names no Space evil.example.com" in summary


@pytest.mark.parametrize("named", ["own/booth.schema.json", "own"])
@pytest.mark.parametrize("base", ["the same", "another", "none"])
def test_a_pull_request_has_the_kinds_of_its_base(
    step, declare, project, hub, space, tmp_path, base, named
):
    declare(a="2x2")
    step("plan", event=PULL_REQUEST)
    address = next(
        word for word in hub.comments[0]["body"].split("`") if word.startswith("127.0.0.1:")
    )
    project(address)
    written = f"kinds: [{named}]\n{ENVIRONMENT.format(address)}"
    work = tmp_path / "work"
    (work / "reconciler.yaml").write_text(written)
    (work / "own").mkdir()
    (work / "own" / "booth.schema.json").write_text(json.dumps(booth()))
    hub.files[BASE_COMMIT, "reconciler.yaml"] = of_base(written)
    hub.files[BASE_COMMIT, "own/unrelated.json"] = of_base("{}")
    if base != "none":
        kind = booth() if base == "the same" else booth(collection="/others")
        hub.files[BASE_COMMIT, "own/booth.schema.json"] = of_base(json.dumps(kind))
    seen = len(space.requests)

    code, out, _, summary = in_a_pull_request(step)

    if base == "the same":
        assert code == 0, out
        return
    assert (code, len(space.requests)) == (1, seen)
    assert "the base branch has no kind like booth.schema.json" in summary


@pytest.mark.parametrize(
    ("event", "answer"),
    [
        (PULL_REQUEST, None),
        (WITH_BASE, {"type": "dir"}),
        (WITH_BASE, []),
        (WITH_BASE, {"type": "file", "encoding": "base64", "content": "=a"}),
    ],
)
def test_where_the_base_branch_cannot_be_read_nothing_is_sent(
    step, declare, project, hub, space, event, answer
):
    declare(a="2x2")
    project("evil.example.com")
    if answer is not None:
        hub.files[BASE_COMMIT, "reconciler.yaml"] = answer

    code, out, _, _ = in_a_pull_request(step, event)

    assert (code, space.requests) == (1, [])
    assert "nothing was sent" in out
