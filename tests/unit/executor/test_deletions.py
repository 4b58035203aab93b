"""A deletion minds what changed since the plan, as an update does; and what an update depends on is read after every wait."""

import pytest

from reconciler.localspace import Fault, Settings
from tests.integration.end_to_end.driver import hall, room

KEPT = room("k") + hall("k")
STREAMED = "streams: [{url: 'rtmp://a.example/1'}]"


def stream_of(site):
    path = f"/rooms/{site.fetch('Room', 'a')['id']}/streams"
    return next(found for page in site.client.pages(path, page_size=None) for found in page)


CHANGES = {
    "a description": (
        lambda site: site.outside("Room", "a", description="DO NOT DELETE: board meeting"),
        "description",
    ),
    "a title": (lambda site: site.outside("Room", "a", display_name="Board"), "display_name"),
    "a field that it had": (lambda site: site.outside("Room", "a", layout="5x5"), "layout"),
    "a flag of the dashboard": (
        lambda site: site.space.set_fields("Room", "a", prioritize_handraise=True),
        "prioritize_handraise",
    ),
    "data": (lambda site: site.outside("Room", "a", meta={"keep": True}), "meta"),
    "a stream's address": (
        lambda site: site.client.put(
            f"/streams/{stream_of(site)['id']}", {"url": "rtmp://b.example/2"}
        ),
        "streams",
    ),
    "a stream that went": (
        lambda site: site.client.delete(f"/streams/{stream_of(site)['id']}"),
        "streams",
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_changed_since_the_plan_is_not_deleted(site, change):
    site.give(room("a", f"layout: 3x3, {STREAMED}") + KEPT)
    plan = site.plan(site.declared(KEPT))
    deed, field = change
    deed(site)
    (outcome,) = site.carry(plan)
    assert (outcome.status, outcome.error) == ("failed", f"{field} changed since the plan was made")
    assert "a" in site.names("Room")


def test_a_session_that_came_and_went_since_the_plan_does_not_matter(site):
    site.give(room("a", "layout: 3x3") + KEPT)
    plan = site.plan(site.declared(KEPT))
    site.space.end_session(site.space.start_session("Room", "a", members=1))
    (outcome,) = site.carry(plan)
    assert (outcome.status, site.names("Room")) == ("done", ["k"])


def test_a_conference_is_held_too(site):
    site.give(hall("a", "layout: 3x3") + KEPT)
    plan = site.plan(site.declared(KEPT))
    site.outside("Conference", "a", display_name="Board")
    (outcome,) = site.carry(plan)
    assert (outcome.status, site.names("Conference")) == ("failed", ["a", "k"])


@pytest.mark.parametrize("verb", ["PUT", "DELETE"])
def test_what_is_changed_while_a_write_is_turned_away_is_minded(site, verb):
    """The first attempt is answered with 429; somebody edits the room before the second."""
    site.give(room("a", "layout: 3x3") + KEPT)
    desired = site.declared((room("a", "layout: 5x5") if verb == "PUT" else "") + KEPT)
    plan = site.plan(desired)
    site.space.knobs = Settings(
        faults=(Fault(verb, "/rooms/", times=1, status=429, headers={"Retry-After": "6"}),)
    )
    clock = site.client._sender._clock
    waited = []

    def sleep(seconds):
        clock.sleep(seconds)
        if seconds > 5 and not waited:
            waited.append(seconds)
            site.outside("Room", "a", quality="1080p")

    site.client._sender._throttle._clock = clock._replace(sleep=sleep)
    (outcome,) = site.carry(plan)

    assert (len(waited), site.fetch("Room", "a")["quality"]) == (1, "1080p")
    assert outcome.status == ("done" if verb == "PUT" else "failed")
