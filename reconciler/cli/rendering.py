"""Reports in the style of the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from reconciler.cli import console
from reconciler.core.deferred_dataclass import replace
from reconciler.reports.text.style import PLAIN, RenderStyle

if TYPE_CHECKING:
    from reconciler.core.plan_model import Outcome, Plan
    from reconciler.core.refusal import Refusal
    from reconciler.engine.selection import Selection
    from reconciler.engine.workspace import Workspace
    from reconciler.reports.text.outcomes import OutcomeReport
    from reconciler.reports.text.plan import NextStep, PlanReport

_Report = TypeVar("_Report", bound=RenderStyle)


def for_file(report: _Report) -> _Report:
    """The same report as a file shows it: without colour, in UTF-8, 100 columns wide."""
    return replace(
        report, colour=PLAIN.colour, ascii=PLAIN.ascii, width=PLAIN.width, lines=PLAIN.lines
    )


def plan_report(  # what can be said about a plan
    plan: Plan,
    created_at: str,
    *,
    refused: Sequence[Refusal] = (),
    selection: Selection | None = None,
    unmanaged: bool = False,
    verbose: bool = False,
    next_steps: tuple[NextStep, ...] = (),
    workspace: Workspace | None = None,
) -> PlanReport:
    """The report of a plan for stdout. It names the environment of ``workspace``."""
    from reconciler.reports.text.plan import PlanReport  # noqa: PLC0415  # validate needs none

    pairs = tuple((refusal.reason, refusal.consent) for refusal in refused)
    return PlanReport(
        plan=plan,
        created_at=created_at,
        refusals=pairs,
        left_out=selection.left_out if selection else "",
        selection=selection.document if selection else {},
        show_unmanaged=unmanaged,
        next_steps=next_steps,
        environment=(workspace.env or "") if workspace else "",
        environment_source=workspace.env_source if workspace else "",
        **console.style_for(sys.stdout, verbose=verbose).arguments,
    )


def outcome_report(
    space: str, outcomes: Sequence[Outcome], *, environment: str = ""
) -> OutcomeReport:
    """The report of an apply for stdout."""
    from reconciler.reports.text.outcomes import OutcomeReport  # noqa: PLC0415  # a plan needs none

    look = console.style_for(sys.stdout)
    return OutcomeReport(
        space=space, outcomes=tuple(outcomes), environment=environment, **look.arguments
    )
