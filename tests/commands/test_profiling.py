"""--profile prints how long each stage took, beside whatever a command prints."""

import re
import subprocess
import sys

ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: lobby}\nspec: {layout: 2x2}\n"


def profiled(*arguments, folder):
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *arguments, "--profile"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_stages_of_a_plan_are_told(tmp_path):
    (tmp_path / "room.yaml").write_text(ROOM)

    run = profiled("plan", "room.yaml", "--space", "local", folder=tmp_path)

    assert (run.returncode, "Plan: 1 to create." in run.stdout) == (0, True)
    assert run.stderr.splitlines()[0] == "Seconds of the processor by stage:"
    stages = re.findall(r"^  (\w+) +[0-9.]+ s", run.stderr, re.MULTILINE)
    assert stages == [
        "start",
        "load",
        "validate",
        "compose",
        "state",
        "observe",
        "canon",
        "diff",
        "plan",
        "report",
        "apply",
        "other",
        "all",
    ]


def test_a_failure_is_told_beside_them(tmp_path):
    run = profiled("validate", "absent.yaml", folder=tmp_path)

    assert (run.returncode, "no such file" in run.stdout) == (1, True)
    assert "  all " in run.stderr
