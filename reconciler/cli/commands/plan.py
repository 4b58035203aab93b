"""``reconciler plan``: what apply would do, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler import __version__
from reconciler.cli import console, options
from reconciler.cli.help_examples import examples
from reconciler.cli.rendering import for_file, plan_report
from reconciler.cli.report_files import ReportFile, form_of, report_option, write_reports
from reconciler.core.consent import Consent
from reconciler.core.deferred_dataclass import dataclass, replace
from reconciler.core.errors import UsageError, all_of
from reconciler.core.guard import refusals
from reconciler.core.text import printable
from reconciler.engine.clock import now
from reconciler.engine.saved_plan.path_arguments import is_saved_plan, without_saved
from reconciler.reports.formats import PLAN_FORMATS

if TYPE_CHECKING:
    from reconciler.core.plan_model import Plan
    from reconciler.core.refusal import Refusal
    from reconciler.core.resource_usage import ReportContext
    from reconciler.engine.connection import Connection
    from reconciler.engine.selection import Selection
    from reconciler.engine.workspace import Workspace
    from reconciler.manifest.load import Loaded
    from reconciler.reports.text.plan import NextStep, PlanReport

_CHANGES = 2


@contextmanager
def _looking(
    session: Workspace, paths: tuple[str, ...], selection: Selection
) -> Iterator[tuple[Loaded, Connection]]:
    from reconciler.engine.connection import load_and_connect, open_reader
    from reconciler.engine.manifests import read_manifests

    load = partial(read_manifests, session, paths)
    if not (selection.targets or selection.selectors):
        with load_and_connect(session, load) as found:
            yield found
        return
    loaded = load()
    with open_reader(session) as world:
        yield loaded, world


def _check_out(out: str | None, reports: Sequence[ReportFile]) -> None:
    """UsageError if --out has the name of a report, or the name of a --report."""
    if out is None:
        return
    form = form_of(out)
    if form not in ("", "json"):
        raise UsageError(
            f"--out {printable(out)}: --out saves the plan as JSON, and this is the name of a report",
            hint=f"for a report: --report {printable(out)}; for the saved plan: --out plan.json",
        )
    if any(Path(report.path).resolve() == Path(out).resolve() for report in reports):
        raise UsageError(f"--out and --report both name {printable(out)}", hint="name two files")


def _save(file: str, report: PlanReport) -> None:
    """Write the plan whole or not at all, writable by this user only."""
    from reconciler.atomic_write import why_unwritable, write_whole

    text = PLAN_FORMATS["json"](report)
    try:
        write_whole(Path(file), text.encode())
    except OSError as error:
        why, fix = why_unwritable(error)
        shown = printable(file)
        raise UsageError(f"--out {shown}: cannot be written: {why}", hint=fix) from error


def _tell_saved(file: str, report: PlanReport) -> None:
    """Say where the plan was saved, and how to apply it."""
    from reconciler.cli.next_steps import ALLOW, APPLY

    applies = [step.command for step in report.next_steps if step.name in (APPLY, ALLOW)]
    once = f"; to apply exactly this: {printable(applies[0])}" if applies else ""
    console.info(f"Wrote {printable(file)}{once}")


@dataclass(frozen=True, slots=True)
class _PlanFlags:
    """The flags that decide what a plan shows, and where it is written."""

    form: str
    out: str | None
    reports: tuple[ReportFile, ...]
    detailed_exitcode: bool
    refresh_only: bool
    unmanaged: bool
    verbose: bool

    @property
    def forms(self) -> set[str]:
        """All formats that are rendered."""
        return {self.form, *(report.form for report in self.reports)}


def _check_part(flags: _PlanFlags) -> None:
    if flags.refresh_only and flags.out:
        raise UsageError(
            "--refresh-only shows a part of the plan, which cannot be applied alone",
            hint="use --refresh-only or --out, not both",
        )


def _check_flags(flags: _PlanFlags) -> None:
    """UsageError for flags that contradict each other."""
    all_of(lambda: _check_part(flags), lambda: _check_out(flags.out, flags.reports))


def _make_plan(
    workspace: Workspace,
    found: tuple[Loaded, Connection],
    flags: _PlanFlags,
    selection: Selection,
    *,
    saved: Mapping[str, Any] | None,
) -> tuple[Plan, ReportContext]:
    """The plan, and what reports show besides it. Refused if a ``saved`` plan is out of date."""
    from reconciler.core.resource_usage import ReportContext
    from reconciler.engine.plan import plan_changes
    from reconciler.reports.plan_details import ENRICHED_FORMATS

    loaded, connection = found
    plan = plan_changes(
        workspace,
        connection,
        loaded,
        connection.state.read(),
        selection=selection,
        whole=flags.unmanaged,
    )
    if saved is not None:
        from reconciler.engine.saved_plan.check import check_same

        check_same(saved, plan, selection=selection)
    if flags.refresh_only:
        from reconciler.core.drift import drifted_part

        plan = drifted_part(plan)
    extra = ReportContext()
    if flags.forms & ENRICHED_FORMATS:
        from reconciler.engine.plan_sessions import with_usage_sessions
        from reconciler.engine.report_context import report_context  # for some formats

        pictures = "html" in flags.forms
        extra = report_context(workspace, connection, plan, pictures=pictures, now=now())
        plan = with_usage_sessions(plan, extra.evidence)
    return plan, extra


def _report(
    plan: Plan,
    flags: _PlanFlags,
    paths: tuple[str, ...],
    *,
    refused: tuple[Refusal, ...],
    selection: Selection,
    steps: tuple[NextStep, ...],
    workspace: Workspace,
) -> PlanReport:
    """The plan with what its formats need besides it."""
    report = plan_report(
        plan,
        now(),
        refused=refused,
        selection=selection,
        unmanaged=flags.unmanaged,
        verbose=flags.verbose,
        next_steps=steps,
        workspace=workspace,
    )
    if flags.forms == {"text"} and not flags.out:
        return report  # to find the commit starts git, and the text does not show it
    from reconciler.engine.revision import current_commit
    from reconciler.engine.workspace import manifest_paths

    commit = current_commit(manifest_paths(workspace, paths))
    return replace(report, made_by=f"reconciler {__version__}", commit=commit)


def _print_report(report: PlanReport, extra: ReportContext, flags: _PlanFlags) -> None:
    """Print the report, and write those of --report."""
    from reconciler.reports.plan_details import enriched

    shown = enriched(report, extra)
    console.out(PLAN_FORMATS[flags.form](shown))
    write_reports(flags.reports, lambda form: PLAN_FORMATS[form](for_file(shown)))
    if flags.refresh_only and report.plan.actions:
        console.info(
            "This is what was changed outside. 'reconciler plan' shows all that apply would do."
        )


@click.command(
    "plan",
    epilog=examples(
        "reconciler plan",
        "reconciler plan --target Room/lobby --report plan.html",
        "reconciler plan --out plan.json && reconciler apply --plan plan.json --yes",
    ),
)
@options.paths
@options.format_option(*PLAN_FORMATS)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Save the plan to FILE as JSON, for 'reconciler apply --plan FILE'.",
)
@report_option(*PLAN_FORMATS)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes.")
@click.option(
    "--refresh-only",
    is_flag=True,
    help="Show only what was changed outside since the last apply, not new changes in the manifests.",
)
@options.unmanaged
@options.verbose
@options.selection
@options.connection
def command(  # noqa: PLR0913  # one parameter for each flag of the contract
    paths: tuple[str, ...],
    form: str,
    out: str | None,
    *,
    reports: tuple[ReportFile, ...],
    detailed_exitcode: bool,
    refresh_only: bool,
    unmanaged: bool,
    verbose: bool,
    targets: tuple[str, ...],
    selectors: tuple[str, ...],
    no_prune: bool,
    **connection: Any,
) -> int:
    """Show what apply would do, and why. Nothing is written to the Space or to the state.

    If PATH is a saved plan, it is planned again and shown, or refused if something changed since.

    Each change shows its value before and after, its origin (manifest, drift, conflict or released), and where it was declared.
    """
    from reconciler.cli.next_steps import apply_command, keep_steps, plan_steps
    from reconciler.cli.workspace import open_workspace
    from reconciler.engine.selection import Selection, check_selection
    from reconciler.engine.workspace import limits

    flags = _PlanFlags(form, out, reports, detailed_exitcode, refresh_only, unmanaged, verbose)
    workspace = open_workspace(**connection)
    all_of(
        lambda: _check_flags(flags),
        lambda: check_selection(workspace, paths, Selection(targets, selectors)),
    )
    file, paths = without_saved(paths)
    own = tuple(name for name in (file, out) if name and is_saved_plan(name))
    workspace = replace(workspace, saved_plans=own)
    saved, selection = None, Selection(targets, selectors, prune=not no_prune)
    if file:
        from reconciler.engine.saved_plan.check import read_saved, selection_meant

        saved = read_saved(file)
        selection = selection_meant(saved, selection)
    with _looking(workspace, paths, selection) as found:
        plan, extra = _make_plan(workspace, found, flags, selection, saved=saved)
    refused = () if refresh_only else tuple(refusals(plan, limits(workspace), Consent()))
    steps = (
        keep_steps(plan, paths, connection)
        if refresh_only
        else plan_steps(plan, refused, paths, connection, saved=out or file, selection=selection)
    )
    report = _report(
        plan, flags, paths, refused=refused, selection=selection, steps=steps, workspace=workspace
    )
    if out:
        _save(out, report)  # first: the report names the command that applies this file
    _print_report(report, extra, flags)
    if file:
        again = printable(apply_command(paths, connection, saved=file))
        console.info(f"{printable(file)} is still current; to apply it: {again}")
    to_do = bool(plan.actions) if refresh_only else plan.needs_apply
    if out:
        _tell_saved(out, report)
    return _CHANGES if detailed_exitcode and to_do else 0
