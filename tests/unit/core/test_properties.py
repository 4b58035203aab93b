"""What must hold for every plan: simulated, it settles; what is nobody's is left alone; deletions are of recorded ids only."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.consent import Consent
from reconciler.core.guard import refusals
from reconciler.core.mass_changes import Limits
from reconciler.core.plan import make_plan
from reconciler.core.resources import Address, Applied, AppliedChild, Live
from tests.effort import examples
from tests.unit.core.worlds import KEY, KINDS, applied, desired, ident, live, records

NAMES = st.sampled_from("abcd")
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "layout": st.sampled_from(["grid-responsive", "3x3", "5x5"]),
        "max_members": st.integers(1, 3),
        "description": st.sampled_from([None, "", "x", "Cafe\u0301"]),
        "join_from": st.sampled_from([None, "2027-01-01", "2027-01-01T01:00:00+01:00"]),
        "meta": st.dictionaries(
            st.sampled_from(["team", "a.b"]), st.sampled_from([1, True, "x", [1, 1]])
        ),
    },
)
URLS = st.lists(st.sampled_from(["rtmp://h/a/1", "rtmp://h/a/2", "rtmp://h/a/3"]), max_size=3)
# The loader refuses one sub-resource twice in a list; the Space does not.
UNIQUE_URLS = URLS.map(lambda urls: list(dict.fromkeys(urls)))
WANTED = st.dictionaries(
    NAMES, st.tuples(FIELDS, st.none() | UNIQUE_URLS, st.none() | NAMES), max_size=4
)
RECORDED = st.dictionaries(
    NAMES, st.tuples(st.integers(1, 6), FIELDS, st.none() | URLS), max_size=4
)
THERE = st.dictionaries(st.integers(1, 6), st.tuples(FIELDS, URLS), max_size=5)


@st.composite
def worlds(draw):
    wanted = [
        desired(
            "Room", name, streams=urls, renamed_from=before if before != name else None, **fields
        )
        for name, (fields, urls, before) in draw(WANTED).items()
    ]
    spots, known = set(), []
    for name, (number, fields, urls) in draw(RECORDED).items():
        if number not in spots:
            spots.add(number)
            streams = (
                None
                if urls is None
                else [(100 * number + spot, url) for spot, url in enumerate(urls)]
            )
            known.append(applied("Room", name, number, streams=streams, **fields))
    there = []
    for number, (fields, urls) in draw(THERE).items():
        name = draw(
            st.sampled_from(
                "abcdefgh".replace("".join(one.address.name for one in there) or "-", "")
            )
        )
        if name not in [one.address.name for one in there]:
            there.append(
                live(
                    "Room",
                    name,
                    number,
                    streams=[(100 * number + spot, url) for spot, url in enumerate(urls)],
                    **fields,
                )
            )
    return wanted, records(*known), there


def planned(world):
    wanted, known, there = world
    return make_plan(wanted, known, there, kinds=KINDS, key=KEY)


class Simulation:
    """A Space in a dict: carries a plan out as the executor would, and keeps the records that the state would."""

    def __init__(self, known, there):
        self.known = dict(known)
        self.there = {
            one.id: replace(one, children={"streams": one.children.get("streams", ())})
            for one in there
        }
        self.next = 1000

    def new_id(self):
        self.next += 1
        return ident(self.next)

    def carry_out(self, plan):
        for action in plan.actions:
            if action.action == "delete":
                del self.there[action.id], self.known[action.address]
                continue
            number = action.id or self.new_id()
            bearers = [
                one.id
                for one in self.there.values()
                if one.address == action.address and one.id != number
            ]
            assert not set(bearers) & {one.id for one in self.known.values()}, (
                "a name was taken from one of ours"
            )
            was = self.there.get(number) or live("Room", action.address.name, 0)
            streams = {one.id: one for one in was.children.get("streams", ())}
            for change in action.changes:
                if change.child and change.after is None:
                    del streams[change.child_id]
                elif change.child:
                    spot = change.child_id or self.new_id()
                    streams[spot] = Live(
                        Address("Stream", spot), spot, {"id": spot, **change.after}
                    )
            now = Live(
                action.address,
                number,
                {**was.attributes, **action.body},
                {"streams": tuple(streams.values())},
            )
            self.there[number] = now
            if action.record.rename_target:
                self.known = {
                    address: one for address, one in self.known.items() if one != action.known
                }
                self.known[action.address] = action.record
                continue
            if action.known and self.known.get(action.known.address) == action.known:
                del self.known[action.known.address]
            self.known[action.address] = self.recorded(action.record, now)
        for record in plan.record_updates:
            self.known[record.address] = record
        for record in plan.record_removals:
            del self.known[record.address]

    def recorded(self, record: Applied, now: Live) -> Applied:
        free = list(now.children["streams"])
        children = {}
        for field, ones in record.children.items():
            found = []
            for one in ones:
                match = next(
                    each
                    for each in free
                    if (one.id or each.id) == each.id
                    and each.attributes["url"].sealed(KEY) == one.attributes["url"]
                )
                free.remove(match)
                found.append(AppliedChild(match.id, one.attributes))
            children[field] = tuple(sorted(found, key=lambda one: one.id))
        return replace(record, id=now.id, children=children)


@settings(max_examples=examples(400), deadline=None)
@given(worlds())
def test_a_plan_carried_out_leaves_nothing_to_do(world):
    wanted, known, there = world
    plan = planned(world)
    if refusals(
        plan, Limits(), Consent(adopt={"Room": 99}, allow_live={"Room": 99}, delete_all=True)
    ):
        return  # no flag consents to it: apply never gets there
    space = Simulation(known, there)
    space.carry_out(plan)
    again = make_plan(wanted, space.known, list(space.there.values()), kinds=KINDS, key=KEY)
    assert (again.actions, again.record_updates, again.record_removals) == ((), (), ())


@settings(max_examples=examples(400), deadline=None)
@given(worlds())
def test_what_is_neither_declared_nor_recorded_is_in_no_action(world):
    wanted, known, there = world
    ours = {one.id for one in known.values()}
    named = {one.address.name for one in wanted} | {one.renamed_from for one in wanted}
    strangers = {one.id for one in there if one.id not in ours and one.address.name not in named}
    assert not strangers & {action.id for action in planned(world).actions}


@settings(max_examples=examples(400), deadline=None)
@given(worlds())
def test_only_recorded_ids_are_deleted_and_every_change_is_one(world):
    _, known, _ = world
    plan = planned(world)
    assert {action.id for action in plan.actions if action.action == "delete"} <= {
        one.id for one in known.values()
    }
    assert all(action.changes for action in plan.actions if action.action in ("update", "rename"))
    assert len({action.address for action in plan.actions}) == len(plan.actions)


@settings(max_examples=examples(200), deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_same_world_gives_the_same_plan(world, order):
    wanted, known, there = (list(world[0]), list(world[1].items()), list(world[2]))
    for side in (wanted, known, there):
        order.shuffle(side)
    assert planned((wanted, dict(known), there)) == planned(world)
