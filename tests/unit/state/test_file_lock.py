import errno
import json
import os
import signal
import subprocess
import sys

import pytest

from reconciler.core.errors import Locked, Refused, StateError
from reconciler.state.file_lock import clear_lock, hold_lock
from reconciler.state.filesystem import SystemDisk

HOLDER = """
import sys, time
from pathlib import Path
from reconciler.state.file_lock import hold_lock
with hold_lock(Path(sys.argv[1]), reason="apply", since="2027-01-01T00:00:00Z"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock until its input ends, or until it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path / "lock"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        if process.poll() is None:
            process.kill()


def take(path):
    with hold_lock(path, reason="apply", since="now"):
        return True


def test_the_refusal_names_who_has_it_since_when_and_for_what(tmp_path, holder):
    with pytest.raises(Refused) as refusal:
        take(tmp_path / "lock")
    assert refusal.value.exit_code == 3
    for word in (f"process {holder.pid}", "since 2027-01-01T00:00:00Z", "for apply", " on "):
        assert word in refusal.value.message


def test_it_is_free_when_its_holder_has_ended(tmp_path, holder):
    holder.stdin.close()
    holder.wait()
    assert (holder.returncode, take(tmp_path / "lock")) == (0, True)


def test_it_is_free_when_its_holder_was_killed(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert take(tmp_path / "lock")


def test_it_is_free_after_an_error(tmp_path):
    with (
        pytest.raises(ValueError, match="inside"),
        hold_lock(tmp_path / "lock", reason="apply", since="now"),
    ):
        raise ValueError("inside")
    assert take(tmp_path / "lock")


class Forking(SystemDisk):
    """A process that another thread starts holds a copy of the descriptor until its exec."""

    def lock(self, descriptor):
        self.copy = os.dup(descriptor)
        return super().lock(descriptor)


def test_it_is_free_although_a_process_that_was_just_started_has_a_copy_of_it(tmp_path):
    disk = Forking()
    with hold_lock(tmp_path / "lock", reason="apply", since="now", disk=disk):
        pass
    take(tmp_path / "lock")
    os.close(disk.copy)


def test_it_is_refused_inside_one_process_as_well(tmp_path):
    with (
        hold_lock(tmp_path / "lock", reason="apply", since="now"),
        pytest.raises(Refused, match=f"process {os.getpid()}"),
    ):
        take(tmp_path / "lock")


@pytest.mark.parametrize(
    "words",
    [b"", b"\xff\xfe", b"5", b"null", b"{}", b'{"user": "x"}', b"[" * 4096, b'{"a":' * 800],
    ids=lambda words: words[:8].decode("latin-1"),
)
def test_nothing_that_stands_in_it_can_break_the_refusal(tmp_path, holder, words):
    (tmp_path / "lock").write_bytes(words)
    with pytest.raises(Refused, match="the state is locked by another run"):
        take(tmp_path / "lock")
    assert holder.poll() is None


def test_what_the_holder_says_is_made_harmless(tmp_path, holder):
    (tmp_path / "lock").write_text(
        '{"user": "\\u001b[31mroot\\n", "host": "'
        + "h" * 3000
        + '", "process": 1, "since": "s", "reason": "r"}'
    )
    with pytest.raises(Refused) as refusal:
        take(tmp_path / "lock")
    assert (
        refusal.value.message.isprintable(),
        len(refusal.value.message) < 300,
        holder.poll(),
    ) == (True, True, None)


@pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX")
def test_it_is_private_and_never_a_link(tmp_path):
    take(tmp_path / "lock")
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    with pytest.raises(StateError, match="must be a plain file, not a link or device"):
        take(tmp_path / "link")
    assert not (tmp_path / "victim").exists()


@pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX")
def test_what_is_linked_to_its_place_is_not_emptied(tmp_path):
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "lock").hardlink_to(tmp_path / "victim")
    with pytest.raises(StateError):
        take(tmp_path / "lock")
    assert (tmp_path / "victim").read_text() == "precious"


def test_of_many_that_come_at_once_one_has_it(tmp_path):
    racer = HOLDER.replace("sys.stdin.read()", "time.sleep(0.2)")
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", racer, tmp_path / "lock"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(3)
    ]
    told = [run.communicate()[0] for run in runs]
    held = [run.returncode == 0 for run in runs]
    assert [text == b"held\n" for text in told] == held
    assert any(held)
    assert take(tmp_path / "lock")


def test_what_a_dead_holder_left_is_cleared_and_named(tmp_path, holder):
    assert clear_lock(tmp_path / "lock2") == ""
    assert not (tmp_path / "lock2").exists()
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert f"process {holder.pid}" in clear_lock(tmp_path / "lock")
    assert (tmp_path / "lock").read_bytes() == b""
    assert clear_lock(tmp_path / "lock") == ""
    assert take(tmp_path / "lock")


def test_a_living_holder_keeps_its_lock(tmp_path, holder):
    before = (tmp_path / "lock").read_bytes()
    with pytest.raises(Locked) as refusal:
        clear_lock(tmp_path / "lock")
    assert f"process {holder.pid}" in refusal.value.message
    assert refusal.value.message.endswith(", which is still running")
    assert (tmp_path / "lock").read_bytes() == before
    with pytest.raises(Refused):
        take(tmp_path / "lock")


def test_a_run_that_has_ended_leaves_no_name(tmp_path):
    with hold_lock(tmp_path / "lock", reason="apply", since="now"):
        told = json.loads((tmp_path / "lock").read_bytes())
        assert (told["process"], told["since"], told["reason"]) == (os.getpid(), "now", "apply")
    assert (tmp_path / "lock").read_bytes() == b""


class Failing(SystemDisk):
    """A disk of which one operation fails."""

    def __init__(self, operation):
        setattr(self, operation, self.fail)

    def fail(self, *_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("operation", "words", "hint"),
    [
        ("lock", "this file system has no locks: No space left", "keep the state on a local disk"),
        ("open", "the lock cannot be opened: No space left", "check the permissions of its folder"),
        ("truncate", "No space left", ""),
        ("write", "No space left", ""),
    ],
)
def test_a_disk_that_fails_is_told_with_the_file(tmp_path, operation, words, hint):
    with (
        pytest.raises(StateError, match=words) as found,
        hold_lock(tmp_path / "lock", reason="a", since="now", disk=Failing(operation)),
    ):
        pass
    assert str(tmp_path / "lock") in found.value.message
    assert hint in found.value.hint
    assert take(tmp_path / "lock")
