"""The actions of a plan as text: equal changes of many resources in one block, each change with its reason and place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from reconciler.core.deferred_dataclass import replace
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.normalize import ATOMS
from reconciler.core.plan_model import (
    MISSING,
    SHOWN_ORDER,
    Action,
    ChangeOrigin,
    FieldChange,
    Verb,
)
from reconciler.core.resources import Origin
from reconciler.core.text import count
from reconciler.core.value_text import address_text, origin_text, plain, session_text
from reconciler.reports.grouping import Group, grouped
from reconciler.reports.text.plan_values import change_value, value_room
from reconciler.reports.text.style import (
    Cell,
    RenderStyle,
    Span,
    Style,
    cell,
    columns,
    grid,
    marks,
    paint,
    span_width,
    widths,
)
from reconciler.reports.text.wrapping import shown_width

VERB_STYLES: Mapping[Verb, Style] = {
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
_WIDEST_PATH, _WIDEST_ADDRESS, _WIDEST_PLACE = 32, 48, 36
_NARROW = 90  # columns below which a value, and its place, get lines of their own
_MOST_NAMES = 60  # of a group, unless long values are asked for in full


def mark_of(verb: Verb, look: RenderStyle) -> Span:
    """The coloured sign of a verb."""
    return Span(getattr(marks(look), verb), VERB_STYLES[verb])


class _Entry(NamedTuple):
    """What gets one block: its first lines, its changes, and its last lines."""

    first: list[str]
    changes: Sequence[FieldChange]
    last: list[str]
    verb: Verb = "update"


class _Row(NamedTuple):
    """A change, and the cells of it that do not depend on the width: path, reason, place."""

    change: FieldChange
    path: Cell
    why: Cell
    place: Cell
    fresh: bool


def _row(change: FieldChange, *, fresh: bool) -> _Row:
    place = origin_text(change.declared_at) or (
        "no longer declared" if change.origin == "released" else ""
    )
    return _Row(
        change,
        cell(plain(change.path)),
        cell("" if fresh else change.origin, _ORIGIN_STYLES[change.origin]),
        cell(place, "dim"),
        fresh,
    )


def _wide_lines(entries: Sequence[Sequence[_Row]], look: RenderStyle) -> list[list[str]]:
    """The lines of each entry, with columns that all entries share; a row that is too long has its place below."""
    rows = list(chain(*entries))
    # The other columns first: the values get the room that these leave.
    beside = ([row.path, row.why, row.place] for row in rows)
    path, why, place = widths(beside, caps={0: _WIDEST_PATH, 2: _WIDEST_PLACE}) or (0, 0, 0)
    room = value_room(look, taken=4 + path + 2 + (why and why + 2), beside=place and place + 2)

    values: dict[tuple[type, object], Cell] = {}  # many new resources have the same few
    others: list[Cell] = []

    def value_of(row: _Row) -> Cell:
        after = row.change.after
        if not row.fresh or type(after) not in ATOMS:
            others.append(change_value(row.change, fresh=row.fresh, room=room, look=look))
            return others[-1]
        key = type(after), after
        if key not in values:
            values[key] = change_value(row.change, fresh=True, room=room, look=look)
        return values[key]

    def cells(row: _Row) -> list[Cell]:
        return [row.path, value_of(row), row.why, row.place]

    full = [[cells(row) for row in entry] for entry in entries]
    sizes = [path, *widths(([one] for one in chain(values.values(), others)), caps={0: room})]
    sizes += [why, place]  # the last column is as wide as it is: nothing follows it
    return [grid(lines, look, sizes=sizes) for lines in full]


def _narrow_lines(rows: Sequence[_Row], look: RenderStyle) -> list[str]:
    """Below each path its value, and below that why and where, so that a narrow screen breaks none of them."""
    lines = []
    for row in rows:
        value = change_value(row.change, fresh=row.fresh, room=look.width - 6, look=look)
        about = (*row.why, *((Span("  "),) if row.why and row.place else ()), *row.place)
        beside = (*row.path, Span("  "), *value)
        whole = (*beside, Span("  "), *about)
        if 4 + span_width(whole) <= look.width:
            lines.append(("    " + paint(whole, look)).rstrip(" "))
            continue
        if 4 + span_width(beside) <= look.width:
            lines.append("    " + paint(beside, look))
        else:
            lines += ["    " + paint(row.path, look), "      " + paint(value, look)]
        lines += ["      " + paint(about, look)] if about else []
    return lines


def _listed(action: Action) -> list[FieldChange]:
    """The changes with a line of their own. A new name from the manifests is shown above them."""
    renamed = action.action == "rename"
    return [
        change
        for change in action.changes
        if not (renamed and change.path == "name" and change.origin == "manifest")
    ]


def _intent(action: Action) -> str:
    """``update``, ``delete: no longer declared``, ``rename from all-hands``; how the Space calls it where that is another name."""
    words: str = action.action
    if action.live_name not in (None, "", action.address.name):
        name = plain(str(action.live_name))
        words += f" from {name}" if action.action == "rename" else f", now called {name}"
    if action.reason:
        words += f": {plain(action.reason)}"
    return words


def _heading(action: Action, *, look: RenderStyle, size: int, today: str) -> list[str]:
    style: Style = "change" if action.reason == MISSING else "dim"
    urgent: Style = "bad" if action.action == "delete" else "change"
    signed = (mark_of(action.action, look), Span(" "), Span(address_text(action.address), "bold"))
    blanks = " " * (max(size - span_width(signed), 0) + 3)
    lines = [paint(signed, look) + blanks + paint(cell(_intent(action), style), look)]
    if action.session is not None:
        lines.append("    " + paint(cell(session_text(action.session, today=today), urgent), look))
    return lines


def _group_title(fold: Group) -> str:
    return count(len(fold.actions), plain(fold.kind))


def _names(fold: Group, look: RenderStyle) -> Iterable[str]:
    """The names of a group on as many lines as they need; those in session first, since they matter most."""
    live: list[str] = []
    calm: list[str] = []
    for action in fold.actions:
        name = plain(action.address.name)
        if action.session is not None:
            live.append(f"{name} (in session)")
        else:
            calm.append(name)
    names = live + calm
    most = len(names) if look.verbose else min(len(names), max(_MOST_NAMES, len(live)))
    hidden = len(names) - most
    words = [*(f"{name}," for name in names[: most - 1]), *names[most - 1 : most]]
    if hidden > 0:
        words.append(f"and {hidden} more (--verbose names all)")
    line = "    on"
    for word in words:
        if columns(line) + 1 + columns(word) > look.width and line.strip():
            yield line
            line = "      "
        line += word if line.endswith(" ") else f" {word}"
    yield line


def _same_place(fold: Group) -> list[FieldChange]:
    """The changes of a group, each with its place where that is the same on all."""
    places: dict[str, set[Origin | None]] = {}
    for action in fold.actions:
        for change in action.changes:
            places.setdefault(change.path, set()).add(change.declared_at)
    shown = []
    for change in fold.changes:
        is_same = len(places.get(change.path, ())) == 1
        shown.append(change if is_same else replace(change, declared_at=None))
    return shown


def _entries(actions: Sequence[Action], look: RenderStyle, today: str) -> list[_Entry]:
    """One entry for each group of equal updates, and one for each action with what is its own."""
    updates = grouped([action for action in actions if action.action == "update"])
    alone = [
        (action, 0) for verb in SHOWN_ORDER[:-1] for action in actions if action.action == verb
    ]
    own = [(rest.action, rest.shared) for rest in updates.rest]
    titles = [address_text(action.address) for action, _ in [*alone, *own]]
    titles += map(_group_title, updates.folds)
    size = min(max((columns(title) + 2 for title in titles), default=0), _WIDEST_ADDRESS)
    entries = []
    for action, _ in alone:
        first = _heading(action, look=look, size=size, today=today)
        entries.append(_Entry(first, _listed(action), [], action.action))
    for fold in updates.folds:
        signed = (mark_of("update", look), Span(" "), Span(_group_title(fold), "bold"))
        blanks = " " * (max(size - span_width(signed), 0) + 3)
        first = [paint(signed, look) + blanks + paint(cell("update", "dim"), look)]
        entries.append(_Entry(first, _same_place(fold), list(_names(fold, look))))
    for action, shared in own:
        first = _heading(action, look=look, size=size, today=today)
        last = [f"    and {count(shared, 'change')} shared with others, above"] if shared else []
        entries.append(_Entry(first, action.changes, last))
    return entries


def _is_alone(entry: _Entry, verb: Verb | None = None) -> bool:
    """Whether the entry is one line, as a deletion without a session is, and of ``verb``."""
    return (
        entry.verb == (verb or entry.verb)
        and len(entry.first) == 1
        and not entry.changes
        and not entry.last
    )


def action_lines(actions: Sequence[Action], look: RenderStyle, *, today: str) -> list[str]:
    """All actions, deletions first; ``today`` is RFC 3339."""
    entries = _entries(actions, look, today)
    rows = [[_row(change, fresh=one.verb == "create") for change in one.changes] for one in entries]
    wide = _wide_lines(rows, look) if look.width >= _NARROW else []
    lines: list[str] = []
    for number, one in enumerate(entries):
        fits = bool(wide) and _fits(wide[number], look)
        body = wide[number] if fits else _narrow_lines(rows[number], look)
        block = [*one.first, *body, *one.last]
        # Many deletions are a list, not a page of empty lines.
        if number and _is_alone(one) and _is_alone(entries[number - 1], one.verb):
            lines.pop()
        lines += [*block, ""]
    return lines


def _fits(lines: Sequence[str], look: RenderStyle) -> bool:
    # A file or a pipe has no width that a line could exceed.
    return not look.lines or all(shown_width(line) <= look.width for line in lines)


def legend(actions: Sequence[Action], look: RenderStyle) -> str:
    """What the signs in front of ``actions``, and the arrow between two values, mean; only of those that are shown."""
    verbs = [verb for verb in SHOWN_ORDER if any(action.action == verb for action in actions)]
    signs = [Span(f"  {getattr(marks(look), verb)} {verb}", VERB_STYLES[verb]) for verb in verbs]
    changed = any(action.action != "create" and action.changes for action in actions)
    arrow = f";  live {marks(look).arrow} after apply" if changed else ""
    return paint((Span("Signs:", "dim"), *signs, Span(arrow, "dim")), look)
