import pytest

from reconciler.core.plan_model import Action
from reconciler.core.refusal import (
    MOST_NAMED,
    Refusal,
    consent_flags,
    live_address,
    refusal,
    removal_phrase,
)
from reconciler.core.resources import Address

A = Address("Room", "a")


def test_the_fix_stands_after_the_problem():
    bare = refusal("session", [A], "people are in it")
    assert bare == Refusal("people are in it", "", "session", (A,), "people are in it")
    assert bare.fix == ""
    whole = refusal("session", [A], "people are in it", fix="wait", consent="--allow-live Room/a")
    assert whole.reason == "people are in it; wait"
    assert (whole.problem, whole.fix, whole.consent) == (
        *("people are in it", "wait"),
        "--allow-live Room/a",
    )


def test_few_are_named_and_many_are_counted():
    few = [Address("Room", f"r{number}") for number in range(MOST_NAMED)]
    assert consent_flags("--allow", few) == " ".join(f"--allow Room/{one.name}" for one in few)
    many = [*few, Address("Room", "one more")]
    assert consent_flags("--allow", [*many, Address("Hall", "a b")]) == (
        f"--allow 'Hall/a b' --allow Room={len(many)}"
    )
    assert consent_flags("--allow", []) == ""


@pytest.mark.parametrize(
    ("verb", "live_name", "shown", "words"),
    [
        ("delete", "", "a", "Room/a is protected and would be deleted"),
        ("rename", "old", "old", "Room/old is protected and would be renamed to 'a'"),
    ],
)
def test_a_resource_goes_by_the_name_that_it_has(verb, live_name, shown, words):
    action = Action(verb, A, "1", live_name=live_name)
    assert live_address(action) == Address("Room", shown)
    assert removal_phrase(action, "is protected") == words
