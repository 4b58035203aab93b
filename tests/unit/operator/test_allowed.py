"""What of a plan is done, and what is refused, left or consented to."""

import pytest
from werkzeug.test import Client

import reconciler
from reconciler import catalog
from reconciler.core.resources import Address
from reconciler.localspace import create_space
from reconciler.operator.allowed import allowed_part
from reconciler.operator.inputs import inputs
from tests.unit.operator.bodies import room, snapshot

ROOMS = "/api/video/rooms"


class World:
    """A Space in memory, and passes over it without a cluster."""

    def __init__(self, site, space):
        self.site, self._client = site, Client(space)

    def change(self, name, **fields):
        found = self._client.get(f"{ROOMS}/{name}", auth=("p", "t")).json
        self._client.put(f"{ROOMS}/{found['id']}", json=fields, auth=("p", "t"))

    def make(self, name):
        self._client.post(ROOMS, json={"name": name}, auth=("p", "t"))

    def enter(self, name):
        body = {"kind": "Room", "name": name, "members": 1}
        self._client.post("/control/sessions", json=body, auth=("p", "t"))

    def allowed(self, *items, **more):
        seen = snapshot(*items, **more)
        state = self.site.connection.state.read()
        wanted = inputs(seen, state.resources, kinds=catalog.kinds(), read_secret=lambda *_: None)
        plan = self.site.plan(reconciler.load_values(wanted.values), delete=wanted.delete)
        return allowed_part(
            plan,
            wanted,
            seen.space,
            lambda some, consent: self.site.refusals(some, consent=consent),
        )

    def apply(self, *items, **more):
        found = self.allowed(*items, **more)
        self.site.apply(found.plan, consent=found.consent)
        return found


@pytest.fixture
def world(tmp_path):
    space = create_space(":memory:", kinds=catalog.kinds())
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o700)
    with reconciler.connect(
        "local", project="local", token="local", state=kept / "state.json", application=space
    ) as site:
        yield World(site, space)
    space.close()


def done(found):
    return [(one.action, one.address.name) for one in found.plan.actions]


def test_one_refusal_stops_nothing_else(world):
    world.make("stranger")

    found = world.allowed(room("stranger"), room("a"))

    assert done(found) == [("create", "a")]
    assert [(one.rule, one.addresses) for one in found.refusals] == [
        ("not-ours", (Address("Room", "stranger"),))
    ]
    consenting = world.allowed(room("stranger", adoptionPolicy="IfExists"), room("a"))
    assert sorted(done(consenting)) == [("adopt", "stranger"), ("create", "a")]


def test_a_live_session_keeps_its_room_and_the_others_go(world):
    names = ("a", "b", "c", "d", "e")
    world.apply(*map(room, names))
    world.enter("a")

    found = world.allowed(room("a", deleting=True), room("b", deleting=True), *map(room, names[2:]))

    assert done(found) == [("delete", "b")]
    assert [one.rule for one in found.refusals] == ["live-session"]


def test_a_mass_deletion_is_refused_whole_and_done_with_the_number(world):
    names = ("a", "b", "c")
    world.apply(*map(room, names))
    marked = [room(name, deleting=True) for name in names]

    refused = world.allowed(*marked)
    assert (done(refused), [one.rule for one in refused.refusals]) == ([], ["mass-delete"])
    fewer = world.allowed(*marked, annotations={"allow-delete": "2"})
    assert (done(fewer), fewer.used) == ([], ())
    enough = world.allowed(*marked, annotations={"allow-delete": "3"})
    assert len(done(enough)) == 3
    assert enough.used == ("reconciler.dev/allow-delete",)


def test_a_consent_that_is_not_needed_is_not_used_up(world):
    world.apply(room("a"), room("b"), room("c"))

    found = world.allowed(
        room("a", deleting=True), room("b"), room("c"), annotations={"allow-delete": "3"}
    )

    assert (done(found), found.used) == ([("delete", "a")], ())


def test_drift_is_left_where_the_space_only_reports(world):
    world.apply(room("a", layout="2x2"), room("b", layout="2x2"))
    world.change("a", layout="5x5")
    world.change("b", layout="5x5")

    found = world.allowed(room("a", layout="2x2"), room("b", layout="3x3"), driftPolicy="Report")

    assert done(found) == [("update", "b")]
    assert found.left == {Address("Room", "a")}


def test_what_is_observed_is_left(world):
    world.make("a")
    found = world.allowed(
        room("a", managementPolicy="Observe"), room("b", managementPolicy="Observe")
    )

    assert done(found) == []
    assert {one.name for one in found.left} == {"a", "b"}


def test_a_deletion_beside_a_creation_is_no_rename(world):
    world.apply(room("lobby", description="x"), room("other"), room("third"))

    found = world.allowed(
        room("lobby", deleting=True),
        room("foyer", description="x"),
        room("other"),
        room("third"),
    )

    assert sorted(done(found)) == [("create", "foyer"), ("delete", "lobby")]
    assert found.refusals == ()
