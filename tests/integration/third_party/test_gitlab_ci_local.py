"""The GitLab template, run by gitlab-ci-local: its rules, its installation, its artifacts, against a local Space."""

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml
from werkzeug.test import Client

from reconciler import catalog
from reconciler.localspace import create_space, serve
from tests.integration.third_party.installed import needed

PROJECT = Path(__file__).parents[3]
PACKAGES = sysconfig.get_path("purelib")
TOKEN = "PTcanary-of-the-space"
ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {{name: a}}\nspec: {{layout: {}}}\n"
PROJECT_FILE = (
    "manifests: [rooms.yaml]\nenvironments:\n  prod: {{space: '127.0.0.1:{}', state: git}}\n"
)
# Makes real environments, which see the packages of this one: what pip would fetch of others.
PYTHON = f"""#!/bin/sh
'{sys.executable}' "$@" || exit
for last; do :; done
for folder in "$last"/lib/python3.*/site-packages; do echo '{PACKAGES}' > "$folder/others.pth"; done
"""

pytestmark = [pytest.mark.long, pytest.mark.slow]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The package as pip installs it in a job."""
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(words, cwd=PROJECT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture
def space():
    made = create_space(":memory:", kinds=catalog.kinds())
    yield made
    made.close()


@pytest.fixture
def git(tmp_path):
    def run(*words, cwd=tmp_path / "work"):
        who = ("-c", "user.name=n", "-c", "user.email=e@example.com")
        done = subprocess.run(
            ["git", *who, *words], cwd=cwd, check=True, capture_output=True, text=True
        )
        return done.stdout

    return run


@pytest.fixture
def pipeline(wheel, space, git, tmp_path):
    """Run jobs, or all of a pipeline, in a pushed repository that includes the template."""
    tool, _ = needed("gitlab-ci-local"), needed("rsync")  # with which it copies what is tracked
    programs, work = tmp_path / "bin", tmp_path / "work"
    for folder in (programs, work / "ci"):
        folder.mkdir(parents=True)
    (programs / "python").write_text(PYTHON)
    (programs / "python").chmod(0o755)
    template = (PROJECT / "ci" / "gitlab.yml").read_text(encoding="utf-8")
    (work / "ci" / "reconciler.yml").write_text(template, encoding="utf-8")
    (work / ".gitlab-ci.yml").write_text("include: [{local: ci/reconciler.yml}]\n")
    (work / ".gitignore").write_text(".gitlab-ci-local/\n.reconciler-plan/\n*.xml\n")
    (work / "rooms.yaml").write_text(ROOM.format("2x2"))
    git("init", "-q", "--bare", "-b", "main", str(tmp_path / "remote.git"), cwd=tmp_path)
    git("init", "-q", "-b", "main")
    git("remote", "add", "origin", str(tmp_path / "remote.git"))
    with serve(space, port=0) as server:
        (work / "reconciler.yaml").write_text(PROJECT_FILE.format(server.port))
        git("add", "--all")
        git("commit", "-q", "-m", "rooms")
        git("push", "-q", "origin", "main")
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SIGNALWIRE_", "RECONCILER_", "CI", "GITLAB_", "GIT_"))
        }
        environment = kept | {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
        }
        variables = {
            "SIGNALWIRE_PROJECT_ID": "project",
            "SIGNALWIRE_API_TOKEN": TOKEN,
            "RECONCILER_ENV": "prod",
            "RECONCILER_PACKAGE": str(wheel),
        }

        def ran(*words, **more):
            given = [f"--variable={name}={value}" for name, value in (variables | more).items()]
            return subprocess.run(
                [tool, "--force-shell-executor", "--no-color", *given, *words],
                cwd=work,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )

        ran.work = work
        yield ran


def said(done):
    return done.stdout + done.stderr


def listed(pipeline, **variables):
    """The jobs of a pipeline, and when each begins."""
    done = pipeline("--list-json", **variables)
    assert done.returncode == 0, said(done)
    jobs = json.loads(done.stdout[done.stdout.index("[\n") :])  # a warning may stand before it
    return {one["name"]: one["when"] for one in jobs if one["when"] != "never"}


def test_which_jobs_a_pipeline_has(pipeline):
    assert listed(pipeline) == {
        "reconciler:validate": "on_success",
        "reconciler:plan": "on_success",
        "reconciler:apply": "manual",
    }
    assert listed(pipeline, CI_PIPELINE_SOURCE="schedule") == {"reconciler:drift": "on_success"}


def test_one_plan_is_looked_at_and_applied_and_drift_is_found(pipeline, space):
    planned = pipeline()
    assert planned.returncode == 0, said(planned)
    folder = pipeline.work / ".reconciler-plan"
    assert (space.ledger, TOKEN in said(planned)) == ([], False)
    assert "Room/a" in (folder / "plan.html").read_text(encoding="utf-8")
    digest = re.search(r"The plan and its page: sha256:(\w{64})", said(planned))[1]
    assert (folder / "digest.env").read_text() == f"RECONCILER_PLAN_DIGEST={digest}\n"

    applied = pipeline("reconciler:apply")
    assert applied.returncode == 0, said(applied)
    assert [one.method for one in space.ledger] == ["POST"]

    hands, auth = Client(space), ("p", "t")
    room = hands.get("/api/video/rooms/a", auth=auth).json
    hands.put(f"/api/video/rooms/{room['id']}", json={"layout": "5x5"}, auth=auth)
    drifted = pipeline(CI_PIPELINE_SOURCE="schedule")

    assert drifted.returncode == 1, said(drifted)
    assert "Room/a" in said(drifted)
    assert "<failure" in (pipeline.work / "drift.xml").read_text()


def test_a_wrong_manifest_ends_the_pipeline_at_its_line(pipeline):
    (pipeline.work / "rooms.yaml").write_text(ROOM.format("gird"))

    done = pipeline("reconciler:validate")

    assert (done.returncode, "rooms.yaml:4:16" in said(done)) == (1, True)


def test_the_template_fits_the_schema_of_gitlab(pipeline):
    """gitlab-ci-local checks each pipeline against GitLab's own schema."""
    file = pipeline.work / "ci" / "reconciler.yml"
    template = yaml.safe_load(file.read_text(encoding="utf-8"))
    template["reconciler:plan"]["artifacts"]["reports"]["junit"] = {"not": "a path"}
    file.write_text(yaml.safe_dump(template), encoding="utf-8")

    assert pipeline("--list").returncode != 0
