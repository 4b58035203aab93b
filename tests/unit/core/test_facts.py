from copy import deepcopy

import pytest

from reconciler.core import facts
from reconciler.core.facts import (
    NO_FACTS,
    Exchange,
    Fact,
    Unanswered,
    facts_from,
    facts_json,
    facts_of,
)

KEPT = Fact(
    "omitted_fields",
    "Room",
    "kept",
    (Exchange("PUT /rooms", {"a": 1}, 200, {"b": 2}),),
    "2026-11-29",
    "1.0",
)
LAG = Fact("list_lag", "", 2, (), "2026-11-28", "1.0")
OPEN = Unanswered("null", "Room", "no session was open")
FACTS = facts_of("a.example", (KEPT, LAG), (OPEN,))
DOCUMENT = {
    "format_version": 1,
    "space": "a.example",
    "facts": [
        {
            "question": "list_lag",
            "kind": "",
            "answer": 2,
            "evidence": [],
            "date": "2026-11-28",
            "version": "1.0",
        },
        {
            "question": "omitted_fields",
            "kind": "Room",
            "answer": "kept",
            "evidence": [
                {"request": "PUT /rooms", "sent": {"a": 1}, "status": 200, "answered": {"b": 2}}
            ],
            "date": "2026-11-29",
            "version": "1.0",
        },
    ],
    "unanswered": [{"question": "null", "kind": "Room", "why": "no session was open"}],
}


def test_facts_are_written_and_read_in_order():
    assert facts_json(FACTS) == DOCUMENT
    assert facts_from(DOCUMENT) == FACTS


def test_an_answer_is_that_of_the_question_and_the_kind():
    other = facts_of("", (KEPT, Fact("defaults", "Room", {}, (), "2026-11-28", "1.0")), ())
    assert (other.answer("omitted_fields", "Room"), other.answer("defaults", "Room")) == (
        "kept",
        {},
    )
    assert (FACTS.answer("omitted_fields"), FACTS.answer("list_lag")) == (None, 2)
    assert NO_FACTS.answer("list_lag") is None


def test_a_fact_that_is_dropped_is_unanswered():
    dropped = FACTS.without("omitted_fields", "Room", why="an answer contradicts it")
    assert dropped == facts_of(
        "a.example",
        (LAG,),
        (OPEN, Unanswered("omitted_fields", "Room", "an answer contradicts it")),
    )
    assert dropped.without("omitted_fields", "Room", why="again") is dropped


def changed(*path, to):
    document = deepcopy(DOCUMENT)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return document


@pytest.mark.parametrize(
    "document",
    [
        changed("format_version", to=2),
        changed("space", to=None),
        changed("facts", 0, "question", to="Two Words"),
        changed("facts", 0, "kind", to="Room/a"),
        changed("facts", 0, "answer", to=None),
        changed("facts", 0, "date", to="yesterday"),
        changed("facts", 0, "version", to=1),
        changed("facts", 1, "evidence", 0, "status", to="200"),
        changed("facts", 1, "evidence", 0, "status", to=True),
        changed("facts", 1, "evidence", 0, "request", to=None),
        changed("facts", 0, to=DOCUMENT["facts"][1]),
        changed("unanswered", 0, "question", to="Two Words"),
        changed("unanswered", 0, "kind", to="Room/a"),
        changed("unanswered", 0, "why", to=None),
    ],
)
def test_another_document_is_refused(document):
    with pytest.raises((ValueError, TypeError, KeyError)):
        facts_from(document)


def test_the_names_of_questions_and_answers_are_those_of_written_files():
    questions = (facts.OMITTED_FIELDS, facts.DEFAULTS, facts.NULL, facts.LIST_LAG)
    assert (*questions, facts.ACTIVE_SESSION) == (
        "omitted_fields",
        "defaults",
        "null",
        "list_lag",
        "active_session",
    )
    assert (facts.KEPT, facts.ACCEPTED, facts.SHOWN) == ("kept", "accepted", "shown")
