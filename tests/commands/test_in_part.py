"""Once something was written, a run that does not come to its end has exit code 4, and says what may not be recorded."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.commands.words import MANIFESTS, RECONCILER, rooms


def dies_with_the_first_write(space, path):
    """The place of the state is gone from the moment on that the Space has one write more."""
    clock, before = space.space._clock, len(space.space.ledger)

    def now():
        if len(space.space.ledger) > before:
            shutil.rmtree(path, ignore_errors=True)
        return clock()

    space.space._clock = now


@pytest.mark.parametrize("command", ["apply", "destroy"])
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


def test_it_dies_before_the_first_write(reconciler, declare, space, shared_state):
    declare(*rooms("a", "b"))
    shutil.rmtree("remote.git")
    ran = reconciler("apply", MANIFESTS, "--yes")
    assert (ran.code, space.writes) == (1, [])


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
