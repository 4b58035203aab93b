"""Renders what a probe found: for the terminal, and as a report without names, ids and hosts."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.core.facts import Fact, Facts, facts_json
from reconciler.core.text import count, printable
from reconciler.core.value_text import json_text
from reconciler.engine.probe.questions import QUESTIONS
from reconciler.reports.markdown.fence import code

_ASKS = {question.id: question.asks for question in QUESTIONS}
_USED = {question.id for question in QUESTIONS if question.uses}


def answer_text(answer: Any) -> str:
    """An answer on one line: ``kept``, ``none``, ``seconds: 2, listings: 3``."""
    if isinstance(answer, Mapping):
        return ", ".join(f"{key}: {answer_text(value)}" for key, value in answer.items()) or "none"
    if isinstance(answer, list):
        return ", ".join(map(answer_text, answer)) or "none"
    return printable(answer if isinstance(answer, str) else json.dumps(answer))


def found_text(facts: Facts) -> str:
    """``31 answers from 2026-11-29; 4 questions are open``."""
    dates = sorted({fact.date for fact in facts.facts})
    since = f" from {dates[0]}" if dates else ""
    left = len(facts.unanswered)
    opened = f"; {count(left, 'question')} {'is' if left == 1 else 'are'} open" if left else ""
    return f"{count(len(facts.facts), 'answer')}{since}{opened}"


def used_text(facts: Facts) -> str:
    """The answers that runs use: ``omitted_fields: kept (Conference, Room)``; '' without any."""
    kinds: dict[str, list[str]] = {}
    for fact in facts.facts:
        if fact.question in _USED:
            answer = f"{fact.question}: {answer_text(fact.answer)}"
            kinds.setdefault(answer, []).append(fact.kind)
    return "; ".join(f"{answer} ({', '.join(names)})" for answer, names in sorted(kinds.items()))


def _kinds(facts: Facts) -> list[str]:
    found = {fact.kind for fact in facts.facts}
    return sorted(found | {one.kind for one in facts.unanswered})


def _lines(facts: Facts) -> Iterator[str]:
    for kind in _kinds(facts):
        yield f"\n{kind or 'Space'}"
        for fact in facts.facts:
            if fact.kind == kind:
                yield f"  {fact.question:<19} {answer_text(fact.answer)}"
        for one in facts.unanswered:
            if one.kind == kind:
                yield f"  {one.question:<19} (unknown: {printable(one.why)})"


def facts_text(facts: Facts) -> str:
    """All answers and open questions, by kind."""
    return "\n".join((found_text(facts), *_lines(facts))) + "\n"


def _evidence(fact: Fact) -> str:
    return "; ".join(
        f"{one.request} {json.dumps(dict(one.sent), sort_keys=True)} -> {one.status}"
        f" {json.dumps(dict(one.answered), sort_keys=True)}"
        for one in fact.evidence
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _markdown(facts: Facts) -> str:
    versions = ", ".join(sorted({fact.version for fact in facts.facts}))
    lines = [
        "# What a probe found",
        "",
        f"{found_text(facts)}. reconciler {versions or '(no version)'}.",
        "Names, ids and hosts are left out. Paste this into an issue of the project.",
        "",
        "| kind | question | answer | shown by |",
        "|---|---|---|---|",
    ]
    for fact in facts.facts:
        asks = _ASKS.get(fact.question, fact.question)
        answer, shown = code(answer_text(fact.answer)), code(_evidence(fact), width=400)
        lines.append(_row(fact.kind, asks, answer, shown))
    for one in facts.unanswered:
        asks = _ASKS.get(one.question, one.question)
        lines.append(_row(one.kind, asks, "unknown", code(one.why)))
    return "\n".join(lines) + "\n"


def _json(facts: Facts) -> str:
    document = facts_json(facts)
    document.pop("space")
    return json_text(document)


FACT_REPORTS: Mapping[str, Callable[[Facts], str]] = {"markdown": _markdown, "json": _json}
