"""Drift: the part of a plan that somebody else caused, for people and for machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reconciler.core.declared import SECRET_TEXT, Address, Place
from reconciler.core.model import MISSING, NOT_DECLARED, REPLACED, Action, FieldChange, Plan
from reconciler.core.text import count
from reconciler.reports.palette import Cell, Look, Span, cell, finish, grid, paint, widths
from reconciler.reports.plan_json import FORMAT_VERSION, action_document
from reconciler.reports.plan_text import PlanReport, fit_two, mark_of, space_line, unmanaged_lines
from reconciler.reports.values import address_text, json_text, origin_text, plain, session_text, sides

_EXISTING = ("update", "rename", "delete")
_WIDEST_PATH, _WIDEST_PLACE, _VALUES = 32, 36, 58


@dataclass(frozen=True, slots=True)
class DriftReport(PlanReport):
    """A PlanReport that also knows the managed resources that were compared, each with where it is declared (None: no longer)."""

    compared: tuple[tuple[Address, Place | None], ...] = ()


def places_in(report: PlanReport) -> Mapping[Address, Place | None]:
    """Where each resource that was compared is declared; nothing where the report does not know it."""
    return dict(report.compared) if isinstance(report, DriftReport) else {}


def _drifted_action(action: Action) -> Action:
    if action.reason == MISSING:
        return action
    changes = tuple(change for change in action.changes if change.origin in ("drift", "conflict"))
    if action.action != "delete" or action.known is None:
        return replace(action, changes=changes)
    # Nobody declares it any more: what was last applied is what it was changed from.
    applied = action.known.attributes
    return replace(action, action="update", changes=tuple(replace(change, after=applied.get(change.path)) for change in changes))


def drifted_part(plan: Plan) -> Plan:
    """The same plan with only what was changed or deleted outside; managed resources that were not count as unchanged."""
    drifted = [action for action in plan.actions if action.drifted]
    untouched = sum(not action.drifted and action.action in _EXISTING for action in plan.actions)
    return replace(plan, actions=tuple(_drifted_action(action) for action in drifted), noop=plan.noop + untouched)


def _values(change: FieldChange, was: str, *, room: int, look: Look) -> Cell:
    """``declared X, live Y``; of secrets only that they differ. ``was`` is the first word."""
    both = sides(change.after, change.before)
    if both == (SECRET_TEXT, SECRET_TEXT):
        return cell(f"{SECRET_TEXT} changed")
    declared, live = fit_two(*both, room=room - len(f"{was} , live "), look=look)
    return (Span(f"{was} ", "dim"), Span(declared), Span(", live ", "dim"), Span(live, "change"))


def _row(change: FieldChange, was: str, *, room: int, look: Look) -> list[Cell]:
    also = cell("the manifest changed too" if change.origin == "conflict" else "", "bad")
    return [cell(plain(change.path)), _values(change, was, room=room, look=look), also, cell(origin_text(change.declared_at), "dim")]


def _changed_lines(actions: Sequence[Action], report: PlanReport) -> list[str]:
    words = {action.address: "last applied" if action.reason == NOT_DECLARED else "declared" for action in actions}
    unlimited = [_row(change, words[action.address], room=report.width, look=report) for action in actions for change in action.changes]
    path, _, also, place = [*widths(unlimited, caps={0: _WIDEST_PATH, 3: _WIDEST_PLACE}), 0, 0, 0, 0][:4]
    room = max(report.width - 6 - path - (also and also + 2) - (place and place + 2), min(_VALUES, report.width - 6 - path))
    sizes = widths(unlimited, caps={0: _WIDEST_PATH, 1: room})
    lines = []
    for action in actions:
        session = f"   {session_text(action.session, today=report.created_at)}" if action.session is not None else ""
        again = f"   {REPLACED}" if action.reason == REPLACED else ""
        rows = [_row(change, words[action.address], room=room, look=report) for change in action.changes]
        lines.append(
            paint(
                (mark_of("update", report), Span(" "), Span(address_text(action.address), "bold"), Span(again), Span(session, "bad")),
                report,
            )
        )
        lines += [*grid(rows, report, sizes=sizes), ""]
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
    return [*grid(rows, report, indent=0), ""]


def drift_text(report: PlanReport) -> str:
    """What was changed outside, what is missing, what is unmanaged; no drift is one line."""
    plan = drifted_part(report.plan)
    missing = [action for action in plan.actions if action.reason == MISSING]
    changed = [action for action in plan.actions if action.reason != MISSING]
    unmanaged = f"; {len(plan.unmanaged)} unmanaged" if plan.unmanaged else ""
    if not plan.actions:
        state = (
            f"{count(plan.noop, 'resource')} {'is' if plan.noop == 1 else 'are'} as last applied" if plan.noop else "nothing is managed yet"
        )
        return finish([*unmanaged_lines(report), f"No drift: {state}{unmanaged}."], report)
    lines = [space_line(plan, report), ""]
    if changed:
        lines += ["Changed outside:", "", *_changed_lines(changed, report)]
    if missing:
        lines += ["Missing, deleted outside:", "", *_missing_lines(missing, report)]
    counts = ", ".join(f"{len(found)} {word}" for found, word in ((changed, "changed"), (missing, "missing")) if found)
    lines += [*unmanaged_lines(report), f"Drift: {counts}; {plan.noop} unchanged{unmanaged.replace(';', ',')}."]
    return finish(lines, report)


def drift_document(report: PlanReport) -> dict[str, Any]:
    """Drift as JSON values: the actions of the drifted part, in the plan's shape."""
    plan = drifted_part(report.plan)
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "space": plan.space,
        "created_at": report.created_at,
        "drift": [action_document(action) for action in plan.actions],
    }
    if report.show_unmanaged:
        document["unmanaged"] = [str(address) for address in plan.unmanaged]
    if plan.unread:
        document["unread"] = list(plan.unread)
    return document | {"summary": plan.summary}


def drift_json(report: PlanReport) -> str:
    """Drift as JSON text."""
    return json_text(drift_document(report))
