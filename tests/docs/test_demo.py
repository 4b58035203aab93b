import os
import subprocess
import sys

from tests.docs.pages import PROJECT

STORY = (
    "$ reconciler validate rooms",
    "Valid: 1 Conference, 2 Rooms, 1 Preset, 1 Role, 1 Theme in 5 files.",
    "$ reconciler plan rooms",
    "Plan: 3 to create.",
    "$ reconciler apply rooms --yes",
    "Applied: 3 created.",
    "No changes: 3 resources match.",
    "$ reconciler drift rooms",
    'live "5x5", declared "grid-responsive"',
    "Drift: 2 changed; 1 unchanged.",
    "Applied: 2 updated.",
    "No drift: 3 resources are as last applied.",
)


def test_the_demo_tells_its_story_in_order(tmp_path):
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SIGNALWIRE_", "RECONCILER_"))
    }
    done = subprocess.run(
        [
            sys.executable,
            "examples/demo.py",
            str(tmp_path / "demo"),
        ],  # a folder of its own: several versions run this at once
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout
    for line in STORY:
        assert line in told
        told = told.partition(line)[2]
    assert "Traceback" not in done.stderr
