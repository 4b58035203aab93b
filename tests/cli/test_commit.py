"""Which commit people are told: the one that the manifests are of, or none."""

import subprocess
from pathlib import Path

import pytest

from reconciler.cli.commit import commit

OTHER = "0123456789abcdef0123456789abcdef01234567"


def git(*words):
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *identity, *words], capture_output=True, text=True, check=True).stdout.strip()


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
    assert (commit(), commit(["manifests"]), commit(["manifests/a.yaml"])) == (head, head, head)


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

    assert commit(["manifests"]) == ""


def test_what_else_lies_there_is_no_matter(head):
    Path("plan.json").write_text("{}\n")

    assert commit(["manifests"]) == head


def test_none_for_standard_input_and_none_outside_of_a_repository(head, tmp_path_factory, monkeypatch):
    assert commit(["-"]) == ""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert commit() == ""


def test_ci_knows_it(head, monkeypatch):
    monkeypatch.setenv("GITHUB_SHA", OTHER)
    monkeypatch.setenv("GITHUB_EVENT_NAME", "push")

    assert commit() == OTHER


def test_the_merge_that_a_pull_request_may_become_is_not_what_was_checked_out(head, monkeypatch):
    monkeypatch.setenv("GITHUB_SHA", OTHER)
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")

    assert commit() == head
