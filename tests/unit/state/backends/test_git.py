"""A state on a ref: what is written there and read, and what each refusal of git means."""

import os
import shutil
import subprocess

import pytest

from reconciler.core.errors import StateError
from reconciler.state.backends.base import Conflict, Snapshot, Unavailable, VersionedSnapshot
from reconciler.state.backends.git import GitBackend
from reconciler.state.lock_record import Lock, LockRecord, Version

REF = "refs/reconciler/prod"
SEEN = "refs/reconciler-remotes/origin/prod"
PUSH = (
    "check the remote, and that this job may push to it (on GitHub: permissions: contents: write)"
)
LOCK = Lock("n1", "ada", "build", reason="apply")
EMPTY = Snapshot()
RECORD = Snapshot(LockRecord("w", Version("line", 7)), '{"serial": 7}\n', ("a\n", "b\n"))


def run(folder, *words):
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def remote(tmp_path):
    folder = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", str(folder)], check=True)
    run(folder, "config", "receive.autogc", "false")
    return folder


@pytest.fixture
def checkout(tmp_path, remote):
    """Make a repository with this remote, as each machine has its own."""
    made = []

    def make(**remotes):
        folder = tmp_path / f"work-{len(made)}"
        made.append(folder)
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
        for name, url in (remotes or {"origin": remote}).items():
            run(folder, "remote", "add", name, str(url))
        return folder

    return make


def opened(folder, remote="", name="prod"):
    return GitBackend(folder, remote=remote, name=name)


def refused(act, error=StateError):
    with pytest.raises(error) as told:
        act()
    assert type(told.value) is error
    return told.value.message, told.value.hint


def test_what_was_written_is_read_on_another_machine(checkout, remote):
    mine, theirs = opened(checkout()), opened(checkout())
    assert mine.load() == theirs.load() == VersionedSnapshot()
    first = mine.swap(VersionedSnapshot(), RECORD)
    assert first == VersionedSnapshot(RECORD, run(remote, "rev-parse", REF))
    assert mine.load() is first
    assert theirs.load() == first
    second = theirs.swap(first, EMPTY)
    assert mine.load() == VersionedSnapshot(EMPTY, second.version)
    assert run(remote, "rev-parse", f"{REF}^") == first.version


def test_a_ref_holds_three_files_of_which_only_the_lock_is_always_there(checkout, remote):
    backend = opened(checkout())
    first = backend.swap(VersionedSnapshot(), RECORD)
    names = run(remote, "ls-tree", "--name-only", REF).split()
    assert names == ["journal.jsonl", "lock.json", "state.json"]
    files = {name: run(remote, "cat-file", "blob", f"{REF}:{name}") for name in names}
    assert (files["journal.jsonl"], files["state.json"]) == ("a\nb", '{"serial": 7}')
    backend.swap(first, EMPTY)
    assert run(remote, "ls-tree", "--name-only", REF) == "lock.json"


@pytest.mark.parametrize("stale", ["nothing", "the first"])
def test_a_write_over_a_newer_version_is_a_conflict(checkout, stale):
    mine, theirs = opened(checkout()), opened(checkout())
    first = mine.swap(VersionedSnapshot(), RECORD)
    newer = theirs.swap(theirs.load(), EMPTY)
    with pytest.raises(Conflict):
        mine.swap(VersionedSnapshot() if stale == "nothing" else first, RECORD)
    assert mine.load() == newer


def head(newest=None, lock=None):
    return LockRecord("w", newest, lock)


@pytest.mark.parametrize(
    ("before", "after", "subject"),
    [
        (EMPTY, RECORD, "Record 7"),
        (RECORD, EMPTY, "Record 0"),
        (RECORD, Snapshot(head(), None), "Record"),
        (EMPTY, Snapshot(journal=("a\n",)), "Journal: 1 line"),
        (Snapshot(journal=("a\n",)), Snapshot(journal=("a\n", "b\n", "c\n")), "Journal: 2 lines"),
        (EMPTY, Snapshot(head(lock=LOCK)), "Lock for apply, by ada on build"),
        (
            Snapshot(head(lock=LOCK)),
            Snapshot(head(lock=LOCK._replace(nonce="n2", user="\x1beve"))),
            "Lock for apply, by \\x1beve on build",
        ),
        (Snapshot(head(lock=LOCK)), Snapshot(LockRecord("x", None, LOCK)), "Still at it"),
        (Snapshot(head(lock=LOCK)), Snapshot(head()), "Unlock"),
        (Snapshot(journal=("a\n",)), Snapshot(head()), "Unlock"),
    ],
)
def test_the_history_says_what_was_done(checkout, remote, before, after, subject):
    backend = opened(checkout())
    backend.swap(backend.swap(VersionedSnapshot(), before), after)
    assert run(remote, "log", "-1", "--format=%B", REF) == subject
    assert run(remote, "log", "-1", "--format=%an <%ae> %cn", REF) == (
        "reconciler <reconciler@localhost> reconciler"
    )


@pytest.mark.parametrize(
    ("name", "ref"),
    [
        ("prod", "prod"),
        ("a/b", "a%2Fb"),
        ("a~b", "a%7Eb"),
        (".a", "%2Ea"),
        ("a.", "a%2E"),
        ("a..b", "a%2E.b"),
        ("a.lock", "a%2Elock"),
        ("a.b", "a.b"),
        ("caf\u00e9", "caf%C3%A9"),
    ],
)
def test_each_environment_has_a_ref_that_git_takes(checkout, remote, name, ref):
    backend = opened(checkout(), name=name)
    backend.swap(VersionedSnapshot(), RECORD)
    assert run(remote, "for-each-ref", "--format=%(refname)") == f"refs/reconciler/{ref}"
    assert backend.place == f"refs/reconciler/{ref} on origin"


def test_how_the_place_and_an_earlier_version_are_called(checkout, remote):
    folder = checkout()
    assert opened(folder).earlier == f"an earlier version (git log -p {SEEN} -- state.json)"
    assert opened(folder).silence(VersionedSnapshot()) is None
    assert opened(folder, remote="https://ada:pw@host/x").place == f"{REF} on https://host/x"
    assert opened(folder).close() is None


def test_which_remote_is_meant(checkout, remote, tmp_path):
    fork = {"fork": remote}
    assert opened(checkout(**fork)).place == f"{REF} on fork"
    assert opened(checkout(**fork, origin=remote)).place == f"{REF} on origin"
    assert opened(checkout(**fork, more=remote), remote="more").place == f"{REF} on more"
    assert refused(lambda: opened(checkout(**fork, more=remote))) == (
        "state: git has several remotes to choose from (fork, more)",
        "write state: git:REMOTE",
    )
    bare = tmp_path / "none"
    subprocess.run(["git", "init", "-q", str(bare)], check=True)
    assert refused(lambda: opened(bare)) == (
        "state: git has no remote",
        "write state: git:REMOTE",
    )
    message, hint = refused(lambda: opened(tmp_path))
    assert message.startswith("state: git needs a git repository: fatal: not a git repository")
    assert hint == (
        "run the command in a checkout, or choose another place with state: in reconciler.yaml"
    )


@pytest.mark.parametrize("written", ["inner", "./inner", "file://{}/inner", "file://{}/in%6eer"])
def test_a_repository_inside_of_the_checkout_is_no_remote(checkout, written):
    folder = checkout()
    subprocess.run(["git", "init", "-q", "--bare", str(folder / "inner")], check=True)
    written = written.format(folder)
    assert refused(lambda: opened(folder, remote=written)) == (
        f"state: git:{written}: this is inside the checkout",
        "name a remote, or a repository elsewhere",
    )
    (folder / "inner").rename(folder / "inner.git")
    assert "inside the checkout" in refused(lambda: opened(folder, remote="inner"))[0]


def test_a_name_that_no_folder_of_the_checkout_has_is_left_to_git(checkout):
    said, _ = refused(opened(checkout(), remote="elsewhere").load, Unavailable)
    assert "'elsewhere' does not appear to be a git repository" in said


def test_a_ref_that_went_back_is_told_to_whoever_saw_more(checkout, remote):
    folder = checkout()
    backend = opened(folder)
    first = backend.swap(VersionedSnapshot(), RECORD)
    second = backend.swap(first, EMPTY)
    run(remote, "update-ref", REF, first.version)
    assert refused(opened(folder).load) == (
        (
            f"{REF} on origin: was rolled back: it is at {first.version[:10]},"
            f" and this repository has seen {second.version[:10]}"
        ),
        (
            f"put that back with: git push -f origin {SEEN}:{REF}"
            f" \u2014 or, if the older one is right: git update-ref -d {SEEN}"
        ),
    )
    assert opened(checkout()).load().version == first.version
    run(folder, "update-ref", "-d", SEEN)
    assert opened(folder).load().version == first.version


def test_what_is_left_of_a_ref_that_is_gone_is_named(checkout, remote):
    folder = checkout()
    backend = opened(folder)
    backend.swap(VersionedSnapshot(), RECORD)
    run(remote, "update-ref", "-d", REF)
    left = VersionedSnapshot(remains=f"last version ({SEEN} in this repository)")
    assert backend.load() == left
    assert opened(folder).load() == left
    assert opened(checkout()).load() == VersionedSnapshot()


def test_a_remote_that_cannot_be_reached_may_be_later(checkout, tmp_path):
    backend = opened(checkout(origin=tmp_path / "gone"))
    for act in (backend.load, lambda: backend.swap(VersionedSnapshot(), RECORD)):
        message, hint = refused(act, Unavailable)
        assert message.startswith(f"{REF} on origin: cannot be read: fatal: ")
        assert hint == PUSH


def in_front_of_git(tmp_path, monkeypatch, script):
    """Put a program before git that acts on some of its commands."""
    real = shutil.which("git")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(
        f'#!/bin/sh\ncase " $* " in\n{script}\nesac\nexec {real} "$@"\n', encoding="utf-8"
    )
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_a_remote_that_refuses_a_write_is_told_in_its_words(checkout, tmp_path, monkeypatch):
    backend = opened(checkout())
    in_front_of_git(tmp_path, monkeypatch, '*" push "*) echo "remote: no" >&2; exit 1;;')
    assert refused(lambda: backend.swap(VersionedSnapshot(), RECORD), Unavailable) == (
        f"{REF} on origin: cannot be written: remote: no",
        PUSH,
    )


def test_a_failure_without_a_word_is_named_after_the_command(checkout, tmp_path, monkeypatch):
    backend = opened(checkout())
    in_front_of_git(tmp_path, monkeypatch, '*" ls-remote "*) exit 1;;')
    said = (f"{REF} on origin: cannot be read: git ls-remote failed", PUSH)
    assert refused(backend.load, Unavailable) == said


def test_a_push_without_a_word_is_named_too(checkout, tmp_path, monkeypatch):
    backend = opened(checkout())
    in_front_of_git(tmp_path, monkeypatch, '*" push "*) exit 1;;')
    said = (f"{REF} on origin: cannot be written: git push failed", PUSH)
    assert refused(lambda: backend.swap(VersionedSnapshot(), RECORD), Unavailable) == said


def test_a_write_whose_answer_was_lost_is_done(checkout, tmp_path, monkeypatch):
    backend = opened(checkout())
    real = shutil.which("git")
    in_front_of_git(tmp_path, monkeypatch, f'*" push "*) {real} "$@"; exit 1;;')
    done = backend.swap(VersionedSnapshot(), RECORD)
    assert backend.load() == done == opened(checkout()).load()


def test_a_commit_that_cannot_be_fetched_is_told(checkout, tmp_path, monkeypatch):
    backend = opened(checkout())
    in_front_of_git(
        tmp_path,
        monkeypatch,
        f"""*" ls-remote "*) printf '{COMMIT}\\t{REF}\\n'; exit 0;;
        *" fetch "*) echo "remote: busy" >&2; exit 1;;""",
    )
    assert refused(backend.load, Unavailable) == (
        f"{REF} on origin: cannot be fetched: remote: busy",
        PUSH,
    )


def test_a_ref_that_moves_all_the_time_is_given_up(checkout, tmp_path, monkeypatch):
    backend = opened(checkout())
    asked = tmp_path / "asked"
    in_front_of_git(
        tmp_path,
        monkeypatch,
        f"""*" ls-remote "*) echo >> {asked}
        printf '%040d\\t{REF}\\n' "$(wc -l < {asked})"; exit 0;;
        *" fetch "*) exit 1;;""",
    )
    assert refused(backend.load, Unavailable) == (
        f"{REF} on origin: changes faster than it can be read",
        "run it again",
    )
    assert len(asked.read_text().splitlines()) == 10  # two looks at each of five attempts


def test_a_repository_that_cannot_be_used_is_told(checkout, tmp_path, monkeypatch):
    backend = opened(checkout())
    in_front_of_git(tmp_path, monkeypatch, '*" mktree "*) echo "fatal: broken" >&2; exit 128;;')
    assert refused(lambda: backend.swap(VersionedSnapshot(), RECORD)) == (
        f"{REF} on origin: git mktree failed: fatal: broken",
        "check the repository with: git fsck",
    )


def test_other_refs_in_the_answer_are_not_this_one(checkout, tmp_path, monkeypatch):
    backend = opened(checkout())
    in_front_of_git(
        tmp_path,
        monkeypatch,
        f"""*" ls-remote "*) printf '{COMMIT}\\trefs/heads/{REF}\\n'; exit 0;;""",
    )
    assert backend.load() == VersionedSnapshot()


def test_a_shallow_clone_stays_shallow(checkout, remote, tmp_path):
    deep = checkout()
    backend = opened(deep)
    state = backend.swap(backend.swap(VersionedSnapshot(), EMPTY), RECORD)
    (deep / "a").write_text("a")
    run(deep, "add", "a")
    run(deep, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "a")
    run(deep, "push", "-q", "origin", "HEAD:refs/heads/main")
    folder = tmp_path / "shallow"
    words = ["git", "clone", "-q", "--depth=1", "-b", "main", f"file://{remote}", str(folder)]
    subprocess.run(words, check=True)
    assert opened(folder).load() == state
    assert run(folder, "rev-parse", "--is-shallow-repository") == "true"
    assert run(folder, "rev-list", "--count", SEEN) == "1"
    whole = checkout()
    assert opened(whole).load() == state
    assert run(whole, "rev-list", "--count", SEEN) == "2"
    assert run(whole, "rev-parse", "--is-shallow-repository") == "false"
