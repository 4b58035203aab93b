"""When a marked resource may go, and what is told of those that stay."""

import pytest

from reconciler.core.plan_model import Plan
from reconciler.core.refusal import refusal
from reconciler.core.resources import Address
from reconciler.engine.resource_facts import Fact
from reconciler.operator.claims import Claims
from reconciler.operator.inputs import Inputs
from reconciler.operator.reporting import fact_of, is_finished
from reconciler.operator.verdicts import Results, verdict_of
from tests.unit.operator.bodies import room

A = Address("Room", "a")
EMPTY = Plan("", "", (), 0, ())
FACT = {A: Fact(A, "1", "a")}
MARKED = room("a", deleting=True)
UID = "uid-of-a"
NOTHING = Claims({}, {}, {})


def results(*, refusals=(), **more):
    return Results(Inputs(NOTHING, **more), EMPTY, refusals=refusals)


HELD = {"held": {UID: A}}
# The inputs, what is recorded after the pass, what a lost request may still make; whether it may go.
CASES = {
    "not marked": (room("a"), results(), {}, (), False),
    "nothing was made": (MARKED, results(released=frozenset({UID})), {}, (), True),
    "deleted": (MARKED, results(delete=frozenset({A}), **HELD), {}, (), True),
    "still there": (MARKED, results(delete=frozenset({A}), **HELD), FACT, (), False),
    "may still be made": (MARKED, results(delete=frozenset({A}), **HELD), {}, (A,), False),
    "forgotten": (MARKED, results(forget=frozenset({A}), **HELD), {}, (), True),
    "paused": (MARKED, results(**HELD), {}, (), False),
}


@pytest.mark.parametrize(("item", "found", "known", "late", "may_go"), CASES.values(), ids=CASES)
def test_a_finalizer_goes_with_the_last_of_it(item, found, known, late, may_go):
    assert is_finished(found, known, late, item) == may_go


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("protected", "set spec.protect to false"),
        ("live-session", "when the session has ended"),
        ("mass-delete", "annotate the Space: reconciler.dev/allow-delete=NUMBER"),
    ],
)
def test_a_refused_deletion_says_what_to_do_in_a_cluster(rule, said):
    refused = refusal(rule, [A], "it would be deleted", fix="set metadata.protect", consent="--x")
    verdict = verdict_of(
        results(refusals=(refused,), delete=frozenset({A}), **HELD), MARKED, paused=False
    )

    assert verdict.reason == "DeletionRefused"
    assert said in verdict.message
    assert "metadata.protect" not in verdict.message
    assert "--x" not in verdict.message


def test_the_loser_of_a_name_shows_nothing_of_the_owner():
    first, second = room("first", roomName="a"), room("second", roomName="a")
    claims = Claims({A: first}, {"uid-of-second": first}, {})
    found = Results(Inputs(claims), EMPTY)

    assert fact_of(found, FACT, first) == FACT[A]
    assert fact_of(found, FACT, second) is None
    assert verdict_of(found, second, paused=False).message == "Room/first has 'a' in this Space"
