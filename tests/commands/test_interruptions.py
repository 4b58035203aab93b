"""Updates that end or cut a live meeting are refused as deletions are; what disturbs nobody is not."""

import pytest

from reconciler.localspace import Fault, Settings
from tests.commands.words import MANIFESTS, conference, room

PAST, FUTURE = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"
STREAM = [{"url": "rtmp://live.example/a"}]
CUTS = {
    "remove_at": ({}, {"remove_at": PAST}),
    "remove_at, to come": ({}, {"remove_at": FUTURE}),
    "remove_at, earlier": ({"remove_at": FUTURE}, {"remove_at": "2098-01-01T00:00:00Z"}),
    "join_until": ({}, {"join_until": PAST}),
    "join_from": ({}, {"join_from": FUTURE}),
    "remove_after_seconds_elapsed": ({}, {"remove_after_seconds_elapsed": 1}),
    "max_members": ({"max_members": 9}, {"max_members": 2}),
    "streams": ({"streams": STREAM}, {"streams": []}),
    "streams, another": ({"streams": STREAM}, {"streams": [{"url": "rtmp://live.example/b"}]}),
}
HARMLESS = {
    "enough for all": ({"max_members": 9}, {"max_members": 3}),
    "later": ({"remove_at": FUTURE}, {"remove_at": "2099-06-01T00:00:00Z"}),
    "no end": ({"remove_after_seconds_elapsed": 9000}, {}),
    "an end of joining to come": ({}, {"join_until": FUTURE}),
    "a further stream": (
        {"streams": STREAM},
        {"streams": [*STREAM, {"url": "rtmp://live.example/b"}]},
    ),
    "a layout": ({}, {"layout": "5x5"}),
}


def fields_of(space):
    return space.get("Room", "a"), sorted(one["url"] for one in space.streams("Room", "a"))


@pytest.fixture
def meeting(apply, declare, space):
    """A room with three people in it, declared ``after``."""

    def begun(before, after, **knobs):
        apply(room("a", **before))
        session = space.space.start_session("Room", "a", members=3)
        space.space.knobs = Settings(**knobs)
        declare(room("a", **after))
        return session

    return begun


@pytest.mark.parametrize("told", ["told", "absent", "null", "odd"])
@pytest.mark.parametrize("change", CUTS.values(), ids=CUTS)
def test_an_update_that_cuts_a_live_meeting_is_refused(
    meeting, refused, reconciler, space, change, told
):
    session = meeting(*change, active_session=told)
    before = fields_of(space)
    field = next(iter({**change[0], **change[1]}))

    said = refused()

    assert "Room/a has a live session, and the new " + field in said
    assert ("--allow-live" in said, fields_of(space)) == (True, before)
    space.space.end_session(session)
    assert reconciler("apply", MANIFESTS, "--yes").code == 0


@pytest.mark.parametrize("told", ["told", "absent"])
@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_an_update_that_cuts_nothing_is_done(meeting, done, change, told):
    meeting(*change, active_session=told)
    done("apply", MANIFESTS, "--yes")


def test_a_smaller_conference_is_refused(apply, declare, refused, done, space):
    apply(conference("h", size="large"))
    space.space.start_session("Conference", "h", members=1)
    declare(conference("h", size="small"))
    assert "Conference/h has a live session, and the new size would interrupt it" in refused()
    declare(conference("h", size="large", layout="5x5"))
    done("apply", MANIFESTS, "--yes")


def test_where_the_members_cannot_be_counted_fewer_are_refused(meeting, refused):
    meeting({"max_members": 9}, {"max_members": 8}, faults=(Fault("GET", "/members$", status=403),))
    assert "the new max_members would interrupt it" in refused()


def test_where_sessions_cannot_be_read_it_is_refused_with_the_reason(meeting, refused):
    meeting(
        {},
        {"remove_at": PAST},
        active_session="absent",
        faults=(Fault("GET", "/room_sessions$", status=403),),
    )
    assert "Room/a may have a live session; this could not be read (" in refused()


def test_waiting_until_it_is_idle_holds_for_them_too(meeting, reconciler):
    meeting({}, {"remove_at": PAST})
    code, _, err = reconciler("apply", MANIFESTS, "--yes", "--when-idle", "0.03")
    assert (code, "Waiting until Room/a is empty" in err) == (3, True)


def test_an_empty_room_is_updated_as_ever(apply, done, declare, space):
    apply(room("a"))
    declare(
        room("a", remove_at=PAST, join_until=PAST, max_members=1, remove_after_seconds_elapsed=1)
    )
    done("apply", MANIFESTS, "--yes")
    assert space.get("Room", "a")["max_members"] == 1
