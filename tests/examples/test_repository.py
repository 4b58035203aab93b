"""`examples/repository` from the first commit to drift: git, pre-commit, its workflow's steps, and a stand-in of GitHub's API."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig

import pytest
import yaml
from werkzeug.test import Client

from tests.integration.action.test_action import PROJECT, WITH_BASE, hub, merged, space, step

__all__ = ["hub", "space", "step"]  # fixtures

EXAMPLE = PROJECT / "examples" / "repository"
WORKFLOW = yaml.safe_load(
    (EXAMPLE / ".github" / "workflows" / "video-rooms.yml").read_text(encoding="utf-8")
)
JOBS = WORKFLOW["jobs"]
ENVIRONMENTS = ["staging", "production"]
TOOL = "https://github.com/OWNER/reconciler"


def settings(name):
    return json.loads((EXAMPLE / ".github" / "protection" / name).read_text(encoding="utf-8"))


def run(folder, *words, **more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = {"GIT_AUTHOR_NAME": "n", "GIT_AUTHOR_EMAIL": "e@example.com"}
    who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
    return subprocess.run(
        words,
        cwd=folder,
        env=kept | who | more,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def git(folder, *words):
    done = run(folder, "git", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def checkout(step, tmp_path):
    """A new checkout, as each job has one, of a repository that the example was pushed to."""
    work, remote = tmp_path / "work", tmp_path / "remote.git"
    shutil.copytree(EXAMPLE, work, dirs_exist_ok=True)
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(remote))
    git(work, "init", "-q", "-b", "main")
    git(work, "remote", "add", "origin", str(remote))

    def push():
        git(work, "add", "--all")
        git(work, "commit", "-q", "--message", "rooms")
        git(work, "push", "-q", "origin", "HEAD:main")

    def made():
        shutil.rmtree(work)
        git(tmp_path, "clone", "-q", "--depth=1", remote.as_uri(), str(work))
        return work

    push()
    made.push = push
    return made


@pytest.fixture
def job(step, checkout):
    """Run a job's own step of the workflow in a new checkout, for one environment of its matrix."""

    def ran(name, environment="", **event):
        checkout()
        given = dict(JOBS[name]["steps"][-1]["with"])
        wanted = given.get("environment", "").replace("${{ matrix.environment }}", environment)
        return step(
            given["command"], paths="", **({"environment": wanted} if wanted else {}), **event
        )

    return ran


@pytest.mark.slow
@pytest.mark.long
def test_from_the_first_pull_request_to_drift(job, checkout, hub, space, tmp_path):
    assert job("validate")[0] == 0
    assert job("apply-production")[0] == 3  # the first push: it has no reviewed plan

    code, _, given, _ = job("plan", "production", event=WITH_BASE)
    assert (code, given["create"], space.ledger) == (0, "2", [])
    assert "Room/standup" in hub.comments[0]["body"]
    merged(hub, tmp_path, "production")
    assert job("apply-production")[0] == 0
    assert [one.method for one in space.ledger] == ["POST", "POST"]

    hands, auth = Client(space), ("p", "t")
    room = hands.get("/api/video/rooms/support", auth=auth).json
    hands.put(f"/api/video/rooms/{room['id']}", json={"max_members": 40}, auth=auth)
    assert job("drift", "production")[2]["changes"] == "true"
    assert [one["state"] for one in hub.issues] == ["open"]

    code, _, given, _ = job("plan", "production", event=WITH_BASE)
    assert (code, given["update"], given["drifted"]) == (0, "1", "1")
    merged(hub, tmp_path, "production")
    assert job("apply-production")[0] == 0
    assert job("drift", "production")[2]["changes"] == "false"
    assert [one["state"] for one in hub.issues] == ["closed"]


def test_each_environment_has_a_plan_a_comment_and_an_apply(job, hub):
    for environment in ENVIRONMENTS:
        code, _, given, _ = job("plan", environment, event=WITH_BASE)
        assert (code, given["artifact"].split("-")[2]) == (0, environment)

    assert len(hub.comments) == 2
    assert JOBS["plan"]["strategy"]["matrix"]["environment"] == ENVIRONMENTS
    assert JOBS["drift"]["strategy"]["matrix"]["environment"] == ENVIRONMENTS
    for environment in ENVIRONMENTS:
        apply = JOBS[f"apply-{environment}"]
        given = apply["steps"][-1]["with"]
        assert (apply["environment"], given["environment"]) == (environment, environment)
    assert JOBS["apply-production"]["needs"] == "apply-staging"


def test_main_asks_for_the_owners_and_for_the_checks_that_the_workflow_makes():
    rules = {one["type"]: one.get("parameters", {}) for one in settings("main.json")["rules"]}
    asked = {one["context"] for one in rules["required_status_checks"]["required_status_checks"]}

    assert rules["pull_request"]["require_code_owner_review"] is True
    assert {"deletion", "non_fast_forward"} <= set(rules)
    assert asked == {"validate", *(f"plan ({one})" for one in ENVIRONMENTS)}
    assert JOBS["plan"]["name"] == "plan (${{ matrix.environment }})"
    environment = settings("environment.json")
    assert (environment["prevent_self_review"], bool(environment["reviewers"])) == (True, True)
    assert environment["deployment_branch_policy"]["protected_branches"] is True


def test_each_file_has_an_owner_and_every_owned_path_is_there():
    lines = (EXAMPLE / ".github" / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    rules = [line.split() for line in lines if line and not line.startswith("#")]

    assert rules[0][0] == "*"
    assert all(owners for _, *owners in rules)
    assert {
        one for _, *owners in rules for one in owners if not re.fullmatch(r"@acme/\w+", one)
    } == set()
    assert [
        pattern for pattern, *_ in rules[1:] if not list(EXAMPLE.glob(pattern.strip("/")))
    ] == []


@pytest.fixture
def hooks(checkout, tmp_path):
    """The checkout with the hooks of this repository installed by pre-commit, from a git repository; pip fetches nothing."""
    if importlib.util.find_spec("pre_commit") is None:
        pytest.skip("pre-commit is not installed: pip install -e .[dev]")
    tool = tmp_path / "tool"
    for name in ("reconciler", "schemas"):
        shutil.copytree(PROJECT / name, tool / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(PROJECT / name, tool)
    git(tool, "init", "-q", "-b", "main")
    git(tool, "add", "--all")
    git(tool, "commit", "-q", "--message", "tool")
    work = checkout()
    config = work / ".pre-commit-config.yaml"
    text = config.read_text(encoding="utf-8").replace(TOOL, tool.as_uri())
    rev = git(tool, "rev-parse", "HEAD")
    config.write_text(text.replace("rev: COMMIT", f"rev: {rev}"), encoding="utf-8")
    given = {
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "PYTHONPATH": sysconfig.get_path("purelib"),  # what pip would fetch to build
        **{f"PIP_{word}": "1" for word in ("NO_INDEX", "NO_DEPS")},
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this one turned around: there is none
    }

    def ran(*words):
        return run(work, *words, **given)

    ran.work = work
    done = ran(sys.executable, "-m", "pre_commit", "install", "--install-hooks")
    assert done.returncode == 0, done.stdout + done.stderr
    # The hooks run isolated and see no PYTHONPATH: their environment gets the dependencies by a .pth file.
    environments = tmp_path / "pre-commit"
    for packages in environments.glob("repo*/py_env-*/lib/python*/site-packages"):
        (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return ran


@pytest.mark.slow
@pytest.mark.long
def test_the_hooks_format_and_refuse_before_each_commit(hooks):
    git(hooks.work, "add", "--all")
    first = hooks("git", "commit", "--message", "hooks")
    assert first.returncode == 0, first.stdout + first.stderr

    room = hooks.work / "rooms" / "support.yaml"
    room.write_text(room.read_text(encoding="utf-8").replace("[meeting]", "[meetin]"))
    wrong = hooks("git", "commit", "--all", "--message", "wrong")
    assert (wrong.returncode, "'meetin'" in wrong.stdout + wrong.stderr) == (1, True)

    git(hooks.work, "checkout", "-q", "HEAD", "--", ".")
    git(hooks.work, "rm", "-q", "presets.yaml")
    gone = hooks("git", "commit", "--message", "no preset")
    assert (gone.returncode, "Skipped" in gone.stdout + gone.stderr) == (1, False)
