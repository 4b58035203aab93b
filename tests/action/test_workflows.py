"""What well-known readers of workflows say of ours: nothing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
ZIZMOR = Path(sys.executable).with_name("zizmor")
ACTIONLINT = shutil.which("actionlint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")


@pytest.fixture
def folder(tmp_path):
    """All workflows: those of this repository, those that we scaffold, and the one that a page shows."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    page = (PROJECT / "docs" / "ci.md").read_text(encoding="utf-8")
    shown = re.search(r"```yml\n(name: .*?)```", page, re.DOTALL)[1].replace("OWNER/reconciler@COMMIT", f"owner/reconciler@{'a' * 40}")
    (folder / "page.yml").write_text(shown, encoding="utf-8")
    scaffold = (PROJECT / "reconciler" / "cli" / "scaffold" / "workflow.yml").read_text(encoding="utf-8")
    (folder / "scaffold.yml").write_text(scaffold.replace("{{version}}", "0.1.0"), encoding="utf-8")

    acting = (PROJECT / "reconciler" / "cli" / "scaffold" / "workflow-action.yml").read_text(encoding="utf-8")
    (folder / "acting.yml").write_text(acting.replace("{{action}}", f"owner/reconciler@{'a' * 40}"), encoding="utf-8")

    for own in (PROJECT / ".github" / "workflows").glob("*.yml"):
        (folder / own.name).write_bytes(own.read_bytes())

    return folder


@pytest.mark.skipif(not ZIZMOR.exists(), reason="zizmor is not installed beside this interpreter")
def test_the_auditor_finds_nothing(folder):
    done = subprocess.run(
        [ZIZMOR, "--offline", "--no-progress", PROJECT / "action.yml", folder], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings to report" in done.stdout


@pytest.mark.skipif(ACTIONLINT is None, reason="actionlint is not installed")
def test_the_reader_of_workflows_finds_nothing(folder):
    files = sorted(folder.glob("*.yml"))
    command = [ACTIONLINT, "-shellcheck=", "-pyflakes=", "-no-color", *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert len(files) >= 4
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_weekly_run_calls_commands_that_exist():
    workflow = (PROJECT / ".github" / "workflows" / "ends.yml").read_text(encoding="utf-8")
    ends = set(re.findall(r"\{ end: (\w+),", workflow))
    source = (PROJECT / "dev.py").read_text(encoding="utf-8")

    assert ends == {"newest", "oldest"}
    assert 'run: python3 dev.py test "--$END"' in workflow
    assert re.search(r'- cron: "[\d* ]+"', workflow)
    assert [end for end in ends if f'add_argument("--{end}"' not in source] == []
