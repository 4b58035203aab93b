"""The record on a ref of the remote: with real git, bare repositories, and checkouts as CI jobs have them."""

import contextlib
import json
import os
import subprocess

import pytest

from reconciler.core.errors import StateError
from reconciler.state.backends.git import GitBackend
from reconciler.state.backends.git_cli import git as call
from reconciler.state.backends.git_cli import masked
from reconciler.state.record import Entry
from reconciler.state.remote import SharedState
from tests.integration.state_backends.places import checkout, git, resource

A = resource("ada", 0)
REF = "refs/reconciler/prod"
SEEN = "refs/reconciler-remotes/origin/prod"


def opened(folder, *, remote="", name="prod"):
    return SharedState(GitBackend(folder, remote=remote, name=name), space="local", project="local")


def applied(store):
    """One apply."""
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        store.note(state, Entry(A))
        return store.write(store.read())


@pytest.fixture
def work(tmp_path, bare):
    """A checkout with two commits on main, pushed."""
    folder = checkout(tmp_path, bare)
    for number in (1, 2):
        (folder / "rooms.yaml").write_text(f"# {number}\n")
        git(folder, "add", "-A")
        git(
            folder,
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@example.org",
            "commit",
            "-q",
            "-m",
            f"Rooms {number}",
        )
    git(folder, "push", "-q", "origin", "main")
    return folder


def looked_at(folder):
    """All of a checkout that is the user's."""
    refs = [
        line
        for line in git(folder, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        if "reconciler" not in line
    ]
    files = {name: (folder / ".git" / name).read_bytes() for name in ("HEAD", "config", "index")}
    rest = sorted(path.name for path in (folder / ".git").iterdir())
    return refs, files, rest, git(folder, "status", "--porcelain"), git(folder, "rev-parse", "HEAD")


def test_nothing_of_the_checkout_is_touched(work):
    (work / "rooms.yaml").write_text("# half done\n")
    (work / "new.yaml").write_text("# new\n")
    git(work, "add", "new.yaml")
    (work / ".git" / "FETCH_HEAD").write_text("")
    before = looked_at(work)
    applied(opened(work))
    opened(work).read()
    assert looked_at(work) == before


def test_the_remote_has_one_ref_more_and_its_branches_are_as_they_were(work, bare):
    before = git(bare, "for-each-ref", "--format=%(refname) %(objectname)")
    applied(opened(work))
    after = git(bare, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    assert [line for line in after if line not in before.splitlines()] == [
        f"{REF} {git(bare, 'rev-parse', REF)}"
    ]


def test_the_history_says_who_did_what(work, bare):
    applied(opened(work))
    subjects = git(bare, "log", "--format=%s|%an", REF).splitlines()
    assert subjects[:4] == [
        "Unlock|reconciler",
        "Record 2|reconciler",
        "Journal: 1 line|reconciler",
        "Record 1|reconciler",
    ]
    assert subjects[4].startswith("Lock for apply, by ")
    assert json.loads(git(bare, "show", f"{REF}~1:state.json"))["serial"] == 2
    assert sorted(git(bare, "ls-tree", "--name-only", REF).split()) == ["lock.json", "state.json"]


@pytest.mark.parametrize("deep", [(), ("--depth=1",)], ids=["whole", "shallow"])
def test_in_a_checkout_as_ci_has_it(tmp_path, work, bare, monkeypatch, deep):
    """Detached, shallow or not, no name, no e-mail, an empty home; and the branch it stands on does not matter."""
    applied(opened(work))
    job = tmp_path / "job"
    git(
        tmp_path,
        "clone",
        "-q",
        "--no-checkout",
        "--branch",
        "main",
        *deep,
        f"file://{bare}",
        str(job),
    )
    git(job, "checkout", "-q", "--detach", "origin/main")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    shallow = git(job, "rev-parse", "--is-shallow-repository")
    store = opened(job)
    assert store.read().resources == {A.address: A}
    assert applied(store).serial == 4
    assert opened(work).read().serial == 4
    assert (
        git(job, "rev-parse", "--is-shallow-repository") == shallow == ("true" if deep else "false")
    )
    assert opened(job).read().serial == 4
    # A checkout that is kept sees a later state, of which a shallow one has no history.
    applied(opened(work))
    assert opened(job).read().serial == 6


def test_a_whole_clone_fetches_only_what_is_new_and_shows_the_history(work, tmp_path, bare):
    other = checkout(tmp_path, bare)
    applied(opened(other))
    opened(work).read()
    assert git(work, "rev-parse", SEEN) == git(bare, "rev-parse", REF)
    assert len(git(work, "log", "--format=%h", SEEN).splitlines()) == 5


def test_inside_a_hook_of_another_repository_it_is_this_repository_that_counts(
    tmp_path, work, monkeypatch
):
    elsewhere = checkout(tmp_path, tmp_path)
    monkeypatch.setenv("GIT_DIR", str(elsewhere / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(elsewhere / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(elsewhere))
    assert applied(opened(work)).serial == 2
    monkeypatch.undo()
    assert git(work, "rev-parse", "--verify", SEEN)
    assert git(elsewhere, "for-each-ref") == ""


def test_hooks_of_the_repository_are_not_run(work, tmp_path):
    hooks = work / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-push", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
        (hooks / name).chmod(0o755)
    assert applied(opened(work)).serial == 2
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("{}", "evil"),
        ("file://{}", "evil"),
        ("./evil", "evil"),
        ("evil", "evil"),
        ("../work/evil", "evil"),
        ("./evil", "evil.git"),
        ("./e%76il", "e%76il"),
        ("file://{}", "e%2576il"),
        ("./a:b", "a:b"),
    ],
)
def test_a_remote_among_the_files_of_the_checkout_is_refused(work, tmp_path, written, name):
    """A pull request can bring one, with hooks, and name it in its ``state:``."""
    evil = work / name.replace("%25", "%")
    git(work, "init", "-q", "--bare", str(evil))
    (evil / "hooks" / "pre-receive").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (evil / "hooks" / "pre-receive").chmod(0o755)
    with pytest.raises(StateError, match="this is inside the checkout"):
        applied(opened(work, remote=written.replace("work", work.name).format(work / name)))
    assert not (tmp_path / "ran").exists()


def test_a_remote_that_is_called_as_a_folder_is_a_remote(work):
    (work / "origin").mkdir()
    assert applied(opened(work, remote="origin")).serial == 2


def test_a_repository_among_the_files_of_another_one_is_not_taken_for_it(work, tmp_path):
    rooms = work / "rooms"
    git(work, "init", "-q", "--bare", str(rooms))
    git(rooms, "remote", "add", "origin", str(tmp_path))
    with pytest.raises(StateError, match="state: git needs a git repository"):
        opened(rooms)


def test_programs_are_not_looked_up_from_the_folder_one_works_in(work, tmp_path, monkeypatch):
    (work / "git").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (work / "git").chmod(0o755)
    monkeypatch.chdir(work)
    monkeypatch.setenv("PATH", f".::{os.environ['PATH']}")
    assert applied(opened(work)).serial == 2
    assert not (tmp_path / "ran").exists()


def test_tags_and_signatures_of_the_users_settings_do_not_go_along(work, bare):
    git(work, "tag", "v1")
    for setting in (
        "push.followTags=true",
        "push.gpgSign=if-asked",
        "commit.gpgSign=true",
        "fetch.prune=true",
        "remote.origin.mirror=false",
    ):
        git(work, "config", *setting.split("="))
    assert applied(opened(work)).serial == 2
    assert git(bare, "tag") == ""


def test_a_remote_that_takes_no_rewinds_will_do(work, bare):
    git(bare, "config", "receive.denyNonFastForwards", "true")
    git(bare, "config", "receive.denyDeletes", "true")
    applied(opened(work))
    assert applied(opened(work)).serial == 4


# What was seen before


def test_a_ref_that_was_moved_back_is_noticed_by_whoever_saw_more(work, tmp_path, bare):
    applied(opened(work))
    old = git(bare, "rev-parse", f"{REF}~3")
    newest = git(bare, "rev-parse", REF)
    git(bare, "update-ref", REF, old)
    with pytest.raises(
        StateError,
        match=f"was rolled back: it is at {old[:10]}, and this repository has seen {newest[:10]}",
    ) as refusal:
        opened(work).read()
    assert refusal.value.hint.startswith(f"put that back with: git push -f origin {SEEN}:{REF}")
    git(work, "push", "-q", "-f", "origin", f"{SEEN}:{REF}")
    assert opened(work).read().serial == 2


def test_a_ref_that_is_gone_is_no_beginning_for_whoever_saw_it(work, bare):
    applied(opened(work))
    git(bare, "update-ref", "-d", REF)
    with pytest.raises(
        StateError,
        match=rf"{REF} on origin is missing, but its last version \({SEEN} in this repository\) is still there",
    ):
        opened(work).read()
    git(work, "update-ref", "-d", SEEN)
    assert opened(work).read().serial == 0


# Names


@pytest.mark.parametrize("name", ["eu/west", "..x.lock", "ü b.", "127.0.0.1_8080", "@{x}~^:?*[\\"])
def test_every_environment_has_a_ref_of_its_own(work, bare, name):
    store = opened(work, name=name)
    written = store.write(store.read())
    assert opened(work, name=name).read() == written
    assert len(git(bare, "for-each-ref", "refs/reconciler/").splitlines()) == 1


def test_no_two_environments_share_a_ref(bare, tmp_path):
    names = ["a", "A", "a.", "a%2E", "a/b", "a%2Fb", "..", "%2E."]
    assert len({GitBackend(tmp_path, remote="x", name=name)._ref for name in names}) == len(names)


# Words


def test_outside_of_a_repository_that_is_told(tmp_path):
    with pytest.raises(
        StateError, match="state: git needs a git repository: fatal: not a git repository"
    ):
        opened(tmp_path)


def test_which_remote_is_told_or_asked_for(tmp_path, bare):
    folder = checkout(tmp_path, bare)
    git(folder, "remote", "rename", "origin", "upstream")
    assert opened(folder).place == f"{REF} on upstream"
    git(folder, "remote", "add", "fork", str(bare))
    with pytest.raises(
        StateError, match=r"has several remotes to choose from \(fork, upstream\)"
    ) as refusal:
        opened(folder)
    assert refusal.value.hint == "write state: git:REMOTE"
    assert applied(opened(folder, remote="fork")).serial == 2
    assert applied(opened(folder, remote=str(bare))).serial == 4


def test_a_remote_that_is_not_there_is_told_at_once_and_without_credentials(tmp_path, bare):
    folder = checkout(tmp_path, bare)
    git(
        folder,
        "remote",
        "set-url",
        "origin",
        "http://x-access-token:canary-token@127.0.0.1:9/team/rooms.git",
    )
    store = opened(folder)
    with pytest.raises(StateError) as refusal:
        store.read()
    assert refusal.value.message.startswith(
        f"{REF} on origin: cannot be read: fatal: unable to access 'http://127.0.0.1:9/team/rooms.git/'"
    )
    url = "https://x-access-token:canary-token@127.0.0.1:9/team/rooms.git"
    with pytest.raises(StateError) as refusal:
        opened(folder, remote=url).read()
    assert (
        "canary"
        not in f"{refusal.value.message} {refusal.value.hint} {opened(folder, remote=url).place}"
    )


def test_a_remote_that_may_only_be_read_says_so(tmp_path, bare, work):
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'You are not allowed to push \x1b[31mhere' >&2\nexit 1\n")
    hook.chmod(0o755)
    store = opened(work)
    store._clock = store._clock._replace(sleep=lambda _: None)
    with pytest.raises(StateError, match=r"cannot be written: .*not allowed to push") as refusal:
        store.write(store.read())
    assert "contents: write" in refusal.value.hint
    assert refusal.value.message.isprintable()
    assert opened(work).read().serial == 0


def test_where_git_is_missing_that_is_told(work, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StateError, match="git cannot be run: No such file or directory"):
        opened(work)


def test_a_remote_that_never_answers_is_given_up(tmp_path, work):
    """A helper of git that hangs, and has children of its own, is ended with them."""
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nsleep 30 & echo $! > " + str(tmp_path / "child") + "\nwait\n")
    slow.chmod(0o755)
    git(work, "config", "core.sshCommand", str(slow))
    with pytest.raises(StateError, match="git ls-remote did not end within 0 s"):
        SharedState(
            GitBackend(work, remote="ssh://example.invalid/x", name="prod", seconds=0.4),
            space="local",
            project="local",
        ).read()
    child = int((tmp_path / "child").read_text())
    with contextlib.suppress(ChildProcessError):
        os.waitpid(child, os.WNOHANG)
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(child)], capture_output=True, text=True, check=False
    ).stdout.strip()
    assert state[:1] in ("", "Z")


def test_the_token_of_the_space_is_not_given_to_git(work, monkeypatch, tmp_path):
    seen = tmp_path / "seen"
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\nenv > {seen}\nexit 1\n")
    spy.chmod(0o755)
    git(work, "config", "core.sshCommand", str(spy))
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "canary-token")
    assert call(work, "ls-remote", "ssh://example.invalid/x").code != 0
    assert "canary-token" not in seen.read_text()


def test_what_is_shown_of_a_complaint_is_short_and_plain():
    assert (
        masked("fatal: https://me:pw@host/x\n\x1b[31m " + "y" * 500)
        == ("fatal: https://host/x \\x1b[31m " + "y" * 500)[:300]
    )
