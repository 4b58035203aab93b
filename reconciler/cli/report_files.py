"""Files that ``--report`` asks for: the ending of the name says the format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from reconciler.cli import console
from reconciler.cli.completion import files
from reconciler.core.errors import UsageError, all_of
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.text import printable

# The longest ending that fits decides.
_ENDINGS = {
    ".sarif.json": "sarif",
    ".sarif": "sarif",
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".json": "json",
    ".txt": "text",
    ".xml": "junit",
}
_READABLE = 0o644  # a report is for others to read


class ReportFile(NamedTuple):
    """A file to write, and the format of what is written there."""

    path: str
    form: str


def form_of(path: str) -> str:
    """The format that the ending of ``path`` names; nothing where it names none."""
    name = path.lower()
    return next((form for ending, form in _ENDINGS.items() if name.endswith(ending)), "")


def _listed(formats: Sequence[str]) -> str:
    endings = [ending for ending, form in _ENDINGS.items() if form in formats]
    short = [ending for ending in endings if ending not in (".sarif.json", ".htm", ".markdown")]
    return f"{', '.join(short[:-1])} or {short[-1]}"


def _unknown_ending(path: str) -> str:
    ending = printable(Path(path).suffix)
    return f"there is no report in the format '{ending}'" if ending else "the name has no ending"


def _checked(path: str, formats: Sequence[str], command: str) -> ReportFile:
    form = form_of(path)
    shown = printable(path)
    if not form:
        raise UsageError(
            f"--report {shown}: {_unknown_ending(path)}",
            hint=f"use one of {_listed(formats)}",
        )
    if form not in formats:
        raise UsageError(
            f"--report {shown}: reconciler {command} writes no report as {form}",
            hint=f"use one of {_listed(formats)}",
        )
    if not Path(path).parent.is_dir():
        raise UsageError(
            f"--report {shown}: the folder {printable(str(Path(path).parent))} does not exist",
            hint="create the folder first",
        )
    if Path(path).is_dir():
        raise UsageError(f"--report {shown}: this is a folder", hint="name a file in it")
    return ReportFile(path, form)


def report_option(*formats: str) -> Callable[[Any], Any]:
    """``--report FILE``, which may be repeated; the command gets a tuple of ReportFile."""

    def parse(
        context: click.Context, _param: click.Parameter, paths: Sequence[str]
    ) -> tuple[ReportFile, ...]:
        command = context.info_name or ""
        checks = [partial(_checked, path, formats, command) for path in dict.fromkeys(paths)]
        return tuple(all_of(*checks))

    return click.option(
        "--report",
        "reports",
        multiple=True,
        metavar="FILE",
        shell_complete=files,
        callback=parse,
        help=f"Write a report to FILE as well; its ending says the format: {_listed(formats)} "
        "(may be repeated).",
    )


def write_reports(reports: Sequence[ReportFile], render: Callable[[str], str]) -> None:
    """Write each report whole, or not at all. ``render`` gives the text of a format."""
    if not reports:
        return
    from reconciler.atomic_write import why_unwritable, write_whole  # noqa: PLC0415  # few runs write a report

    for report in reports:
        try:
            write_whole(
                Path(report.path),
                render(report.form).encode("utf-8", "backslashreplace"),
                mode=_READABLE,
            )
        except OSError as error:
            why, fix = why_unwritable(error)
            shown = printable(report.path)
            raise UsageError(f"--report {shown}: cannot be written: {why}", hint=fix) from error
        console.info(f"Wrote {printable(report.path)}")
