"""Actions as lines of a ``diff`` block: removals red, additions green, the rest plain."""

from collections.abc import Iterator, Mapping

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.plan_model import Action, FieldChange
from reconciler.core.resource_usage import Usage
from reconciler.core.resources import Address
from reconciler.core.text import count
from reconciler.core.value_text import masked_text, origin_text, session_text, sides
from reconciler.reports.grouping import Group
from reconciler.reports.markdown.fence import short, short_value
from reconciler.reports.text.history import Written, history_text
from reconciler.reports.text.style import columns
from reconciler.reports.usage_text import deleted_with_text, intent_text, last_text, use_text

_VALUE, _PATH, _PLACE, _LINE = 160, 60, 90, 120


@dataclass(frozen=True, slots=True)
class Style:
    """Options of the lines: day, full values, drift or plan, and usage by resource."""

    today: str
    verbose: bool = False
    drift: bool = False
    evidence: Mapping[Address, Usage] = field(default_factory=dict)
    written: Mapping[Address, Written] = field(default_factory=dict)

    def value(self, text: str, other: str) -> str:
        """``text`` shortened to the part that differs from ``other``."""
        return text if self.verbose else short_value(text, other, _VALUE)


def _safe_address(address: Address) -> str:
    return short(str(address), _LINE)


def _head(action: Action, style: Style, *, sign: str) -> Iterator[str]:
    words = intent_text(action)
    yield f"{sign} {_safe_address(action.address)}{f'   {short(words, _LINE)}' if words else ''}"
    if action.session is not None:
        yield f"!   {session_text(action.session, today=style.today)}"


def _history(action: Action, style: Style) -> Iterator[str]:
    """Of drift, when it was changed, and which commit was applied."""
    words = history_text(action, style.written) if style.drift else ""
    yield from [f"    {short(words, _LINE)}"] if words else []


def missing_lines(action: Action, style: Style) -> tuple[str, ...]:
    """A resource that was deleted outside, and when it was last applied."""
    return (f"- {_safe_address(action.address)}", *_history(action, style))


def _where(change: FieldChange, style: Style) -> str:
    """Origin and place of a change, so far as the heading does not say them."""
    place = origin_text(change.declared_at)
    if not place and change.origin == "released":
        place = "no longer declared"
    why = ""
    if style.drift:
        why = "the manifest changed too" if change.origin == "conflict" else ""
    elif change.origin != "manifest":
        why = change.origin
    return "   ".join(part for part in (why, short(place, _PLACE)) if part)


def _change_lines(change: FieldChange, style: Style) -> Iterator[str]:
    """Path, origin and place of a change, then its value before and after. Secrets are masked."""
    path = short(change.path, _PATH)
    yield f"    {path}   {_where(change, style)}".rstrip()
    before, after = sides(change.before, change.after)
    if before == after:
        yield f"!     {before} changed"
        return
    removed, added = (
        (before, after)
        if change.child is None
        else (change.before and before, change.after and after)
    )
    yield from [f"-     {style.value(removed, after)}"] if removed else []
    yield from [f"+     {style.value(added, before)}"] if added else []


def _delete_lines(action: Action, style: Style) -> Iterator[str]:
    yield from _head(action, style, sign="-")
    for change in action.changes:
        live = style.value(masked_text(change.before), "")
        yield f"!   {short(change.path, _PATH)} was changed outside: {live}"
    evidence = style.evidence.get(action.address)
    if evidence is None:
        return
    yield f"    last session   {last_text(evidence)}"
    yield f"    use            {use_text(evidence)}"
    children = deleted_with_text(evidence)
    yield from [f"    dies with it   {short(children, _LINE)}"] if children else []


def _create_lines(action: Action, style: Style) -> Iterator[str]:
    yield from _head(action, style, sign="+")
    paths = [short(change.path, _PATH) for change in action.changes]
    size = min(max(map(columns, paths), default=0), 28)
    for path, change in zip(paths, action.changes, strict=True):
        padding = " " * max(size - columns(path), 0)
        value = style.value(masked_text(change.after), "")
        place = short(origin_text(change.declared_at), _PLACE)
        yield (
            f"+   {path}{padding}  {value}   {place}" if place else f"+   {path}{padding}  {value}"
        )


def action_lines(action: Action, style: Style, *, shared: int = 0) -> tuple[str, ...]:
    """All lines of one action. ``shared`` counts the changes shown in groups."""
    if action.action == "delete":
        return tuple(_delete_lines(action, style))
    if action.action == "create":
        return tuple(_create_lines(action, style))
    lines = [*_head(action, style, sign="!"), *_history(action, style)]
    lines += (
        [f"    and {count(shared, 'change')} that it shares with others, above"] if shared else []
    )
    for change in action.changes:
        lines += _change_lines(change, style)
    return tuple(lines)


def short_line(action: Action) -> str:
    """One line for an action without room for its details."""
    sign = {"delete": "-", "create": "+"}.get(action.action, "!")
    fields = (
        f"   {count(len(action.changes), 'field')}"
        if action.changes and action.action != "create"
        else ""
    )
    return f"{sign} {_safe_address(action.address)}{fields}"


def fold_lines(fold: Group, style: Style) -> tuple[str, ...]:
    """The changes of a group once, then the names of its resources."""
    lines = [f"! {count(len(fold.actions), fold.kind)}"]
    for change in fold.changes:
        places = {
            origin_text(other.declared_at)
            for action in fold.actions
            for other in action.changes
            if other.path == change.path
        }
        first, *rest = _change_lines(change, style)
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
