"""How many deletions and updates one run may carry out, and what consents to more."""

from dataclasses import replace

import pytest

from reconciler.core.consent import Consent
from reconciler.core.mass_changes import (
    Limits,
    RecentChanges,
    delete_refusals,
    rename_refusals,
    update_refusals,
)
from reconciler.core.plan_model import Action, Plan
from reconciler.core.resources import Address

LIMITS = Limits()
NOTHING = Consent()
HOUR = ", 1 of them in the last hour"


def rooms(number):
    return [Address("Room", f"r{index}") for index in range(1, number + 1)]


def plan_of(verb, number, *, managed, kind="Room", declared=1):
    actions = [Action(verb, Address(kind, one.name), one.name) for one in rooms(number)]
    return Plan("s", "p", tuple(actions), 0, (), declared=declared, managed={kind: managed})


def deleting(number, *, managed, limits=LIMITS, consent=NOTHING, **options):
    plan = plan_of("delete", number, managed=managed, **options)
    return [one.reason for one in delete_refusals(plan, limits, consent)]


def updating(number, *, managed, limits=LIMITS, consent=NOTHING):
    plan = plan_of("update", number, managed=managed)
    return [one.reason for one in update_refusals(plan, limits, consent)]


@pytest.mark.parametrize(
    ("number", "managed", "words"),
    [
        (1, 1, ""),
        (1, 2, ""),
        (2, 2, "all 2 managed Rooms would be deleted"),
        (2, 4, ""),
        (
            3,
            5,
            (
                "3 of 5 managed Rooms would be deleted,"
                " more than the share of 50% that the safety limits allow"
            ),
        ),
        (20, 100, ""),
        (21, 100, "21 Rooms would be deleted, more than the 20 that the safety limits allow"),
    ],
)
def test_deletions_have_a_share_and_a_number(number, managed, words):
    assert deleting(number, managed=managed) == ([words] if words else [])


def test_the_last_deletion_alone_may_be_beyond_a_number_of_zero():
    limits = Limits(max_delete_share=0.0, max_delete_count=0)
    assert deleting(1, managed=9, limits=limits) == [
        "1 Room would be deleted, more than the 0 that the safety limits allow"
    ]


def test_without_any_declaration_one_deletion_is_too_many():
    assert deleting(1, managed=9, declared=0) == [
        "no resource is declared, so 1 Room would be deleted"
    ]


def test_what_was_deleted_earlier_counts_of_its_own_kind():
    recent = RecentChanges(deleted={"Room": 1})
    limits = Limits(recent=recent)
    assert deleting(1, managed=1, limits=limits) == [f"all 2 managed Rooms would be deleted{HOUR}"]
    assert deleting(2, managed=4, limits=limits) == [
        (
            f"3 of 5 managed Rooms would be deleted{HOUR},"
            " more than the share of 50% that the safety limits allow"
        )
    ]
    assert deleting(20, managed=99, limits=limits) == [
        f"21 Rooms would be deleted{HOUR}, more than the 20 that the safety limits allow"
    ]
    assert deleting(1, managed=1, limits=limits, kind="Conference") == []


@pytest.mark.parametrize(
    ("consent", "refused"),
    [
        (Consent(), True),
        (Consent(allow_delete={"Room": 1}), True),
        (Consent(allow_delete={"Room": 2}), False),
        (Consent(allow_delete={"Conference": 2}), True),
        (Consent(allow_delete=rooms(1)), True),
        (Consent(allow_delete=rooms(2)), False),
        (Consent(allow_update={"Room": 2}), True),
        (Consent(delete_all=True), False),
    ],
)
def test_a_consent_covers_what_was_shown_and_no_more(consent, refused):
    assert bool(deleting(2, managed=2, consent=consent)) is refused


def test_each_kind_is_refused_by_itself_with_its_own_flag():
    both = plan_of("delete", 2, managed=2), plan_of("delete", 3, managed=3, kind="Conference")
    plan = replace(
        both[0],
        actions=both[0].actions + both[1].actions,
        managed={"Room": 2, "Conference": 3},
    )
    found = list(delete_refusals(plan, LIMITS, NOTHING))
    assert [(one.rule, one.consent, len(one.addresses)) for one in found] == [
        ("mass-delete", "--allow-delete Conference=3", 3),
        ("mass-delete", "--allow-delete Room=2", 2),
    ]
    given = Consent(allow_delete={"Conference": 3})
    assert [one.consent for one in delete_refusals(plan, LIMITS, given)] == [
        "--allow-delete Room=2"
    ]


@pytest.mark.parametrize(
    ("number", "managed", "words"),
    [
        (100, 100, ""),
        (101, 200, "101 Rooms would be updated, more than the 100 that the safety limits allow"),
    ],
)
def test_updates_have_a_number(number, managed, words):
    assert updating(number, managed=managed) == ([words] if words else [])


def test_updates_have_a_share_if_the_project_gives_one():
    limits = Limits(max_update_share=0.5)
    assert updating(2, managed=4, limits=limits) == []
    assert updating(3, managed=5, limits=limits) == [
        (
            "3 of 5 managed Rooms would be updated,"
            " more than the share of 50% that the safety limits allow"
        )
    ]
    assert updating(1, managed=1, limits=Limits(max_update_share=0.0)) == []


def test_a_resource_that_is_updated_again_counts_once():
    earlier = frozenset({("Room", "r1"), ("Room", "gone"), ("Conference", "c")})
    limits = Limits(max_update_count=2, recent=RecentChanges(updated=earlier))
    assert updating(1, managed=9, limits=limits) == []
    assert updating(2, managed=9, limits=limits) == [
        f"3 Rooms would be updated{HOUR}, more than the 2 that the safety limits allow"
    ]
    half = replace(limits, max_update_share=0.5)
    assert updating(2, managed=4, limits=half) == [
        (
            f"3 of 4 managed Rooms would be updated{HOUR},"
            " more than the share of 50% that the safety limits allow"
        )
    ]


def test_only_updates_of_the_same_kind_are_counted_together():
    room = plan_of("update", 1, managed=1)
    hall = plan_of("update", 1, managed=1, kind="Hall")
    hall = replace(hall, actions=tuple(replace(one, id="h1") for one in hall.actions))
    plan = replace(room, actions=room.actions + hall.actions, managed={"Room": 1, "Hall": 1})
    one = Limits(max_update_count=1, max_update_share=9.0)
    assert list(update_refusals(plan, one, NOTHING)) == []
    none = replace(one, max_update_count=0)
    found = list(update_refusals(plan, none, NOTHING))
    assert [(one.rule, one.consent, one.addresses) for one in found] == [
        ("mass-update", "--allow-update Hall=1", (Address("Hall", "r1"),)),
        ("mass-update", "--allow-update Room=1", (Address("Room", "r1"),)),
    ]
    given = Consent(allow_update={"Hall": 1, "Room": 1})
    assert list(update_refusals(plan, none, given)) == []


def looking_like_renames(number, consent=NOTHING):
    old, new = rooms(number), [Address("Room", f"n{index}") for index in range(1, number + 1)]
    deletions = [Action("delete", address, address.name) for address in old]
    plan = Plan("s", "p", tuple(deletions), 0, (), suggestions=tuple(zip(old, new, strict=True)))
    return list(rename_refusals(plan, consent))


def test_a_deletion_that_looks_like_a_rename_is_refused_with_the_line_that_keeps_the_id():
    (found,) = looking_like_renames(1)
    assert found.problem == (
        "a deletion and a creation look like one rename,"
        " which would keep the id and the links: Room/r1 and n1"
    )
    assert found.fix == (
        "put renamedFrom: r1 into the metadata of Room/n1, or confirm that they are two resources"
    )
    assert (found.rule, found.consent, found.addresses) == (
        "looks-like-rename",
        "--allow-delete Room=1",
        (Address("Room", "r1"), Address("Room", "n1")),
    )


@pytest.mark.parametrize(
    ("number", "named"),
    [
        (3, "Room/r1 and n1, Room/r2 and n2, Room/r3 and n3"),
        (4, "Room/r1 and n1, Room/r2 and n2, Room/r3 and n3 and 1 more"),
        (6, "Room/r1 and n1, Room/r2 and n2, Room/r3 and n3 and 3 more"),
    ],
)
def test_of_many_pairs_three_are_named(number, named):
    (found,) = looking_like_renames(number)
    assert found.problem.partition("links: ")[2] == named
    assert len(found.addresses) == 2 * number


def test_a_run_that_asks_and_a_consent_to_the_deletion_go_on():
    assert looking_like_renames(2, Consent(asks=True)) == []
    assert looking_like_renames(2, Consent(allow_delete={"Room": 2})) == []
    assert len(looking_like_renames(2, Consent(allow_delete={"Room": 1}))) == 1


def test_a_pair_whose_deletion_is_not_in_the_plan_counts_by_itself():
    pair = (Address("Room", "old"), Address("Room", "new"))
    plan = Plan("s", "p", (), 0, (), suggestions=(pair,))
    (found,) = rename_refusals(plan, NOTHING)
    assert found.consent == "--allow-delete Room=1"
