"""Drift: the part of a plan that was changed outside, for people and for machines."""

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.drift import drifted_part
from reconciler.core.plan_model import MISSING, NOT_DECLARED, REPLACED, Action, FieldChange
from reconciler.core.resources import SECRET_TEXT, Address, Place
from reconciler.core.text import count
from reconciler.core.value_text import (
    address_text,
    json_text,
    origin_text,
    plain,
    session_text,
    sides,
)
from reconciler.engine.saved_plan.document import FORMAT_VERSION, action_document
from reconciler.reports.text.history import history_text, last_written
from reconciler.reports.text.plan import (
    PlanReport,
    next_step_lines,
    unmanaged_lines,
    without_actions,
)
from reconciler.reports.text.plan_actions import mark_of
from reconciler.reports.text.plan_values import fit_two
from reconciler.reports.text.style import Cell, RenderStyle, Span, cell, finish, grid, paint, widths
from reconciler.reports.text.wrapping import shown_width, wrapped_lines

_WIDEST_PATH, _WIDEST_PLACE, _VALUES = 32, 36, 58


@dataclass(frozen=True, slots=True)
class DriftReport(PlanReport):
    """A PlanReport that also knows the managed resources that were compared, each with where it is declared (None: no longer)."""

    compared: tuple[tuple[Address, Place | None], ...] = ()


def places_in(report: PlanReport) -> Mapping[Address, Place | None]:
    """Where each resource that was compared is declared; nothing where the report does not know it."""
    return dict(report.compared) if isinstance(report, DriftReport) else {}


def _values(change: FieldChange, was: str, *, room: int, look: RenderStyle) -> Cell:
    """``live X, declared Y``, in the order of a plan; of secrets only that they differ. ``was`` is the second word."""
    both = sides(change.before, change.after)
    if both == (SECRET_TEXT, SECRET_TEXT):
        return cell(f"{SECRET_TEXT} changed")
    live, declared = fit_two(*both, room=room - len(f"live , {was} "), look=look)
    return (Span("live ", "dim"), Span(live, "change"), Span(f", {was} ", "dim"), Span(declared))


def _row(change: FieldChange, was: str, *, room: int, look: RenderStyle) -> list[Cell]:
    also = cell("the manifest changed too" if change.origin == "conflict" else "", "bad")
    return [
        cell(plain(change.path)),
        _values(change, was, room=room, look=look),
        also,
        cell(origin_text(change.declared_at), "dim"),
    ]


def _column_sizes(
    actions: Sequence[Action], words: Mapping[Address, str], report: PlanReport
) -> tuple[list[int], int]:
    """The widths of path, values, note and place, and the room left for the values."""
    rows = [
        _row(change, words[action.address], room=report.width, look=report)
        for action in actions
        for change in action.changes
    ]
    natural = widths(rows, caps={0: _WIDEST_PATH, 3: _WIDEST_PLACE})
    path, _, note, place = natural[:4] if natural else (0, 0, 0, 0)
    gaps = sum(column + 2 for column in (note, place) if column)
    room = max(report.width - 6 - path - gaps, min(_VALUES, report.width - 6 - path))
    return widths(rows, caps={0: _WIDEST_PATH, 1: room}), room


def _changed_title(action: Action, report: PlanReport) -> str:
    session = ""
    if action.session is not None:
        session = f"   {session_text(action.session, today=report.created_at)}"
    spans = (
        mark_of("update", report),
        Span(" "),
        Span(address_text(action.address), "bold"),
        Span(f"   {REPLACED}" if action.reason == REPLACED else ""),
        Span(session, "bad"),
    )
    return paint(spans, report)


def _changed_lines(actions: Sequence[Action], report: PlanReport) -> list[str]:
    words = {
        action.address: "last applied" if action.reason == NOT_DECLARED else "declared"
        for action in actions
    }
    sizes, room = _column_sizes(actions, words, report)
    lines = []
    for action in actions:
        word = words[action.address]
        rows = [_row(change, word, room=room, look=report) for change in action.changes]
        body = grid(rows, report, sizes=sizes)
        if report.lines and any(shown_width(line) > report.width for line in body):
            body = _narrow_lines(action, word, report)
        lines.append(_changed_title(action, report))
        history = history_text(action, report.written)
        if history:
            lines.append(paint(cell(f"    {history}", "dim"), report))
        lines += [*body, ""]
    return lines


def _narrow_lines(action: Action, was: str, report: PlanReport) -> list[str]:
    """Below each path its values, and below these where it is declared."""
    lines = []
    for change in action.changes:
        path, values, also, place = _row(change, was, room=report.width - 6, look=report)
        about = (*also, *((Span("  "),) if also and place else ()), *place)
        lines += ["    " + paint(path, report), "      " + paint(values, report)]
        lines += ["      " + paint(about, report)] if about else []
    return lines


def _missing_lines(actions: Sequence[Action], report: PlanReport) -> list[str]:
    places = places_in(report)
    rows = [
        [
            (mark_of("delete", report), Span(" "), Span(address_text(action.address), "bold")),
            cell(plain(str(place)) if (place := places.get(action.address)) else "", "dim"),
        ]
        for action in actions
    ]
    sizes = widths(rows)
    lines: list[str] = []
    for action, row in zip(actions, rows, strict=True):
        since = history_text(action, report.written)
        lines += grid([row], report, indent=0, sizes=sizes)
        lines += [paint(cell(f"    {since}", "dim"), report)] if since else []
    return [*lines, ""]


def drift_text(report: PlanReport) -> str:
    """What was changed outside, what is missing, what is unmanaged; no drift is one line below the Space."""
    plan = drifted_part(report.plan)
    missing = [action for action in plan.actions if action.reason == MISSING]
    changed = [action for action in plan.actions if action.reason != MISSING]
    unmanaged = f"; {len(plan.unmanaged)} unmanaged" if plan.unmanaged else ""
    if not plan.actions:
        state = (
            f"{count(plan.noop, 'resource')} {'is' if plan.noop == 1 else 'are'} as last applied"
            if plan.noop
            else "nothing is managed yet"
        )
        lines = [
            *without_actions(report, unmanaged_lines(report)),
            f"No drift: {state}{unmanaged}.",
        ]
        return finish(wrapped_lines(lines, report), report)
    lines = [report.space_line, ""]
    if changed:
        lines += ["Changed outside:", "", *_changed_lines(changed, report)]
    if missing:
        lines += ["Missing, deleted outside:", "", *_missing_lines(missing, report)]
    counts = ", ".join(
        f"{len(found)} {word}"
        for found, word in ((changed, "changed"), (missing, "missing"))
        if found
    )
    lines += [
        *unmanaged_lines(report),
        f"Drift: {counts}; {plan.noop} unchanged{unmanaged.replace(';', ',')}.",
    ]
    steps = next_step_lines(report)
    return finish([*wrapped_lines(lines, report), *steps], report)


def _applied_document(actions: Sequence[Action], report: PlanReport) -> dict[str, dict[str, str]]:
    """By address, when and from which commit each of ``actions``'s resources was last applied."""
    found = {str(action.address): last_written(action, report.written) for action in actions}
    return {
        address: {name: fact for name, fact in one._asdict().items() if fact}
        for address, one in found.items()
        if any(one)
    }


def drift_document(report: PlanReport) -> dict[str, Any]:
    """Drift as JSON values: the actions of the drifted part, in the plan's shape."""
    plan = drifted_part(report.plan)
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "space": plan.space,
        "created_at": report.created_at,
        "drift": [action_document(action) for action in plan.actions],
    }
    applied = _applied_document(plan.actions, report)
    document |= {"applied": applied} if applied else {}
    if report.next_steps:
        document["next_steps"] = {
            step.name.lower().replace(" ", "_"): step.command for step in report.next_steps
        }
    if report.environment:
        document["environment"] = report.environment
    if report.show_unmanaged:
        document["unmanaged"] = [str(address) for address in plan.unmanaged]
    if plan.unread:
        document["unread"] = list(plan.unread)
    return document | {"summary": plan.summary}


def drift_json(report: PlanReport) -> str:
    """Drift as JSON text."""
    return json_text(drift_document(report))
