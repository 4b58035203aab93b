"""A list of sub-resources that shows those of another resource is not used."""

import pytest

from reconciler.core.errors import ProtocolError
from reconciler.core.resources import Address, Applied, AppliedChild, Live
from reconciler.space.child_lists import check_child_lists
from tests.integration.end_to_end.driver import KINDS, Site, room

A, B = "rtmp://a.example/x", "rtmp://b.example/x"


@pytest.fixture
def site():
    with Site() as made:
        made.give(room("one") + room("two"))
        yield made


def streams(*numbers):
    ids = [f"c22d0000-0000-4000-8000-00000000000{number}" for number in numbers]
    return {"streams": tuple(Live(Address("Stream", one), one, {}) for one in ids)}


def id_of(name):
    return f"c22d0000-0000-4000-8000-00000000000{name}"


def resource(name, children, kind="Room"):
    return Live(Address(kind, name), id_of(name), {}, children)


def recorded(name, *numbers):
    children = tuple(AppliedChild(one.id.upper(), {}) for one in streams(*numbers)["streams"])
    return Applied(Address("Room", name), id_of(name), {}, {"streams": children})


def check(site, *live, **known):
    check_child_lists(site.client, KINDS, live, **known)


def test_a_stream_in_two_lists_is_no_answer(site):
    with pytest.raises(ProtocolError, match="one of the streams of Room/b among those of Room/a"):
        check(site, resource("b", streams(1)), resource("a", streams(2, 1)))


def test_a_stream_that_is_recorded_for_another_resource_is_no_answer(site):
    with pytest.raises(ProtocolError, match="streams of Room/b among those of Room/a"):
        check(site, resource("a", streams(1)), records=[recorded("b", 1)])


def test_lists_of_their_own_are_used_and_no_other_is_read(site):
    live, others = (resource("a", streams(1)), resource("b", streams(2))), site.look()
    mark = site.mark
    check(site, *live, records=[recorded("a", 1), recorded("b", 2)], others=others)
    assert site.space.requests[mark:] == []


def test_two_kinds_that_show_one_room_have_its_streams(site):
    check(site, resource("a", streams(1)), resource("a", streams(1), "Conference"))


@pytest.mark.parametrize("ignores", [True, False])
def test_an_unknown_stream_is_looked_for_in_the_list_of_another_resource(site, ignores):
    """Of one managed room, nothing else tells that its list shows the streams of everyone."""
    one, two = (site.fetch("Room", name)["id"] for name in ("one", "two"))
    theirs = site.client.post(f"/rooms/{two}/streams", {"url": A})["id"]
    ours = site.client.post(f"/rooms/{one}/streams", {"url": B})["id"]
    shown = [theirs] if ignores else [ours]
    children = {"streams": tuple(Live(Address("Stream", each), each, {}) for each in shown)}
    live = Live(Address("Room", "one"), one, {}, children)
    if not ignores:
        check(site, live, others=site.look())
        return
    with pytest.raises(ProtocolError, match="one of the streams of Room/two among those of Room/"):
        check(site, live, others=site.look())


def test_another_resource_that_is_gone_is_passed_over(site):
    two = site.fetch("Room", "two")["id"]
    gone = Live(Address("Room", "gone"), "c22d0000-0000-4000-8000-0000000000ff", {})
    theirs = site.client.post(f"/rooms/{two}/streams", {"url": A})["id"]
    children = {"streams": (Live(Address("Stream", theirs), theirs, {}),)}
    others = (gone, Live(Address("Room", "two"), two, {}))
    with pytest.raises(ProtocolError):
        check(site, resource("a", children), others=others)
    check(site, resource("a", children), others=(gone,))
