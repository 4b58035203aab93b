"""Which of several resources has a name."""

import itertools

import pytest

from reconciler.core.resources import Address
from reconciler.operator.claims import claims
from tests.unit.operator.bodies import room


def told(items, **recorded):
    found = claims(
        items, {("Room", identity): Address("Room", name) for identity, name in recorded.items()}
    )
    return (
        {address.name: item.metadata.name for address, item in found.owners.items()},
        {uid.removeprefix("uid-of-"): item.metadata.name for uid, item in found.losers.items()},
    )


OLD, NEW = "2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z"
CASES = {
    "alone": ([room("a")], {}, {"a": "a"}, {}),
    "the-older": (
        [room("a", roomName="x", created=NEW), room("b", roomName="x", created=OLD)],
        {},
        {"x": "b"},
        {"a": "b"},
    ),
    "by-uid-at-one-moment": (
        [room("b", roomName="x", uid="2"), room("a", roomName="x", uid="1")],
        {},
        {"x": "a"},
        {"2": "a"},
    ),
    "other-kinds-do-not-count": ([room("a"), room("b")], {}, {"a": "a", "b": "b"}, {}),
    "a-marked-one-still-has-it": (
        [room("a", roomName="x", created=OLD, deleting=True), room("b", roomName="x", created=NEW)],
        {"1": "x"},
        {"x": "a"},
        {"b": "a"},
    ),
    "a-rename": ([room("a", roomName="y", id="1")], {"1": "x"}, {"y": "a"}, {}),
    "a-new-one-waits-for-a-rename": (
        [room("a", roomName="y", id="1"), room("b", roomName="x")],
        {"1": "x"},
        {"y": "a"},
        {"b": "a"},
    ),
    "a-swap": (
        [room("a", roomName="y", id="1"), room("b", roomName="x", id="2")],
        {"1": "x", "2": "y"},
        {"y": "a", "x": "b"},
        {},
    ),
    "a-chain": (
        [room("a", roomName="y", id="1"), room("b", roomName="z", id="2")],
        {"1": "x", "2": "y"},
        {"y": "a", "z": "b"},
        {},
    ),
    "an-id-that-is-not-recorded": ([room("a", id="9")], {"1": "x"}, {"a": "a"}, {}),
}


@pytest.mark.parametrize(("items", "recorded", "owners", "losers"), CASES.values(), ids=CASES)
def test_claims(items, recorded, owners, losers):
    for order in itertools.permutations(items):
        assert told(order, **recorded) == (owners, losers)
