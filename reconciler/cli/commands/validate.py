"""``reconciler validate``: check manifests without network and without credentials."""

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import console, options
from reconciler.cli.help_examples import examples
from reconciler.cli.rendering import for_file
from reconciler.cli.report_files import ReportFile, report_option, write_reports
from reconciler.core.deferred_dataclass import replace
from reconciler.core.resources import has_errors
from reconciler.core.text import count
from reconciler.reports.formats import PROBLEM_FORMATS
from reconciler.reports.text.problems import ProblemReport

if TYPE_CHECKING:
    from reconciler.manifest.load import Loaded


def _checked(loaded: "Loaded") -> str:
    """``1 Conference, 2 Rooms, 1 Preset in 3 files``: resources before what they use."""
    resources = Counter(one.address.kind for one in loaded.desired)
    others = Counter(address.kind for address in loaded.fragments)
    kinds = [*sorted(resources.items()), *sorted(others.items())]
    found = ", ".join(count(number, kind) for kind, number in kinds) or "no resource"
    return f"{found} in {count(len(loaded.files), 'file')}"


@click.command(
    "validate",
    epilog=examples(
        "reconciler validate", "reconciler validate manifests --strict --report problems.sarif"
    ),
)
@options.paths
@options.format_option(*PROBLEM_FORMATS)
@report_option(*PROBLEM_FORMATS)
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option(
    "--without-env",
    is_flag=True,
    help="Skip each ${env:NAME} that is not set, and check the rest.",
)
@options.project
def command(
    paths: tuple[str, ...],
    form: str,
    *,
    reports: tuple[ReportFile, ...],
    strict: bool,
    without_env: bool,
    **project: Any,
) -> int:
    """Check everything that can be checked without the network.

    PATH is a file, a folder, or '-' for standard input. All problems are reported at once, each with file, line and column.
    """
    from reconciler.cli.workspace import open_workspace  # --help needs neither
    from reconciler.engine.manifests import load_manifests

    session = open_workspace(**project)
    unset: set[str] | None = set() if without_env else None
    loaded = load_manifests(session, paths, missing_variables=unset)
    if unset:
        console.info(f"Not set, skipped: {', '.join(sorted(unset))}")
    look = console.style_for(sys.stdout)
    shown = look.arguments
    problems = (
        tuple(replace(problem, severity="error") for problem in loaded.problems)
        if strict
        else loaded.problems
    )
    report = ProblemReport(
        problems=problems, checked=_checked(loaded), files=len(loaded.files), **shown
    )
    console.out_as(form, PROBLEM_FORMATS[form](report))
    write_reports(reports, lambda each: PROBLEM_FORMATS[each](for_file(report)))
    return 1 if has_errors(problems) else 0
