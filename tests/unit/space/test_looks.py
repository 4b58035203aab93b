"""What a write depends on is read when its turn has come: after every wait it is read again, and nothing lies in between."""

import httpx
import pytest

from reconciler.core.errors import Refused
from reconciler.space.client import writer
from reconciler.space.sender import MOST_LOOKS
from reconciler.space.target import target
from tests.unit.space.conftest import ID, SPACE, TOKEN

ROOM = f"/rooms/{ID}"
GOOD = httpx.Response(200, json={"id": ID, "name": "x"})
LATER = httpx.Response(429, headers={"Retry-After": "6"}, json={"error": "no"})


def verbs(on):
    return [request.method for request in on.wire.sent]


def reading(on):
    """A look that reads the room once and gives a body that says how often it was called."""
    calls = []

    def look():
        on.client.get(ROOM)
        calls.append(1)
        return {"name": f"look {len(calls)}"}

    return look


def test_a_write_reads_right_before_it_leaves(scripted):
    on = scripted(GOOD)
    on.client.put(ROOM, reading(on))
    assert verbs(on) == ["GET", "PUT"]


def test_after_a_write_was_turned_away_it_reads_again(scripted):
    on = scripted(GOOD, LATER, GOOD)
    on.client.put(ROOM, reading(on))
    assert verbs(on) == ["GET", "PUT", "GET", "PUT"]
    assert [b"look 1" in on.wire.sent[1].content, b"look 2" in on.wire.sent[3].content] == [
        True,
        True,
    ]


def test_a_deletion_reads_again_too(scripted):
    on = scripted(GOOD, LATER, GOOD, httpx.Response(204))
    on.client.delete(ROOM, look=lambda: on.client.get(ROOM) and None)
    assert verbs(on) == ["GET", "DELETE", "GET", "DELETE"]


def test_a_reading_that_had_to_wait_is_made_again(scripted):
    on = scripted(LATER, GOOD)
    on.client.put(ROOM, reading(on))
    assert verbs(on) == ["GET", "GET", "GET", "PUT"]
    assert b"look 2" in on.wire.sent[-1].content


def test_a_space_that_is_always_slow_is_not_asked_for_ever(time):
    sent = []

    def late(request):
        sent.append(request.method)
        time.now += 2.0
        return httpx.Response(200, json={"id": ID, "name": "x"})

    where = target(SPACE, project="project", token=TOKEN)
    # One request at once: what is read within the turn of a write takes no turn of its own.
    with writer(
        where, parallel=1, clock=time.clock, _transport=httpx.MockTransport(late)
    ) as client:
        client.put(ROOM, lambda: dict(client.get(ROOM)))
    assert sent == ["GET"] * MOST_LOOKS + ["PUT"]


def test_what_a_look_raises_ends_the_write_and_gives_the_turn_back(scripted):
    on = scripted(GOOD)

    def look():
        raise Refused("people are in it")

    for _ in range(20):  # more than there are turns
        with pytest.raises(Refused):
            on.client.put(ROOM, look)
    on.client.put(ROOM, {"name": "x"})
    assert verbs(on) == ["PUT"]
