"""The table of LIMITS.md: what is assumed, what speaks for it, and which reports verify it."""

# ruff: noqa: INP001  # a script's neighbour, not a package

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.core.facts import Facts, facts_from
from reconciler.engine.probe.questions import QUESTIONS
from reconciler.reports.facts import answer_text


def reports(folder: Path) -> dict[str, Facts]:
    """Every report in ``folder`` by its name without the ending. ValueError names a bad one."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        try:
            found[path.stem] = facts_from({"space": "", **json.loads(path.read_bytes())})
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{path}: not a report of a probe: {error}") from error
    return found


def _verified(question: str, found: Mapping[str, Facts]) -> str:
    by_answer: dict[str, list[str]] = {}
    for name, facts in found.items():
        for fact in facts.facts:
            if fact.question == question:
                answer = f"{fact.kind}: {answer_text(fact.answer)}".removeprefix(": ")
                by_answer.setdefault(answer, []).append(name)
    parts = [f"`{answer}` ({', '.join(names)})" for answer, names in sorted(by_answer.items())]
    return "; ".join(parts) or "not yet"


def rows(found: Mapping[str, Facts]) -> Sequence[tuple[str, str, str, str, str]]:
    """Question, what is assumed, what speaks for it, what a fact changes, verified by."""
    return [
        (
            f"{question.asks} (`{question.id}`)",
            question.assumed,
            question.evidence,
            question.uses or "nothing",
            _verified(question.id, found),
        )
        for question in QUESTIONS
    ]
