"""Whether a session is live in a resource, by the list of sessions."""

import pytest

from reconciler.core.errors import ProtocolError
from reconciler.localspace import Fault, Settings
from reconciler.space.occupancy import (
    Asked,
    Occupancy,
    in_progress,
    is_shown,
    occupancies,
    occupancy,
    own_session,
)
from reconciler.space.session_list import SessionList
from tests.integration.end_to_end.driver import KINDS, Site, room

ROOM = KINDS["Room"]
OTHER = "00000000-0000-4000-8000-000000000009"


@pytest.fixture
def site():
    with Site() as made:
        made.give(room("lobby") + room("foyer"))
        yield made


def asked(site, name="lobby", **parts):
    return Asked(ROOM, site.fetch("Room", name)["id"], name)._replace(**parts)


def session(**fields):
    return {"id": "s", "room_id": None, "name": None, "status": "in-progress"} | fields


def found_in(site, *sessions, **parts):
    found = own_session(site.client, KINDS, asked(site, **parts), sessions, {})
    return found["id"] if found else None


def test_a_session_of_the_room_s_id_is_its_own(site):
    mine = site.fetch("Room", "lobby")["id"]
    for room_id in (mine, mine.upper()):
        assert found_in(site, session(id="x", name="lobby"), session(room_id=room_id)) == "s"
    assert found_in(site, session(room_id=OTHER, name="x"), room_ids=(OTHER.upper(),)) == "s"


@pytest.mark.parametrize(
    ("name", "own"),
    [("lobby", True), (" LOBBY ", True), (None, True), ("", True), (7, True), ("hall", False)],
)
def test_without_an_id_that_is_known_the_name_decides(site, name, own):
    for room_id in (None, "unknown", OTHER):
        assert (found_in(site, session(name=name, room_id=room_id)) == "s") is own


def test_a_session_whose_id_is_another_resource_s_is_not_this_one_s(site):
    foyer = site.fetch("Room", "foyer")["id"]
    assert found_in(site, session(room_id=foyer)) is None
    assert found_in(site, session(room_id=foyer), session(id="t")) == "t"


def test_whose_an_id_is_is_asked_once(site):
    foyer, mark, known = site.fetch("Room", "foyer")["id"], site.mark, {}
    sessions = [session(room_id=foyer), session(room_id=foyer.upper())]
    assert own_session(site.client, KINDS, asked(site), sessions, known) is None
    assert known == {foyer.lower(): True}
    assert sum(f"/rooms/{foyer}" in one.path for one in site.space.requests[mark:]) == 1


def test_the_session_of_a_resource_is_read_by_its_id_and_then_by_its_name(site):
    assert occupancy(site.client, KINDS, asked(site)) == Occupancy()
    begun = site.space.start_session("Room", "lobby", members=2)
    assert occupancy(site.client, KINDS, asked(site)).session["id"] == begun
    assert occupancy(site.client, KINDS, asked(site, "foyer")) == Occupancy()
    site.space.knobs = Settings(session_room_id="null")
    assert occupancy(site.client, KINDS, asked(site)).session["id"] == begun
    site.space.end_session(begun)
    assert occupancy(site.client, KINDS, asked(site)) == Occupancy()


def test_what_cannot_be_read_is_told_and_not_raised(site):
    site.space.knobs = Settings(faults=(Fault("GET", "/room_sessions", status=403),))
    found = occupancy(site.client, KINDS, asked(site))
    assert found.session is None
    assert "403" in found.unread


def test_more_pages_than_can_be_read_are_an_error():
    class Endless:
        def pages(self, _path, *, params):
            assert params == {"status": "in-progress", "room_name": "lobby"}
            while True:
                yield [session()]

    with pytest.raises(ProtocolError, match="too many sessions in progress to read"):
        in_progress(Endless(), room_name="lobby")


def test_twenty_pages_can_be_read_and_an_ended_session_does_not_count():
    class Twenty:
        def pages(self, *_, **__):
            yield from [[session(), session(status="completed")]] * 20

    assert in_progress(Twenty()) == [session()] * 20


@pytest.mark.parametrize(("few", "listings"), [(10, 3), (1, 1)])
def test_for_many_resources_the_sessions_are_listed_once(site, few, listings):
    begun = site.space.start_session("Room", "lobby", members=1)
    each = [asked(site), asked(site, "foyer")]
    mark = site.mark
    found = occupancies(site.client, KINDS, each, parallel=1, few=few)
    assert [found[one.id].session and found[one.id].session["id"] for one in each] == [begun, None]
    read = [one for one in site.space.requests[mark:] if one.path.endswith("/room_sessions")]
    assert len(read) == listings


def test_where_the_whole_list_cannot_be_read_each_resource_is_asked_for(site):
    begun = site.space.start_session("Room", "lobby", members=1)
    site.space.knobs = Settings(faults=(Fault("GET", "/room_sessions", status=403, times=1),))
    found = occupancies(site.client, KINDS, [asked(site), asked(site, "foyer")], parallel=1, few=1)
    assert [one.session["id"] for one in found.values() if one.session] == [begun]
    assert occupancies(site.client, KINDS, [], parallel=1) == {}


def test_whether_an_answer_shows_its_session(site):
    one = asked(site)
    assert is_shown(site.client, KINDS, one)
    assert is_shown(site.client, KINDS, one._replace(id=OTHER))
    site.space.start_session("Room", "lobby", members=1)
    assert is_shown(site.client, KINDS, one)
    site.space.knobs = Settings(active_session="absent")
    assert not is_shown(site.client, KINDS, one)
    site.space.knobs = Settings(faults=(Fault("GET", "/rooms/", status=500),))
    assert is_shown(site.client, KINDS, one)


def test_a_list_is_good_for_a_second(site):
    now, one = [10.0], asked(site)
    sessions = SessionList(site.client, KINDS, now=lambda: now[0])

    def listings():
        mark = site.mark
        found = sessions.session_of(one)
        read = site.space.requests[mark:]
        return found.session is not None, sum(each.path.endswith("/room_sessions") for each in read)

    assert listings() == (False, 1)
    site.space.start_session("Room", "lobby", members=1)
    now[0] = 11.0
    assert listings() == (False, 0)
    now[0] = 11.5
    assert listings() == (True, 1)


def test_where_the_list_cannot_be_read_the_resource_is_asked_for(site):
    begun = site.space.start_session("Room", "lobby", members=1)
    site.space.knobs = Settings(faults=(Fault("GET", "/room_sessions", status=403, times=1),))
    found = SessionList(site.client, KINDS).session_of(asked(site))
    assert found.session["id"] == begun
