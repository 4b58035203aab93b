"""What resources show whose Space is not there."""

import pytest

from reconciler.operator.conditions import difference
from reconciler.operator.missing_space import is_free, status_without_space
from tests.unit.operator.bodies import room

NOW, LATER = "2027-01-01T00:00:00Z", "2027-01-01T00:01:00Z"


def shown(status):
    return {one["type"]: (one["status"], one["reason"]) for one in status["conditions"]}


def test_it_is_neither_ready_nor_synced():
    status = status_without_space(room("a", generation=3), NOW)
    missing = ("False", "SpaceMissing")
    assert shown(status) == {"Ready": missing, "Synced": missing}
    assert {one["observedGeneration"] for one in status["conditions"]} == {3}


def test_what_was_known_of_it_stays():
    before = {
        "id": "f00",
        "conditions": [
            {"type": "Ready", "status": "True", "reason": "Available"},
            {"type": "Drifted", "status": "False", "reason": "AsDeclared"},
        ],
    }
    status = status_without_space(room("a", status=before), NOW)
    assert status["id"] == "f00"
    assert shown(status)["Drifted"] == ("False", "AsDeclared")
    assert shown(status)["Ready"] == ("False", "SpaceMissing")


def test_it_is_written_once():
    status = status_without_space(room("a"), NOW)
    again = room("a", status=status)
    assert difference(status, status_without_space(again, LATER)) == {}


def test_a_marked_one_says_what_to_do():
    status = status_without_space(room("a", deleting=True), NOW)
    assert "set spec.deletionPolicy to Retain" in status["conditions"][0]["message"]


@pytest.mark.parametrize(
    ("spec", "free"),
    [
        ({"deleting": True}, False),
        ({"deleting": True, "deletionPolicy": "Retain"}, True),
        ({"deleting": True, "managementPolicy": "Observe"}, True),
        ({"deletionPolicy": "Retain"}, False),
    ],
)
def test_only_what_leaves_the_room_may_go_without_its_space(spec, free):
    assert is_free(room("a", **spec)) is free
