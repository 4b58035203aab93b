"""Which commit people are told: the one that the manifests are of, or none."""

import os
import subprocess
from pathlib import Path

import pytest

from reconciler.engine.revision import current_commit

OTHER = "0123456789abcdef0123456789abcdef01234567"


def git(*words):
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *identity, *words], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def head(monkeypatch):
    """A repository with one commit, which has manifests/a.yaml."""
    monkeypatch.delenv("CI_COMMIT_SHA", raising=False)
    git("init", "-q")
    Path("manifests").mkdir()
    Path("manifests/a.yaml").write_text("a\n")
    git("add", ".")
    git("commit", "-qm", "first")
    return git("rev-parse", "HEAD")


def test_the_commit_of_manifests_that_are_committed(head):
    assert (
        current_commit(),
        current_commit(["manifests"]),
        current_commit(["manifests/a.yaml"]),
    ) == (head, head, head)


@pytest.mark.parametrize(
    "change",
    [
        lambda: Path("manifests/a.yaml").write_text("b\n"),
        lambda: Path("manifests/a.yaml").unlink(),
        lambda: Path("manifests/b.yaml").write_text("new\n"),
    ],
    ids=["edited", "deleted", "added"],
)
def test_none_where_they_are_not_as_the_commit_has_them(head, change):
    change()

    assert current_commit(["manifests"]) == ""


def test_what_else_lies_there_is_no_matter(head):
    Path("plan.json").write_text("{}\n")

    assert current_commit(["manifests"]) == head


def test_none_for_standard_input_and_none_outside_of_a_repository(
    head, tmp_path_factory, monkeypatch
):
    assert current_commit(["-"]) == ""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert current_commit() == ""


def test_asking_runs_nothing_that_the_repository_names(head, tmp_path, monkeypatch):
    ran = tmp_path / "ran"
    for name in (
        "core.fsmonitor",
        "filter.trap.clean",
        "filter.trap.process",
        "core.pager",
        "diff.trap.textconv",
    ):
        git("config", name, f"echo {name} >> '{ran}'; cat")
    Path(".gitattributes").write_text("* filter=trap diff=trap\n")
    hook = Path(".git/hooks/post-index-change")
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho hook >> '{ran}'\n")
    hook.chmod(0o755)
    Path("manifests/a.yaml").write_text("a\n")  # touched, so that git has to look into it
    Path("git").write_text(f"#!/bin/sh\necho program >> '{ran}'\n")
    Path("git").chmod(0o755)
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")

    assert (current_commit(["manifests"]), ran.exists() and ran.read_text()) == (head, False)


def test_a_filter_that_cannot_be_switched_off_is_not_run(head, tmp_path):
    ran = tmp_path / "ran"
    git("config", "filter.a=b.clean", f"touch '{ran}'; cat")
    Path(".gitattributes").write_text("* filter=a=b\n")
    Path("manifests/a.yaml").write_text("a\n")

    assert (current_commit(["manifests"]), ran.exists()) == ("", False)


def test_a_repository_among_the_files_is_not_taken_for_the_one_that_they_are_of(
    head, tmp_path, monkeypatch
):
    """A pull request can bring a folder that git takes for a repository, with settings that name programs."""
    ran = tmp_path / "ran"
    Path("rooms").mkdir()
    git("init", "-q", "--bare", "rooms")
    for name, value in (
        ("core.bare", "false"),
        ("core.worktree", str(Path("rooms").resolve())),
        ("core.fsmonitor", f"touch '{ran}'"),
    ):
        git("--git-dir=rooms", "config", name, value)
    monkeypatch.chdir("rooms")

    assert (current_commit(), ran.exists()) == ("", False)


def test_ci_knows_it(head, monkeypatch):
    monkeypatch.setenv("GITHUB_SHA", OTHER)
    monkeypatch.setenv("GITHUB_EVENT_NAME", "push")

    assert current_commit() == OTHER


def test_the_merge_that_a_pull_request_may_become_is_not_what_was_checked_out(head, monkeypatch):
    monkeypatch.setenv("GITHUB_SHA", OTHER)
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")

    assert current_commit() == head
