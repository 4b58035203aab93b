"""A consent covers what it names, or so many of a kind as were shown, and nothing beside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.consent import Allowed, Consent, allowed
from reconciler.core.guard import refusals
from reconciler.core.mass_changes import Limits
from reconciler.core.plan_model import Action, Plan
from reconciler.core.resources import Address
from reconciler.core.session_guard import may_disturb, occupied

ADDRESSES = st.builds(Address, st.sampled_from(["Room", "Conference"]), st.sampled_from("abcdef"))
SHOWN = st.lists(ADDRESSES, unique=True, max_size=8)


def _plan(addresses, *, verb="delete"):
    session = {"id": "s"} if verb == "delete" else None
    actions = tuple(
        Action(verb, one, "id", session=session, live_name=one.name) for one in addresses
    )
    return Plan(
        "x.signalwire.com", "p", actions, 0, (), declared=1, managed={"Room": 99, "Conference": 99}
    )


def _flags(found):
    words = " ".join(one.consent for one in found).split()
    return list(zip(words[::2], words[1::2], strict=True))


def _given(pairs, flag):
    texts = [text for name, text in pairs if name == flag]
    names = frozenset(Address(*text.split("/")) for text in texts if "/" in text)
    return Allowed(
        names,
        {text.partition("=")[0]: int(text.partition("=")[2]) for text in texts if "=" in text},
    )


@given(SHOWN, SHOWN, st.sampled_from(["delete", "adopt"]))
def test_the_flags_of_a_refusal_consent_to_what_was_shown_and_to_nothing_that_came_since(
    shown, later, verb
):
    limits = Limits(1.0, 999)
    pairs = _flags(refusals(_plan(shown, verb=verb), limits, Consent(delete_all=True)))
    consent = Consent(_given(pairs, "--adopt"), _given(pairs, "--allow-live"), delete_all=True)
    came = [one for one in later if one not in shown]

    assert refusals(_plan(shown, verb=verb), limits, consent) == ()
    again = refusals(_plan([*shown, *came], verb=verb), limits, consent)
    assert {Address(*text.split("/")) for _, text in _flags(again)} == set(came)


@given(SHOWN, SHOWN)
def test_what_may_be_disturbed_is_what_was_named_or_shown(shown, named):
    by_name, by_number = Consent(allow_live=named), Consent(allow_live={"Room": 9, "Conference": 9})

    assert may_disturb(_plan(shown), by_name) == frozenset(named)
    assert may_disturb(_plan(shown), by_number) == frozenset(shown)
    assert {action.address for action in occupied(_plan(shown), by_name)} == set(shown) - set(named)


def test_a_number_covers_all_of_its_kind_or_none():
    plan = _plan(
        [Address("Room", "a"), Address("Room", "b"), Address("Conference", "a")], verb="adopt"
    )

    assert [one.consent for one in refusals(plan, Limits(), Consent(adopt={"Room": 2}))] == [
        "--adopt Conference/a"
    ]
    assert [one.consent for one in refusals(plan, Limits(), Consent(adopt={"Room": 1}))] == [
        "--adopt Room/a --adopt Room/b --adopt Conference/a"
    ]


def test_more_than_ten_are_consented_to_by_their_number():
    plan = _plan(
        [*(Address("Room", f"r{number}") for number in range(11)), Address("Conference", "a")]
    )

    assert {one.consent for one in refusals(plan, Limits(1, 99), Consent())} == {
        "--allow-live Room=11",
        "--allow-live Conference/a",
    }


def test_a_rename_is_consented_to_by_either_name():
    action = Action("rename", Address("Room", "new"), "id", session={"id": "s"}, live_name="old")
    plan = Plan("x", "p", (action,), 0, ())

    assert [one.consent for one in refusals(plan, Limits(), Consent())] == ["--allow-live Room/old"]
    for name in ("Room/old", "Room/new"):
        assert refusals(plan, Limits(), Consent(allow_live=[name])) == ()


def test_a_name_that_a_shell_would_read_is_quoted():
    action = Action(
        "rename", Address("Room", "new"), "id", session={"id": "s"}, live_name="$(touch x)"
    )

    assert [
        one.consent for one in refusals(Plan("x", "p", (action,), 0, ()), Limits(), Consent())
    ] == ["--allow-live 'Room/$(touch x)'"]


@pytest.mark.parametrize("given", [True, False, "Room/a", 3, None, ["Room"], ["Room/"], ["/a"]])
def test_a_program_cannot_consent_to_whatever_there_is(given):
    with pytest.raises(TypeError):
        Consent(adopt=given)


def test_a_program_names_resources_as_values_or_as_text():
    assert allowed(["Room/a", Address("Room", "b")]) == Allowed(
        frozenset({Address("Room", "a"), Address("Room", "b")})
    )
    assert allowed({"Room": 3}) == Allowed(counts={"Room": 3})
