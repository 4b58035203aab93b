"""Outcomes of an apply: a line for each action as it ends, then failures and counts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.plan_model import FieldChange, Outcome, Status, Verb
from reconciler.core.text import count
from reconciler.core.value_text import (
    address_text,
    holds_secret,
    json_text,
    json_value,
    plain,
    sides,
)
from reconciler.engine.saved_plan.document import FORMAT_VERSION
from reconciler.reports.text.plan_actions import mark_of
from reconciler.reports.text.style import (
    PLAIN,
    RenderStyle,
    Span,
    Style,
    cell,
    finish,
    marks,
    paint,
)

_NOT_BEGUN = "not started: "  # how the executor's reasons begin, for an action that it never sent
_DONE: Mapping[Verb, str] = {
    "create": "created",
    "update": "updated",
    "rename": "renamed",
    "adopt": "adopted",
    "delete": "deleted",
}
_STYLES: Mapping[Status, Style] = {
    "done": "",
    "failed": "bad",
    "unknown": "change",
    "skipped": "dim",
}


@dataclass(frozen=True, slots=True)
class OutcomeReport(RenderStyle):
    """The Outcomes of an apply on ``space`` in plan order, and how to show them."""

    space: str
    outcomes: tuple[Outcome, ...]
    environment: str = ""


def _sign(outcome: Outcome, look: RenderStyle) -> Span:
    if outcome.status == "done":
        return mark_of(outcome.action.action, look)
    return Span(getattr(marks(look), outcome.status), _STYLES[outcome.status])


def _result(outcome: Outcome) -> str:
    """The result in words: ``created``, ``update failed: …``, ``delete skipped: …``."""
    verb = outcome.action.action
    if outcome.status != "done":
        words = "outcome unknown" if outcome.status == "unknown" else outcome.status
        return f"{verb} {words}{f': {plain(outcome.error)}' if outcome.error else ''}"
    name = outcome.action.address.name
    if verb == "rename" and any(change.after == name for change in outcome.unsettled):
        return "rename sent, and the Space kept the old name"
    unsettled = (
        f", {count(len(outcome.unsettled), 'field')} did not settle" if outcome.unsettled else ""
    )
    return _DONE[verb] + unsettled


def outcome_line(outcome: Outcome, *, number: int, total: int, look: RenderStyle = PLAIN) -> str:
    """One line without its end, hint included: ``[3/12] + Room/standup created``."""
    counter = f"[{number:>{len(str(total))}}/{total}] "
    hint = f" {marks(look).dash} {plain(outcome.hint)}" if outcome.hint else ""
    address = f"{address_text(outcome.action.address)}{'' if outcome.status == 'done' else ':'}"
    sign, result = _sign(outcome, look), f" {_result(outcome)}"
    # Without colour there is nothing to style; a run prints thousands of these lines.
    line = f"{counter}{sign.text} {address}{result}{hint}"
    if look.colour:
        styled = (
            Span(counter, "dim"),
            sign,
            Span(" "),
            Span(address, "bold"),
            Span(result, _STYLES[outcome.status]),
            Span(hint, "dim"),
        )
        line = paint(styled, look)
    return line if line.isascii() else finish([line], look).removesuffix("\n")


def _unsettled_text(change: FieldChange) -> str:
    """``layout: asked "5x5", the Space says "3x3"``: the requested value, then the live one."""
    if holds_secret(change.after) or holds_secret(change.before):
        return f"{plain(change.path)}: the Space does not have the secret that was sent"
    asked, answered = sides(change.after, change.before)
    return f"{plain(change.path)}: asked {asked}, the Space says {answered}"


def _moved_text(change: FieldChange) -> str:
    """``meta: was {"k": 1}, is not set now``: ``before`` is the old value."""
    if holds_secret(change.after) or holds_secret(change.before):
        return f"{plain(change.path)}: changed, although it was not in the plan"
    before, after = sides(change.before, change.after)
    return f"{plain(change.path)}: was {before}, is {after} now; this change was not in the plan"


def _remark(outcome: Outcome, look: RenderStyle) -> list[str]:
    signed = (
        _sign(outcome, look),
        Span(" "),
        Span(address_text(outcome.action.address), "bold"),
        Span(f": {_result(outcome)}"),
    )
    lines = [paint(signed, look)]
    lines += [f"    {_unsettled_text(change)}" for change in outcome.unsettled]
    lines += [paint(cell(f"    {_moved_text(change)}", "bad"), look) for change in outcome.moved]
    lines += [f"    {plain(note)}" for note in outcome.notes]
    return lines + (
        [paint(cell(f"    {plain(outcome.hint)}", "dim"), look)] if outcome.hint else []
    )


def not_begun(outcome: Outcome) -> bool:
    """Whether the run ended before this action was started."""
    return outcome.status == "skipped" and outcome.error.startswith(_NOT_BEGUN)


def _not_begun_lines(outcomes: Sequence[Outcome], look: RenderStyle) -> list[str]:
    """One line for all actions that were not begun for one reason, however many they are."""
    by_error: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_error.setdefault(outcome.error, []).append(outcome)
    lines = []
    for error, own in by_error.items():
        numbers = Counter(outcome.action.action for outcome in own)
        verbs = ", ".join(f"{numbers[verb]} {verb}" for verb in _DONE if numbers[verb])
        spans = (
            _sign(own[0], look),
            Span(f" {count(len(own), 'action')}", "bold"),
            Span(f" not started ({verbs}): {plain(error.removeprefix(_NOT_BEGUN))}"),
        )
        lines.append(paint(spans, look))
    return lines


def _counts(outcomes: Iterable[Outcome]) -> dict[str, int]:
    counts: dict[str, int] = dict.fromkeys((*get_args(Status), *_DONE), 0)
    for outcome in outcomes:
        counts[outcome.status] += 1
        if outcome.status == "done":
            counts[outcome.action.action] += 1
    return counts


def _is_notable(outcome: Outcome) -> bool:
    """Whether more than its success is to be said of ``outcome``."""
    return bool(outcome.status != "done" or outcome.unsettled or outcome.moved or outcome.notes)


def _total_parts(report: OutcomeReport) -> list[str]:
    """The counts of the last line, by verb and by status."""
    counts = _counts(report.outcomes)
    parts = [f"{counts[verb]} {word}" for verb, word in _DONE.items() if counts[verb]]
    if counts["done"] != len(report.outcomes):
        for word in ("failed", "skipped", "unknown"):
            style = _STYLES[word] if counts[word] else ""
            parts.append(paint(cell(f"{counts[word]} {word}", style), report))
    unsettled = sum(len(one.unsettled) for one in report.outcomes)
    if unsettled:
        parts.append(f"{count(unsettled, 'field')} not settled")
    return parts


def outcomes_text(report: OutcomeReport) -> str:
    """All outcomes other than plain success, then the counts."""
    notable = [outcome for outcome in report.outcomes if _is_notable(outcome)]
    waiting = [outcome for outcome in notable if not_begun(outcome)]
    together = waiting if len(waiting) > 1 else []
    lines: list[str] = []
    for outcome in notable:
        if not (together and not_begun(outcome)):
            lines += _remark(outcome, report)
    lines += _not_begun_lines(together, report)
    if lines:
        lines.append("")
    parts = _total_parts(report)
    last = f"Applied: {', '.join(parts)}." if parts else "Nothing to apply."
    return finish([*lines, last], report)


def _outcome_document(outcome: Outcome) -> dict[str, Any]:
    action = outcome.action
    document: dict[str, Any] = {
        "action": action.action,
        "kind": action.address.kind,
        "name": action.address.name,
        "id": outcome.id or action.id,
        "status": outcome.status,
    }
    optional = {
        "error": outcome.error,
        "hint": outcome.hint,
        "unsettled": [
            {"path": one.path, "asked": json_value(one.after), "answered": json_value(one.before)}
            for one in outcome.unsettled
        ],
        "moved": [
            {"path": one.path, "before": json_value(one.before), "after": json_value(one.after)}
            for one in outcome.moved
        ],
        "notes": list(outcome.notes),
    }
    return document | {word: value for word, value in optional.items() if value}


def _outcomes_document(report: OutcomeReport) -> dict[str, Any]:
    """The outcomes as JSON values. The counts by verb are those of finished actions."""
    outcomes = [_outcome_document(one) for one in report.outcomes]
    return {
        "format_version": FORMAT_VERSION,
        "space": report.space,
        **({"environment": report.environment} if report.environment else {}),
        "summary": _counts(report.outcomes),
        "outcomes": outcomes,
    }


def outcomes_json(report: OutcomeReport) -> str:
    """The outcomes as JSON text."""
    return json_text(_outcomes_document(report))
