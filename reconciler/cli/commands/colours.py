"""``reconciler colours``: the declared colours, where they are declared, and which resources use them."""

import sys
from typing import Any

import click

from reconciler.cli import console, options
from reconciler.cli.help_examples import examples
from reconciler.cli.workspace import open_workspace
from reconciler.core.contrast import is_colour
from reconciler.core.errors import UsageError
from reconciler.engine.manifests import read_manifests
from reconciler.reports.text.colours import COLOUR_FORMATS, ColourReport, colour_uses


def _asked(colour: str | None) -> str:
    """``044ef4`` and ``#044EF4`` are the same; a shell takes an unquoted ``#`` for a comment."""
    if colour is None:
        return ""
    written = f"#{colour.removeprefix('#')}".upper()
    if not is_colour(written):
        raise UsageError(
            f"--colour {colour}: six hex digits are expected",
            hint="write it as 044EF4, or quote it: '#044EF4'",
        )
    return written


@click.command(
    "colours", epilog=examples("reconciler colours", "reconciler colours --colour 044EF4")
)
@options.paths
@click.option(
    "--colour",
    metavar="RRGGBB",
    help="Show only this colour, with every resource that uses it.",
)
@options.format_option(*COLOUR_FORMATS)
@options.project
def command(paths: tuple[str, ...], colour: str | None, form: str, **project: Any) -> int:
    """List the declared colours, each with its fields, its places in the manifests and the resources that use it. Nothing is sent."""
    asked = _asked(colour)
    session = open_workspace(**project)
    loaded = read_manifests(session, paths)
    look = console.style_for(sys.stdout)
    shown = look.arguments
    console.out_as(
        form,
        COLOUR_FORMATS[form](
            ColourReport(colour_uses(loaded.desired, session.kinds), asked, **shown)
        ),
    )
    return 0
