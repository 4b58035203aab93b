"""The hooks that ``init`` writes, run by pre-commit itself."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(sys.executable).with_name("reconciler")
PRESET = (
    "apiVersion: reconciler.dev/v1\nkind: Preset\nmetadata:\n  name: p\nspec:\n  max_members: 5\n"
)
ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata:\n  name: a\nspec:\n  presets: [p]\n"

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("pre_commit") is None,
        reason="pre-commit is not installed: pip install -e .[dev]",
    ),
    pytest.mark.skipif(
        not SCRIPT.exists(), reason="the console script is not installed beside this interpreter"
    ),
]


@pytest.fixture
def ran(tmp_path):
    """Run a command in a repository that was scaffolded, has a room with a preset, and has the hooks installed."""
    work = tmp_path / "work"
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SIGNALWIRE_", "RECONCILER_", "GIT_"))
    }
    variables = kept | {
        "PATH": f"{SCRIPT.parent}:{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "HOME": str(tmp_path),
    }

    def run(*words, cwd=work):
        return subprocess.run(
            words, cwd=cwd, env=variables, capture_output=True, text=True, timeout=120, check=False
        )

    assert run(SCRIPT, "init", str(work), cwd=tmp_path).returncode == 0
    (work / "manifests" / "preset.yaml").write_text(PRESET)
    (work / "manifests" / "room.yaml").write_text(ROOM)
    run("git", "init", "-q", "-b", "main")
    run("git", "config", "user.name", "n")
    run("git", "config", "user.email", "e@example.com")
    run("git", "add", "--all")
    run("git", "commit", "-q", "-m", "rooms")
    assert run(sys.executable, "-m", "pre_commit", "install").returncode == 0
    return run


@pytest.mark.long
def test_a_commit_that_only_deletes_a_file_is_checked(ran):
    ran("git", "rm", "-q", "manifests/preset.yaml")

    done = ran("git", "commit", "-m", "no preset")

    assert done.returncode == 1
    assert "there is no Preset 'p'" in done.stdout + done.stderr
    assert "Skipped" not in done.stdout + done.stderr


def test_a_commit_that_is_well_passes(ran):
    ran("git", "rm", "-q", "manifests/room.yaml")

    done = ran("git", "commit", "-m", "no room")

    assert done.returncode == 0, done.stdout + done.stderr
