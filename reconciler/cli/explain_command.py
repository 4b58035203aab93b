"""``reconciler explain KIND[.FIELD]``: what it means, allows and looks like."""

import sys

import click

from reconciler import catalog
from reconciler.cli import console
from reconciler.cli.completing import kinds_and_fields
from reconciler.cli.completing import kinds_and_fields
from reconciler.core.errors import UsageError
from reconciler.core.text import did_you_mean
from reconciler.reports import explain_text
from reconciler.reports.explain import kinds_text


@click.command("explain")
@click.argument("what", required=False, metavar="[KIND[.FIELD]]", shell_complete=kinds_and_fields)
def command(what: str | None) -> int:
    """Explain a kind, or one of its fields: meaning, type, allowed values, default, when it can be written, an example.

    Without KIND: which kinds there are.

    \b
    reconciler explain Room
    reconciler explain Conference.layout
    """
    kinds = catalog.kinds()
    if what is None:
        console.out(kinds_text(kinds, look=console.look(sys.stdout)))
        return 0
    name, _, path = what.partition(".")
    if name not in kinds:
        raise UsageError(f"{name!r} is not a kind{did_you_mean(name, kinds)}", hint=f"the kinds are {', '.join(sorted(kinds))}")
    console.out(explain_text(kinds[name], path, kinds=kinds, look=console.look(sys.stdout)))
    return 0
