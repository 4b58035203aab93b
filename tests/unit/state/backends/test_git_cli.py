"""Git as the state uses it: with the settings of no repository, and without a secret in its words."""

import subprocess
import time
from pathlib import Path

import pytest

from reconciler.core.errors import StateError
from reconciler.core.text import printable
from reconciler.state.backends.base import Unavailable
from reconciler.state.backends.git_cli import git, masked, unfiltered


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def configure(folder, name, value):
    subprocess.run(["git", "-C", str(folder), "config", name, value], check=True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("fatal: https://ada:canary@host/x is gone", "fatal: https://host/x is gone"),
        ("ssh://git@host/x\n", "ssh://host/x"),
        ("git@host:x.git", "git@host:x.git"),
        ("To https://host\nhint: pull\nerror: failed to push some refs to x\n ! why\n", "! why"),
        ("a\n\n  b\tc", "a b c"),
        ("x" * 400, "x" * 300),
        ("a\x07b", printable("a\x07b")),
    ],
)
def test_what_git_says_is_one_line_without_a_password(text, shown):
    assert masked(text) == shown
    assert "\x07" not in masked(text)


def test_a_call_has_its_code_its_output_and_its_complaint(repository):
    done = git(repository, "hash-object", "--stdin", typed=b"x")
    assert (done.code, len(done.out), done.complaint) == (0, 41, "")
    failed = git(repository, "cat-file", "-p", "HEAD")
    assert (failed.code, failed.out) == (128, b"")
    assert "HEAD" in failed.complaint


def test_variables_of_a_hook_do_not_lead_to_another_repository(repository, tmp_path, monkeypatch):
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True)
    for name in ("GIT_DIR", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / "index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other / "objects"))
    monkeypatch.setenv("GIT_TRACE", "1")
    found = git(repository, "rev-parse", "--show-toplevel", "--git-path", "objects")
    assert found.out.decode().split() == [str(repository), ".git/objects"]
    assert found.complaint == ""


def test_git_has_its_own_name_and_neither_a_prompt_nor_the_token(repository, monkeypatch):
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "canary")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    configure(repository, "alias.env", "!env")
    lines = git(repository, "env").out.decode().splitlines()
    names = dict(line.split("=", 1) for line in lines if "=" in line)
    assert "SIGNALWIRE_API_TOKEN" not in names
    assert (names["GIT_TERMINAL_PROMPT"], names["LC_ALL"]) == ("0", "C")
    for role in ("AUTHOR", "COMMITTER"):
        assert names[f"GIT_{role}_NAME"] == "reconciler"
        assert names[f"GIT_{role}_EMAIL"] == "reconciler@localhost"


@pytest.mark.parametrize("name", ["core.fsmonitor", "core.hooksPath"])
def test_programs_of_the_repository_are_not_run(repository, tmp_path, name):
    mark, hooks = tmp_path / "mark", tmp_path / "hooks"
    hooks.mkdir()
    program = hooks / "post-checkout"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    configure(repository, name, str(program if name == "core.fsmonitor" else hooks))
    git(repository, "commit", "--allow-empty", "-q", "-m", "x")
    git(repository, "status")
    git(repository, "checkout", "-q", "-b", "other")
    assert not mark.exists()


def test_a_git_in_the_working_folder_is_not_the_one(repository, monkeypatch):
    monkeypatch.setenv("PATH", "bin")
    (repository / "bin").mkdir()
    (repository / "bin" / "git").write_text("#!/bin/sh\necho wrong\n")
    (repository / "bin" / "git").chmod(0o755)
    monkeypatch.chdir(repository)
    with pytest.raises(StateError) as found:
        git(repository, "status")
    assert found.value.message == "git cannot be run: No such file or directory"


def is_running(process):
    """Whether a process does anything: one that ended may still be listed as a zombie."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_call_that_does_not_end_is_stopped_with_what_it_started(repository, tmp_path):
    mark = tmp_path / "pid"
    configure(repository, "alias.wait", f"!echo $$ > {mark}; exec sleep 60")
    with pytest.raises(Unavailable) as found:
        git(repository, "wait", seconds=1)
    assert found.value.message == "git wait did not end within 1 s"
    process = mark.read_text().strip()
    until = time.monotonic() + 10  # a killed process may be listed for a moment
    while is_running(process) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_running(process)


def test_filters_of_the_repository_are_turned_off(repository):
    assert unfiltered(repository) == ()
    configure(repository, "filter.b.clean", "touch x")
    configure(repository, "filter.a.b.process", "touch x")
    configure(repository, "filter.c.smudge", "touch x")
    assert unfiltered(repository) == tuple(
        word
        for driver in ("filter.a.b", "filter.b")
        for end in ("clean=", "process=", "required=false")
        for word in ("-c", f"{driver}.{end}")
    )


def test_a_filter_that_cannot_be_turned_off_is_told(repository, tmp_path):
    configure(repository, "filter.a=b.clean", "touch x")
    assert unfiltered(repository) is None
    (repository / ".git" / "config").write_text("[broken")
    assert unfiltered(repository) is None


def test_filters_of_the_user_stay(repository, tmp_path, monkeypatch):
    own = tmp_path / "gitconfig"
    own.write_text('[filter "lfs"]\n\tclean = git-lfs clean\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(own))
    assert unfiltered(repository) == ()
