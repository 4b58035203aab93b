"""``reconciler explain KIND[.FIELD]``: its meaning, allowed values and an example."""

import sys

import click

from reconciler import catalog
from reconciler.cli import console
from reconciler.cli.completion import kinds_and_fields
from reconciler.cli.help_examples import examples
from reconciler.core.errors import UsageError
from reconciler.core.kinds import resources
from reconciler.core.text import did_you_mean
from reconciler.engine.project_kinds import kinds_here
from reconciler.manifest.discovery import PROJECT_FILE
from reconciler.reports.text.explain import explain_text, kinds_text
from reconciler.reports.text.explain_project import project_text
from reconciler.reports.text.style import RenderStyle

_METADATA = "metadata"


def _text(what: str, look: RenderStyle) -> str:
    """The kind that ``what`` names, in upper or lower case. UsageError for an unknown one, with the nearest."""
    kinds = kinds_here()
    if what.lower() == PROJECT_FILE or what.lower().startswith(f"{PROJECT_FILE}."):
        return project_text(
            catalog.documents()["project.schema.json"], what[len(PROJECT_FILE) + 1 :], look=look
        )
    written, _, path = what.partition(".")
    if written.lower() == _METADATA:  # resources have it all, the others a part of it
        return explain_text(resources(kinds)[0], what, kinds=kinds, look=look, of_kind=False)
    name = next((kind for kind in kinds if kind.lower() == written.lower()), None)
    if name is None:
        listed = f"the kinds are {', '.join(sorted(kinds))}; {_METADATA} and {PROJECT_FILE} are explained as well"
        raise UsageError(
            f"{written!r} is not a kind{did_you_mean(written, [*kinds, _METADATA, PROJECT_FILE])}",
            hint=listed,
        )
    return explain_text(kinds[name], path, kinds=kinds, look=look)


@click.command(
    "explain",
    epilog=examples(
        "reconciler explain Room",
        "reconciler explain Conference.layout",
        "reconciler explain metadata",
        "reconciler explain reconciler.yaml",
    ),
)
@click.argument("what", required=False, metavar="[KIND[.FIELD]]", shell_complete=kinds_and_fields)
@click.option(
    "--verbose",
    "-v",
    is_flag=True,
    help="Show descriptions in full, also on a terminal.",
)
def command(what: str | None, *, verbose: bool) -> int:
    """Explain a kind, or one of its fields: meaning, type, allowed values, default, when it can be written, an example.

    Without KIND: the list of kinds.
    """
    look = console.style_for(
        sys.stdout, verbose=verbose or not (sys.stdout and sys.stdout.isatty())
    )
    console.out(_text(what, look) if what is not None else kinds_text(kinds_here(), look=look))
    return 0
