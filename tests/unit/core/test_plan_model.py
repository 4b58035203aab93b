from dataclasses import replace

import pytest

from reconciler.core.plan_model import (
    MISSING,
    NOT_DECLARED,
    REPLACED,
    Action,
    FieldChange,
    Interruption,
    Plan,
)
from reconciler.core.resources import Address
from tests.unit.core.worlds import applied

LOBBY, HALL = Address("Room", "lobby"), Address("Room", "hall")
NOTHING = Plan("a.example", "p", (), 0, ())
UPDATE = Action("update", LOBBY, "1", live_name="lobby")


@pytest.mark.parametrize(
    ("parts", "remembers", "has_effect", "needs_apply"),
    [
        ({}, False, False, False),
        ({"actions": (UPDATE,)}, False, True, True),
        ({"record_updates": (applied("Room", "lobby", 1),)}, True, True, False),
        ({"record_removals": (applied("Room", "lobby", 1),)}, True, True, False),
        ({"protection": ((LOBBY, True),)}, False, False, True),
        (
            {
                "record_updates": (applied("Room", "hall", 1),),
                "record_removals": (applied("Room", "lobby", 1),),
            },
            True,
            True,
            True,
        ),
    ],
)
def test_whether_there_is_something_to_apply(parts, remembers, has_effect, needs_apply):
    plan = replace(NOTHING, **parts)
    assert (plan.remembers, plan.has_effect, plan.needs_apply) == (
        remembers,
        has_effect,
        needs_apply,
    )


def test_a_record_that_moves_is_renamed_and_one_that_leaves_is_gone():
    plan = replace(
        NOTHING,
        record_updates=(applied("Room", "hall", 1), applied("Room", "foyer", 3)),
        record_removals=(applied("Room", "lobby", 1), applied("Room", "bar", 2)),
    )
    assert plan.renamed == ((LOBBY, HALL),)
    assert plan.gone == (Address("Room", "bar"),)
    assert plan.recorded == (Address("Room", "foyer"),)
    protected = replace(plan, protection=((Address("Room", "foyer"), True),))
    assert protected.recorded == ()


@pytest.mark.parametrize(
    ("changes", "renames", "may_disturb", "interrupts"),
    [
        ({}, False, False, False),
        ({"action": "delete", "live_name": "hall"}, False, True, True),
        ({"live_name": "hall"}, True, True, True),
        ({"live_name": None}, False, False, False),
        ({"interrupts": (Interruption("layout"),)}, False, True, True),
        ({"interrupts": (Interruption("size", 4),), "session": {"members": 4}}, False, True, False),
        ({"interrupts": (Interruption("size", 4),), "session": {"members": 5}}, False, True, True),
        (
            {"interrupts": (Interruption("size", 4),), "session": {"members": True}},
            False,
            True,
            True,
        ),
    ],
)
def test_what_disturbs_a_session(changes, renames, may_disturb, interrupts):
    action = replace(UPDATE, **changes)
    assert (action.renames, action.may_disturb, action.interrupts_session) == (
        renames,
        may_disturb,
        interrupts,
    )


def test_the_field_of_a_change_is_the_whole_one():
    inside = FieldChange("meta.team", 1, 2, "drift", steps=("team",))
    child = FieldChange("streams[0]", None, {}, "manifest", child="streams")
    plain = FieldChange("layout", 1, 2, "drift")
    assert [one.field for one in (inside, child, plain)] == ["meta", "streams", "layout"]


@pytest.mark.parametrize("one", [NOTHING, UPDATE])
def test_a_plan_and_its_actions_are_not_changed_after_the_fact(one):
    for name in ("ids", "address", "actions", "changes"):
        if hasattr(one, name):
            with pytest.raises(AttributeError):
                setattr(one, name, ())


def test_what_exists_has_an_id():
    stream = FieldChange("streams[0]", {}, None, "drift", child="streams", child_id="2")
    assert (UPDATE.live_id, stream.live_child_id) == ("1", "2")
    with pytest.raises(AssertionError):
        _ = replace(UPDATE, id=None).live_id
    with pytest.raises(AssertionError):
        _ = replace(stream, child_id=None).live_child_id


@pytest.mark.parametrize(
    ("changes", "reason", "drifted"),
    [
        ([], "", False),
        (["manifest", "released"], "", False),
        (["manifest", "drift"], "", True),
        (["conflict"], "", True),
        ([], MISSING, True),
        ([], REPLACED, True),
        ([], NOT_DECLARED, False),
    ],
)
def test_what_was_changed_outside_drifted(changes, reason, drifted):
    found = tuple(FieldChange("layout", 1, 2, origin) for origin in changes)
    assert replace(UPDATE, changes=found, reason=reason).drifted is drifted


def test_a_summary_counts_verbs_and_the_rest_in_the_order_of_the_contract():
    verbs = ("create", "create", "update", "rename", "adopt", "delete")
    actions = tuple(replace(UPDATE, action=verb) for verb in verbs)
    drifted = replace(UPDATE, changes=(FieldChange("layout", 1, 2, "drift"),))
    plan = replace(NOTHING, actions=(*actions, drifted), noop=4, unmanaged=(LOBBY, HALL))
    assert [*plan.summary.items()] == [
        ("create", 2),
        ("update", 2),
        ("rename", 1),
        ("adopt", 1),
        ("delete", 1),
        ("noop", 4),
        ("drifted", 1),
        ("unmanaged", 2),
    ]


@pytest.mark.parametrize(
    ("session", "paths"),
    [
        (None, ("a", "b")),
        ({}, ("a", "b")),
        ({"members": None}, ("a", "b")),
        ({"members": "9"}, ("a", "b")),
        ({"members": 3}, ("a",)),
        ({"members": 4}, ("a", "b")),
        ({"members": 0}, ("a",)),
    ],
)
def test_what_interrupts_depends_on_the_members_if_their_number_is_known(session, paths):
    action = replace(UPDATE, interrupts=(Interruption("a"), Interruption("b", 3)))
    assert action.interrupting(session) == paths
