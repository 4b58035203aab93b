"""Fits a Markdown comment into GitHub's limit: urgent parts first, then names, then details."""

from collections.abc import Mapping, Sequence

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.text import count
from reconciler.reports.markdown.fence import details, fenced, length

# Characters of a comment on GitHub, counted as UTF-16 code units, which is the larger count.
LIMIT = 65_536
_OPEN = 3_000  # A part of at most this many characters is open at first.


class Item(NamedTuple):
    """Text for a number of actions: in full, and as one line.

    ``names`` is false if the line only counts the actions, as that of a group does.
    """

    full: tuple[str, ...]
    short: str
    number: int = 1
    names: bool = True


class Part(NamedTuple):
    """A titled part of a comment. ``urgent`` parts get room before all others."""

    title: str
    items: tuple[Item, ...]
    legend: str = ""
    urgent: bool = False


class _Counts(NamedTuple):
    """Numbers of actions shown in full, shown by name, and left out."""

    full: int = 0
    named: int = 0
    hidden: int = 0


class Comment(NamedTuple):
    """The fixed text of a comment, and the parts that are cut to fit between it."""

    what: str
    head: str
    before: str
    parts: tuple[Part, ...]
    after: str


def _first_that_fit(sizes: Mapping[int, int], room: int) -> tuple[list[int], int]:
    """Keys of the first ``sizes`` that fit into ``room``, and the room left."""
    fitting: list[int] = []
    for number, size in sizes.items():
        if size > room:
            break
        room -= size
        fitting.append(number)
    return fitting, room


def _choose(items: Sequence[Item], urgent: Sequence[bool], room: int) -> tuple[set[int], set[int]]:
    """Indexes of the items to show, and of those to show in full. Urgent items come first."""
    visible: set[int] = set()
    full: set[int] = set()
    for first in (True, False):
        own = {
            number: length(item.short) + 1
            for number, item in enumerate(items)
            if urgent[number] is first
        }
        named, room = _first_that_fit(own, room)
        more = {
            number: sum(length(line) + 1 for line in items[number].full) + 1 - own[number]
            for number in named
        }
        # Half of the room is kept, so that the other parts can at least be named.
        whole, left = _first_that_fit(more, room // 2 if first else room)
        room = room - room // 2 + left if first else left
        visible.update(named)
        full.update(whole)
    return visible, full


def _part_lines(parts: Sequence[Part], room: int) -> tuple[list[list[str]], _Counts]:
    """The lines of each part within ``room`` characters, and the counts of what is shown."""
    items = [item for part in parts for item in part.items]
    visible, full = _choose(items, [part.urgent for part in parts for _ in part.items], room)
    lines: list[list[str]] = []
    number = -1
    for part in parts:
        own: list[str] = []
        for item in part.items:
            number += 1
            if number in full:
                own += [*item.full, ""]
            elif number in visible:
                own.append(item.short)
        if own and not own[-1]:
            own.pop()
        lines.append(own)
    whole = sum(items[index].number for index in full)
    named = sum(items[index].number for index in visible - full if items[index].names)
    hidden = sum(item.number for item in items) - whole - named
    return lines, _Counts(whole, named, hidden)


def _part_text(part: Part, lines: Sequence[str]) -> str:
    if not lines:
        return f"**{part.title}**: not shown here.\n\n"
    body = (f"{part.legend}\n\n" if part.legend else "") + fenced(lines, language="diff")
    if part.urgent:
        return f"#### {part.title}\n\n{body}\n"
    return details(f"<b>{part.title}</b>", body, is_open=length(body) <= _OPEN)


def _cut_notice(counts: _Counts, what: str) -> str:
    if not counts.named and not counts.hidden:
        return ""
    total = sum(counts)
    parts = [f"{counts.named} by name only"] if counts.named else []
    parts += [f"{counts.hidden} not at all"] if counts.hidden else []
    return (
        f"> **Cut to fit a comment**: of {count(total, 'action')}, {', '.join(parts)}. "
        f"`reconciler {what} --format json` shows all.\n\n"
    )


def _comment_text(report: Comment, room: int) -> str:
    lines, counts = _part_lines(report.parts, room)
    body = "".join(_part_text(part, own) for part, own in zip(report.parts, lines, strict=True))
    return report.head + _cut_notice(counts, report.what) + report.before + body + report.after


def fit_comment(report: Comment) -> str:
    """The comment in at most ``LIMIT`` characters."""
    room = LIMIT
    text = _comment_text(report, room)
    while length(text) > LIMIT and room:
        # Fences and headings also take room, so the lines get less by what was too much.
        room = max(min(room - (length(text) - LIMIT) - 64, room - 256), 0)
        text = _comment_text(report, room)
    return text
