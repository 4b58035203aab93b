"""Once something was written, a run that does not come to its end has exit code 4, and says what may not be recorded."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.localspace import Fault, Settings
from tests.commands.words import (
    DECLARED,
    MANIFESTS,
    RECONCILER,
    conference,
    rooms,
)


def dies_with_the_first_write(space, path):
    """The place of the state is gone from the moment on that the Space has one write more."""
    clock, before = space.space._clock, len(space.space.ledger)

    def now():
        if len(space.space.ledger) > before:
            shutil.rmtree(path, ignore_errors=True)
        return clock()

    space.space._clock = now


@pytest.mark.parametrize("command", ["apply", "destroy"])
@pytest.mark.long
def test_the_place_of_the_state_dies_in_the_middle(
    reconciler, done, declare, space, shared_state, command
):
    declare(*rooms("a", "b", "c", "d", max_members=3))
    done("apply", MANIFESTS, "--yes")
    declare(*rooms("a", "b", "c", "d", max_members=5))
    dies_with_the_first_write(space, Path("remote.git"))
    ran = reconciler(command, *([MANIFESTS] if command == "apply" else []), "--yes")
    assert (ran.code, len(space.writes) > 4) == (4, True)
    assert "may not be recorded" in ran.err


@pytest.mark.long
def test_a_watch_whose_state_dies_in_the_middle(reconciler, declare, space, shared_state):
    declare(*rooms("a", "b"))
    dies_with_the_first_write(space, Path("remote.git"))
    ran = reconciler("watch", MANIFESTS, "--apply", "--interval", "1", "--rounds", "1")
    assert (ran.code, bool(space.writes)) == (4, True)


def test_a_watch_that_fails_before_it_writes(reconciler, declare, space, shared_state):
    declare(*rooms("a", "b"))
    shutil.rmtree("remote.git")
    ran = reconciler("watch", MANIFESTS, "--apply", "--interval", "1", "--rounds", "1")
    assert (ran.code, space.writes) == (1, [])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_watch_whose_metrics_cannot_be_written(reconciler, declare, space):
    declare(*rooms("a"))
    words = ("watch", MANIFESTS, "--interval", "1", "--rounds", "1", "--metrics", "/dev/full")
    assert reconciler(*words).code == 1
    ran = reconciler(*words, "--apply")
    assert (ran.code, space.names()) == (4, {"Room/a"})
    assert "wrote to the Space, and then: --metrics" in ran.err


def test_it_dies_before_the_first_write(reconciler, declare, space, shared_state):
    declare(*rooms("a", "b"))
    shutil.rmtree("remote.git")
    ran = reconciler("apply", MANIFESTS, "--yes")
    assert (ran.code, space.writes) == (1, [])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize(
    "words", [["--version"], ["--help"], ["plan", "--help"], ["explain"], ["validate", "none"]]
)
def test_what_cannot_be_printed_is_an_error_of_its_own(words):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ran = subprocess.run(
            [*RECONCILER, *words], stdout=full, stderr=subprocess.PIPE, timeout=30, check=False
        )
    assert ran.returncode == 1
    assert ran.stderr.startswith(b"error: ")
    assert b"Exception" not in ran.stderr


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["plan", "--help"], ["explain"]])
def test_a_reader_that_has_enough_is_no_error(words):
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run(
        [*RECONCILER, *words], stdout=write, stderr=subprocess.PIPE, timeout=30, check=False
    )
    os.close(write)
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_the_result_cannot_be_printed(declare, space):
    declare(*rooms("a", "b"))
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        before = subprocess.run(
            [*RECONCILER, "plan", MANIFESTS], stdout=full, timeout=30, check=False
        )
        words = ["apply", MANIFESTS, "--yes", "--format", "json"]
        ran = subprocess.run(
            [*RECONCILER, *words], stdout=full, stderr=subprocess.PIPE, timeout=30, check=False
        )
    assert (before.returncode, ran.returncode, space.names()) == (1, 4, {"Room/a", "Room/b"})
    assert b"what was done is recorded" in ran.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize(
    "words", [["probe", "--yes"], ["tokens", "reset", "c/guest", "--yes"]], ids=lambda one: one[0]
)
def test_other_commands_that_write_and_cannot_print(done, declare, space, words):
    declare(conference("c"))
    done("apply", MANIFESTS, "--yes")
    before = len(space.writes)
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ran = subprocess.run(
            [*RECONCILER, *words], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert (ran.returncode, len(space.writes) > before) == (4, True), ran.stderr


def test_a_probe_whose_space_stops_answering(reconciler, space):
    space.space.knobs = Settings(faults=(Fault("*", "", after=25, status=401),))
    ran = reconciler("probe", "--yes")
    assert (ran.code, bool(space.writes)) == (4, True)


@pytest.mark.parametrize("kind", DECLARED)
@pytest.mark.parametrize("status", [200, 202, 204])
@pytest.mark.parametrize("command", [("apply", MANIFESTS), ("destroy",)])
def test_a_deletion_that_is_confirmed_and_not_done_is_told_and_stays_recorded(
    apply, declare, reconciler, done, space, kind, status, command
):
    """A proxy answers, or the Space takes the deletion and does not carry it out."""
    other, address = DECLARED["Room" if kind != "Room" else "Conference"]("k"), f"{kind}/a"
    apply(DECLARED[kind]("a"), other)
    declare(other)
    space.space.knobs = Settings(faults=(Fault("DELETE", "", status=status, body=""),))

    ran = reconciler(*command, "--yes")

    assert (ran.code, address in space.names()) == (4, True)
    assert "confirmed the deletion of" in ran.err
    assert address in done("state", "list").out
    space.space.knobs = Settings()
    done(*command, "--yes")
    assert address not in space.names()
