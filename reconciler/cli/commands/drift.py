"""``reconciler drift``: what was changed outside since the last apply."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import console, options
from reconciler.cli.help_examples import examples
from reconciler.cli.rendering import for_file, plan_report
from reconciler.cli.report_files import ReportFile, report_option, write_reports
from reconciler.core.resource_usage import ReportContext
from reconciler.core.text import count
from reconciler.engine.clock import now
from reconciler.reports.formats import DRIFT_FORMATS
from reconciler.reports.plan_details import ENRICHED_FORMATS, enriched

if TYPE_CHECKING:
    from reconciler.reports.text.drift import DriftReport

DRIFTED = 2


def _rendered(form: str, report: DriftReport, extra: ReportContext) -> str:
    return DRIFT_FORMATS[form](enriched(report, extra) if form in ENRICHED_FORMATS else report)


def _tell_unadopted(number: int) -> None:
    """Say that drift does not cover the ``number`` resources that are declared and not managed yet."""
    if not number:
        return
    exist = "exists in the Space but is" if number == 1 else "exist in the Space but are"
    console.info(
        f"{count(number, 'declared resource')} {exist} not managed yet (see 'reconciler plan'). "
        "Drift covers managed resources only."
    )


@click.command(
    "drift",
    epilog=examples("reconciler drift", "reconciler drift --report drift.html --unmanaged"),
)
@options.paths
@options.format_option(*DRIFT_FORMATS)
@report_option(*DRIFT_FORMATS)
@options.unmanaged
@options.verbose
@options.connection
def command(
    paths: tuple[str, ...],
    form: str,
    *,
    reports: tuple[ReportFile, ...],
    unmanaged: bool,
    verbose: bool,
    **connection: Any,
) -> int:
    """Report what was changed outside since the last apply: changed, missing and unmanaged resources separately.

    Exits with 2 if there is drift, and with 1 if resources are declared but none is recorded. Nothing is written. To undo
    drift run 'reconciler apply'; to keep it run 'reconciler pull KIND/NAME', which writes the live values into the manifests.
    """
    from reconciler.cli.next_steps import apply_command, drift_steps
    from reconciler.cli.workspace import open_workspace
    from reconciler.engine.connection import load_and_connect
    from reconciler.engine.drift import find_drift
    from reconciler.engine.manifests import read_manifests
    from reconciler.engine.plan import plan_changes
    from reconciler.engine.report_context import report_context
    from reconciler.reports.drift_report import drift_report

    forms = {form, *(report.form for report in reports)}
    session = open_workspace(**connection)
    with load_and_connect(session, partial(read_manifests, session, paths)) as (loaded, world):
        state = world.state.read()
        whole = plan_changes(session, world, loaded, state, whole=unmanaged)
        plan = find_drift(
            whole,
            loaded.desired,
            state,
            workspace=session,
            place=world.state.place,
            first=apply_command(paths, connection),
        )
        moment = now()
        extra = ReportContext()
        if forms & ENRICHED_FORMATS:
            extra = report_context(session, world, plan, pictures="html" in forms, now=moment)
    _tell_unadopted(sum(one.action == "adopt" and not one.drifted for one in whole.actions))
    report = plan_report(
        plan,
        moment,
        unmanaged=unmanaged,
        verbose=verbose,
        next_steps=drift_steps(plan, paths, connection),
        workspace=session,
    )
    compared = drift_report(
        report, desired=loaded.desired, managed=state.resources, written=state.stamps
    )
    console.out(_rendered(form, compared, extra))
    write_reports(reports, lambda each: _rendered(each, for_file(compared), extra))
    return DRIFTED if plan.actions else 0
