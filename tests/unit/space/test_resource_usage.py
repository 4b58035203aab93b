from urllib.parse import parse_qs

import httpx
import pytest

from reconciler import catalog
from reconciler.core.plan_model import Action
from reconciler.core.resource_usage import Usage
from reconciler.core.resources import Address
from reconciler.space.client import reader
from reconciler.space.clock import Clock
from reconciler.space.resource_usage import MAX_READ, usage_of_deletions
from reconciler.space.target import target

KINDS = catalog.kinds()
NOW = "2026-11-20T10:00:00Z"


def uid(number):
    return f"00000000-0000-4000-8000-{number:012d}"


ROOM = Action("delete", Address("Room", "lobby"), uid(1))
CONFERENCE = Action("delete", Address("Conference", "town-hall"), uid(2))


def page(*elements, following=None):
    return {"links": {"next": following} if following else {}, "data": list(elements)}


def session(number, start, duration=600, **more):
    return {
        "id": uid(number),
        "room_id": uid(1),
        "start_time": start,
        "duration": duration,
        "status": "completed",
    } | more


def member(number, duration, join="2026-11-19T10:00:00Z", leave="2026-11-19T10:10:00Z"):
    return {"id": uid(number), "join_time": join, "leave_time": leave, "duration": duration}


class Space:
    """Answers by path, or by path and query; 404 where nothing is said."""

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []

    def __call__(self, request):
        path = request.url.path.removeprefix("/api/video")
        query = {
            key: values[0]
            for key, values in parse_qs(request.url.query.decode()).items()
            if key.startswith("room_")
        }
        asked = path + "".join(f"?{key}={value}" for key, value in query.items())
        self.asked.append((request.method, asked))
        answer = self.answers.get(asked, self.answers.get(path, 404))
        return (
            httpx.Response(answer, json={"error": "x"})
            if isinstance(answer, int)
            else httpx.Response(200, json=answer)
        )


@pytest.fixture
def asking():
    clients = []

    def ask(space, *actions):
        client = reader(
            target("local", project="p", token="t"),
            clock=Clock(sleep=lambda _: None),
            _transport=httpx.MockTransport(space),
        )
        clients.append(client)
        return usage_of_deletions(client, actions, kinds=KINDS, now=NOW, parallel=1)

    yield ask
    for client in clients:
        client.close()


def test_sessions_of_late_their_members_streams_and_tokens_are_counted(asking):
    live = session(13, "2026-11-20T09:30:00Z", None, status="in-progress")
    space = Space(
        **{
            f"/room_sessions?room_id={uid(2)}": page(
                session(11, "2026-11-19T10:00:00Z"), session(12, "2026-10-01T10:00:00Z"), live
            ),
            f"/room_sessions/{uid(11)}/members": page(member(21, 90), member(22, None)),
            f"/room_sessions/{uid(13)}/members": page(
                member(23, None, "2026-11-20T09:30:00Z", None)
            ),
            f"/conferences/{uid(2)}": {"id": uid(2), "name": "town-hall"},
            f"/conferences/{uid(2)}/streams": page(
                {"id": uid(31), "url": "rtmp://h/secret"}, {"id": uid(32), "url": "rtmp://h/other"}
            ),
            f"/conferences/{uid(2)}/conference_tokens": page(
                {"id": uid(41), "name": "moderator", "token": "vpt_canary", "scopes": []},
                {"id": uid(42), "name": "guest", "token": "vpt_canary2", "scopes": []},
            ),
        }
    )
    found = asking(space, CONFERENCE)
    assert found == {
        CONFERENCE.address: Usage(
            days=30,
            sessions=2,
            member_minutes=-(-(90 + 600 + 1800) // 60),
            last_start="2026-11-20T09:30:00Z",
            last_seconds=None,
            children={"streams": 2},
            tokens=("guest", "moderator"),
            session=live,
        )
    }
    assert "canary" not in repr(found)
    assert "secret" not in repr(found)
    assert {method for method, _ in space.asked} == {"GET"}


def test_a_resource_that_was_never_used_says_so(asking):
    space = Space(
        **{
            "/room_sessions": page(),
            f"/rooms/{uid(1)}": {"id": uid(1), "name": "lobby"},
            f"/rooms/{uid(1)}/streams": page(),
        }
    )
    assert asking(space, ROOM) == {ROOM.address: Usage(days=30, sessions=0, member_minutes=0)}


def test_what_cannot_be_read_is_unknown_and_stops_nothing(asking):
    assert asking(Space(), ROOM) == {ROOM.address: Usage(days=30)}
    assert asking(Space(**{"/room_sessions": 500}), ROOM) == {ROOM.address: Usage(days=30)}


def test_sessions_that_the_space_knows_by_name_alone_are_found_and_anothers_are_not(asking):
    space = Space(
        **{
            f"/room_sessions?room_id={uid(1)}": page(),
            "/room_sessions?room_name=lobby": page(
                session(11, "2026-11-19T10:00:00Z", room_id=None),
                session(12, "2026-11-19T11:00:00Z", room_id=uid(9)),
            ),
            f"/room_sessions/{uid(11)}/members": page(),
        }
    )
    found = asking(space, ROOM)[ROOM.address]
    assert (found.sessions, found.last_start) == (1, "2026-11-19T10:00:00Z")


def test_a_count_that_is_not_whole_is_a_least(asking):
    space = Space(**{f"/room_sessions?room_id={uid(1)}": page(session(11, "2026-11-19T10:00:00Z"))})
    found = asking(space, ROOM)[ROOM.address]
    assert (found.sessions, found.member_minutes, found.at_least) == (1, 0, True)


@pytest.mark.parametrize("start", ["nonsense", None, 7, "2026-13-45T00:00:00Z"])
def test_nonsense_in_an_answer_is_passed_over(asking, start):
    space = Space(**{f"/room_sessions?room_id={uid(1)}": page(session(11, start, duration="long"))})
    found = asking(space, ROOM)[ROOM.address]
    assert (found.sessions, found.last_start) == (0, None)


def test_only_deletions_are_asked_about_and_not_too_many(asking):
    many = [
        Action("delete", Address("Room", f"r{number}"), uid(number))
        for number in range(MAX_READ + 3)
    ]
    space = Space(**{"/room_sessions": page()})
    assert len(asking(space, Action("update", Address("Room", "x"), uid(999)), *many)) == MAX_READ
    assert not any(uid(999) in asked for _, asked in space.asked)
