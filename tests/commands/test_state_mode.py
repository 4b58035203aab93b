"""``state: {path, mode}`` of the project file, and where a new repository keeps its record."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.commands.words import MANIFESTS, room

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")


def write(text):
    Path("reconciler.yaml").write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize(
    "text",
    [
        "state: {path: volume/rooms.json, mode: group}\n",
        "state: {path: volume/rooms.json}\nenvironments:\n  prod: {state: {path: volume/rooms.json, mode: group}}\n",
        "state: {mode: group}\nenvironments:\n  prod: {state: volume/rooms.json}\n",
    ],
)
def test_a_project_lets_the_group_in(declare, done, text):
    write(f"manifests: [{MANIFESTS}]\n{text}")
    declare(room("lobby"))
    flags = ("--env", "prod") if "prod" in text else ()
    done("apply", "--yes", *flags)
    folder = Path("volume")
    folder.chmod(0o2770)
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o660
    assert "0 to" not in done("plan", *flags).out
    assert "No changes" in done("plan", *flags).out


@pytest.mark.usefixtures("space")
def test_without_it_the_group_is_refused(declare, done, reconciler):
    write(f"manifests: [{MANIFESTS}]\nstate: volume/rooms.json\n")
    declare(room("lobby"))
    done("apply", "--yes")
    Path("volume").chmod(0o2770)
    result = reconciler("plan")
    assert result.code == 1
    assert "mode: group" in result.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("state: {mode: all}\n", "private, group"),
        ("state: {file: x}\n", "unknown field"),
        ("state: {}\n", "this is empty"),
        ("state: 5\n", "number"),
        ("state: ''\n", "empty"),
        ("state: {path: ''}\n", "empty"),
    ],
)
def test_what_the_project_file_does_not_take(reconciler, text, words):
    write(text)
    result = reconciler("validate")
    assert result.code == 1
    assert words in result.err


def git(*words):
    subprocess.run(["git", *words], check=True, capture_output=True, timeout=30)


@pytest.mark.parametrize("folder", [".", "sub", "sub/deeper"])
def test_a_repository_with_a_remote_keeps_its_record_there(done, folder):
    git("init", "-q", ".")
    git("remote", "add", "origin", "https://example.com/rooms.git")
    done("init", folder)
    assert "\n    state: git\n" in Path(folder, "reconciler.yaml").read_text(encoding="utf-8")
    workflow = Path(folder, ".github/workflows/video-rooms.yml").read_text(encoding="utf-8")
    assert workflow.count("persist-credentials: true") == 1
    assert "{{" not in workflow.replace("${{", "")


def test_a_repository_without_a_remote_keeps_it_beside_it(done):
    git("init", "-q", ".")
    done("init")
    assert "\n    state: git\n" not in Path("reconciler.yaml").read_text(encoding="utf-8")
    assert "persist-credentials: true\n" not in Path(".github/workflows/video-rooms.yml").read_text(
        encoding="utf-8"
    )
