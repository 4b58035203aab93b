"""A few resources are asked for by id and by name, and their plan is the one that a look at everything gives."""

import json

import httpx
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from reconciler.core.errors import ProtocolError, UsageError
from reconciler.core.plan import make_plan
from reconciler.core.resources import Address
from reconciler.engine.refresh import can_be_fetched, refresh, refresh_targets
from reconciler.space.client import reader
from reconciler.space.clock import Clock
from reconciler.space.target import target
from tests.commands.words import MANIFESTS, conference
from tests.effort import examples
from tests.unit.core.test_properties import worlds
from tests.unit.core.worlds import KEY, KINDS, applied, desired, ident, live, records


class Space:
    """Answers for live rooms: lists, single ones by id and by name, their streams. Keeps the paths that were asked for."""

    def __init__(self, rooms):
        self.rooms = rooms
        self.asked = []

    def __call__(self, request):
        path = request.url.path.removeprefix("/api/video")
        self.asked.append(path)
        _, collection, *rest = path.split("/")
        if collection == "conferences":
            return self.page([])
        if not rest:
            return self.page([self.document(one) for one in self.rooms])
        found = next((one for one in self.rooms if rest[0] in (one.id, one.address.name)), None)
        if found is None:
            return httpx.Response(404, json={"error": "not found"})
        if rest[1:] == ["streams"]:
            return self.page(
                [
                    {"id": stream.id, **self.spoken(stream)}
                    for stream in found.children.get("streams", ())
                ]
            )
        return httpx.Response(200, json=self.document(found))

    def page(self, elements):
        return httpx.Response(200, content=json.dumps({"links": {}, "data": elements}).encode())

    def document(self, one):
        return {"id": one.id, "name": one.address.name, **one.attributes}

    def spoken(self, stream):
        return {"url": stream.attributes["url"].value}

    def client(self):
        return reader(
            target("local", project="p", token="t"),
            clock=Clock(sleep=lambda _: None),
            _transport=httpx.MockTransport(self),
        )


def told(wanted, known, there, *, only):
    """What a plan of ``only`` says, or that it cuts through a rename."""
    try:
        plan = make_plan(wanted, known, there, kinds=KINDS, key=KEY, only=only)
    except UsageError as error:
        return error.message
    forgotten = sorted(plan.record_removals, key=lambda one: (one.address, one.id))
    return (
        plan.actions,
        plan.noop,
        plan.record_updates,
        forgotten,
        plan.protection,
        plan.suggestions,
        plan.digests,
    )


@settings(max_examples=examples(150), deadline=None)
@given(world=worlds(), choice=st.data())
def test_the_plan_of_a_few_is_what_a_look_at_everything_gives(world, choice):
    wanted, known, there = world
    addresses = sorted({one.address for one in wanted} | set(known))
    if not addresses:
        return
    only = choice.draw(st.sets(st.sampled_from(addresses), min_size=1, max_size=3))
    space = Space(there)
    with space.client() as client:
        everything = refresh(client, KINDS, desired=wanted, applied=known)
        space.asked.clear()
        seen = refresh_targets(client, KINDS, only, desired=wanted, applied=known)
    event(f"looked at {len(seen.live)} of {len(there)}")
    assert told(seen.desired, seen.applied, seen.live, only=only) == told(
        wanted, known, everything, only=only
    )
    assert "/rooms" not in space.asked


def test_what_is_recorded_and_as_it_was_costs_one_request():
    there = [live("Room", name, number, layout="3x3") for number, name in enumerate("abc", start=1)]
    space = Space(there)
    known = records(
        *(applied("Room", name, number, layout="3x3") for number, name in enumerate("abc", start=1))
    )
    wanted = [desired("Room", name, layout="3x3") for name in "abc"]
    with space.client() as client:
        refresh_targets(client, KINDS, {Address("Room", "b")}, desired=wanted, applied=known)
    assert space.asked == [f"/rooms/{ident(2)}"]


def test_a_managed_field_that_is_missing_is_no_null():
    space = Space([live("Room", "a", 1)])
    space.document = lambda one: {"id": one.id, "name": one.address.name}
    known = records(applied("Room", "a", 1, layout="3x3"))
    with (
        space.client() as client,
        pytest.raises(ProtocolError, match="the Space returned Room/a without layout"),
    ):
        refresh_targets(
            client,
            KINDS,
            {Address("Room", "a")},
            desired=[desired("Room", "a", layout="3x3")],
            applied=known,
        )


def test_what_has_no_path_for_its_name_is_asked_for_only_where_its_id_is_known():
    room, hall = Address("Room", "a"), Address("Conference", "a")
    known = [
        can_be_fetched(chosen, KINDS, recorded)
        for chosen, recorded in (({room}, ()), ({hall}, ()), ({room, hall}, {hall}))
    ]
    assert known == [True, False, True]


def test_new_conferences_are_listed_once_however_many_are_targeted(declare, done, space):
    declare(*(conference(name) for name in "abcdef"))
    done(
        "plan",
        MANIFESTS,
        *(word for name in "abcdef" for word in ("--target", f"Conference/{name}")),
    )
    assert [
        (one.method, one.path) for one in space.space.requests if one.path.endswith("/conferences")
    ] == [("GET", "/api/video/conferences")]
