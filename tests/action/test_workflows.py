"""What a well-known auditor of workflows says of ours: nothing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
ZIZMOR = Path(sys.executable).with_name("zizmor")


@pytest.mark.skipif(not ZIZMOR.exists(), reason="zizmor is not installed beside this interpreter")
def test_the_auditor_finds_nothing(tmp_path):
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    page = (PROJECT / "docs" / "ci.md").read_text(encoding="utf-8")
    shown = re.search(r"```yml\n(name: .*?)```", page, re.DOTALL)[1].replace("OWNER/reconciler@COMMIT", f"owner/reconciler@{'a' * 40}")
    (folder / "page.yml").write_text(shown, encoding="utf-8")
    scaffold = (PROJECT / "reconciler" / "cli" / "scaffold" / "workflow.yml").read_text(encoding="utf-8")
    (folder / "scaffold.yml").write_text(scaffold.replace("{{version}}", "0.1.0"), encoding="utf-8")

    acting = (PROJECT / "reconciler" / "cli" / "scaffold" / "workflow-action.yml").read_text(encoding="utf-8")
    (folder / "acting.yml").write_text(acting.replace("{{action}}", f"owner/reconciler@{'a' * 40}"), encoding="utf-8")

    done = subprocess.run(
        [ZIZMOR, "--offline", "--no-progress", PROJECT / "action.yml", folder], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings to report" in done.stdout
