"""``reconciler drift``: what was changed outside since the last apply."""

from functools import partial
from typing import Any

import click

from reconciler.cli import console, options
from reconciler.cli.rendering import plan_report
from reconciler.cli.workspace import open_workspace
from reconciler.core.drift import drifted_part
from reconciler.core.errors import StateError
from reconciler.core.text import count
from reconciler.core.usage import ReportContext
from reconciler.engine.clock import now
from reconciler.engine.connection import load_and_connect
from reconciler.engine.manifests import read_manifests
from reconciler.engine.plan import plan_changes
from reconciler.engine.report_context import report_context
from reconciler.reports.drift_report import drift_report
from reconciler.reports.enriched import ENRICHED_FORMATS, enriched
from reconciler.reports.formats import DRIFT_FORMATS

DRIFTED = 2


@click.command("drift")
@options.paths
@options.format_option(*DRIFT_FORMATS)
@click.option(
    "--unmanaged",
    is_flag=True,
    help="List the resources that nobody declared and nobody made with this tool.",
)
@click.option("--verbose", "-v", is_flag=True, help="Show long values in full.")
@options.connection
def command(
    paths: tuple[str, ...], form: str, *, unmanaged: bool, verbose: bool, **connection: Any
) -> int:
    """Report what was changed outside since the last apply: changed, missing and unmanaged apart.

    Exits with 2 where there is drift, and with 1 where nothing is recorded of what is there. Nothing is written: to undo it apply, to
    keep it change the manifests.
    """
    session = open_workspace(**connection)
    with load_and_connect(session, partial(read_manifests, session, paths)) as (loaded, world):
        state = world.state.read()
        whole = plan_changes(session, world, loaded, state)
        plan = drifted_part(whole)
        moment = now()
        extra = ReportContext()
        if form in ENRICHED_FORMATS:
            extra = report_context(session, world, plan, pictures=form == "html", now=moment)
    if whole.summary["adopt"] and not state.resources:
        raise StateError(
            f"{world.state.place}: nothing is recorded here, and {count(whole.summary['adopt'], 'declared resource')} "
            f"{'exists' if whole.summary['adopt'] == 1 else 'exist'} in the Space: whether anything drifted is not known",
            hint="choose the environment that it was applied in with --env, or take over what is there (see: reconciler plan)",
        )
    if whole.summary["adopt"]:
        strangers = (
            f"{count(whole.summary['adopt'], 'declared resource')} in the Space not managed yet"
        )
        console.info(
            f"There {'is' if whole.summary['adopt'] == 1 else 'are'} {strangers}; drift is about what is. See: reconciler plan"
        )
    report = plan_report(plan, moment, unmanaged=unmanaged, verbose=verbose)
    compared = drift_report(report, desired=loaded.desired, managed=state.resources)
    console.out(
        DRIFT_FORMATS[form](enriched(report, extra) if form in ENRICHED_FORMATS else compared)
    )
    return DRIFTED if plan.actions else 0
