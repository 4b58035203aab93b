"""Which record and which live resource belong to a declared one."""

from dataclasses import replace

import pytest

from reconciler.core.matching import Match, match, related, renames_to_do
from reconciler.core.resources import Address
from tests.unit.core.worlds import applied, desired, live, records


def room(name):
    return Address("Room", name)


def renames(wanted, *known):
    found = renames_to_do(wanted, records(*known))
    return {new.name: old.name for new, old in found.items()}


def to(name, old=None):
    return desired("Room", name, renamed_from=old)


def at(name, number=1, **options):
    return applied("Room", name, number, **options)


@pytest.mark.parametrize(
    ("wanted", "known", "found"),
    [
        ([to("b", "a")], [at("a")], {"b": "a"}),
        ([to("b", "a")], [], {}),
        ([to("b")], [at("a")], {}),
        # The old name stays in use, or the new one is taken and stays so.
        ([to("b", "a"), to("a")], [at("a")], {}),
        ([to("b", "a")], [at("a"), at("b", 2)], {}),
        # It was carried out, and another one from a second name was not.
        ([to("b", "a")], [at("b", renamed_from="a"), at("a", 2)], {}),
        # A swap, a chain, and a chain that ends at a name that is taken.
        ([to("a", "b"), to("b", "a")], [at("a"), at("b", 2)], {"a": "b", "b": "a"}),
        ([to("b", "a"), to("c", "b")], [at("a"), at("b", 2)], {"b": "a", "c": "b"}),
        (
            [to("b", "a"), to("c", "b"), to("d", "c")],
            [at("a"), at("b", 2), at("c", 3), at("d", 4)],
            {},
        ),
        ([to("b", "a"), to("c", "b")], [at("a"), at("b", 2), at("c", 3)], {}),
        # Two want one resource: the first by name gets it.
        ([to("c", "a"), to("b", "a")], [at("a")], {"b": "a"}),
    ],
)
def test_renames_to_do(wanted, known, found):
    assert renames(wanted, *known) == found


def test_a_rename_back_is_a_rename_of_its_own():
    assert renames([to("b", "c")], at("b", renamed_from="a"), at("c", 2)) == {}
    assert renames([to("a", "b")], at("b", renamed_from="a")) == {"a": "b"}


def test_an_unfinished_rename_goes_on_before_any_other():
    unfinished = replace(at("made-up"), rename_target="lobby")
    assert renames([to("lobby")], unfinished) == {"lobby": "made-up"}
    assert renames([to("lobby", "old")], unfinished, at("old", 2)) == {"lobby": "made-up"}


def test_a_kind_has_names_of_its_own():
    wanted = [desired("Conference", "b", renamed_from="a")]
    assert renames_to_do(wanted, records(at("a"))) == {}


def matched(wanted=(), known=(), there=()):
    return match(wanted, records(*known), there)


LOBBY, KNOWN, LIVE = to("lobby"), at("lobby"), live("Room", "lobby", 1)


@pytest.mark.parametrize("known", [(), (KNOWN,)])
@pytest.mark.parametrize("there", [(), (LIVE,)])
def test_a_name_that_all_sides_use_is_one_match(known, there):
    found = matched([LOBBY], known, there)
    assert found.wanted == (Match(LOBBY, known[0] if known else None, there[0] if there else None),)
    assert (found.orphans, found.unmanaged) == ((), ())


def test_the_id_wins_over_the_name():
    renamed, other = live("Room", "foyer", 1), live("Room", "lobby", 2)
    found = matched([LOBBY], [KNOWN], [other, renamed])
    assert found.wanted == (Match(LOBBY, KNOWN, renamed),)
    assert found.unmanaged == (other,)


def test_a_new_id_under_the_name_is_another_resource_of_that_name():
    other = live("Room", "lobby", 2)
    (one,) = matched([LOBBY], [KNOWN], [other]).wanted
    assert (one, one.missing_live) == (Match(LOBBY, KNOWN, other), True)
    assert Match(LOBBY, KNOWN, None).missing_live
    assert not Match(LOBBY, KNOWN, LIVE).missing_live
    assert not Match(LOBBY, None, other).missing_live


def test_a_resource_that_is_recorded_elsewhere_is_not_taken_by_its_name():
    foyer = at("foyer", 2)
    renamed_outside = live("Room", "lobby", 2)
    found = matched([LOBBY, to("foyer")], [foyer], [renamed_outside])
    assert found.wanted == (Match(to("foyer"), foyer, renamed_outside), Match(LOBBY, None, None))


def test_a_resource_under_the_old_name_is_found_by_renamed_from():
    there = live("Room", "old", 1)
    assert matched([to("new", "old")], (), [there]).wanted == (
        Match(to("new", "old"), None, there),
    )
    assert matched([to("new", "old"), to("old")], (), [there]).wanted == (
        Match(to("new", "old"), None, None),
        Match(to("old"), None, there),
    )


def test_two_that_were_renamed_from_one_name_get_one_resource():
    there = live("Room", "old", 1)
    found = matched([to("b", "old"), to("a", "old")], (), [there])
    assert [one.live for one in found.wanted] == [there, None]
    assert [one.desired.address.name for one in found.wanted] == ["a", "b"]


def test_what_was_renamed_outside_and_then_in_the_manifests_keeps_its_record():
    renamed = live("Room", "foyer", 1)
    found = matched([to("foyer")], [KNOWN], [renamed])
    assert (found.wanted, found.orphans) == ((Match(to("foyer"), KNOWN, renamed),), ())
    # A record of its own comes before.
    own = at("foyer", 2)
    found = matched([to("foyer")], [KNOWN, own], [renamed])
    assert found.wanted == (Match(to("foyer"), own, None),)
    assert found.orphans == (Match(None, KNOWN, renamed),)


def test_a_record_without_a_declaration_is_an_orphan_in_the_order_of_names():
    b, a, there = at("b", 2), at("a", 1), live("Room", "a", 1)
    found = matched((), [b, a], [there])
    assert found.orphans == (Match(None, a, there), Match(None, b, None))
    assert (found.wanted, found.unmanaged) == ((), ())


def test_what_is_neither_declared_nor_recorded_is_unmanaged():
    other = live("Room", "other", 9)
    found = matched([LOBBY], (), [LIVE, other])
    assert found.unmanaged == (other,)


def test_related_names_follow_renames_in_both_directions():
    wanted = [to("c", "b"), to("b", "a"), to("x", "y")]
    known = records(replace(at("a"), rename_target="z"), at("d", 2, renamed_from="c"))
    everything = {room(name) for name in "abcdz"}
    for name in "abcdz":
        assert related([room(name)], wanted, known) == everything
    assert related([room("x")], wanted, known) == {room("x"), room("y")}
    assert related([room("alone")], wanted, known) == {room("alone")}
    assert related([], wanted, known) == set()
