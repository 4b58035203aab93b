"""What ``reconciler init --action`` writes works as written: each job on a runner of its own, which loses its disk."""

import shutil
import subprocess
import sys

import pytest
import yaml

from tests.integration.action.test_action import KEPT, WITH_BASE, hub, merged, space, step

__all__ = ["hub", "space", "step"]  # fixtures

ACTION = f"somebody/reconciler@{'a' * 40}"


def git(folder, *words):
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@localhost")
    subprocess.run(["git", *who, "-C", str(folder), *words], check=True, capture_output=True)


@pytest.fixture
def checkout(step, tmp_path):
    """A new checkout of a repository that was scaffolded with the action and pushed, in the folder where the step runs."""
    work, remote = tmp_path / "work", tmp_path / "remote.git"
    began = [sys.executable, "-m", "reconciler", "init", str(work), "--action", ACTION]
    subprocess.run(began, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(remote)], check=True)
    git(work, "init", "-q", "-b", "main")
    git(work, "remote", "add", "origin", str(remote))

    def pushed():
        git(work, "add", "--all")
        git(work, "commit", "-q", "--message", "rooms")
        git(work, "push", "-q", "origin", "HEAD:main")

    def made():
        shutil.rmtree(work)
        subprocess.run(["git", "clone", "-q", "--depth=1", remote.as_uri(), str(work)], check=True)
        return work

    pushed()
    made.pushed = pushed
    return made


@pytest.fixture
def job(step, checkout):
    """Run a job of the scaffolded workflow in a new checkout."""

    def ran(name, **event):
        workflow = yaml.safe_load(
            (checkout() / ".github" / "workflows" / "video-rooms.yml").read_text(encoding="utf-8")
        )
        given = workflow["jobs"][name]["steps"][-1]["with"]
        return step(given.pop("command"), paths="", **given, **event)

    return ran


@pytest.mark.long
def test_every_merge_applies_though_each_runner_loses_its_disk(job, checkout, hub, space, tmp_path):
    code, _, given, _ = job("plan", event=WITH_BASE)
    assert (code, given["create"]) == (0, "2")
    merged(hub, tmp_path, "prod")
    assert job("apply")[0] == 0

    lobby = checkout() / "manifests" / "rooms" / "lobby.yaml"
    lobby.write_text(
        lobby.read_text(encoding="utf-8").replace("max_members: 20", "max_members: 31"),
        encoding="utf-8",
    )
    checkout.pushed()
    code, _, given, _ = job("plan", event=WITH_BASE)
    assert (code, given["create"], given["adopt"], given["update"]) == (0, "0", "0", "1")
    merged(hub, tmp_path, "prod")
    assert job("apply")[0] == 0

    assert [one.method for one in space.ledger] == ["POST", "POST", "PUT"]
    assert job("drift")[2]["changes"] == "false"


def test_the_first_push_is_not_applied(job, space):
    code, out, _, _ = job("apply")

    assert (code, space.ledger) == (3, [])
    assert "it has no reviewed plan" in out


def test_the_jobs_that_need_the_record_may_reach_it(checkout):
    jobs = yaml.safe_load(
        (checkout() / ".github" / "workflows" / "video-rooms.yml").read_text(encoding="utf-8")
    )["jobs"]
    kept = {name: one["steps"][0]["with"]["persist-credentials"] for name, one in jobs.items()}

    assert kept == KEPT
    assert {name: one.get("permissions", {}).get("contents") for name, one in jobs.items()} == {
        "validate": None,
        "plan": "read",
        "apply": "write",
        "drift": "read",
    }
