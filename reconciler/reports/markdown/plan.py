"""Plans and drift as Markdown comments: counts first, then deletions, limited in length."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence

from reconciler.core.drift import drifted_part
from reconciler.core.plan_model import MISSING, SHOWN_ORDER, Action, Plan
from reconciler.core.text import count
from reconciler.engine.saved_plan.document import plan_document
from reconciler.reports.grouping import grouped
from reconciler.reports.markdown.comment import Comment, Item, Part, fit_comment
from reconciler.reports.markdown.diff_block import (
    Style,
    action_lines,
    fold_lines,
    missing_lines,
    short_line,
)
from reconciler.reports.markdown.fence import code, details, fenced, short
from reconciler.reports.plan_details import EnrichedReport, enriched
from reconciler.reports.text.drift import drift_document
from reconciler.reports.text.plan import LEFT_AS_IS, PlanReport, left_as_is_texts

_NOTE, _MOST_NOTES = 160, 20


def _marker(plan: Plan, what: str) -> str:
    """A hidden marker, equal for all reports on one Space: a bot finds the comment to replace."""
    of = hashlib.sha256(
        f"{plan.space}\n{plan.project}".encode(errors="backslashreplace")
    ).hexdigest()
    return f"<!-- reconciler:{what}:{of[:16]} -->"


def _update_items(actions: Sequence[Action], style: Style) -> Iterator[Item]:
    folding = grouped(actions)
    own = {one.action.address for one in folding.rest}
    for fold in folding.folds:
        only = [action.address for action in fold.actions if action.address not in own]
        own.update(only)
        paths = short(", ".join(one.path for one in fold.changes), 100)
        kinds = f"! {count(len(fold.actions), fold.kind)}: {paths}"
        yield Item(fold_lines(fold, style), kinds, len(only), names=False)
    for action, shared in folding.rest:
        yield Item(action_lines(action, style, shared=shared), short_line(action))


def _plan_parts(plan: Plan, style: Style) -> Iterator[Part]:
    for verb in SHOWN_ORDER:
        actions = [action for action in plan.actions if action.action == verb]
        if not actions:
            continue
        items = (
            _update_items(actions, style)
            if verb == "update"
            else (Item(action_lines(one, style), short_line(one)) for one in actions)
        )
        yield Part(f"{verb.capitalize()} {len(actions)}", tuple(items), urgent=verb == "delete")


def _drift_parts(plan: Plan, style: Style) -> Iterator[Part]:
    missing = [action for action in plan.actions if action.reason == MISSING]
    changed = [action for action in plan.actions if action.reason != MISSING]
    if missing:
        names = tuple(Item(missing_lines(one, style), short_line(one)) for one in missing)
        yield Part(f"Missing, deleted outside: {len(missing)}", names, urgent=True)
    if changed:
        yield Part(
            f"Changed outside: {len(changed)}",
            tuple(_update_items(changed, style)),
            "`-` is live, `+` is declared.",
        )


def _list(lines: Iterable[str]) -> list[str]:
    clipped = [short(line, _NOTE) for line in lines]
    return [
        *clipped[:_MOST_NOTES],
        *([f"and {len(clipped) - _MOST_NOTES} more"] if len(clipped) > _MOST_NOTES else []),
    ]


def _notes(report: PlanReport) -> str:
    plan = report.plan
    blocks = (
        (
            "These look like renames; a rename keeps the id",
            [
                f"{old} and {new}: put renamedFrom: {old.name} into the metadata of {new}"
                for old, new in plan.suggestions
            ],
        ),
        (LEFT_AS_IS, left_as_is_texts(plan)),
        (
            "Protection",
            [f"{'begins' if begins else 'ends'}: {address}" for address, begins in plan.protection],
        ),
        (
            "No longer in the Space and no longer declared; apply removes them from the state",
            map(str, plan.gone),
        ),
        (
            "Renamed outside and declared by the new name; apply records it",
            [f"{old} is {new} now" for old, new in plan.renamed],
        ),
        ("Unmanaged, not changed", map(str, plan.unmanaged if report.show_unmanaged else ())),
        ("Left out", [report.left_out] if report.left_out else []),
    )
    text = ""
    for title, texts in blocks:
        lines = _list(texts)
        if lines:
            text += details(title, fenced(lines))
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
    to_do = [f"{numbers[verb]} to {verb}" for verb in SHOWN_ORDER if numbers[verb]]
    rest = [
        f"{numbers[key]} {word}"
        for key, word in {
            "noop": "unchanged",
            "drifted": "drifted",
            "unmanaged": "unmanaged",
        }.items()
    ]
    sentences = [", ".join(to_do) or "No changes"]
    others = [word for word in rest if not word.startswith("0 ")]
    if others:
        sentences.append(", ".join(others))
    return ". ".join(sentences) + "."


def _drift_counts(plan: Plan) -> str:
    missing = sum(action.reason == MISSING for action in plan.actions)
    counts = [(len(plan.actions) - missing, "changed outside"), (missing, "missing")]
    words = [f"{number} {word}" for number, word in counts if number]
    rest = [
        f"{plan.noop} unchanged",
        *([f"{len(plan.unmanaged)} unmanaged"] if plan.unmanaged else []),
    ]
    return f"{', '.join(words) or 'No drift'}. {', '.join(rest)}."


def _head(report: PlanReport, what: str, counts: str) -> str:
    plan = report.plan
    project = f", project {code(plan.project, width=40)}" if plan.project else ""
    title = f"### {what.capitalize()}: {counts}"
    environment = f", environment {code(report.environment)}" if report.environment else ""
    environment += f", {report.environment_source}" if report.environment_source else ""
    return f"{_marker(plan, what)}\n{title}\n\nSpace {code(plan.space)}{project}{environment}\n\n"


def _foot(report: PlanReport, what: str, digest: str) -> str:
    commit = f", commit {code(report.commit, width=48)}" if report.commit else ""
    made = f"made {code(report.created_at)}{commit}"
    return f"<sub>Digest of the whole {what}: `{digest}`, {made}</sub>\n"


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
    """The plan as a comment of at most ``LIMIT`` characters, with the digest of the JSON plan."""
    parts = tuple(_plan_parts(report.plan, _style(enriched(report))))
    foot = _foot(report, "plan", plan_document(report)["digest"])
    return fit_comment(
        Comment(
            "plan",
            _head(report, "plan", _counts(report.plan)),
            _refusals(report),
            parts,
            _notes(report) + foot,
        )
    )


def drift_markdown(report: PlanReport) -> str:
    """Drift as a comment of at most ``LIMIT`` characters.

    The digest is that of the JSON document without its time.
    """
    plan = drifted_part(report.plan)
    document = {key: value for key, value in drift_document(report).items() if key != "created_at"}
    digest = "sha256:" + hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    parts = tuple(_drift_parts(plan, _style(enriched(report), drift=True)))
    unmanaged = report.plan.unmanaged if report.show_unmanaged else ()
    listed = (
        details("Unmanaged, not changed", fenced(_list(map(str, unmanaged)))) if unmanaged else ""
    )
    return fit_comment(
        Comment(
            "drift",
            _head(report, "drift", _drift_counts(plan)),
            _next_steps(report),
            parts,
            listed + _foot(report, "drift", digest),
        )
    )
