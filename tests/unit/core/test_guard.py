"""Each reason to refuse a plan: what is said, what mends it, and the flag that consents."""

from dataclasses import replace

import pytest

from reconciler.core.consent import Consent
from reconciler.core.guard import refusals
from reconciler.core.mass_changes import Limits
from reconciler.core.plan_model import Action, PassedOver, Plan, SameRoom
from reconciler.core.resources import Address
from tests.unit.core.worlds import applied

LOBBY, HALL = Address("Room", "lobby"), Address("Room", "hall")
DELETE = Action("delete", LOBBY, "1", live_name="lobby")
RENAME = Action("rename", LOBBY, "1", live_name="foyer")
UPDATE = Action("update", LOBBY, "1", live_name="lobby")
ADOPT = Action("adopt", LOBBY, "1", live_name="lobby")


NOTHING = Consent()


def refused(*actions, consent=NOTHING, **plan):
    made = Plan("s", "p", actions, 0, plan.pop("unmanaged", ()), declared=1, **plan)
    return [
        (one.rule, one.problem, one.fix, one.consent) for one in refusals(made, Limits(), consent)
    ]


def test_a_plan_without_danger_passes():
    assert refused(UPDATE, replace(DELETE, address=HALL, live_name="hall")) == []


@pytest.mark.parametrize(
    ("action", "problem", "fix"),
    [
        (
            replace(DELETE, protect=True),
            "Room/lobby is protected and would be deleted",
            "to continue, set metadata.protect to false, apply, and only then remove it",
        ),
        (
            replace(RENAME, protect=True),
            "Room/foyer is protected and would be renamed to 'lobby'",
            "to continue, set metadata.protect to false, apply, and only then rename it",
        ),
    ],
)
def test_what_is_protected_is_neither_deleted_nor_renamed(action, problem, fix):
    assert refused(action) == [("protected", problem, fix, "")]
    assert refused(replace(action, protect=False)) == []


def test_what_is_protected_may_be_changed_and_get_its_own_name_back():
    record = applied("Room", "lobby", 1)
    assert refused(replace(UPDATE, protect=True)) == []
    back = replace(RENAME, protect=True, known=record)
    assert refused(back) == []
    assert len(refused(replace(back, known=replace(record, address=HALL)))) == 1
    # A rename that was not finished is not a rename that was made outside.
    assert len(refused(replace(back, known=replace(record, rename_target="lobby")))) == 1


def test_what_was_renamed_outside_is_not_deleted():
    assert refused(replace(DELETE, live_name="foyer")) == [
        (
            "renamed-outside",
            "Room/lobby would be deleted, but it was renamed outside to 'foyer'",
            "declare it as 'foyer' with renamedFrom: lobby, or give it its old name in the Space",
            "",
        )
    ]


def test_what_another_resource_says_it_was_is_not_deleted():
    assert refused(replace(DELETE, renamed_to_by=HALL)) == [
        (
            "claimed-by-rename",
            "Room/lobby would be deleted, while Room/hall says it is renamed from it and both exist",
            "delete Room/hall in an earlier apply, or remove its renamedFrom",
            "",
        )
    ]


def test_sub_resources_of_others_hold_a_deletion_back():
    action = replace(DELETE, foreign_children=(("streams", 2), ("tokens", 1)))
    assert refused(action) == [
        (
            "foreign-children",
            (
                "Room/lobby would be deleted, and with it 2 streams and 1 token"
                " that this tool did not create"
            ),
            "declare its streams and tokens and apply, or remove them in the Space; then delete it",
            "",
        )
    ]


@pytest.mark.parametrize(
    ("action", "problem", "fix"),
    [
        (
            DELETE,
            "Room/lobby would be deleted, and it is managed by prod as well",
            "to leave it to that one: reconciler state rm Room/lobby",
        ),
        (
            ADOPT,
            "Room/lobby exists in the Space and is managed by prod",
            "change it from there, or release it there with: reconciler state rm Room/lobby",
        ),
    ],
)
def test_what_another_state_manages_is_left_to_it(action, problem, fix):
    elsewhere = {LOBBY: "prod"}
    assert refused(action, elsewhere=elsewhere) == [("managed-elsewhere", problem, fix, "")]
    assert refused(action, elsewhere=elsewhere, consent=Consent(adopt=[LOBBY])) != []
    assert refused(UPDATE, elsewhere=elsewhere) == []


def adoptions(number):
    return [replace(ADOPT, address=Address("Room", f"r{index}")) for index in range(number)]


@pytest.mark.parametrize(
    ("number", "problem", "consent"),
    [
        (1, "Room/r0 exists in the Space and was", "--adopt Room/r0"),
        (2, "Room/r0, Room/r1 exist in the Space and were", "--adopt Room/r0 --adopt Room/r1"),
        (
            5,
            "Room/r0, Room/r1, Room/r2, Room/r3, Room/r4 exist in the Space and were",
            " ".join(f"--adopt Room/r{index}" for index in range(5)),
        ),
        (
            6,
            "Room/r0, Room/r1, Room/r2, Room/r3, Room/r4 and 1 more exist in the Space and were",
            " ".join(f"--adopt Room/r{index}" for index in range(6)),
        ),
        (
            11,
            "Room/r0, Room/r1, Room/r2, Room/r3, Room/r4 and 6 more exist in the Space and were",
            "--adopt Room=11",
        ),
    ],
)
def test_what_exists_is_taken_over_by_consent(number, problem, consent):
    said = f"{problem} not created by this tool"
    assert refused(*adoptions(number)) == [("not-ours", said, "", consent)]
    assert refused(*adoptions(number), consent=Consent(adopt={"Room": number})) == []


def test_a_consent_leaves_the_others_refused():
    (found,) = refused(*adoptions(3), consent=Consent(adopt=["Room/r1"]))
    assert found[3] == "--adopt Room/r0 --adopt Room/r2"


def same(**options):
    return {LOBBY: SameRoom(HALL, **({"proven": True, "managed": True} | options))}


def test_one_room_is_not_managed_twice():
    (managed,) = refused(ADOPT, same_rooms=same())
    assert (managed[0], managed[3]) == ("same-room", "")
    assert "and is managed: one room is managed once" in managed[1]
    assert managed[2] == (
        "declare one of them alone; to keep Room/lobby, remove the other room from the manifests"
        " and run: reconciler state rm Room/hall"
    )
    (both,) = refused(ADOPT, same_rooms=same(managed=False))
    assert "and is to be taken over as well: one room is managed once" in both[1]
    assert both[2] == "declare one of them alone"
    (doubtful,) = refused(ADOPT, same_rooms=same(managed=False, proven=False))
    assert doubtful[2] == (
        "declare one of them alone; if they are two rooms, give one of them another name"
        " in the Space"
    )


def test_a_room_that_stays_as_another_resource_is_not_deleted():
    (found,) = refused(DELETE, same_rooms=same())
    assert (found[0], found[2]) == (
        "same-room",
        "to keep Room/hall alone: reconciler state rm Room/lobby",
    )
    assert found[1].startswith("Room/lobby would be deleted, and it ")
    assert found[1].endswith(", which stays")


def test_a_name_of_an_unmanaged_resource_is_not_taken():
    assert refused(RENAME, unmanaged=(LOBBY,)) == [
        (
            "name-taken",
            "Room/foyer would be renamed to 'lobby', which is taken",
            "remove or rename that one in the Space, or choose another name",
            "",
        )
    ]
    assert refused(UPDATE, unmanaged=(LOBBY,)) == []
    assert refused(RENAME, unmanaged=(HALL,)) == []


def test_a_rename_that_would_be_ignored_is_refused_once():
    skipped = PassedOver(HALL, LOBBY, "both exist")
    assert refused(passed_over=(skipped,)) == [
        (
            "rename-passed-over",
            "Room/hall says renamedFrom: lobby, which would be ignored: both exist",
            (
                "remove the renamedFrom, or first rename the resource that blocks it,"
                " in an earlier apply"
            ),
            "",
        )
    ]
    claimed = replace(DELETE, renamed_to_by=HALL)
    assert [one[0] for one in refused(claimed, passed_over=(skipped,))] == ["claimed-by-rename"]


def test_every_reason_is_given_at_once():
    action = replace(DELETE, protect=True, live_name="foyer", session={"id": "s"})
    found = refused(action, elsewhere={LOBBY: "prod"}, managed={"Room": 5})
    assert [(rule, consent) for rule, _, _, consent in found] == [
        ("protected", ""),
        ("renamed-outside", ""),
        ("live-session", "--allow-live Room/foyer"),
        ("managed-elsewhere", ""),
    ]


def test_each_adoption_is_refused_for_its_own_reason():
    twin, owned, free = adoptions(3)
    found = refused(
        UPDATE,
        twin,
        owned,
        free,
        same_rooms={twin.address: SameRoom(HALL, proven=True, managed=True)},
        elsewhere={owned.address: "prod"},
    )
    assert sorted((rule, consent) for rule, _, _, consent in found) == [
        ("managed-elsewhere", ""),
        ("not-ours", "--adopt Room/r2"),
        ("same-room", ""),
    ]


def test_each_of_several_actions_is_refused():
    plan = {"elsewhere": {LOBBY: "prod", HALL: "dev"}, "managed": {"Room": 9}}
    hall = {"address": HALL, "live_name": "hall"}
    deletions = refused(UPDATE, DELETE, replace(DELETE, **hall), **plan)
    assert [(rule, fix) for rule, _, fix, _ in deletions] == [
        ("managed-elsewhere", "to leave it to that one: reconciler state rm Room/lobby"),
        ("managed-elsewhere", "to leave it to that one: reconciler state rm Room/hall"),
    ]
    renames = refused(UPDATE, RENAME, replace(RENAME, address=HALL), unmanaged=(LOBBY, HALL))
    assert [rule for rule, *_ in renames] == ["name-taken", "name-taken"]
    twins = {address: SameRoom(HALL, proven=True, managed=True) for address in (LOBBY, HALL)}
    both = (DELETE, replace(ADOPT, address=HALL))
    assert [rule for rule, *_ in refused(*both, same_rooms=twins)] == ["same-room", "same-room"]
    skipped = tuple(PassedOver(one, LOBBY, "why") for one in (HALL, LOBBY))
    claimed = replace(DELETE, renamed_to_by=HALL)
    rules = [rule for rule, *_ in refused(claimed, passed_over=skipped)]
    assert rules == ["claimed-by-rename", "rename-passed-over"]
