"""What is known of the Space during a run, until an answer contradicts it."""

import pytest

from reconciler.core.errors import Invalid, ServerError
from reconciler.core.facts import ACCEPTED, DEFAULTS, NULL, Fact, Unanswered, facts_of
from reconciler.executor.contradictions import check_defaults, check_refusal
from reconciler.executor.known_facts import KnownFacts
from reconciler.executor.known_ids import KnownIds
from tests.unit.core.worlds import KINDS, live

ROOM = KINDS["Room"]


def known(question, answer, *, kind="Room"):
    """Facts with one answer, and the list of what is dropped."""
    dropped = []
    fact = Fact(question, kind, answer, (), "2027-01-01", "1")
    facts = KnownFacts(facts_of("s", [fact], []), lambda *words: dropped.append(words))
    return facts, dropped


def test_an_answer_is_known_for_its_kind_alone():
    facts, _ = known(NULL, ACCEPTED)
    assert (facts.answer(NULL, "Room"), facts.answer(NULL, "Hall")) == (ACCEPTED, None)
    assert facts.answer(DEFAULTS, "Room") is None
    assert KnownFacts().answer(NULL, "Room") is None


def test_what_is_contradicted_is_dropped_and_told_once():
    facts, dropped = known(NULL, ACCEPTED)
    facts.drop(NULL, "Hall", "another kind")
    assert dropped == []
    for _ in range(2):
        facts.drop(NULL, "Room", "it was refused")
    left = facts_of("s", [], [Unanswered(NULL, "Room", "it was refused")])
    assert dropped == [(left, NULL, "Room", "it was refused")]
    assert (facts.answer(NULL, "Room"), facts.all) == (None, left)


@pytest.mark.parametrize(
    ("sent", "found", "why"),
    [
        ({}, {"layout": "3x3", "colour": "x"}, ""),
        ({}, {"layout": "5x5"}, "a new resource has another default in layout"),
        ({"layout": "5x5"}, {"layout": "5x5"}, ""),
        # What an answer lacks, and what is no field of the kind, contradicts nothing.
        ({}, {"layout": ...}, ""),
        ({}, {"layout": "3x3", "unheard": 2}, ""),
        ({}, {"layout": "3x3", "join_from": "2027-01-01T01:00:00+01:00"}, ""),
    ],
)
def test_another_default_of_a_new_resource_drops_the_defaults(sent, found, why):
    defaults = {"unheard": 1, "layout": "3x3", "join_from": "2027-01-01T00:00:00Z"}
    facts, dropped = known(DEFAULTS, defaults)
    made = live("Room", "lobby", 1, **{"join_from": "2027-01-01T00:00:00Z"} | found)
    if found.get("layout") is ...:
        del made.attributes["layout"]
    check_defaults(facts, ROOM, sent, made)
    assert [one[3] for one in dropped] == ([why] if why else [])


def test_without_known_defaults_nothing_is_dropped():
    facts, dropped = known(DEFAULTS, "unreadable")
    check_defaults(facts, ROOM, {}, live("Room", "lobby", 1, layout="5x5"))
    assert dropped == []


@pytest.mark.parametrize(
    ("sent", "error", "why"),
    [
        ({"layout": None}, Invalid("no", attributes=["layout"]), "null in layout was refused"),
        ({"layout": "3x3"}, Invalid("no", attributes=["layout"]), ""),
        ({"layout": None}, Invalid("no", attributes=["quality"]), ""),
        ({"layout": None}, Invalid("no", attributes=[]), ""),
        ({"layout": None}, ServerError("no", attributes=["layout"]), ""),
        (
            {"a": 1, "b": None},
            Invalid("no", attributes=["a", "b"]),
            "null in b was refused",
        ),
    ],
)
def test_a_null_that_is_refused_drops_that_null_is_accepted(sent, error, why):
    facts, dropped = known(NULL, ACCEPTED)
    check_refusal(facts, ROOM, sent, error)
    assert [one[3] for one in dropped] == ([why] if why else [])


def test_an_id_is_new_once_in_whatever_letters():
    ids = KnownIds(["a"])
    ids.add(["b"])
    assert [one in ids for one in ("a", "A", "B", "c")] == [True, True, True, False]
    assert [ids.claim(one) for one in ("A", "c", "C", "d")] == [False, True, False, True]
    assert "D" in ids
