"""The order of renames and who is whose, beside plain copies that take their time; and that large plans take no more than their share."""

import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.matching import match
from reconciler.core.order import in_order
from reconciler.core.plan import make_plan
from reconciler.core.plan_model import Action, FieldChange
from reconciler.core.resources import Address, Origin, Place
from tests.unit.core.worlds import KEY, KINDS, applied, desired, ident, live, records

NAMES = "abcdef"
NAME = st.sampled_from(NAMES)
# Others may bear the very names by which a ring would be opened.
BORNE = st.sampled_from(
    [*NAMES, *(f"{name}-moving-{ident(number)[:6]}" for number, name in enumerate(NAMES, 1))]
)


def rename(kind, number, before, after):
    record = applied(kind, after, number)
    return Action(
        "rename",
        Address(kind, after),
        ident(number),
        (FieldChange("name", before, after, "manifest", None),),
        live_name=before,
        record=record,
    )


def plainly_ordered(renames):
    """The first whose new name nobody bears who waits; where there is none, the first of all goes by way of a passing name."""
    waiting, ordered = sorted(renames, key=lambda action: action.address), []
    while waiting:
        held = [(action.address.kind, action.live_name) for action in waiting]
        ready = next(
            (spot for spot, action in enumerate(waiting) if action.address not in held), None
        )
        action = waiting.pop(ready or 0)
        if ready is None:
            passing = f"{action.live_name}-moving-{action.id[:6]}"
            ordered.append((action.id, action.live_name, passing))
            waiting.append(
                rename(action.address.kind, int(action.id[-12:]), passing, action.address.name)
            )
        else:
            ordered.append((action.id, action.live_name, action.address.name))
    return ordered


@given(st.lists(st.tuples(st.sampled_from(["Room", "Conference"]), BORNE, BORNE), max_size=8))
def test_renames_go_in_the_order_of_a_plain_search(pairs):
    renames = [
        rename(kind, number, before, after) for number, (kind, before, after) in enumerate(pairs, 1)
    ]

    ordered = in_order(renames)

    assert [
        (action.id, action.live_name, action.address.name) for action in ordered
    ] == plainly_ordered(renames)


def plain_records(wanted, known):
    """By address which record each wanted one has, where nothing is live to be followed."""
    heading = {
        Address(address.kind, one.rename_target): address
        for address, one in known.items()
        if one.rename_target
    }
    movers = {}
    for one in sorted(wanted, key=lambda one: one.address):
        here, old = known.get(one.address), Address(one.address.kind, one.renamed_from or "")
        if one.address in heading:
            movers[one.address] = heading[one.address]
        elif (
            one.renamed_from
            and (here is None or here.renamed_from != one.renamed_from)
            and old in known
            and old not in movers.values()
        ):
            movers[one.address] = old
    declared, stuck = {one.address for one in wanted}, [None]
    while stuck:
        stuck = [
            new
            for new, old in movers.items()
            if (old in declared and old not in movers)
            or (new in known and new not in movers.values())
        ]
        movers = {new: old for new, old in movers.items() if new not in stuck}
    return {address: known.get(movers.get(address, address)) for address in sorted(declared)}


def plain_claimant(address, wanted, known):
    for one in sorted(wanted, key=lambda one: one.address):
        spent = one.address in known and known[one.address].renamed_from == one.renamed_from
        if (one.address.kind, one.renamed_from) == address and not spent:
            return one.address
    return None


WANTED = st.dictionaries(NAME, st.none() | NAME, max_size=6)
RECORDED = st.dictionaries(NAME, st.tuples(st.none() | NAME, st.none() | NAME), max_size=6)


@given(WANTED, RECORDED)
def test_records_and_claims_are_those_of_a_plain_search(wanted, recorded):
    declared = [desired("Room", name, renamed_from=before) for name, before in wanted.items()]
    known = records(
        *(
            replace(applied("Room", name, number, renamed_from=before), rename_target=heading)
            for number, (name, (before, heading)) in enumerate(recorded.items(), 1)
        )
    )

    matched = match(declared, known, ())
    there = [live("Room", one.address.name, int(one.id[-12:])) for one in known.values()]
    plan = make_plan(declared, known, there, kinds=KINDS, key=KEY)

    assert {one.desired.address: one.applied for one in matched.wanted} == plain_records(
        declared, known
    )
    claims = {
        action.address: action.renamed_to_by for action in plan.actions if action.action == "delete"
    }
    assert claims == {address: plain_claimant(address, declared, known) for address in claims}


def calls(act):
    """How many functions are called by ``act``: its work, whatever the machine."""
    number = 0

    def count(_frame, event, _argument):
        nonlocal number
        number += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(before)
    return number


def renamed(number):
    return [(f"new-{spot:04}", f"old-{spot:04}") for spot in range(number)]


def in_a_ring(number):
    return [(f"r-{(spot + 1) % number:04}", f"r-{spot:04}") for spot in range(number)]


def deleted(number):
    return [(None if spot % 2 else f"r-{spot:04}", f"r-{spot:04}") for spot in range(number)]


def planning(pairs):
    wanted = [
        desired("Room", new, renamed_from=None if new == old else old) for new, old in pairs if new
    ]
    known = records(*(applied("Room", old, number) for number, (_, old) in enumerate(pairs, 1)))
    there = [live("Room", old, number) for number, (_, old) in enumerate(pairs, 1)]
    return lambda: make_plan(wanted, known, there, kinds=KINDS, key=KEY)


@pytest.mark.parametrize("world", [renamed, in_a_ring, deleted])
def test_twice_as_much_is_twice_the_work(world):
    planning(world(10))()  # what is kept from one plan to the next

    assert calls(planning(world(400))) < 2.2 * calls(planning(world(200)))


def test_a_swap_goes_by_way_of_a_passing_name_that_the_record_knows():
    origin = Origin(Place("m.yaml", 4, 3))

    def swapped(number, before, after):
        made = rename("Room", number, before, after)
        layout = FieldChange("layout", "3x3", "5x5", "manifest")
        changes = (replace(made.changes[0], declared_at=origin), layout)
        known = applied("Room", before, number, layout="3x3")
        return replace(
            made, changes=changes, known=known, body={"layout": "5x5"}, fingerprint="f", reason="r"
        )

    to_a, to_b = swapped(2, "b", "a"), swapped(1, "a", "b")
    passing = f"b-moving-{ident(2)[:6]}"
    aside = replace(
        to_a,
        address=Address("Room", passing),
        changes=(FieldChange("name", "b", passing, "manifest", origin),),
        reason="frees its name for another resource; is renamed next to 'a'",
        body={},
        record=replace(to_a.known, address=Address("Room", passing), rename_target="a"),
    )
    finished = replace(
        to_a,
        changes=(replace(to_a.changes[0], before=passing), to_a.changes[1]),
        live_name=passing,
        known=aside.record,
        fingerprint=None,
    )
    assert in_order([to_b, to_a]) == (aside, to_b, finished)


def test_a_passing_name_is_no_longer_than_a_name_may_be():
    long = "n" * 100
    ring = [rename("Room", 1, long, "b"), rename("Room", 2, "b", long)]
    names = [action.address.name for action in in_order(ring)]
    assert max(map(len, names)) == 100
    aside = in_order([rename("Room", 3, long, "c"), rename("Room", 4, "c", long)])[0]
    assert aside.address.name in (f"{long[:86]}-moving-{ident(3)[:6]}", f"c-moving-{ident(4)[:6]}")


def test_what_was_not_recorded_has_a_record_of_its_rename():
    bare = replace(rename("Room", 1, "a", "b"), known=None)
    aside = in_order([bare, rename("Room", 2, "b", "a")])[0]
    other = rename("Room", 2, "b", "a").record
    assert aside.record == replace(other, address=aside.address, rename_target="a")


def test_renames_come_first_and_deletions_last_and_kinds_and_names_decide_between():
    wanted = [
        ("rename", "Room", "z"),
        ("create", "Conference", "z"),
        ("update", "Room", "a"),
        ("adopt", "Room", "b"),
        ("create", "Room", "c"),
        ("update", "Room", "d"),
        ("delete", "Conference", "a"),
        ("delete", "Room", "a"),
    ]
    actions = [
        replace(rename(kind, 1, "old", name), action=verb) for verb, kind, name in reversed(wanted)
    ]
    assert [(one.action, *one.address) for one in in_order(actions)] == wanted
