"""A pull request runs no code: the action, in a checkout full of traps, with the Space's token in its environment."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.integration.action.test_action import (
    INSTALL,
    PROJECT,
    PULL_REQUEST,
    SPACE_TOKEN,
    STEP,
    TOKEN,
    declare,
    hub,
    space,
    step,
)
from tests.integration.action.traps import hostile, lay

__all__ = ["declare", "hub", "space", "step"]  # fixtures


@pytest.fixture
def traps(step, declare, tmp_path):
    """The checkout in which the step runs, with its manifest beside the traps."""
    laid = lay(tmp_path / "work", tmp_path / "trace")
    declare(a="2x2")
    return laid


@pytest.mark.parametrize(
    "commands", [["validate"], ["plan"], ["apply", "drift"]], ids=lambda commands: commands[-1]
)
@pytest.mark.parametrize("where", ["here", "by the environment"])
def test_the_action_runs_nothing_of_the_checkout(step, traps, tmp_path, commands, where):
    path = {
        "PATH": f".::{traps.folder}:{os.environ['PATH']}",
        "GITHUB_WORKSPACE": str(traps.folder),
        "GITHUB_EVENT_NAME": "pull_request",
    }
    given = path | {name: value for name, value in hostile(traps.folder).items() if where != "here"}

    for command in commands:
        code, out, _, _ = step(command, event=PULL_REQUEST, raw=given, unreviewed="apply")
        assert (traps.sprung, code) == ("", 0), out


@pytest.fixture
def given_to(step, tmp_path):
    """Let the interpreter that the step before installed note what each command is given; gives a command's environment."""
    seen = tmp_path / "seen"
    made = tmp_path / "installed"
    venv.create(made, symlinks=True, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(made), "platbase": str(made)}))
    (packages / "installed.pth").write_text(f"{sysconfig.get_path('purelib')}\n{PROJECT}\n")
    note = "import json, os, sys\nwith open({!r}, 'a') as file:\n    print(json.dumps([sys.orig_argv, dict(os.environ)]), file=file)\n"
    (packages / "sitecustomize.py").write_text(note.format(str(seen)))
    (tmp_path / "reconciler" / "bin" / "python").write_text(
        f'#!/bin/sh\nexec "{made}/bin/python" "$@"\n'
    )

    def given(command):
        noted = [json.loads(line) for line in seen.read_text().splitlines()]
        return next(environment for words, environment in noted if command in words)

    return given


def test_validate_is_given_no_token(step, declare, given_to):
    declare(a="2x2")
    canaries = dict.fromkeys(
        ("PGPASSWORD", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_TOKEN"), "canary"
    )

    code, _, _, _ = step("validate", raw=canaries)

    given = given_to("validate")
    assert code == 0
    assert [name for name, value in given.items() if value in (TOKEN, SPACE_TOKEN, "canary")] == []
    assert set(given) <= {
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "TMPDIR",
        "TZ",
        "LD_LIBRARY_PATH",
        "NO_COLOR",
        "RECONCILER_ENV",
    }


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_the_other_commands_are_given_what_manifests_and_the_state_may_need_and_nothing_of_the_runner(
    step, declare, given_to, command
):
    declare(a="2x2")
    wanted = {"PGPASSWORD": "p", "AWS_SECRET_ACCESS_KEY": "s", "TITLE": "t", "SSH_AUTH_SOCK": "/x"}
    kept_back = {
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "c",
        "GITHUB_TOKEN": "c",
        "GH_TOKEN": "c",
        "PYTHONPATH": "/c",
        "LD_PRELOAD": "",
    }

    step(command, raw=wanted | kept_back)

    given = given_to(command)
    assert {name: given.get(name) for name in wanted} == wanted
    assert [
        name
        for name in given
        if name in kept_back or name.startswith(("INPUT_", "PYTHON", "ACTIONS_"))
    ] == []
    assert [
        name for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STEP_SUMMARY") if name in given
    ] == []
    assert given["SIGNALWIRE_API_TOKEN"] == SPACE_TOKEN


def test_the_environment_is_made_outside_of_the_checkout_and_without_a_token(tmp_path):
    traps = lay(tmp_path / "work", tmp_path / "trace")
    seen = tmp_path / "seen"
    stand_in = tmp_path / "bin" / "python"
    stand_in.parent.mkdir()
    # A real interpreter that makes a real environment; what pip is given is noted, and nothing is fetched.
    pip = tmp_path / "reconciler" / "bin" / "pip"
    stand_in.write_text(
        f'#!/bin/sh\n"{sys.executable}" "$@" --without-pip || exit 1\n'
        f'printf \'#!/bin/sh\\npwd > {seen}; env >> {seen}\\n\' > "{pip}"\nchmod +x "{pip}"\n'
    )
    stand_in.chmod(0o755)
    environment = hostile(traps.folder) | {
        "PATH": f".:{traps.folder}:{stand_in.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "GITHUB_WORKSPACE": str(traps.folder),
        "RUNNER_TEMP": str(tmp_path),
        "SOURCE": "/the/action",
        "EXTRAS": "",
        "SIGNALWIRE_API_TOKEN": SPACE_TOKEN,
        "PIP_INDEX_URL": "https://mirror.example/simple",
    }

    script = ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", INSTALL["run"]]
    done = subprocess.run(
        script,
        cwd=traps.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, traps.sprung) == (0, ""), done.stdout + done.stderr
    where, *given = seen.read_text().splitlines()
    assert not where.startswith(str(traps.folder))
    assert SPACE_TOKEN not in "\n".join(given)
    assert [line for line in given if line.startswith("PYTHON")] == []
    assert "PIP_INDEX_URL=https://mirror.example/simple" in given


def test_the_step_runs_an_isolated_interpreter():
    assert STEP["run"].startswith('"$RUNNER_TEMP/reconciler/bin/python" -I ')
