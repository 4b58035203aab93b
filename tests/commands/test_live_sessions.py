"""Rooms with people in them: the plan tells who is there, and --when-idle waits until they are gone."""

import threading

import pytest

from tests.commands.words import MAKERS, MANIFESTS


@pytest.fixture(params=MAKERS)
def kind(request):
    """Each kind of room."""
    return request.param


@pytest.fixture
def meeting(apply, declare, space, kind):
    """A room that would be deleted, and the session in it."""
    make = MAKERS[kind]
    apply(make("a"), make("b"), make("c"))
    declare(make("a"), make("b"))
    return space.space.start_session(kind, "c", members=3)


def test_the_plan_tells_since_when_and_how_many(meeting, done, plan):
    assert "3 members" in done("plan", MANIFESTS).out
    (action,) = plan()["actions"]
    assert (action["active_session"]["id"], action["active_session"]["members"]) == (meeting, 3)


def test_a_room_that_stays_occupied_is_refused_when_time_is_up(meeting, kind, reconciler, space):
    code, _, err = reconciler("apply", MANIFESTS, "--yes", "--when-idle", "0.03")

    assert (code, err.count(f"Waiting until {kind}/c is empty"), "--allow-live" in err) == (
        3,
        1,
        True,
    )
    assert f"{kind}/c" in space.names()


def test_a_room_that_empties_meanwhile_is_deleted(meeting, kind, done, space):
    leaving = threading.Timer(0.3, lambda: space.space.end_session(meeting))
    leaving.start()

    done("apply", MANIFESTS, "--yes", "--when-idle", "0.05")

    leaving.join()
    assert f"{kind}/c" not in space.names()


def test_an_update_does_not_mind_people(apply, space, kind):
    apply(MAKERS[kind]("a"))
    space.space.start_session(kind, "a", members=1)

    apply(MAKERS[kind]("a", layout="3x3"))

    assert space.get(kind, "a")["layout"] == "3x3"
