"""Plans and drift as Markdown for pull requests: counts first, deletions before all else, never too long, and inert."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from reconciler.core.drift import drifted_part
from reconciler.core.plan_model import MISSING, Action, Plan, Verb
from reconciler.core.text import count
from reconciler.engine.saved_plan.document import plan_document
from reconciler.reports.enriched import EnrichedReport, enriched
from reconciler.reports.grouping import grouped
from reconciler.reports.markdown.diff_block import (
    Style,
    action_lines,
    fold_lines,
    missing_lines,
    short_line,
)
from reconciler.reports.markdown.fence import code, details, fenced, length, short
from reconciler.reports.text.drift import drift_document
from reconciler.reports.text.plan import LEFT_AS_IS, PlanReport, left_as_is_texts

LIMIT = 65_536  # characters of a comment on GitHub; counted as UTF-16 does, which is never less
_VERBS: Mapping[Verb, str] = {
    "delete": "Delete",
    "rename": "Rename",
    "adopt": "Adopt",
    "create": "Create",
    "update": "Update",
}
_OPEN = 3_000  # characters of a part that is unfolded from the start
_NOTE, _MOST_NOTES = 160, 20


class _Item(NamedTuple):
    """What is to be said of so many actions: in full, and in one line that names them or (of a fold) only counts them."""

    full: tuple[str, ...]
    short: str
    number: int = 1
    names: bool = True


class _Part(NamedTuple):
    title: str
    items: tuple[_Item, ...]
    legend: str = ""
    urgent: bool = False


class _Shown(NamedTuple):
    """How many actions are shown in full, by name, and not at all."""

    full: int = 0
    named: int = 0
    hidden: int = 0


def _marker(plan: Plan, what: str) -> str:
    """The same for each report on one Space, and nothing but hex of it, so that a bot finds the comment to replace."""
    of = hashlib.sha256(
        f"{plan.space}\n{plan.project}".encode(errors="backslashreplace")
    ).hexdigest()
    return f"<!-- reconciler:{what}:{of[:16]} -->"


def _update_items(actions: Sequence[Action], style: Style) -> Iterator[_Item]:
    folding = grouped(actions)
    own = {one.action.address for one in folding.left}
    for fold in folding.folds:
        only = [action.address for action in fold.actions if action.address not in own]
        own.update(only)
        kinds = f"! {count(len(fold.actions), fold.kind)}: {short(', '.join(one.path for one in fold.changes), 100)}"
        yield _Item(fold_lines(fold, style), kinds, len(only), names=False)
    for action, shared in folding.left:
        yield _Item(action_lines(action, style, shared=shared), short_line(action))


def _plan_parts(plan: Plan, style: Style) -> Iterator[_Part]:
    for verb, title in _VERBS.items():
        actions = [action for action in plan.actions if action.action == verb]
        if not actions:
            continue
        items = (
            _update_items(actions, style)
            if verb == "update"
            else (_Item(action_lines(one, style), short_line(one)) for one in actions)
        )
        yield _Part(f"{title} {len(actions)}", tuple(items), urgent=verb == "delete")


def _drift_parts(plan: Plan, style: Style) -> Iterator[_Part]:
    missing = [action for action in plan.actions if action.reason == MISSING]
    changed = [action for action in plan.actions if action.reason != MISSING]
    if missing:
        names = tuple(_Item(missing_lines(one, style), short_line(one)) for one in missing)
        yield _Part(f"Missing, deleted outside: {len(missing)}", names, urgent=True)
    if changed:
        yield _Part(
            f"Changed outside: {len(changed)}",
            tuple(_update_items(changed, style)),
            "`-` is live, `+` is declared.",
        )


def _fitting(sizes: Mapping[int, int], room: int) -> tuple[list[int], int]:
    """The first of ``sizes``, by number, that go into ``room``; and the room that is left."""
    taken: list[int] = []
    for number, size in sizes.items():
        if size > room:
            break
        room -= size
        taken.append(number)
    return taken, room


def _choose(items: Sequence[_Item], urgent: Sequence[bool], room: int) -> tuple[set[int], set[int]]:
    """The numbers of the items that are shown, and of those that are shown in full: what is urgent before all else."""
    shown: set[int] = set()
    full: set[int] = set()
    for first in (True, False):
        own = {
            number: length(item.short) + 1
            for number, item in enumerate(items)
            if urgent[number] is first
        }
        named, room = _fitting(own, room)
        more = {
            number: sum(length(line) + 1 for line in items[number].full) + 1 - own[number]
            for number in named
        }
        # The rest is to be named too, before half of the room is gone for what is urgent in full.
        whole, left = _fitting(more, room // 2 if first else room)
        room = room - room // 2 + left if first else left
        shown.update(named)
        full.update(whole)
    return shown, full


def _chosen(parts: Sequence[_Part], room: int) -> tuple[list[list[str]], _Shown]:
    """For each part its lines in ``room`` characters, and how much they leave out."""
    items = [item for part in parts for item in part.items]
    shown, full = _choose(items, [part.urgent for part in parts for _ in part.items], room)
    numbers = iter(range(len(items)))
    lines: list[list[str]] = []
    for part in parts:
        own: list[str] = []
        for item, number in zip(part.items, numbers, strict=False):
            own += [*item.full, ""] if number in full else [item.short] if number in shown else []
        lines.append(own[:-1] if own and not own[-1] else own)
    whole = sum(items[number].number for number in full)
    named = sum(items[number].number for number in shown - full if items[number].names)
    return lines, _Shown(whole, named, sum(item.number for item in items) - whole - named)


def _part_text(part: _Part, lines: Sequence[str]) -> str:
    if not lines:
        return f"**{part.title}**: not shown here.\n\n"
    body = (f"{part.legend}\n\n" if part.legend else "") + fenced(lines, language="diff")
    if part.urgent:
        return f"#### {part.title}\n\n{body}\n"
    return details(f"<b>{part.title}</b>", body, is_open=length(body) <= _OPEN)


def _list(lines: Iterable[str]) -> list[str]:
    shown = [short(line, _NOTE) for line in lines]
    return [
        *shown[:_MOST_NOTES],
        *([f"and {len(shown) - _MOST_NOTES} more"] if len(shown) > _MOST_NOTES else []),
    ]


def _notes(report: PlanReport) -> str:
    plan, text = report.plan, ""
    pairs = [
        f"{old} and {new}: put renamedFrom: {old.name} into the metadata of {new}"
        for old, new in plan.suggestions
    ]
    protection = [
        f"{'begins' if protect else 'ends'}: {address}" for address, protect in plan.protection
    ]
    blocks = (
        ("These look like renames; a rename keeps the id", pairs),
        (LEFT_AS_IS, left_as_is_texts(plan)),
        ("Protection", protection),
        (
            "Gone from the Space and declared no longer; apply forgets them",
            [str(address) for address in plan.gone],
        ),
        (
            "Renamed outside and declared by the new name; apply records it",
            [f"{old} is {new} now" for old, new in plan.renamed],
        ),
        (
            "Unmanaged, left alone",
            [str(address) for address in plan.unmanaged] if report.show_unmanaged else [],
        ),
        ("Left out", [report.left_out] if report.left_out else []),
    )
    for title, lines in blocks:
        text += details(title, fenced(_list(lines))) if lines else ""
    return text


def _refusals(report: PlanReport) -> str:
    if not report.refusals:
        return ""
    lines = [
        f"! {reason}{f'   (consent: {consent})' if consent else ''}"
        for reason, consent in report.refusals
    ]
    return f"**Apply would refuse:**\n\n{fenced(_list(lines), language='diff')}\n"


def _counts(plan: Plan) -> str:
    numbers = plan.summary
    to_do = [f"{numbers[verb]} to {verb}" for verb in _VERBS if numbers[verb]]
    rest = [
        f"{numbers[key]} {word}"
        for key, word in {
            "noop": "unchanged",
            "drifted": "drifted",
            "unmanaged": "unmanaged",
        }.items()
    ]
    return (
        f"{', '.join(to_do) or 'No changes'}. {', '.join(word for word in rest if not word.startswith('0 '))}".rstrip(
            ". "
        )
        + "."
    )


def _drift_counts(plan: Plan) -> str:
    missing = sum(action.reason == MISSING for action in plan.actions)
    found = [(len(plan.actions) - missing, "changed outside"), (missing, "missing")]
    words = [f"{number} {word}" for number, word in found if number]
    rest = [
        f"{plan.noop} unchanged",
        *([f"{len(plan.unmanaged)} unmanaged"] if plan.unmanaged else []),
    ]
    return f"{', '.join(words) or 'No drift'}. {', '.join(rest)}."


def _cut(shown: _Shown, what: str) -> str:
    if not shown.named and not shown.hidden:
        return ""
    total = sum(shown)
    parts = [f"{shown.named} by name only"] if shown.named else []
    parts += [f"{shown.hidden} not at all"] if shown.hidden else []
    return f"> **Cut to fit a comment**: of {count(total, 'action')}, {', '.join(parts)}. `reconciler {what} --format json` shows all.\n\n"


class _Report(NamedTuple):
    """What is the same however much room there is: the head with the counts, the parts, and what stands below."""

    what: str
    head: str
    before: str
    parts: tuple[_Part, ...]
    after: str


def _assembled(report: _Report, room: int) -> str:
    lines, shown = _chosen(report.parts, room)
    body = "".join(_part_text(part, own) for part, own in zip(report.parts, lines, strict=True))
    return report.head + _cut(shown, report.what) + report.before + body + report.after


def _fitted(report: _Report) -> str:
    room = LIMIT
    text = _assembled(report, room)
    while length(text) > LIMIT and room:
        # Fences and headings cost too; what was too much is taken from the room of the lines.
        room = max(min(room - (length(text) - LIMIT) - 64, room - 256), 0)
        text = _assembled(report, room)
    return text


def _head(report: PlanReport, what: str, counts: str) -> str:
    plan = report.plan
    project = f", project {code(plan.project, width=40)}" if plan.project else ""
    return f"{_marker(plan, what)}\n### {what.capitalize()}: {counts}\n\nSpace {code(plan.space)}{project}\n\n"


def _foot(report: PlanReport, what: str, digest: str) -> str:
    commit = f", commit {code(report.commit, width=48)}" if report.commit else ""
    return f"<sub>Digest of the whole {what}: `{digest}`, made {code(report.created_at)}{commit}</sub>\n"


def _style(report: EnrichedReport, *, drift: bool = False) -> Style:
    return Style(
        report.created_at,
        verbose=report.verbose,
        drift=drift,
        evidence=report.beside.evidence,
        written=report.written,
    )


def _next_steps(report: PlanReport) -> str:
    """How to go on, each step with its command."""
    lines = [f"- {step.name}: {code(step.command, width=400)}\n" for step in report.next_steps]
    return "".join([*lines, "\n"]) if lines else ""


def plan_markdown(report: PlanReport) -> str:
    """The plan as a comment of at most ``LIMIT`` characters; the digest is that of the plan as JSON."""
    parts = tuple(_plan_parts(report.plan, _style(enriched(report))))
    foot = _foot(report, "plan", plan_document(report)["digest"])
    return _fitted(
        _Report(
            "plan",
            _head(report, "plan", _counts(report.plan)),
            _refusals(report),
            parts,
            _notes(report) + foot,
        )
    )


def drift_markdown(report: PlanReport) -> str:
    """Drift as a comment of at most ``LIMIT`` characters; the digest is that of the JSON document without its moment."""
    plan = drifted_part(report.plan)
    document = {key: value for key, value in drift_document(report).items() if key != "created_at"}
    digest = "sha256:" + hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    parts = tuple(_drift_parts(plan, _style(enriched(report), drift=True)))
    unmanaged = report.plan.unmanaged if report.show_unmanaged else ()
    listed = (
        details("Unmanaged, left alone", fenced(_list(map(str, unmanaged)))) if unmanaged else ""
    )
    return _fitted(
        _Report(
            "drift",
            _head(report, "drift", _drift_counts(plan)),
            _next_steps(report),
            parts,
            listed + _foot(report, "drift", digest),
        )
    )
