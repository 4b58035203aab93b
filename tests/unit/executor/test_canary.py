"""A Space that resets a field loses it on one resource; what is proven goes side by side."""

import threading
from dataclasses import replace

import pytest

from reconciler.core.plan_model import Action, FieldChange, Outcome
from reconciler.core.resources import Address
from reconciler.executor.canary import Canary
from reconciler.executor.context import ExecutionContext
from reconciler.executor.results import Result
from reconciler.executor.scheduler import run
from reconciler.localspace import Settings
from tests.integration.end_to_end.driver import KINDS, room, statuses

NAMES = [f"r{number:02}" for number in range(24)]


def rooms(layout, names=NAMES):
    return "".join(room(name, f"layout: {layout}") for name in names)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prioritize_handraise", True),
        ("meta", {"a": 1}),
        ("description", "theirs"),
        ("max_members", 7),
    ],
)
@pytest.mark.parametrize("holders", [NAMES[1:], NAMES[12:], NAMES[-5:]], ids=len)
@pytest.mark.sampled(6)
def test_at_most_one_loses_a_field_that_the_first_room_does_not_have(site, field, value, holders):
    site.give(rooms("3x3"))
    for name in holders:
        site.space.set_fields("Room", name, **{field: value})
    site.space.knobs = Settings(put_resets=(field,))

    outcomes = site.apply(site.declared(rooms("5x5")), parallel=8)

    lost = [name for name in holders if site.fetch("Room", name).get(field) != value]
    assert len(lost) == 1
    assert [outcome.action.address.name for outcome in outcomes if outcome.moved] == lost
    assert statuses(outcomes)["skipped"]


def test_both_values_of_a_boolean_are_tried_alone(site):
    site.give(rooms("3x3"))
    for name in NAMES:
        site.space.set_fields("Room", name, prioritize_handraise=name in NAMES[6:])
    site.space.knobs = Settings(put_resets=("prioritize_handraise",))

    site.apply(site.declared(rooms("5x5")), parallel=8)

    kept = [name for name in NAMES if site.fetch("Room", name)["prioritize_handraise"]]
    assert len(kept) == len(NAMES[6:]) - 1


def test_equal_updates_and_creations_go_side_by_side_after_the_first(site):
    site.give(rooms("3x3", NAMES[:12]))
    waiting = threading.Barrier(4, timeout=30)
    mark = site.mark
    plan = site.plan(site.declared(rooms("5x5")))
    order = []

    def started(action):
        order.append(action.action)
        if len(order) > 1 and len(order) <= 5:
            waiting.wait()  # four at once, or it fails

    tools = ExecutionContext(site.client, site.kinds, site.state.key)
    list(run(plan, tools, parallel=4, stop=site.stop, on_result=lambda _: None, on_start=started))

    assert len(site.sent(mark)) == 24
    assert order[0] == "update"


STREAM = FieldChange("streams[0]", {}, {}, "manifest", child="streams", child_id="1")
ROOM = Address("Room", "lobby")


def update(*changes, **fields):
    return Action("update", ROOM, "1", changes, live_name="lobby", **fields)


@pytest.mark.parametrize(
    ("change", "alone"),
    [
        (STREAM, True),
        (replace(STREAM, before=None), False),  # a POST
        (replace(STREAM, after=None), False),  # a DELETE
    ],
)
def test_only_a_put_of_a_sub_resource_goes_alone(change, alone):
    canary = Canary(KINDS)
    action = update(change)
    assert canary.goes_alone(action) is alone
    canary.judge(Result(Outcome(action, "done")))
    assert not canary.goes_alone(action)
    # What is proven of a stream holds for those of another kind, and proves nothing of a room.
    hall = replace(action, address=Address("Conference", "hall"), live_name="hall")
    assert not canary.goes_alone(hall)
    assert canary.goes_alone(update(body={"layout": "5x5"}))


def test_a_put_that_moved_something_halts_its_kind_alone():
    canary = Canary(KINDS)
    action = update(body={"layout": "5x5"})
    moved = Outcome(action, "done", moved=(FieldChange("meta", {}, None, "drift"),))
    canary.judge(Result(moved, moved_kinds=frozenset({"Room"})))
    assert "an update of a Room" in canary.halted(action)
    assert not canary.goes_alone(action)
    assert canary.halted(replace(action, address=Address("Conference", "hall"))) == ""
    assert canary.halted(update(STREAM)) == ""


def stands_for(verb, **fields):
    """An action of a verb on a conference, whose fields include two that a POST does not take."""
    name = "other" if verb == "rename" else "hall"
    return Action(verb, Address("Conference", name), "1", live_name="hall", **fields)


LATE = "tone_on_entry_and_exit"


@pytest.mark.parametrize(
    ("action", "sends_a_put"),
    [
        (stands_for("create", body={"layout": "3x3"}), False),
        (stands_for("create", body={"layout": "3x3", LATE: True}), True),
        (stands_for("delete", body={"layout": "3x3"}), False),
        (stands_for("update", body={"layout": "3x3"}), True),
        (stands_for("update"), False),
        (stands_for("adopt", body={"layout": "3x3"}), True),
        (stands_for("adopt"), False),
        (stands_for("rename"), True),
    ],
)
def test_what_sends_a_put_goes_alone_until_it_is_proven_and_is_halted_by_one_that_moved(
    action, sends_a_put
):
    canary = Canary(KINDS)
    assert canary.goes_alone(action) is sends_a_put
    canary.judge(Result(Outcome(action, "done")))
    assert canary.goes_alone(action) is False
    moved = Outcome(action, "done", moved=(FieldChange("meta", {}, None, "drift"),))
    canary.judge(Result(moved, moved_kinds=frozenset({"Conference"})))
    assert canary.halted(action) == (
        "not started: an update of a Conference changed fields that were not in the plan"
        if sends_a_put
        else ""
    )


@pytest.mark.parametrize(
    ("proven", "others", "alone"),
    [
        ({"body": {"layout": "3x3"}}, {"body": {"layout": "5x5"}}, False),
        ({"body": {"layout": "3x3"}}, {"body": {"quality": "4k"}}, True),
        ({"body": {"layout": "3x3", "quality": "4k"}}, {"body": {"quality": "4k"}}, False),
        ({"body": {"layout": "3x3"}}, {"body": {"layout": "3x3", "quality": "4k"}}, True),
        (
            {"body": {"layout": "3x3"}, "at_risk": frozenset({"meta"})},
            {"body": {"layout": "3x3"}, "at_risk": frozenset({"meta"})},
            False,
        ),
        (
            {"body": {"layout": "3x3"}},
            {"body": {"layout": "3x3"}, "at_risk": frozenset({"meta"})},
            True,
        ),
        # To change a field is no proof that it is kept.
        (
            {"body": {"layout": "3x3"}},
            {"body": {"layout": "3x3"}, "at_risk": frozenset({"layout"})},
            True,
        ),
        # A PUT for another field of a creation is no proof of what its POST sent.
        (
            {"action": "create", "body": {"layout": "3x3", LATE: True}},
            {"body": {"layout": "3x3"}},
            True,
        ),
        (
            {"action": "create", "body": {"layout": "3x3", LATE: True}},
            {"body": {LATE: False}},
            False,
        ),
    ],
)
def test_each_field_is_proven_once_as_changed_and_once_as_kept(proven, others, alone):
    canary = Canary(KINDS)
    action = replace(stands_for("update"), **proven)
    canary.judge(Result(Outcome(action, "done")))
    assert canary.goes_alone(replace(stands_for("update"), **others)) is alone


@pytest.mark.parametrize("status", ["failed", "unknown", "skipped"])
def test_what_is_not_done_proves_nothing(status):
    canary = Canary(KINDS)
    action = stands_for("update", body={"layout": "3x3"})
    canary.judge(Result(Outcome(action, status)))
    assert canary.goes_alone(action) is True


def test_the_first_halted_kind_is_named_and_one_that_may_go_on_is_still_proven_alone():
    canary = Canary(KINDS)
    both = replace(stands_for("update", body={"layout": "3x3"}), changes=(STREAM,))
    moved = FieldChange("meta", {}, None, "drift")
    canary.judge(
        Result(
            Outcome(both, "done", moved=(moved,)), moved_kinds=frozenset({"Stream", "Conference"})
        )
    )
    assert canary.halted(both).startswith("not started: an update of a Conference changed")
    assert canary.goes_alone(both) is False
    canary = Canary(KINDS)
    canary.judge(Result(Outcome(both, "done", moved=(moved,)), moved_kinds=frozenset({"Stream"})))
    assert canary.halted(both).startswith("not started: an update of a Stream changed")
    assert canary.goes_alone(both) is True
