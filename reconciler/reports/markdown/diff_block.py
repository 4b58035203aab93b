"""Actions as lines of a ``diff`` block: what goes is red, what comes is green, all else is plain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.core.plan_model import Action, FieldChange
from reconciler.core.resources import SECRET_TEXT, Address
from reconciler.core.text import count
from reconciler.core.usage import Usage
from reconciler.core.value_text import holds_secret, origin_text, session_text, sides, value_text
from reconciler.reports.grouping import Group
from reconciler.reports.markdown.fence import short, short_value
from reconciler.reports.text.history import Written, history_text
from reconciler.reports.text.style import columns
from reconciler.reports.usage_text import deleted_with_text, intent_text, last_text, use_text

_VALUE, _PATH, _PLACE, _LINE = 160, 60, 90, 120


@dataclass(frozen=True, slots=True)
class Style:
    """What the lines depend on besides the action: the day, whether values are whole, whether this is about drift, evidence."""

    today: str
    verbose: bool = False
    drift: bool = False
    evidence: Mapping[Address, Usage] = field(default_factory=dict)
    written: Mapping[Address, Written] = field(default_factory=dict)

    def value(self, text: str, other: str) -> str:
        """``text`` in a readable length, showing where it differs from ``other``."""
        return text if self.verbose else short_value(text, other, _VALUE)


def _shown(value: Any) -> str:
    return SECRET_TEXT if holds_secret(value) else value_text(value)


def _named(address: Address) -> str:
    return short(str(address), _LINE)


def _head(action: Action, style: Style, *, sign: str) -> Iterator[str]:
    words = intent_text(action)
    yield f"{sign} {_named(action.address)}{f'   {short(words, _LINE)}' if words else ''}"
    if action.session is not None:
        yield f"!   {session_text(action.session, today=style.today)}"


def _history(action: Action, style: Style) -> Iterator[str]:
    """Of drift, when it was changed, and which commit was applied."""
    words = history_text(action, style.written) if style.drift else ""
    yield from [f"    {short(words, _LINE)}"] if words else []


def missing_lines(action: Action, style: Style) -> tuple[str, ...]:
    """A resource that was deleted outside, and when it was last applied."""
    return (f"- {_named(action.address)}", *_history(action, style))


def _where(change: FieldChange, style: Style) -> str:
    place = origin_text(change.declared_at) or (
        "no longer declared" if change.origin == "released" else ""
    )
    both = "the manifest changed too" if change.origin == "conflict" else ""
    why = (both if style.drift else change.origin if change.origin != "manifest" else "") or ""
    return "   ".join(part for part in (why, short(place, _PLACE)) if part)


def change_lines(change: FieldChange, style: Style) -> Iterator[str]:
    """The field with why and where, then its value before and after; secrets say only that they changed."""
    path = short(change.path, _PATH)
    yield f"    {path}   {_where(change, style)}".rstrip()
    before, after = sides(change.before, change.after)
    if before == after:
        yield f"!     {before} changed"
        return
    gone, come = (
        (before, after)
        if change.child is None
        else (change.before and before, change.after and after)
    )
    yield from [f"-     {style.value(gone, after)}"] if gone else []
    yield from [f"+     {style.value(come, before)}"] if come else []


def _delete_lines(action: Action, style: Style) -> Iterator[str]:
    yield from _head(action, style, sign="-")
    for change in action.changes:
        yield f"!   {short(change.path, _PATH)} was changed outside: {style.value(_shown(change.before), '')}"
    evidence = style.evidence.get(action.address)
    if evidence is None:
        return
    yield f"    last session   {last_text(evidence)}"
    yield f"    use            {use_text(evidence)}"
    dies = deleted_with_text(evidence)
    yield from [f"    dies with it   {short(dies, _LINE)}"] if dies else []


def _create_lines(action: Action, style: Style) -> Iterator[str]:
    yield from _head(action, style, sign="+")
    paths = [short(change.path, _PATH) for change in action.changes]
    size = min(max(map(columns, paths), default=0), 28)
    for path, change in zip(paths, action.changes, strict=True):
        value = _shown(change.after)
        place = short(origin_text(change.declared_at), _PLACE)
        yield f"+   {path}{' ' * max(size - columns(path), 0)}  {style.value(value, '')}{f'   {place}' if place else ''}"


def action_lines(action: Action, style: Style, *, shared: int = 0) -> tuple[str, ...]:
    """All lines of one action; ``shared`` changes stand with those of others."""
    if action.action == "delete":
        return tuple(_delete_lines(action, style))
    if action.action == "create":
        return tuple(_create_lines(action, style))
    lines = [*_head(action, style, sign="!"), *_history(action, style)]
    lines += (
        [f"    and {count(shared, 'change')} that it shares with others, above"] if shared else []
    )
    for change in action.changes:
        lines += change_lines(change, style)
    return tuple(lines)


def short_line(action: Action) -> str:
    """One line for an action that there is no room for."""
    sign = {"delete": "-", "create": "+"}.get(action.action, "!")
    fields = (
        f"   {count(len(action.changes), 'field')}"
        if action.changes and action.action != "create"
        else ""
    )
    return f"{sign} {_named(action.address)}{fields}"


def fold_lines(fold: Group, style: Style) -> tuple[str, ...]:
    """The changes once, and the names of all resources that they are made to."""
    lines = [f"! {count(len(fold.actions), fold.kind)}"]
    for change in fold.changes:
        places = {
            origin_text(other.declared_at)
            for action in fold.actions
            for other in action.changes
            if other.path == change.path
        }
        first, *rest = change_lines(change, style)
        lines += [first if len(places) == 1 else f"    {short(change.path, _PATH)}", *rest]
    lines.append("    on")
    line = "   "
    for action in fold.actions:
        name = short(action.address.name, _LINE)
        live = " (in session)" if action.session is not None else ""
        if columns(line) + columns(name) > _LINE:
            lines.append(line)
            line = "   "
        line += f" {name}{live}"
    return (*lines, line)
