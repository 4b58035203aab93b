from dataclasses import replace

import pytest

from reconciler.core.consent import Consent
from reconciler.core.plan_model import Action, Interruption, Plan
from reconciler.core.resources import Address
from reconciler.core.session_guard import session_refusals

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
