"""``reconciler plan``: what apply would do, and why."""

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from reconciler import __version__
from reconciler.atomic_write import write_whole
from reconciler.cli import console, options
from reconciler.cli.rendering import plan_report
from reconciler.cli.workspace import open_workspace
from reconciler.core.consent import Consent
from reconciler.core.drift import drifted_part
from reconciler.core.errors import UsageError
from reconciler.core.guard import refusals
from reconciler.core.text import printable
from reconciler.core.usage import ReportContext
from reconciler.engine.clock import now
from reconciler.engine.connection import Connection, load_and_connect, open_reader
from reconciler.engine.manifests import read_manifests
from reconciler.engine.plan import plan_changes, with_usage_sessions
from reconciler.engine.report_context import report_context
from reconciler.engine.revision import current_commit
from reconciler.engine.saved_plan.check import check_same, read_saved, selection_meant
from reconciler.engine.saved_plan.paths import without_saved
from reconciler.engine.selection import Selection
from reconciler.engine.workspace import Workspace, limits, manifest_paths
from reconciler.manifest.load import Loaded
from reconciler.reports.enriched import ENRICHED_FORMATS, enriched
from reconciler.reports.formats import PLAN_FORMATS

CHANGES = 2


@contextmanager
def _looking(
    session: Workspace, paths: tuple[str, ...], *, everything: bool
) -> Iterator[tuple[Loaded, Connection]]:
    load = partial(read_manifests, session, paths)
    if everything:
        with load_and_connect(session, load) as found:
            yield found
        return
    loaded = load()
    with open_reader(session) as world:
        yield loaded, world


def _save(file: str, text: str) -> None:
    """Write the plan whole, or not at all; nobody else may change what is going to be applied."""
    try:
        write_whole(Path(file), text.encode())
    except OSError as error:
        raise UsageError(f"--out {file}: cannot be written: {error.strerror}") from error


def _apply_of(file: str, paths: tuple[str, ...], connection: Mapping[str, Any]) -> str:
    """The command that carries out the saved plan: it reads the same manifests, and speaks to the same Space."""
    said = {
        name: connection[name]
        for name in ("env", "space", "project_id", "token_file")
        if connection.get(name)
    }
    flags = [
        part for name, value in said.items() for part in (f"--{name.replace('_', '-')}", value)
    ]
    return shlex.join(["reconciler", "apply", *paths, "--plan", file, *flags])


@click.command("plan")
@options.paths
@options.format_option(*PLAN_FORMATS)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write the plan as JSON to FILE as well.",
)
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit with 2 where there is something to do."
)
@click.option(
    "--refresh-only",
    is_flag=True,
    help="Show only what was changed outside since the last apply, and not what the manifests ask for anew.",
)
@click.option(
    "--unmanaged",
    is_flag=True,
    help="List the resources that nobody declared and nobody made with this tool.",
)
@click.option("--verbose", "-v", is_flag=True, help="Show long values in full.")
@options.selection
@options.connection
def command(  # noqa: PLR0913  # one parameter for each flag of the contract
    paths: tuple[str, ...],
    form: str,
    out: str | None,
    *,
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

    Where PATH is a saved plan, it is planned again and shown, or refused where something moved since.

    Each change shows its value before and after, whether the manifests or somebody outside caused it, and where it was declared.
    """
    if refresh_only and out:
        raise UsageError(
            "--refresh-only shows a part of the plan, which cannot be applied alone",
            hint="leave one of --refresh-only and --out out",
        )
    session = open_workspace(**connection)
    file, paths = without_saved(paths)
    saved = read_saved(file) if file else None
    selection = selection_meant(saved, Selection(targets, selectors, prune=not no_prune))
    with _looking(session, paths, everything=not (selection.targets or selection.selectors)) as (
        loaded,
        world,
    ):
        plan = plan_changes(
            session, world, loaded, world.state.read(), selection=selection, whole=unmanaged
        )
        if saved is not None:
            check_same(saved, plan, selection=selection)
        plan = drifted_part(plan) if refresh_only else plan
        moment = now()
        extra = ReportContext()
        if form in ENRICHED_FORMATS:
            extra = report_context(session, world, plan, pictures=form == "html", now=moment)
        plan = with_usage_sessions(plan, extra.evidence)
    refused = () if refresh_only else tuple(refusals(plan, limits(session), Consent()))
    report = plan_report(
        plan, moment, refused=refused, selection=selection, unmanaged=unmanaged, verbose=verbose
    )
    if form != "text" or out:
        report = replace(
            report,
            made_by=f"reconciler {__version__}",
            commit=current_commit(manifest_paths(session, paths)),
        )
    console.out(PLAN_FORMATS[form](enriched(report, extra)))
    if refresh_only and plan.actions:
        console.info(
            "This is what was changed outside; apply puts it back, and does the rest. To keep it: reconciler pull"
        )
    if file:
        console.info(
            f"{printable(file)} still holds; to carry it out: {printable(_apply_of(file, paths, connection))}"
        )
    to_do = bool(plan.actions or (plan.protection and not refresh_only))
    if out:
        _save(out, PLAN_FORMATS["json"](report))
        once = (
            f"; to carry out exactly this: {printable(_apply_of(out, paths, connection))}"
            if to_do
            else ""
        )
        console.info(f"Wrote {printable(out)}{once}")
    return CHANGES if detailed_exitcode and to_do else 0
