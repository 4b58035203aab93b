"""The head of a shared state: what is written there, and what is believed of it."""

import getpass
import json
import os
import socket

import pytest

from reconciler.core.errors import StateError
from reconciler.state.lock_record import (
    LEASE,
    Lock,
    LockRecord,
    Version,
    decode_lock_record,
    encode_lock_record,
    new_lock,
)
from reconciler.state.record import checksum

LOCK = Lock("n" * 32, "ada", "build", 7, "noon", "apply", 60.0, Version("line", 3))
HEAD = LockRecord("w", Version("line", 3), LOCK)
DAMAGED = LockRecord("", None, Lock("damaged"))


def decoded(content):
    return decode_lock_record(content, where="the store")


def edited(**parts):
    """The head with parts replaced, and a checksum that fits."""
    document = json.loads(encode_lock_record(HEAD)) | parts
    return json.dumps(document | {"checksum": checksum(document)}).encode()


def of_lock(**parts):
    return edited(lock=json.loads(encode_lock_record(HEAD))["lock"] | parts)


@pytest.mark.parametrize("head", [HEAD, HEAD._replace(lock=None), HEAD._replace(newest=None)])
def test_a_head_comes_back_as_it_was_written(head):
    assert decoded(encode_lock_record(head)) == head


def test_the_form_of_a_head_is_that_of_earlier_versions():
    document = json.loads(encode_lock_record(HEAD))
    assert document.pop("checksum") == checksum(document)
    assert document == {
        "format_version": 1,
        "turn": "w",
        "newest": {"lineage": "line", "serial": 3},
        "lock": {
            "nonce": "n" * 32,
            "user": "ada",
            "host": "build",
            "process": 7,
            "since": "noon",
            "reason": "apply",
            "seconds": 60.0,
            "newest": {"lineage": "line", "serial": 3},
        },
    }
    assert encode_lock_record(HEAD).endswith(b"}\n")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 10_000,
        encode_lock_record(HEAD).replace(b"ada", b"eve"),
        edited(format_version="1"),
        edited(format_version=0),
        edited(newest={"lineage": 1, "serial": 3}),
        edited(newest={"lineage": "line", "serial": -1}),
        edited(newest={"lineage": "line", "serial": True}),
        edited(newest={"lineage": "line", "serial": 1.0}),
        of_lock(nonce=""),
        of_lock(nonce=1),
        of_lock(user="x" * 201),
        of_lock(process="one"),
        of_lock(seconds="soon"),
        of_lock(newest=None),
        edited(padding="x" * 64 * 1024),
    ],
)
def test_what_is_no_head_is_a_lock_of_another_run_and_no_newest_version(content):
    assert decoded(content) == DAMAGED


def test_names_may_have_two_hundred_letters_and_a_head_64_kibibytes():
    assert decoded(of_lock(user="x" * 200)).lock.user == "x" * 200
    spare = 64 * 1024 - len(edited(padding=""))
    assert decoded(edited(padding="x" * spare)) == HEAD
    assert decoded(edited(padding="x" * (spare + 1))) == DAMAGED


@pytest.mark.parametrize(
    ("written", "seconds"), [(60, 60.0), (-1, 0.0), (3600, 3600.0), (3601, 3600.0), (1e300, 3600.0)]
)
def test_a_lease_lasts_an_hour_at_most(written, seconds):
    assert decoded(of_lock(seconds=written)).lock.seconds == seconds


def test_a_head_of_a_newer_version_is_an_error_that_says_so():
    with pytest.raises(StateError) as found:
        decoded(edited(format_version=2))
    assert (found.value.message, found.value.hint) == (
        "the store: its lock has format 2, and this version of the tool reads format 1",
        "use the version of the tool that wrote it, or a newer one",
    )


def test_a_new_lock_says_who_holds_it_and_is_like_no_other():
    lock = new_lock(reason="apply", since="noon", seconds=5.0)
    assert lock._replace(nonce="", user="") == Lock(
        "", "", socket.gethostname(), os.getpid(), "noon", "apply", 5.0
    )
    assert lock.user == getpass.getuser()
    assert len(lock.nonce) == 32
    assert lock.nonce != new_lock(reason="apply", since="noon", seconds=5.0).nonce
    long = new_lock(reason="r" * 300, since="s" * 300, seconds=1.0)
    assert (len(long.reason), len(long.since)) == (200, 200)


def test_a_holder_is_told_in_one_harmless_line():
    assert LOCK.holder == "ada on build (process 7) since noon, for apply"
    assert LOCK._replace(host="").holder == "another run"
    assert "\x1b" not in LOCK._replace(user="\x1b[2J").holder
    assert len(LOCK._replace(user="u" * 150, reason="r" * 150).holder) == 200


def test_what_is_not_said_of_a_lock():
    assert Lock("n") == Lock("n", "", "", 0, "", "", LEASE, Version("", 0))
    assert LockRecord() == LockRecord("", Version(), None)


def test_a_user_or_a_machine_without_a_name_is_called_so(monkeypatch):
    def fails():
        raise KeyError("no such user")

    monkeypatch.setattr(getpass, "getuser", fails)
    monkeypatch.setattr(socket, "gethostname", str)
    lock = new_lock(reason="apply", since="noon", seconds=5.0)
    assert (lock.user, lock.host) == ("an unknown user", "a machine")
