"""People in a live room: where the room's own answer does not tell of them, the list of sessions does, or nothing is done."""

import json
import threading

import pytest

from reconciler.localspace import Fault, Settings
from tests.commands.words import MANIFESTS, conference, room

UNTOLD = pytest.mark.parametrize("told", ["absent", "null", "odd"])
ROOM_IDS = pytest.mark.parametrize("room_id", ["own", "null", "other"])
UNREADABLE = (Fault("GET", "/room_sessions$", status=404),)


@pytest.fixture
def meeting(apply, space):
    """Four rooms and two conferences, one of each with people in it; gives the sessions."""
    everything = [*(room(name, max_members=9) for name in "abcd"), conference("h"), conference("k")]
    apply(*everything)
    return {
        kind: space.space.start_session(kind, name, members=3)
        for kind, name in (("Room", "a"), ("Conference", "h"))
    }


DELETE = [*(room(name, max_members=9) for name in "bcd"), conference("k")]
RENAME = [
    room("z", renamed_from="a", max_members=9),
    *DELETE[:3],
    conference("y", renamed_from="h"),
    conference("k"),
]


@UNTOLD
@ROOM_IDS
@pytest.mark.parametrize("documents", [DELETE, RENAME], ids=["delete", "rename"])
def test_apply_refuses_what_only_the_list_of_sessions_tells(
    meeting, declare, refused, space, told, room_id, documents
):
    declare(*documents)
    space.space.knobs = Settings(active_session=told, session_room_id=room_id)

    message = refused()

    assert [
        "Room/a has a live session" in message,
        "Conference/h has a live session" in message,
    ] == [True, True]
    assert "could not be read" not in message


@UNTOLD
def test_destroy_refuses_too(meeting, refused, space, told):
    space.space.knobs = Settings(active_session=told)
    assert "Room/a has a live session" in refused(command="destroy")


@UNTOLD
def test_once_the_session_is_over_it_goes_through(meeting, declare, done, space, told):
    declare(*DELETE)
    for session in meeting.values():
        space.space.end_session(session)
    space.space.knobs = Settings(active_session=told)

    done("apply", MANIFESTS, "--yes")

    assert space.names() == {"Room/b", "Room/c", "Room/d", "Conference/k"}


@UNTOLD
def test_waiting_for_idle_rooms_believes_the_list_too(
    meeting, declare, reconciler, done, space, told
):
    declare(*DELETE[:3], conference("h"), conference("k"))
    space.space.knobs = Settings(active_session=told)
    code, _, err = reconciler("apply", MANIFESTS, "--yes", "--when-idle", "0.01")
    assert (code, "Waiting until Room/a is empty" in err, "Room/a" in space.names()) == (
        3,
        True,
        True,
    )

    leaving = threading.Timer(0.3, lambda: space.space.end_session(meeting["Room"]))
    leaving.start()
    done("apply", MANIFESTS, "--yes", "--when-idle", "0.05")
    leaving.join()
    assert "Room/a" not in space.names()


@UNTOLD
@pytest.mark.parametrize("command", [("apply", MANIFESTS), ("destroy",)])
def test_where_neither_can_be_read_it_is_refused_with_the_reason(
    meeting, declare, reconciler, space, told, command
):
    declare(*DELETE)
    there = space.names()
    space.space.knobs = Settings(active_session=told, faults=UNREADABLE)

    code, out, err = reconciler(*command, "--yes")

    said = out + err
    assert (code, space.names()) == (3, there)
    assert "Room/a may have a live session; this could not be read (" in said
    assert "room_sessions" in said


def test_where_the_room_itself_tells_of_its_session_the_list_is_not_needed(
    meeting, declare, refused, space
):
    declare(*DELETE)
    space.space.knobs = Settings(faults=UNREADABLE)
    message = refused()
    assert ("Room/a has a live session" in message, "Room/a may have" in message) == (True, False)


def test_a_session_of_another_resource_of_that_name_holds_nothing_up(apply, declare, done, space):
    """A conference ``a`` is in session, and the room ``a`` is not."""
    apply(room("a"), room("b"), conference("a"))
    space.space.start_session("Conference", "a", members=1)
    space.space.knobs = Settings(active_session="absent")
    declare(room("b"), conference("a"))
    done("apply", MANIFESTS, "--yes")
    assert space.names() == {"Room/b", "Conference/a"}


@UNTOLD
def test_a_session_that_begins_after_the_plan_is_seen_by_the_re_reading(
    apply, declare, reconciler, space, told
):
    apply(*(room(name) for name in "abcd"))
    declare(*(room(name) for name in "bcd"))
    space.space.knobs = Settings(active_session=told)
    asked = space.space._answer_with_fault
    seen = []

    def struck(request):
        # The first question about sessions is the plan's; people come right after it.
        answer = asked(request)
        if request.path.endswith("/room_sessions") and not seen:
            seen.append(request)
        elif seen and len(seen) == 1 and not request.path.endswith("/room_sessions"):
            seen.append(request)
            space.space.start_session("Room", "a", members=2)
        return answer

    space.space._answer_with_fault = struck
    code, out, _ = reconciler("apply", MANIFESTS, "--yes", "--format", "json")
    (outcome,) = json.loads(out)["outcomes"]
    assert (code, outcome["status"], "Room/a" in space.names()) == (4, "failed", True)
    assert "a session is live in it" in outcome["error"]


@UNTOLD
@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_reports_and_the_guard_tell_the_same(meeting, declare, done, space, told, form):
    declare(*DELETE)
    space.space.knobs = Settings(active_session=told)
    report = done("plan", MANIFESTS, "--format", form).out
    assert "has a live session" in report
    if form == "json":
        (gone,) = (one for one in json.loads(report)["actions"] if one["name"] == "a")
        assert (gone["active_session"]["id"], gone["active_session"]["members"]) == (
            meeting["Room"],
            3,
        )
    elif form != "html":
        assert "3 members" in report


def test_many_deletions_read_the_list_of_sessions_once(apply, declare, reconciler, space):
    apply(*(room(f"r{number:02}") for number in range(30)))
    space.space.start_session("Room", "r03", members=1)
    space.space.knobs = Settings(active_session="absent")
    declare(room("r29"))
    mark = len(space.space.requests)
    out = reconciler("plan", MANIFESTS, "--format", "json").json
    asked = [
        one.query for one in space.space.requests[mark:] if one.path.endswith("/room_sessions")
    ]
    assert len(asked) == 1
    assert [one["name"] for one in out["actions"] if one["active_session"]] == ["r03"]


def test_a_plan_that_disturbs_nobody_asks_for_no_sessions(apply, declare, done, space):
    apply(room("a"), room("b"))
    mark = len(space.space.requests)
    done("plan", MANIFESTS)
    declare(room("a", layout="5x5"), room("b"), room("c"))
    done("plan", MANIFESTS)
    assert [one.path for one in space.space.requests[mark:] if "room_sessions" in one.path] == []
