"""A checkout full of traps under GitLab, under the scaffolded workflow, under the pre-commit hooks, and under the bare command."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reconciler import __version__
from reconciler.engine import scaffold
from reconciler.localspace import serve
from tests.integration.action.traps import hostile, lay
from tests.integration.ci.test_gitlab import ROOM, TEMPLATE, space

__all__ = ["space"]  # a fixture

PROJECT = Path(__file__).parents[3]
SCRIPT = Path(sys.executable).with_name("reconciler")
CANARY = "PTcanary-of-the-space"
SH = shutil.which("sh") or "sh"  # by its path: the traps have programs too

pytestmark = pytest.mark.skipif(
    not SCRIPT.exists(), reason="the console script is not installed beside this interpreter"
)


@pytest.fixture
def traps(tmp_path):
    """A checkout of one manifest among traps."""
    laid = lay(tmp_path / "work", tmp_path / "trace")
    laid.write("rooms.yaml", ROOM.format("2x2"))
    laid.git("config", "user.name", "n")
    laid.git("config", "user.email", "e@example.com")
    return laid


@pytest.fixture
def python(tmp_path):
    """A folder with a ``python`` that makes real environments, in which pip fetches nothing, and notes what it was given."""
    programs = tmp_path / "bin"
    programs.mkdir()
    note = '(pwd; env) > "{0}/given-to-$1"'
    (programs / "pip").write_text(
        f'#!/bin/sh\n{note.format(tmp_path)}\nfolder=$(dirname "$0")\ncp \'{programs}/reconciler\' "$folder/reconciler"\n'
    )
    (programs / "reconciler").write_text(
        f"#!/bin/sh\n{note.format(tmp_path)}\nexec '{SCRIPT}' \"$@\"\n"
    )
    maker = f"#!/bin/sh\n'{sys.executable}' \"$@\" --without-pip || exit 1\nfor last; do :; done\ncp '{programs}/pip' \"$last/bin/pip\"\n"
    for name in ("python", "python3"):
        (programs / name).write_text(maker)
    for program in programs.iterdir():
        program.chmod(0o755)
    return programs


@pytest.fixture
def run(traps, python, space, tmp_path):
    """Run lines of a shell in the checkout, as a runner does that gives every variable to every job."""
    with serve(space, port=0) as server:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SIGNALWIRE_", "RECONCILER_", "GITHUB_"))
        }
        variables = kept | {
            "PATH": f"{python}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "RUNNER_TEMP": str(tmp_path),
            "SIGNALWIRE_SPACE": f"127.0.0.1:{server.port}",
            "SIGNALWIRE_PROJECT_ID": "project",
            "SIGNALWIRE_API_TOKEN": CANARY,
            "PGPASSWORD": CANARY,
        }

        def ran(*lines, **more):
            script = "set -e\n" + "\n".join(lines)
            done = subprocess.run(
                [SH, "-c", script],
                cwd=traps.folder,
                env=variables | more,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert traps.sprung == ""
            return done

        yield ran


@pytest.fixture
def applied(run):
    """The manifest is applied, so that there is a record which drift can be found with."""
    assert run("reconciler apply --yes -- rooms.yaml").returncode == 0


def given_to(folder, command):
    """The folder and the environment in which a command was run."""
    where, *lines = (folder / f"given-to-{command}").read_text().splitlines()
    return Path(where), "\n".join(lines)


@pytest.mark.parametrize("job", ["validate", "plan", "drift"])
@pytest.mark.parametrize("where", ["here", "by the environment"])
@pytest.mark.usefixtures("applied")
@pytest.mark.long
def test_a_job_of_gitlab_runs_nothing_of_the_checkout(run, traps, tmp_path, job, where):
    lines = [*TEMPLATE[".reconciler"]["before_script"], *TEMPLATE[f"reconciler:{job}"]["script"]]
    more = hostile(traps.folder) if where != "here" else {}

    done = run(
        *lines,
        RECONCILER_ENV="",
        RECONCILER_PATHS="rooms.yaml",
        RECONCILER_PACKAGE="signalwire-reconciler",
        **more,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    folder, environment = given_to(tmp_path, "install")
    assert (
        folder.is_relative_to(traps.folder),
        CANARY in environment,
        "PYTHONPATH" in environment,
    ) == (False, False, False)
    assert (CANARY in given_to(tmp_path, job)[1]) == (job != "validate")


def test_gitlab_applies_the_plan_that_the_page_shows(run, traps, space, tmp_path):
    common = {"RECONCILER_ENV": "", "RECONCILER_PATHS": "rooms.yaml"}
    (tmp_path / "elsewhere").mkdir()
    (traps.folder / ".reconciler-plan").symlink_to(
        tmp_path / "elsewhere"
    )  # a checkout may have what it likes in that place

    assert run(*TEMPLATE["reconciler:plan"]["script"], **common).returncode == 0
    looks = len(space.requests)
    assert (
        len([one for one in space.requests if one[0] == "GET"]),
        [*(tmp_path / "elsewhere").iterdir()],
    ) == (looks, [])
    handed = (traps.folder / ".reconciler-plan" / "digest.env").read_text().strip().split("=")
    common |= dict([handed])  # GitLab hands it to the jobs after
    assert run(*TEMPLATE["reconciler:apply"]["script"], **common).returncode == 0
    assert [one.method for one in space.ledger] == ["POST"]


def test_gitlab_plans_once():
    (line,) = [line for line in TEMPLATE["reconciler:plan"]["script"] if "reconciler plan " in line]

    assert line.count("reconciler plan ") == 1
    assert re.search(
        r"--format html --out \.reconciler-plan/plan\.json .*> \.reconciler-plan/plan\.html$", line
    )


@pytest.mark.parametrize("name", ["validate.xml", "drift.xml"])
@pytest.mark.usefixtures("applied")
def test_a_report_is_not_written_through_a_link_of_the_checkout(run, traps, tmp_path, name):
    (tmp_path / "precious").write_text("mine\n")
    (traps.folder / name).symlink_to(tmp_path / "precious")
    job = name.removesuffix(".xml")

    assert (
        run(
            *TEMPLATE[f"reconciler:{job}"]["script"],
            RECONCILER_ENV="",
            RECONCILER_PATHS="rooms.yaml",
        ).returncode
        == 0
    )
    assert ((tmp_path / "precious").read_text(), (traps.folder / name).is_symlink()) == (
        "mine\n",
        False,
    )


@pytest.mark.parametrize("job", ["validate", "plan"])
@pytest.mark.parametrize("where", ["here", "by the environment"])
def test_the_scaffolded_workflow_runs_nothing_of_the_checkout(run, traps, tmp_path, job, where):
    workflow = yaml.safe_load(
        scaffold.project_files(space="${env:SIGNALWIRE_SPACE}")[".github/workflows/video-rooms.yml"]
    )
    traps.write(
        "reconciler.yaml",
        "manifests: [rooms.yaml]\nenvironments:\n  prod: {space: '${env:SIGNALWIRE_SPACE}'}\n",
    )
    steps = [step["run"] for step in workflow["jobs"][job]["steps"] if "run" in step]
    more = hostile(traps.folder) if where != "here" else {}

    for step in steps:  # each in a shell of its own
        done = run(
            step,
            RECONCILER=f"signalwire-reconciler=={__version__}",
            GITHUB_STEP_SUMMARY=str(tmp_path / "summary"),
            **more,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    assert not given_to(tmp_path, "install")[0].is_relative_to(traps.folder)
    assert "PYTHONPATH" not in given_to(tmp_path, job)[1]
    assert "secrets." not in str([step.get("env") for step in workflow["jobs"][job]["steps"]][:-1])


HOOKS = {
    hook["id"]: hook
    for hook in yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
}
SCAFFOLDED = yaml.safe_load(scaffold.project_files(space="x")[".pre-commit-config.yaml"])["repos"][
    0
]["hooks"]


def keep_third_parties(traps):
    """Leave only the modules that an interpreter does not import before a program of its own has begun."""
    first = {*sys.stdlib_module_names, "reconciler", "sitecustomize", "usercustomize"}
    for found in [one for one in traps.folder.iterdir() if one.name.removesuffix(".py") in first]:
        shutil.rmtree(found) if found.is_dir() else found.unlink()


@pytest.mark.parametrize(
    "hook", [*HOOKS.values(), *SCAFFOLDED], ids=lambda hook: f"{hook['language']} {hook['id']}"
)
@pytest.mark.parametrize("where", ["here", "by PYTHONPATH", "by the environment"])
def test_a_hook_runs_nothing_of_the_checkout(run, traps, python, hook, where):
    traps.write("reconciler.yaml", "manifests: [rooms.yaml]\n")
    (python / "python").write_text(f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n")
    more = {"by PYTHONPATH": {"PYTHONPATH": "."}, "by the environment": hostile(traps.folder)}

    done = run(hook["entry"], **more.get(where, {}))

    assert done.returncode in (0, 2), done.stdout + done.stderr


@pytest.mark.parametrize("path", [".", "{}"])
def test_without_isolation_a_trap_is_sprung(traps, path):
    shutil.rmtree(traps.folder / "encodings")  # with it, Python does not even start
    variables = {**os.environ, "PYTHONPATH": path.format(traps.folder)}

    subprocess.run([SCRIPT, "validate", "rooms.yaml"], cwd=traps.folder, env=variables, check=False)

    assert "sitecustomize" in traps.sprung or "site.py" in traps.sprung


def test_the_command_as_a_module_takes_none_from_the_folder_it_works_in(traps):
    keep_third_parties(traps)
    words = [sys.executable, "-m", "reconciler", "validate", "rooms.yaml"]

    done = subprocess.run(
        words, cwd=traps.folder, capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, traps.sprung) == (0, ""), done.stderr


def test_every_hook_runs_though_a_file_was_only_deleted():
    assert [
        hook["id"]
        for hook in [*HOOKS.values(), *SCAFFOLDED]
        if not hook.get("always_run") or "files" in hook
    ] == []
