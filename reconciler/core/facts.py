"""Facts about a Space: what a probe found out where the API's document leaves a question open."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex

_FORMAT = 1

# Questions whose answers change what a run does; the rest is for the reader.
OMITTED_FIELDS = "omitted_fields"
DEFAULTS = "defaults"
NULL = "null"
LIST_LAG = "list_lag"
ACTIVE_SESSION = "active_session"

KEPT = "kept"
ACCEPTED = "accepted"
SHOWN = "shown"


class Exchange(NamedTuple):
    """A request and the part of its answer that shows a fact, without ids, names and secrets."""

    request: str
    sent: Mapping[str, Any]
    status: int
    answered: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """An answer to a question; ``kind`` is empty for a question about the whole Space.

    ``date`` (ISO) and ``version`` (of the tool) say when and by what it was found.
    """

    question: str
    kind: str
    answer: Any
    evidence: tuple[Exchange, ...]
    date: str
    version: str


class Unanswered(NamedTuple):
    """A question that a probe could not answer, and why."""

    question: str
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts about one Space, and the questions without an answer, sorted."""

    space: str = ""
    facts: tuple[Fact, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()

    def answer(self, question: str, kind: str = "") -> Any:
        """Return the answer; None if it is unknown."""
        found = (one.answer for one in self.facts if (one.question, one.kind) == (question, kind))
        return next(found, None)

    def without(self, question: str, kind: str, *, why: str) -> "Facts":
        """Return the facts without this one, which is unanswered from now on."""
        left = tuple(one for one in self.facts if (one.question, one.kind) != (question, kind))
        if len(left) == len(self.facts):
            return self
        return facts_of(self.space, left, (*self.unanswered, Unanswered(question, kind, why)))


NO_FACTS = Facts()


def facts_of(space: str, facts: Iterable[Fact], unanswered: Iterable[Unanswered]) -> Facts:
    """Return Facts in the order of kinds and questions."""
    return Facts(
        space,
        tuple(sorted(facts, key=lambda one: (one.kind, one.question))),
        tuple(sorted(unanswered, key=lambda one: (one.kind, one.question))),
    )


def facts_json(facts: Facts) -> dict[str, Any]:
    """Return the facts as the JSON document of ``schemas/facts.schema.json``."""
    return {
        "format_version": _FORMAT,
        "space": facts.space,
        "facts": [_fact_json(fact) for fact in facts.facts],
        "unanswered": [one._asdict() for one in facts.unanswered],
    }


def _fact_json(fact: Fact) -> dict[str, Any]:
    return {
        "question": fact.question,
        "kind": fact.kind,
        "answer": fact.answer,
        "evidence": [exchange._asdict() for exchange in fact.evidence],
        "date": fact.date,
        "version": fact.version,
    }


_WORD = regex(r"[a-z][a-z0-9_]{0,60}")
_KIND = regex(r"[A-Za-z]{0,50}")


def _text(value: Any, form: re.Pattern[str] | None = None) -> str:
    if not isinstance(value, str) or (form and form.fullmatch(value) is None):
        raise TypeError(f"{str(value)[:60]!r} is not what is expected here")
    return value


def _status(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("a status is not a number")
    return value


def _exchange_from(document: Mapping[str, Any]) -> Exchange:
    return Exchange(
        _text(document["request"]),
        dict(document["sent"]),
        _status(document["status"]),
        dict(document["answered"]),
    )


def _fact_from(document: Mapping[str, Any]) -> Fact:
    date.fromisoformat(_text(document["date"]))
    if document["answer"] is None:
        raise ValueError("an answer is missing")
    return Fact(
        _text(document["question"], _WORD),
        _text(document["kind"], _KIND),
        document["answer"],
        tuple(map(_exchange_from, document["evidence"])),
        document["date"],
        _text(document["version"]),
    )


def facts_from(document: Mapping[str, Any]) -> Facts:
    """Return the facts of a document in the form of ``schemas/facts.schema.json``.

    ValueError, TypeError or KeyError for any other document, and for two answers to one question.
    """
    if document["format_version"] != _FORMAT:
        raise ValueError("it has another format")
    facts = [_fact_from(one) for one in document["facts"]]
    if len({(one.question, one.kind) for one in facts}) != len(facts):
        raise ValueError("a question has two answers")
    unanswered = [
        Unanswered(_text(one["question"], _WORD), _text(one["kind"], _KIND), _text(one["why"]))
        for one in document["unanswered"]
    ]
    return facts_of(_text(document["space"]), facts, unanswered)
