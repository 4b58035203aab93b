"""The GitLab template: its scripts, run as they stand by a shell against a local Space, and which job is in which pipeline."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from werkzeug.test import Client

from reconciler import catalog
from reconciler.localspace import create_space, serve
from tests.integration.end_to_end.wrapped import booth

pytestmark = pytest.mark.long  # each runs several jobs as GitLab does

TEMPLATE = yaml.safe_load(
    (Path(__file__).parents[3] / "ci" / "gitlab.yml").read_text(encoding="utf-8")
)
ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {{name: a}}\nspec: {{layout: {}}}\n"


@pytest.fixture
def space():
    made = create_space(":memory:", kinds=catalog.kinds())
    yield made
    made.close()


@pytest.fixture(params=["", "prod"], ids=["no environment", "prod"])
def environment(request):
    return request.param


@pytest.fixture(params=["rooms.yaml", ""], ids=["one path", "no path"])
def paths(request):
    return request.param


@pytest.fixture
def job(environment, paths, space, tmp_path):
    """Run the script of a job as a GitLab runner's shell does: line by line, ending with the first that fails."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "reconciler"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n')
    command.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    with serve(space, port=0) as server:
        if environment:
            (work / "reconciler.yaml").write_text(
                f"environments:\n  prod: {{space: '127.0.0.1:{server.port}'}}\n"
            )
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SIGNALWIRE_", "RECONCILER_"))
        }
        variables = kept | {
            "PATH": f"{command.parent}:{os.environ['PATH']}",
            "SIGNALWIRE_SPACE": f"127.0.0.1:{server.port}",
            "SIGNALWIRE_PROJECT_ID": "project",
            "SIGNALWIRE_API_TOKEN": "PTcanary",
            "RECONCILER_ENV": environment,
            "RECONCILER_PATHS": paths,
        }

        def ran(name, layout="2x2", **more):
            (work / "rooms.yaml").write_text(ROOM.format(layout))
            script = "set -e\n" + "\n".join(TEMPLATE[name]["script"])
            digest = work / ".reconciler-plan" / "digest.env"  # GitLab hands it to the jobs after
            handed = digest.read_text().split("=") if digest.exists() else ("NO_PLAN", "")
            return subprocess.run(
                ["sh", "-c", script],
                cwd=work,
                env=variables | {handed[0]: handed[1].strip()} | more,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )

        ran.work = work
        yield ran


def test_the_stages_follow_one_another(job, space):
    for name in ("reconciler:validate", "reconciler:plan", "reconciler:apply"):
        assert (job(name).returncode, name) == (0, name)
    assert [one.method for one in space.ledger] == ["POST"]
    assert (
        (job.work / ".reconciler-plan" / "plan.html")
        .read_text()
        .lower()
        .startswith("<!doctype html>")
    )

    assert job("reconciler:drift").returncode == 0
    hands = Client(space)
    room = hands.get("/api/video/rooms/a", auth=("p", "t")).json
    hands.put(f"/api/video/rooms/{room['id']}", json={"layout": "5x5"}, auth=("p", "t"))
    done = job("reconciler:drift")

    assert (done.returncode, "Room/a" in done.stdout) == (2, True)
    assert "<failure" in (job.work / "drift.xml").read_text()


def test_a_wrong_manifest_fails_its_job_and_shows_where(job):
    done = job("reconciler:validate", layout="gird")

    assert (done.returncode, "rooms.yaml:4:16" in done.stdout + done.stderr) == (1, True)
    assert "<failure" in (job.work / "validate.xml").read_text()


def test_a_secret_that_is_not_there_fails_no_validation(job, space):
    done = job("reconciler:validate", layout="2x2, display_name: '${env:TITLE}'")

    assert (
        done.returncode,
        "<failure" in (job.work / "validate.xml").read_text(),
        space.requests,
    ) == (0, False, [])


def test_a_plan_that_is_stale_by_the_time_it_is_applied_writes_nothing(job, space):
    job("reconciler:plan")

    assert (job("reconciler:apply", layout="3x3").returncode, space.ledger) == (3, [])


@pytest.mark.parametrize("file", ["plan.json", "plan.html"])
def test_a_plan_other_than_the_one_that_was_made_is_not_applied(job, space, file):
    job("reconciler:plan")
    with (job.work / ".reconciler-plan" / file).open("a") as changed:
        changed.write(" ")

    done = job("reconciler:apply")

    assert (done.returncode, space.ledger) == (3, [])
    assert "are not those that the plan job made" in done.stderr


def test_without_the_digest_of_the_plan_job_nothing_is_applied(job, space):
    job("reconciler:plan")

    assert job("reconciler:apply", RECONCILER_PLAN_DIGEST="").returncode == 3
    assert space.ledger == []


def test_every_artifact_is_one_that_a_script_writes():
    for name, one in TEMPLATE.items():
        for path in (
            [
                *one["artifacts"].get("reports", {}).values(),
                *one["artifacts"].get("paths", ()),
            ]
            if "artifacts" in one
            else ()
        ):
            assert path.rstrip("/") in "\n".join(one["script"]), name


def test_the_image_has_git_for_a_state_that_needs_it():
    assert re.fullmatch(
        r"python:3\.\d+", TEMPLATE[".reconciler"]["image"]
    )  # 'slim' and 'alpine' come without


def git(folder, *words):
    own = (
        "-c",
        "user.name=n",
        "-c",
        "user.email=e@example.com",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "protocol.file.allow=always",
    )
    subprocess.run(["git", *own, *words], cwd=folder, check=True, capture_output=True)


MERGE_REQUEST = {
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    "CI_DEFAULT_BRANCH": "main",
}
BRANCH = {"CI_COMMIT_BRANCH": "feature", "CI_DEFAULT_BRANCH": "main"}


@pytest.mark.parametrize("environment", ["prod"], indirect=True)
@pytest.mark.parametrize("base", ["the same", "another", "none"])
def test_a_branch_has_the_kinds_of_its_base(job, space, tmp_path, base):
    there, project = tmp_path / "origin", job.work / "reconciler.yaml"
    project.write_text(f"kinds: [a b]\n{project.read_text()}")
    for folder, kind in ((job.work, booth()), (there, booth(collection="/others"))):
        (folder / "a b").mkdir(parents=True)
        same = base == "the same"
        document = json.dumps(booth() if same else kind)
        if folder == job.work or base != "none":
            (folder / "a b" / "booth.schema.json").write_text(document)
    (there / "reconciler.yaml").write_text(project.read_text())
    git(there, "init", "-q", "-b", "main")
    git(there, "add", ".")
    git(there, "commit", "-q", "-m", "base")
    git(job.work, "init", "-q")
    git(job.work, "remote", "add", "origin", str(there))

    done = job("reconciler:plan", SIGNALWIRE_SPACE="", **MERGE_REQUEST)

    if base == "the same":
        assert done.returncode == 0, done.stderr
        return
    assert (done.returncode != 0, space.requests) == (True, [])
    assert "the base branch has no kind like booth.schema.json" in done.stderr


@pytest.mark.parametrize("environment", ["prod"], indirect=True)
@pytest.mark.parametrize("pipeline", [MERGE_REQUEST, BRANCH], ids=["merge request", "branch"])
@pytest.mark.parametrize("base", ["the same", "another Space", "no file", "no branch"])
def test_a_branch_is_planned_on_the_space_that_its_base_names(job, space, tmp_path, base, pipeline):
    there, written = tmp_path / "origin", (job.work / "reconciler.yaml").read_text()
    there.mkdir()
    git(there, "init", "-q", "-b", "main")
    if base in ("the same", "another Space"):
        (there / "reconciler.yaml").write_text(
            written if base == "the same" else "environments: {prod: {space: other.example.com}}\n"
        )
        git(there, "add", ".")
    git(there, "commit", "-q", "--allow-empty", "-m", "base")
    git(job.work, "init", "-q")
    git(job.work, "remote", "add", "origin", str(there))
    if base == "no branch":
        git(there, "branch", "-m", "gone")

    done = job("reconciler:plan", SIGNALWIRE_SPACE="", **pipeline)

    if base == "the same":
        assert done.returncode == 0, done.stderr
        return
    assert (done.returncode != 0, space.requests) == (True, [])
    assert "base branch names no Space" in done.stderr or base == "no branch"


@pytest.mark.parametrize("environment", ["prod"], indirect=True)
def test_the_default_branch_is_its_own_word(job):
    assert job("reconciler:plan", CI_COMMIT_BRANCH="main", CI_DEFAULT_BRANCH="main").returncode == 0


TOKEN = {"SIGNALWIRE_API_TOKEN": "PTcanary"}
DEFAULT = {"CI_PIPELINE_SOURCE": "push", "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_BRANCH": "main"}


def holds(rule, variables):
    """Whether a rule of GitLab holds: ``==`` and ``!=`` of variables and words, a variable alone, joined by ``&&`` and ``||``."""

    def value(word):
        return variables.get(word[1:]) if word.startswith("$") else word.strip('"')

    def one(term):
        word, sign, other = re.fullmatch(r"(\S+)(?: (==|!=) (\S+))?", term).groups(default="")
        return bool(value(word)) if not sign else (value(word) == value(other)) == (sign == "==")

    return any(all(one(term) for term in part.split(" && ")) for part in rule.split(" || "))


def pipeline(variables):
    """The jobs of a pipeline: each by the first of its rules that holds."""
    found = set()
    for name, one in TEMPLATE.items():
        rule = next((rule for rule in one.get("rules", ()) if holds(rule["if"], variables)), None)
        found |= (
            {name.removeprefix("reconciler:")} if rule and rule.get("when") != "never" else set()
        )
    return found


@pytest.mark.parametrize(
    ("variables", "jobs"),
    [
        pytest.param(DEFAULT | TOKEN, {"validate", "plan", "apply"}, id="default branch"),
        pytest.param(
            DEFAULT | {"CI_COMMIT_BRANCH": "mine"}, {"validate"}, id="branch, protected variables"
        ),
        pytest.param(
            DEFAULT | {"CI_COMMIT_BRANCH": "mine"} | TOKEN,
            {"validate", "plan"},
            id="branch, variables for all",
        ),
        pytest.param(
            {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_DEFAULT_BRANCH": "main"},
            {"validate"},
            id="merge request, protected variables",
        ),
        pytest.param(
            DEFAULT, {"validate", "plan", "apply"}, id="default branch, credentials by other names"
        ),
        pytest.param(
            DEFAULT | {"CI_PIPELINE_SOURCE": "schedule"} | TOKEN, {"drift"}, id="schedule"
        ),
    ],
)
def test_a_pipeline_plans_where_it_is_given_the_token_and_has_what_its_jobs_need(variables, jobs):
    needed = {
        need.removeprefix("reconciler:")
        for name in jobs
        for need in TEMPLATE[f"reconciler:{name}"].get("needs", ())
    }

    assert pipeline(variables) == jobs
    assert needed <= jobs
