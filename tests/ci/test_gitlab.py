"""The GitLab template: its scripts, run as they stand by a shell against a local Space."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from werkzeug.test import Client

from reconciler import catalog
from reconciler.localspace import create_space, serve

TEMPLATE = yaml.safe_load((Path(__file__).parents[2] / "ci" / "gitlab.yml").read_text(encoding="utf-8"))
ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {{name: a}}\nspec: {{layout: {}}}\n"


@pytest.fixture
def space():
    made = create_space(":memory:", kinds=catalog.kinds())
    yield made
    made.close()


@pytest.fixture(params=["", "prod"], ids=["no environment", "prod"])
def job(request, space, tmp_path):
    """Run the script of a job as a GitLab runner's shell does: line by line, ending with the first that fails."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "reconciler"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n')
    command.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    with serve(space, port=0) as server:
        if request.param:
            (work / "reconciler.yaml").write_text(f"environments:\n  prod: {{space: '127.0.0.1:{server.port}'}}\n")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SIGNALWIRE_", "RECONCILER_"))}
        environment = kept | {
            "PATH": f"{command.parent}:{os.environ['PATH']}",
            "SIGNALWIRE_SPACE": f"127.0.0.1:{server.port}",
            "SIGNALWIRE_PROJECT_ID": "project",
            "SIGNALWIRE_API_TOKEN": "PTcanary",
            "RECONCILER_ENV": request.param,
            "RECONCILER_PATHS": "rooms.yaml",
        }

        def ran(name, layout="2x2"):
            (work / "rooms.yaml").write_text(ROOM.format(layout))
            script = "set -e\n" + "\n".join(TEMPLATE[name]["script"])
            return subprocess.run(["sh", "-c", script], cwd=work, env=environment, capture_output=True, text=True, timeout=60, check=False)

        ran.work = work
        yield ran


def test_the_stages_follow_one_another(job, space):
    for name in ("reconciler:validate", "reconciler:plan", "reconciler:apply"):
        assert (job(name).returncode, name) == (0, name)
    assert [one.method for one in space.ledger] == ["POST"]
    assert (job.work / "reconciler-plan" / "plan.html").read_text().lower().startswith("<!doctype html>")

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


def test_a_plan_that_is_stale_by_the_time_it_is_applied_writes_nothing(job, space):
    job("reconciler:plan")

    assert (job("reconciler:apply", layout="3x3").returncode, space.ledger) == (3, [])


def test_every_artifact_is_one_that_a_script_writes():
    for name, one in TEMPLATE.items():
        for path in [one["artifacts"].get("reports", {}).get("junit"), *one["artifacts"].get("paths", ())] if "artifacts" in one else ():
            assert path is None or path.rstrip("/") in "\n".join(one["script"]), name
