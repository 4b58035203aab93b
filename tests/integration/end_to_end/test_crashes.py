"""A run that dies at any of its writes, before the Space took it or after, and the run that comes next."""

import pytest

from reconciler.localspace import Settings
from reconciler.space.client import writer
from reconciler.space.target import target
from tests.integration.end_to_end.driver import RESOURCES, Site, fabric, hall, room, statuses

pytestmark = pytest.mark.long

ENV = {name: f"rtmp://{name}.example/live" for name in "ABC"}
BEFORE = (
    room("a", "layout: 3x3, streams: [{url: '${env:A}'}, {url: '${env:B}'}]")
    + room("ring-1", "layout: 2x2")
    + room("ring-2", "layout: 5x5")
    + room("gone")
    + hall("hall", "size: large, tone_on_entry_and_exit: true")
    + hall("gone")
    + fabric("stage", "layout: 3x3")
    + fabric("ring-1", "layout: 2x2")
    + fabric("gone")
)
AFTER = (
    room("b", "layout: 5x5, streams: [{url: '${env:B}'}, {url: '${env:C}'}]", renamedFrom="a")
    + room("ring-2", "layout: 2x2", renamedFrom="ring-1")
    + room("ring-1", "layout: 5x5", renamedFrom="ring-2")
    + room("new", "streams: [{url: '${env:A}'}]")
    + hall("hall", "description: x")
    + fabric("stage", "layout: 5x5, tone_on_entry_and_exit: true")
    + fabric("ring", "layout: 2x2", renamedFrom="ring-1")
    + fabric("fresh", "enable_room_previews: true")
    + hall("fresh", "user_join_video_off: true, streams: [{url: '${env:A}'}]")
)


class Killed(BaseException):
    """Stands for the end of the process: nothing in the tool may catch it."""


class Deadly:
    """A Space that the process does not survive: at its ``last`` write, which takes effect or does not."""

    def __init__(self, space, last, *, committed):
        self.space, self.left, self.committed = space, last, committed

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] != "GET":
            self.left -= 1
            if self.left == 0:
                if self.committed:
                    b"".join(self.space(environ, start_response))
                raise Killed
        return self.space(environ, start_response)


def die(site, desired, last, *, committed):
    """Apply until the ``last`` write; whether it came to that."""
    plan, living = site.plan(desired), site.client
    site.client = writer(
        target("local", project="local", token="local"),
        application=Deadly(site.space, last, committed=committed),
    )
    try:
        site.carry(plan, parallel=1)
    except Killed:
        return True
    finally:
        site.client.close()
        site.client = living
    return False


def whole(site, kind):
    shown = {}
    for name in site.names(kind):
        found = site.fetch(kind, name)
        fields = {
            field: found[field] for field in site.kinds[kind].attributes if field != "display_name"
        }
        shown[name] = (fields, sorted(site.streams(kind, name)))
    return shown


@pytest.fixture(scope="module")
def undisturbed():
    with Site() as site:
        site.give(BEFORE, **ENV)
        mark = site.mark
        site.give(AFTER, **ENV)
        return len(site.sent(mark)), {kind: whole(site, kind) for kind in RESOURCES}


@pytest.mark.parametrize("put", ["merge", "replace"])
@pytest.mark.parametrize("committed", [False, True], ids=["before", "after"])
def test_wherever_it_dies_the_next_run_ends_where_it_would_have(undisturbed, committed, put):
    writes, there = undisturbed
    for last in range(1, writes + 1):
        with Site(Settings(put=put)) as site:
            site.give(BEFORE, **ENV)
            desired = site.declared(AFTER, **ENV)
            assert die(site, desired, last, committed=committed), last
            assert statuses(site.apply(desired)).keys() <= {"done"}, last
            assert site.plan(desired).actions == (), last
            assert {kind: whole(site, kind) for kind in there} == there, last
            assert len(site.state.resources) == sum(map(len, there.values())), last


def test_it_may_die_again_and_again(undisturbed):
    _, there = undisturbed
    with Site() as site:
        site.give(BEFORE, **ENV)
        desired = site.declared(AFTER, **ENV)
        deaths = sum(die(site, desired, 1, committed=number % 3 > 0) for number in range(30))
        assert deaths > 10
        assert statuses(site.apply(desired)).keys() <= {"done"}
        assert site.plan(desired).actions == ()
        assert {kind: whole(site, kind) for kind in there} == there
