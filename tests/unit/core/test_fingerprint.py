"""Digests of what a plan saw: they differ with every value, and contain none."""

from dataclasses import replace

import pytest

from reconciler.core.fingerprint import actions_digest, digest_of, fingerprint, marking_key
from reconciler.core.plan_model import Action, FieldChange
from reconciler.core.resources import Address, Sealed, Secret
from tests.unit.core.worlds import KEY, KINDS, live

A, B = "rtmp://a.example/x", "rtmp://b.example/x"


def digest(*arguments, key=KEY, **fields):
    return fingerprint(KINDS, live("Room", *arguments, **fields), key=key)


def test_a_digest_is_the_same_for_equal_values_in_any_order_and_form():
    assert digest_of({"a": 1, "b": [True, None]}) == digest_of({"b": (True, None), "a": 1})
    # A saved plan of an earlier version is compared with these.
    assert digest_of([]) == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
    assert digest_of(Sealed("x")) == digest_of({"sealed": "x"})


@pytest.mark.parametrize("other", [0, False, "", "1", [1], {"1": 1}, 1.5, Sealed("1"), None])
def test_a_digest_differs_with_the_value(other):
    assert digest_of(other) != digest_of(1)


def test_a_resource_has_another_fingerprint_if_anything_that_is_managed_differs():
    one = digest("lobby", 1, layout="3x3", streams=[(7, A), (8, B)])
    assert one == digest("lobby", 1, layout="3x3", streams=[(8, B), (7, A)])
    assert one == digest("lobby", 1, layout="3x3", streams=[(7, A), (8, B)], seen_at="now")
    others = [
        digest("foyer", 1, layout="3x3", streams=[(7, A), (8, B)]),
        digest("lobby", 2, layout="3x3", streams=[(7, A), (8, B)]),
        digest("lobby", 1, layout="5x5", streams=[(7, A), (8, B)]),
        digest("lobby", 1, layout="3x3", streams=[(7, A)]),
        digest("lobby", 1, layout="3x3", streams=[(7, B), (8, B)]),
        digest("lobby", 1, layout="3x3", streams=[(6, A), (8, B)]),
        digest("lobby", 1, layout="3x3", streams=[(7, A), (8, B)], key=b"o" * 32),
    ]
    assert len({one, *others}) == len(others) + 1


def test_the_key_depends_on_the_space_and_the_project():
    keys = {marking_key("a", "b"), marking_key("ab", ""), marking_key("b", "a")}
    assert len(keys) == 3
    assert marking_key("a", "b") == marking_key("a", "b")


CHANGE = FieldChange("layout", "5x5", "3x3", "drift")
ACTION = Action("update", Address("Room", "lobby"), "1", (CHANGE,), "f", live_name="lobby")


@pytest.mark.parametrize(
    "other",
    [
        replace(ACTION, action="adopt"),
        replace(ACTION, address=Address("Room", "foyer")),
        replace(ACTION, id="2"),
        replace(ACTION, live_name="foyer"),
        replace(ACTION, fingerprint="g"),
        replace(ACTION, changes=()),
        *(
            replace(ACTION, changes=(replace(CHANGE, **{part: "other"}),))
            for part in ("path", "before", "after", "origin")
        ),
    ],
)
def test_actions_have_another_digest_if_anything_that_is_done_differs(other):
    assert actions_digest([other], key=KEY) != actions_digest([ACTION], key=KEY)


def test_a_session_changes_no_digest_and_a_secret_is_sealed():
    live_now = replace(ACTION, session={"id": "s"})
    assert actions_digest([live_now], key=KEY) == actions_digest([ACTION], key=KEY)
    secret = replace(ACTION, changes=(replace(CHANGE, before=Secret("x"), after=Secret("y")),))
    assert actions_digest([secret], key=KEY) != actions_digest([secret], key=b"o" * 32)
