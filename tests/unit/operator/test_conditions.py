"""Conditions: what Flux, Argo CD and kubectl wait read."""

import pytest

from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import Address, Secret
from reconciler.engine.resource_facts import Fact
from reconciler.operator.conditions import (
    Stand,
    Verdict,
    conditions,
    difference,
    stands,
    status_of,
)
from reconciler.operator.events import changed_outside, of_verdict

THERE = Fact(Address("Room", "a"), "1", "a", applied_at="2027-01-01T00:00:00Z")
DRIFT = (FieldChange("layout", "5x5", "2x2", "drift"),)
DRIFTED = Fact(Address("Room", "a"), "1", "a", pending=DRIFT)

# Reason, the fact, then the status of Ready, Synced, Drifted and Stalled.
TABLE = [
    ("Synced", THERE, "True", "True", "False", "False"),
    ("Observed", THERE, "True", "True", "False", "False"),
    ("Paused", THERE, "True", "False", "False", "False"),
    ("Failed", THERE, "True", "False", "False", "False"),
    ("Failed", None, "False", "False", "False", "False"),
    ("Invalid", THERE, "True", "False", "False", "True"),
    ("Invalid", None, "False", "False", "False", "True"),
    ("Refused", None, "False", "False", "False", "True"),
    ("DeletionRefused", THERE, "False", "False", "False", "True"),
    ("Conflict", None, "False", "False", "False", "False"),
    ("DriftReported", DRIFTED, "True", "False", "True", "False"),
    ("Missing", None, "False", "False", "False", "False"),
]


@pytest.mark.parametrize(("reason", "fact", "ready", "synced", "drifted", "stalled"), TABLE)
def test_the_table_of_conditions(reason, fact, ready, synced, drifted, stalled):
    found = {stand.type: stand.status for stand in stands(Verdict(reason, "why"), fact, ())}

    assert found == {"Ready": ready, "Synced": synced, "Drifted": drifted, "Stalled": stalled}


def test_the_time_moves_with_the_status_only():
    first = conditions([Stand("Ready", "False", "Failed", "x")], [], generation=1, now="1")
    same = conditions([Stand("Ready", "False", "Invalid", "y")], first, generation=2, now="2")
    other = conditions([Stand("Ready", "True", "Available", "")], same, generation=3, now="3")

    told = [
        (one["lastTransitionTime"], one["observedGeneration"], one["reason"])
        for (one,) in (first, same, other)
    ]
    assert told == [("1", 1, "Failed"), ("1", 2, "Invalid"), ("3", 3, "Available")]


def test_an_unchanged_resource_is_not_written():
    before = status_of(Verdict("Synced"), THERE, {}, generation=1, now="1")

    assert (
        difference(before, status_of(Verdict("Synced"), THERE, before, generation=1, now="2")) == {}
    )


def test_a_correction_is_told_until_something_else_happens():
    put_back = status_of(Verdict("Synced", corrected=("layout",)), THERE, {}, generation=1, now="1")
    later = status_of(Verdict("Synced"), THERE, put_back, generation=1, now="2")
    again = status_of(Verdict("DriftReported"), DRIFTED, later, generation=1, now="3")

    assert difference(put_back, later) == {}
    drifted = next(one for one in again["conditions"] if one["type"] == "Drifted")
    assert (drifted["status"], drifted["reason"]) == ("True", "ChangedOutside")


def test_a_status_loses_what_is_over():
    live = Fact(
        Address("Room", "a"), "1", "a", session={"id": "s", "members": 2, "preview_url": "x"}
    )
    before = status_of(Verdict("Synced"), live, {}, generation=1, now="1")
    assert before["session"] == {"id": "s", "members": 2}

    assert difference(
        before, status_of(Verdict("Synced"), THERE, before, generation=1, now="1")
    ) == {
        "session": None,
        "lastAppliedTime": "2027-01-01T00:00:00Z",
    }


def test_no_secret_is_in_a_status_or_an_event():
    changes = [FieldChange("streams[0].url", Secret("canary"), Secret("canary"), "drift")]
    fact = Fact(Address("Room", "a"), "1", "a", pending=tuple(changes))

    told = status_of(Verdict("DriftReported"), fact, {}, generation=1, now="1")
    assert "canary" not in f"{told}{changed_outside(changes, corrected=True)}"


def test_at_most_fifty_fields_of_drift_are_told():
    changes = tuple(FieldChange(f"meta.x{number}", 1, 2, "drift") for number in range(60))
    fact = Fact(Address("Room", "a"), "1", "a", pending=changes)

    assert len(status_of(Verdict("DriftReported"), fact, {}, generation=1, now="1")["drift"]) == 50


def test_what_was_told_is_told_once():
    refused = Verdict("Refused", "it was not created by this tool")
    before = status_of(refused, None, {}, generation=1, now="1")

    assert of_verdict(refused, {}).reason == "Refused"
    assert of_verdict(refused, before) is None
    assert of_verdict(Verdict("Refused", "another reason"), before) is not None
    assert of_verdict(Verdict("Synced"), before) is None
