"""The plan for people: deletions first, every change with its before and after, its reason and its place, the counts last."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.plan_model import VERBS, Plan
from reconciler.core.resources import Address
from reconciler.core.text import count
from reconciler.core.value_text import address_text, plain, value_text
from reconciler.reports.text.space_line import environment_text, space_line
from reconciler.reports.text.style import (
    Cell,
    RenderStyle,
    Span,
    cell,
    finish,
    paint,
)
from reconciler.reports.text.wrapping import wrapped_command, wrapped_lines

if TYPE_CHECKING:
    from reconciler.reports.text.history import Written

LEFT_AS_IS = "No longer declared, kept as they are, since no default is documented; declare a value to change it"
_SCREEN = 40  # lines of a screen that nothing is known of
_MOST_RECORDED = 10


class NextStep(NamedTuple):
    """What to do next, in a word or two (``Apply``, ``Keep``), and the command that does it."""

    name: str
    command: str


@dataclass(frozen=True, slots=True)
class PlanReport(RenderStyle):
    """A Plan and how to show it.

    ``created_at`` is RFC 3339 in UTC. ``refusals`` holds, for each thing that apply would refuse, the reason and the flag
    that consents to it (empty: none does). ``left_out`` says what a flag kept out of the plan, ``selection`` which flags
    those were, so that a saved plan can be made again. ``made_by`` is the tool with its version, ``commit`` that of the manifests.
    ``next_steps`` are commands to go on with; ``applying`` says that apply itself shows this plan. ``written`` says of each
    managed resource when, and from which commit, it was last applied; a plan leaves it empty. ``environment`` is the chosen
    one (empty: none), ``environment_source`` says what chose it where no flag did.
    """

    plan: Plan
    created_at: str
    show_unmanaged: bool = False
    left_out: str = ""
    selection: Mapping[str, Any] = field(default_factory=dict)
    refusals: tuple[tuple[str, str], ...] = ()
    made_by: str = ""
    commit: str = ""
    next_steps: tuple[NextStep, ...] = ()
    applying: bool = False
    written: "Mapping[Address, Written]" = field(default_factory=dict)
    environment: str = ""
    environment_source: str = ""

    @property
    def environment_text(self) -> str:
        """``staging, the default of reconciler.yaml``; empty where there is no environment."""
        return environment_text(self.environment, self.environment_source)

    @property
    def space_line(self) -> str:
        """Which Space, which project in it, and which environment."""
        return space_line(self.plan.space, self.plan.project, self.environment_text, self)


def without_actions(report: PlanReport, notes: Sequence[str]) -> list[str]:
    """The lines above the last one of a report without actions: the Space, then ``notes``."""
    return [report.space_line, *(["", *notes] if notes else [])]


def unmanaged_lines(report: PlanReport) -> list[str]:
    """The unmanaged live resources, if the reader requested them."""
    if not report.show_unmanaged or not report.plan.unmanaged:
        return []
    return [
        "Unmanaged, not changed:",
        *(f"    {address_text(address)}" for address in report.plan.unmanaged),
        "",
    ]


def _refusal_lines(
    refusals: Iterable[tuple[str, str]], look: RenderStyle, *, title: str
) -> list[str]:
    lines = []
    for reason, consent in refusals:
        lines.append(paint((Span("! ", "bad"), Span(plain(reason))), look))
        lines += [f"    consent: {plain(consent)}"] if consent else []
    return [paint(cell(title, "bad"), look), *lines, ""] if lines else []


def _suggestion_lines(report: PlanReport) -> list[str]:
    if not report.plan.suggestions:
        return []
    pairs = [
        f"    {address_text(old)} and {address_text(new)}: put renamedFrom: {plain(old.name)} into the metadata of {address_text(new)}"
        for old, new in report.plan.suggestions
    ]
    return ["These look like renames; a rename keeps the id:", *pairs, ""]


def left_as_is_texts(plan: Plan) -> list[str]:
    """``Conference/hall tone_on_entry_and_exit stays true``, for each field that is no longer declared and keeps its value."""
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


def _recorded_lines(report: PlanReport) -> list[str]:
    """With --verbose: what apply would record although the Space has it already."""
    plan = report.plan
    if plan.actions or not plan.recorded or not report.verbose:
        return []
    shown = [f"    {address_text(address)}" for address in plan.recorded[:_MOST_RECORDED]]
    if len(plan.recorded) > _MOST_RECORDED:
        shown.append(f"    and {len(plan.recorded) - _MOST_RECORDED} more")
    return ["The Space has it as declared; apply records it:", *shown, ""]


def _missing_lines(plan: Plan) -> list[str]:
    """A warning if most managed resources are missing: perhaps this is the wrong Space."""
    lines = [
        f"{gone} of {gone + plan.managed.get(kind, 0)} managed {plain(kind)}s are missing: is {plain(plan.space)} the right Space?"
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
        [
            "No longer in the Space and no longer declared; apply removes them from the state:",
            *gone,
            "",
        ]
        if gone
        else []
    )
    lines += (
        ["Renamed outside and declared by the new name; apply records it:", *renamed, ""]
        if renamed
        else []
    )
    lines += _suggestion_lines(report) + _left_as_is_lines(report)
    lines += _protection_lines(report) + _recorded_lines(report)
    lines += _missing_lines(report.plan)
    lines += [f"Left out: {plain(report.left_out)}", ""] if report.left_out else []
    title = "Refused:" if report.applying else "Apply would refuse:"
    return lines + _refusal_lines(report.refusals, report, title=title)


def _summary(plan: Plan, look: RenderStyle) -> str:
    from reconciler.reports.text.plan_actions import VERB_STYLES  # noqa: PLC0415  # most plans have nothing to do

    counts = plan.summary
    to_do: list[Cell] = [
        cell(f"{counts[verb]} to {verb}", VERB_STYLES[verb]) for verb in VERBS if counts[verb]
    ]
    words = {"noop": "unchanged", "drifted": "drifted", "unmanaged": "unmanaged"}
    rest = ", ".join(f"{counts[key]} {word}" for key, word in words.items() if counts[key])
    return f"Plan: {', '.join(paint(part, look) for part in to_do)}{rest and f'; {rest}'}."


def _no_changes(plan: Plan) -> str:
    verb = "matches" if plan.noop == 1 else "match"
    what = f"{count(plan.noop, 'resource')} {verb}" if plan.noop else "there is nothing to manage"
    return f"No changes: {what}{f'; {len(plan.unmanaged)} unmanaged' if plan.unmanaged else ''}."


def next_step_lines(report: PlanReport) -> list[str]:
    """``Apply: reconciler apply …``, each step on its own line. A wrapped command can still be pasted."""
    return [
        line
        for step in report.next_steps
        for line in wrapped_command(f"{step.name}: ", plain(step.command), report)
    ]


def _screenful(report: RenderStyle) -> int:
    """The lines that the reader sees at once."""
    return report.lines or _SCREEN


def plan_text(report: PlanReport) -> str:
    """The plan as text; a plan with nothing to do says so below the Space. What is longer than a screen begins with its counts."""
    plan = report.plan
    if not plan.actions:
        lines = [*without_actions(report, _notes(report)), _no_changes(plan)]
        return finish([*wrapped_lines(lines, report), *next_step_lines(report)], report)
    from reconciler.reports.text.plan_actions import action_lines, legend  # noqa: PLC0415  # likewise

    body = [*action_lines(plan.actions, report, today=report.created_at), *_notes(report)]
    counts = _summary(plan, report)
    first = [counts] if len(body) > _screenful(report) else []
    head = [report.space_line, *first, legend(plan.actions, report), ""]
    lines = wrapped_lines([*head, *body, counts], report)
    return finish([*lines, *next_step_lines(report)], report)
