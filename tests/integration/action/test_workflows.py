"""What well-known auditors of workflows, and of code, say of ours: nothing."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reconciler.engine import scaffold

PROJECT = Path(__file__).parents[3]
ZIZMOR = Path(sys.executable).with_name("zizmor")
ACTIONLINT = shutil.which("actionlint", path=str(Path(sys.executable).parent)) or shutil.which(
    "actionlint"
)
NO_ACTIONLINT = "actionlint is not installed: GOBIN=$PWD/.venv/bin go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
PINNED = f"owner/reconciler@{'a' * 40}"


@pytest.fixture
def workflows(tmp_path):
    """The folder with every workflow that we show or scaffold, as they are used."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    page = (PROJECT / "docs" / "ci.md").read_text(encoding="utf-8")
    shown = re.search(r"```yml\n(name: .*?)```", page, re.DOTALL)[1].replace(
        "OWNER/reconciler@COMMIT", PINNED
    )
    (folder / "page.yml").write_text(shown, encoding="utf-8")
    for name, action in (("scaffold", ""), ("acting", PINNED)):
        scaffolded = scaffold.project_files(space="${env:SIGNALWIRE_SPACE}", action=action)[
            ".github/workflows/video-rooms.yml"
        ]
        (folder / f"{name}.yml").write_text(scaffolded, encoding="utf-8")
    for ours in (PROJECT / ".github" / "workflows").glob("*.yml"):
        shutil.copy(ours, folder)
    example = PROJECT / "examples" / "repository" / ".github" / "workflows" / "video-rooms.yml"
    text = example.read_text(encoding="utf-8").replace("OWNER/reconciler@COMMIT", PINNED)
    (folder / "example.yml").write_text(text, encoding="utf-8")
    return folder


def test_a_release_is_built_once_and_published_without_a_token():
    text = (PROJECT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    jobs = workflow["jobs"]
    uses = [step["uses"] for one in jobs.values() for step in one["steps"] if "uses" in step]

    assert workflow[True] == {"push": {"tags": ["v*"]}}  # YAML 1.1 reads 'on' as true
    assert [one for one in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one)] == []
    assert (
        "secrets." in text,
        "password:" in text.replace("password: ${{ github.token }}", ""),
    ) == (
        False,
        False,
    )
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert jobs["publish"]["environment"]["name"] == "pypi"
    assert [name for name, one in jobs.items() if "dev.py build" in str(one)] == []
    made = (PROJECT / ".ci" / "release" / "files").read_text(encoding="utf-8")
    for file in ("release/notes.md", "release/sbom.cdx.json", "release/SHA256SUMS"):
        assert (file in text, file in made) == (True, True)
    called = re.search(r"python3 -m devtools\.release check (--\w+) .* (--\w+) ", text)
    assert called.groups() == ("--tag", "--repository")


@pytest.mark.skipif(not ZIZMOR.exists(), reason="zizmor is not installed beside this interpreter")
def test_the_auditor_finds_nothing(workflows):
    words = [ZIZMOR, "--offline", "--no-progress", PROJECT / "action.yml", workflows]

    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings to report" in done.stdout


def local_action(folder):
    """A workflow that uses the action of this folder, with ``given`` below ``with``."""

    def written(given):
        uses = f"jobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: ./\n        with: {{{given}}}\n"
        shutil.copy(PROJECT / "action.yml", folder.parents[1] / "action.yml")
        (folder / "local.yml").write_text(f"on: push\n{uses}", encoding="utf-8")

    return written


def linted(folder):
    words = [ACTIONLINT, "-no-color", "-oneline", *sorted(folder.glob("*.yml"))]
    done = subprocess.run(
        words, cwd=folder.parents[1], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.skipif(not ACTIONLINT, reason=NO_ACTIONLINT)
def test_the_linter_finds_nothing(workflows):
    (
        workflows.parents[1] / ".git"
    ).mkdir()  # by which it knows where actions of the same repository are
    local_action(workflows)("command: plan, environment: prod")

    assert linted(workflows) == (0, "")


@pytest.mark.skipif(not ACTIONLINT, reason=NO_ACTIONLINT)
def test_the_linter_knows_the_inputs_of_the_action(workflows):
    (workflows.parents[1] / ".git").mkdir()
    local_action(workflows)("comand: plan")

    code, found = linted(workflows)

    assert (code, len(found.splitlines())) == (1, 1)
    assert 'input "comand" is not defined in action' in found


@pytest.mark.skipif(
    importlib.util.find_spec("ruff") is None, reason="ruff is not installed: pip install -e .[dev]"
)
def test_the_rules_of_bandit_find_nothing():
    words = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--no-cache",
        "--select",
        "S",
        "--ignore",
        "S101",
        "reconciler",
        "action",
        "dev.py",
        "docs",
        "examples",
    ]

    done = subprocess.run(
        words, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stdout


def test_the_weekly_run_calls_commands_that_exist():
    workflow = (PROJECT / ".github" / "workflows" / "ends.yml").read_text(encoding="utf-8")
    ends = set(re.findall(r"\{ end: (\w+),", workflow))
    source = (PROJECT / "dev.py").read_text(encoding="utf-8")

    assert ends == {"newest", "oldest"}
    assert 'run: python3 dev.py test "--$END"' in workflow
    assert re.search(r'- cron: "[\d* ]+"', workflow)
    assert [end for end in ends if f'"--{end}"' not in source] == []
