"""The plan for people: deletions first, every change with its before and after, its reason and its place, the counts last."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.core.plan_model import MISSING, Action, ChangeOrigin, FieldChange, Plan, Verb
from reconciler.core.resources import SECRET_TEXT
from reconciler.core.text import count
from reconciler.core.value_text import (
    address_text,
    holds_secret,
    is_secret,
    origin_text,
    plain,
    session_text,
    sides,
    value_text,
)
from reconciler.reports.text.style import (
    Cell,
    RenderStyle,
    Span,
    Style,
    cell,
    clip,
    columns,
    excerpt,
    finish,
    grid,
    marks,
    paint,
    span_width,
    widths,
)

LEFT_AS_IS = "Declared no longer, and left as they are, since no default is documented; declare a value to change it"
_ORDER: tuple[Verb, ...] = ("delete", "rename", "adopt", "create", "update")
_STYLES: Mapping[Verb, Style] = {
    "create": "add",
    "update": "change",
    "rename": "move",
    "adopt": "take",
    "delete": "remove",
}
_ORIGIN_STYLES: Mapping[ChangeOrigin, Style] = {
    "manifest": "dim",
    "drift": "change",
    "conflict": "bad",
    "released": "dim",
}
_WIDEST_PATH, _WIDEST_ADDRESS, _WIDEST_PLACE, _VALUE = 32, 48, 36, 46


@dataclass(frozen=True, slots=True)
class PlanReport(RenderStyle):
    """A Plan and how to show it.

    ``created_at`` is RFC 3339 in UTC. ``refusals`` holds, for each thing that apply would refuse, the reason and the flag
    that consents to it (empty: none does). ``left_out`` says what a flag kept out of the plan, ``selection`` which flags
    those were, so that a saved plan can be made again. ``made_by`` is the tool with its version, ``commit`` that of the manifests.
    """

    plan: Plan
    created_at: str
    show_unmanaged: bool = False
    left_out: str = ""
    selection: Mapping[str, Any] = field(default_factory=dict)
    refusals: tuple[tuple[str, str], ...] = ()
    made_by: str = ""
    commit: str = ""


def mark_of(verb: Verb, look: RenderStyle) -> Span:
    """The coloured sign of a verb."""
    return Span(getattr(marks(look), verb), _STYLES[verb])


def space_line(plan: Plan, look: RenderStyle) -> str:
    """Which Space, and which project in it."""
    project = (
        f", project {clip(plain(plan.project), 8 + len(marks(look).more), more=marks(look).more)}"
        if plan.project
        else ""
    )
    return paint((Span("Space "), Span(plain(plan.space), "bold"), Span(project, "dim")), look)


def fit_two(left: str, right: str, *, room: int, look: RenderStyle) -> tuple[str, str]:
    """Both texts in ``room`` columns together; what must be cut still shows where the two differ."""
    if look.verbose or columns(left) + columns(right) <= room:
        return left, right
    more, half = marks(look).more, room // 2
    return (
        excerpt(left, right, max(half, room - columns(right)), more=more),
        excerpt(right, left, max(room - half, room - columns(left)), more=more),
    )


def two_values(before: str, after: str, *, room: int, look: RenderStyle) -> Cell:
    """``before → after`` in ``room`` columns."""
    arrow = f" {marks(look).arrow} "
    before, after = fit_two(before, after, room=room - columns(arrow), look=look)
    return (Span(f"{before}{arrow}", "dim"), Span(after))


def value_room(look: RenderStyle, *, taken: int, beside: int) -> int:
    """The columns for values: what is left of the line, and enough for two ordinary ones even if places then run over it."""
    return max(look.width - taken - beside, min(_VALUE, look.width - taken), _VALUE // 2)


def one_value(text: str, *, room: int, look: RenderStyle) -> Cell:
    """A value in ``room`` columns, or in full where the reader asked for that."""
    return cell(text if look.verbose else clip(text, room, more=marks(look).more))


def _without_secrets(attributes: Any) -> str:
    return SECRET_TEXT if holds_secret(attributes) else value_text(attributes)


def _changed_child(
    before: Mapping[str, Any], after: Mapping[str, Any], *, room: int, look: RenderStyle
) -> Cell:
    both = [
        {name: side.get(name) for name in after if before.get(name) != after[name]}
        for side in (before, after)
    ]
    if any(holds_secret(side) for side in both):
        return cell(f"{SECRET_TEXT} changed")
    return two_values(*sides(*both), room=room, look=look)


def _child_value(change: FieldChange, *, room: int, look: RenderStyle) -> Cell:
    if change.before is None:
        return (
            Span("+ ", "add"),
            *one_value(_without_secrets(change.after), room=room - 2, look=look),
        )
    if change.after is None:
        return (
            Span("- ", "remove"),
            *one_value(_without_secrets(change.before), room=room - 2, look=look),
        )
    return _changed_child(change.before, change.after, room=room, look=look)


def change_value(change: FieldChange, *, fresh: bool, room: int, look: RenderStyle) -> Cell:
    """What happens to a field in ``room`` columns; a ``fresh`` resource has no before."""
    if fresh:
        return one_value(_without_secrets(change.after), room=room, look=look)
    if change.child is not None:
        return _child_value(change, room=room, look=look)
    if (
        is_secret(change.before)
        and is_secret(change.after)
        and sides(change.before, change.after) == (SECRET_TEXT, SECRET_TEXT)
    ):
        return cell(f"{SECRET_TEXT} changed")
    return two_values(*sides(change.before, change.after), room=room, look=look)


def _listed(action: Action) -> list[FieldChange]:
    """The changes that get a line of their own: a new name that the manifests gave stands above them."""
    renamed = action.action == "rename"
    return [
        change
        for change in action.changes
        if not (renamed and change.path == "name" and change.origin == "manifest")
    ]


def _words(action: Action, change: FieldChange) -> tuple[Cell, Cell, Cell]:
    """The cells beside the value: its path, why it changes, where it is declared."""
    fresh = action.action == "create"
    place = origin_text(change.declared_at) or (
        "no longer declared" if change.origin == "released" else ""
    )
    return (
        cell(plain(change.path)),
        cell("" if fresh else change.origin, _ORIGIN_STYLES[change.origin]),
        cell(place, "dim"),
    )


def _rows(actions: Sequence[Action], look: RenderStyle) -> tuple[list[list[list[Cell]]], list[int]]:
    """The rows of each action, and the widths of the columns that all actions share."""
    listed = [
        [(change, _words(action, change)) for change in _listed(action)] for action in actions
    ]
    beside = widths(
        (words for own in listed for _, words in own), caps={0: _WIDEST_PATH, 2: _WIDEST_PLACE}
    )
    path, why, place = [*beside, 0, 0, 0][:3]
    room = value_room(look, taken=4 + path + 2 + (why and why + 2), beside=place and place + 2)
    rows = [
        [
            [
                words[0],
                change_value(change, fresh=action.action == "create", room=room, look=look),
                words[1],
                words[2],
            ]
            for change, words in own
        ]
        for action, own in zip(actions, listed, strict=True)
    ]
    return rows, widths((row for own in rows for row in own), caps={0: _WIDEST_PATH, 1: room})


def _intent(action: Action) -> str:
    """``update``, ``delete: no longer declared``, ``rename from all-hands``; how the Space calls it where that is another name."""
    other = action.live_name if action.live_name not in (None, action.address.name) else None
    words = (
        f" from {plain(other)}"
        if other and action.action == "rename"
        else f", now called {plain(other)}"
        if other
        else ""
    )
    return action.action + words + (f": {plain(action.reason)}" if action.reason else "")


def _heading(action: Action, *, report: PlanReport, size: int) -> list[str]:
    style: Style = "change" if action.reason == MISSING else "dim"
    urgent: Style = "bad" if action.action == "delete" else "change"
    signed = (mark_of(action.action, report), Span(" "), Span(address_text(action.address), "bold"))
    blanks = " " * (max(size - span_width(signed), 0) + 3)
    lines = [paint(signed, report) + blanks + paint(cell(_intent(action), style), report)]
    if action.session is not None:
        lines.append(
            "    "
            + paint(cell(session_text(action.session, today=report.created_at), urgent), report)
        )
    return lines


def _action_lines(report: PlanReport) -> list[str]:
    actions = [action for verb in _ORDER for action in report.plan.actions if action.action == verb]
    rows, sizes = _rows(actions, report)
    size = min(
        max((columns(address_text(action.address)) + 2 for action in actions), default=0),
        _WIDEST_ADDRESS,
    )
    lines: list[str] = []
    for action, own in zip(actions, rows, strict=True):
        lines += [*_heading(action, report=report, size=size), *grid(own, report, sizes=sizes), ""]
    return lines


def unmanaged_lines(report: PlanReport) -> list[str]:
    """The live resources that are nobody's, where the reader asked for them."""
    if not report.show_unmanaged or not report.plan.unmanaged:
        return []
    return [
        "Unmanaged, left alone:",
        *(f"    {address_text(address)}" for address in report.plan.unmanaged),
        "",
    ]


def _refusal_lines(refusals: Iterable[tuple[str, str]], look: RenderStyle) -> list[str]:
    lines = []
    for reason, consent in refusals:
        lines.append(paint((Span("! ", "bad"), Span(plain(reason))), look))
        lines += [f"    consent: {plain(consent)}"] if consent else []
    return [paint(cell("Apply would refuse:", "bad"), look), *lines, ""] if lines else []


def _suggestion_lines(report: PlanReport) -> list[str]:
    if not report.plan.suggestions:
        return []
    pairs = [
        f"    {address_text(old)} and {address_text(new)}: put renamedFrom: {plain(old.name)} into the metadata of {address_text(new)}"
        for old, new in report.plan.suggestions
    ]
    return ["These look like renames; a rename keeps the id:", *pairs, ""]


def left_as_is_texts(plan: Plan) -> list[str]:
    """``Conference/hall tone_on_entry_and_exit stays true``, for each field that is declared no longer and keeps its value."""
    return [
        f"{address_text(one.address)} {plain(one.field)} stays {value_text(one.value)}"
        for one in plan.left_as_is
    ]


def _left_as_is_lines(report: PlanReport) -> list[str]:
    lines = [f"    {text}" for text in left_as_is_texts(report.plan)]
    return [f"{LEFT_AS_IS}:", *lines, ""] if lines else []


def _protection_lines(report: PlanReport) -> list[str]:
    """Protection is only in the state, so that no field shows its change."""
    lines = [
        f"Protection {'begins' if protect else 'ends'}: {address_text(address)}"
        for address, protect in report.plan.protection
    ]
    return [*lines, ""] if lines else []


def _missing_lines(plan: Plan) -> list[str]:
    """A word of doubt where most of what is managed is gone: perhaps this is not the Space that is meant."""
    lines = [
        f"{gone} of {gone + plan.managed.get(kind, 0)} managed {plain(kind)}s are gone: is {plain(plan.space)} the Space that you mean?"
        for kind, gone in sorted(plan.missing.items())
        if gone >= 2 and gone > plan.managed.get(kind, 0)
    ]
    return [*lines, ""] if lines else []


def _notes(report: PlanReport) -> list[str]:
    gone = [f"    {address_text(address)}" for address in report.plan.gone]
    renamed = [
        f"    {address_text(old)} is {address_text(new)} now" for old, new in report.plan.renamed
    ]
    lines = unmanaged_lines(report)
    lines += (
        ["Gone from the Space and declared no longer; apply forgets them:", *gone, ""]
        if gone
        else []
    )
    lines += (
        ["Renamed outside and declared by the new name; apply records it:", *renamed, ""]
        if renamed
        else []
    )
    lines += _suggestion_lines(report) + _left_as_is_lines(report)
    lines += _protection_lines(report) + _missing_lines(report.plan)
    lines += [f"Left out: {plain(report.left_out)}", ""] if report.left_out else []
    return lines + _refusal_lines(report.refusals, report)


def _summary(plan: Plan, look: RenderStyle) -> str:
    counts = plan.summary
    to_do: list[Cell] = [
        cell(f"{counts[verb]} to {verb}", _STYLES[verb])
        for verb in ("create", "update", "rename", "adopt", "delete")
        if counts[verb]
    ]
    words = {"noop": "unchanged", "drifted": "drifted", "unmanaged": "unmanaged"}
    rest = ", ".join(f"{counts[key]} {word}" for key, word in words.items() if counts[key])
    return f"Plan: {', '.join(paint(part, look) for part in to_do)}{rest and f'; {rest}'}."


def _no_changes(plan: Plan) -> str:
    verb = "matches" if plan.noop == 1 else "match"
    what = f"{count(plan.noop, 'resource')} {verb}" if plan.noop else "there is nothing to manage"
    return f"No changes: {what}{f'; {len(plan.unmanaged)} unmanaged' if plan.unmanaged else ''}."


def plan_text(report: PlanReport) -> str:
    """The plan as text; a plan with nothing to do is one line."""
    if not report.plan.actions:
        return finish([*_notes(report), _no_changes(report.plan)], report)
    lines = [
        space_line(report.plan, report),
        "",
        *_action_lines(report),
        *_notes(report),
        _summary(report.plan, report),
    ]
    return finish(lines, report)
