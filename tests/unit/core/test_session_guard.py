from dataclasses import replace

import pytest

from reconciler.core.consent import Consent
from reconciler.core.plan_model import Action, Interruption, Plan
from reconciler.core.resources import Address
from reconciler.core.session_guard import may_disturb, occupied, session_refusals

LIVE = {"members": 5}
UPDATE = Action("update", Address("Room", "lobby"), "1", live_name="lobby")
CUTS = (Interruption("max_members", 4), Interruption("layout"))

UNREAD = (
    "Room/lobby may have a live session; this could not be read (403),"
    " and the new layout would interrupt it"
)


def refused(*actions):
    plan = Plan("a.example", "p", actions, 0, ())
    return [(one.reason, one.consent) for one in session_refusals(plan, Consent())]


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (
            replace(UPDATE, interrupts=CUTS, session=LIVE),
            "Room/lobby has a live session, and the new max_members, layout would interrupt it",
        ),
        (
            replace(UPDATE, interrupts=CUTS, session={"members": 4}),
            "Room/lobby has a live session, and the new layout would interrupt it",
        ),
        (
            replace(UPDATE, interrupts=CUTS[1:], session_unread="403"),
            UNREAD,
        ),
        (
            replace(UPDATE, action="delete", session=LIVE),
            "Room/lobby has a live session and would be deleted",
        ),
        (
            replace(UPDATE, action="rename", live_name="hall", session=LIVE),
            "Room/hall has a live session and would be renamed to 'lobby'",
        ),
    ],
)
def test_what_would_disturb_a_session_is_refused(action, reason):
    assert [words for words, _ in refused(action)] == [reason]


@pytest.mark.parametrize(
    "action",
    [
        replace(UPDATE, session=LIVE),
        replace(UPDATE, interrupts=CUTS),
        replace(UPDATE, interrupts=CUTS[:1], session={"members": 4}),
        replace(UPDATE, action="delete"),
    ],
)
def test_what_disturbs_nobody_passes(action):
    assert refused(action) == []


def deletions(number, kind="Room"):
    return [
        Action("delete", Address(kind, f"r{index:02}"), str(index), session=LIVE)
        for index in range(number)
    ]


def test_few_are_named_and_many_are_consented_to_by_number():
    assert [flags for _, flags in refused(*deletions(2), *deletions(1, "Hall"))] == [
        "--allow-live Room/r00",
        "--allow-live Room/r01",
        "--allow-live Hall/r00",
    ]
    assert {flags for _, flags in refused(*deletions(10))} == {
        f"--allow-live Room/r{index:02}" for index in range(10)
    }
    assert [flags for _, flags in refused(*deletions(11))] == ["--allow-live Room=11"] * 11


RENAME = replace(UPDATE, action="rename", address=Address("Room", "new"), session=LIVE)


@pytest.mark.parametrize(
    ("given", "occupying", "disturbed"),
    [
        ((), ["new", "r00"], []),
        (["Room/r00"], ["new"], ["r00"]),
        # A rename is consented to under either of its names.
        (["Room/lobby"], ["r00"], ["lobby", "new"]),
        (["Room/new"], ["r00"], ["new"]),
        ({"Room": 1}, ["new", "r00"], []),
        ({"Room": 2}, [], ["new", "r00"]),
        (["Room/other"], ["new", "r00"], ["other"]),
    ],
)
def test_who_may_be_disturbed_was_shown_and_consented_to(given, occupying, disturbed):
    quiet = replace(UPDATE, address=Address("Room", "quiet"), live_name="quiet")
    plan = Plan("a.example", "p", (RENAME, *deletions(1), quiet), 0, ())
    consent = Consent(allow_live=given)
    assert [one.address.name for one in occupied(plan, consent)] == occupying
    assert sorted(one.name for one in may_disturb(plan, consent)) == disturbed


def test_a_refusal_names_the_rule_and_the_declared_address():
    (found,) = session_refusals(Plan("a.example", "p", (RENAME,), 0, ()), Consent())
    assert (found.rule, found.addresses, found.fix, found.consent) == (
        "live-session",
        (Address("Room", "new"),),
        "",
        "--allow-live Room/lobby",
    )
