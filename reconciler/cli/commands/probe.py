"""``reconciler probe``: find out by experiment what the document leaves open about a Space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import console, options
from reconciler.cli.help_examples import examples
from reconciler.cli.report_files import ReportFile, report_option, write_reports
from reconciler.core.errors import UsageError
from reconciler.core.text import count, printable
from reconciler.engine.probe.limits import HANDFUL
from reconciler.reports.facts import FACT_REPORTS, facts_text

if TYPE_CHECKING:
    from reconciler.engine.probe.probe import ProbeOptions
    from reconciler.engine.workspace import Workspace


def _clean(workspace: Workspace) -> int:
    from reconciler.engine.probe.probe import run_clean

    cleaned = run_clean(workspace)
    deleted = count(cleaned.deleted, "scratch resource")
    console.out(f"Deleted {deleted}.\n" if cleaned.deleted else "Nothing to delete.\n")
    return 0


def _probe(options: ProbeOptions, reports: Sequence[ReportFile]) -> int:
    from reconciler.engine.partial import after_write
    from reconciler.engine.probe.probe import run_probe

    result = run_probe(options)
    with after_write(f"the probe is done, and its answers are in {printable(result.file)}"):
        console.out_for_people(facts_text(result.facts))
        console.info(
            f"Nothing is left behind. The answers are in {printable(result.file)};"
            " plan, apply and drift use them."
        )
        write_reports(reports, lambda form: FACT_REPORTS[form](result.facts))
    return 0


@click.command(
    "probe",
    epilog=examples("reconciler probe --report facts.md", "reconciler probe --clean"),
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--clean", is_flag=True, help="Only delete what an earlier probe left behind.")
@click.option(
    "--allow-resources",
    type=click.IntRange(0),
    default=HANDFUL,
    show_default=True,
    metavar="N",
    help="Probe a Space with up to N resources.",
)
@report_option(*FACT_REPORTS)
@options.connection
def command(
    *,
    yes: bool,
    clean: bool,
    allow_resources: int,
    reports: tuple[ReportFile, ...],
    **connection: Any,
) -> int:
    """Find out by experiment what the API's document leaves open, and remember it.

    Creates a few resources called reconciler-probe-…, changes and deletes them. It starts no session, and writes to no
    other resource. Use a Space or project for trials. The answers are kept in .reconciler/HOST.facts.json.
    """
    from reconciler.cli.workspace import open_workspace
    from reconciler.engine.probe.probe import ProbeOptions

    workspace = open_workspace(**connection)
    if clean:
        if reports:
            raise UsageError(
                "--report cannot be combined with --clean, which has nothing to report",
                hint="leave one of the two out",
            )
        return _clean(workspace)
    ask = console.confirmed if console.can_ask() else None
    return _probe(ProbeOptions(workspace, yes, allow_resources, ask), reports)
