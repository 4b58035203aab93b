"""``reconciler apply``: make the Space what the manifests say."""

from typing import Any

import click

from reconciler.cli import options
from reconciler.cli.carrying import Order, carry_out_order
from reconciler.cli.pipeline import Selection, World, plan_of, read_manifests
from reconciler.cli.session import open_session
from reconciler.core.errors import UsageError
from reconciler.core.guard import Consent
from reconciler.core.kinds import Kinds, resources
from reconciler.core.model import Plan
from reconciler.core.text import did_you_mean
from reconciler.reports import OUTCOME_FORMATS
from reconciler.state import State


def allowances(texts: tuple[str, ...], kinds: Kinds) -> dict[str, int]:
    """``("Room=12",)`` as ``{"Room": 12}``. UsageError where one is not KIND=N."""
    known = [kind.name for kind in resources(kinds)]
    found = {}
    for text in texts:
        kind, _, number = text.partition("=")
        if kind not in known:
            raise UsageError(f"--allow-delete {text}: {kind!r} is not a kind of resource{did_you_mean(kind, known)}")
        if not (number.isascii() and number.isdigit()):
            raise UsageError(f"--allow-delete {text}: write it as {kind}=NUMBER")
        found[kind] = int(number)
    return found


@click.command("apply")
@options.paths
@options.format_option(*OUTCOME_FORMATS)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--parallel", type=click.IntRange(1, 64), default=10, show_default=True, metavar="N", help="How many actions go at once (1 to 64)."
)
@click.option("--adopt", is_flag=True, help="Take over live resources that bear a declared name.")
@click.option("--allow-delete", "allow_delete", multiple=True, metavar="KIND=N", help="Consent to N deletions of that kind.")
@click.option("--allow-live", is_flag=True, help="Consent to delete or rename rooms with a live session.")
@options.selection
@options.connection
def command(  # noqa: PLR0913  # one parameter for each flag of the contract
    paths: tuple[str, ...],
    form: str,
    *,
    yes: bool,
    parallel: int,
    adopt: bool,
    allow_delete: tuple[str, ...],
    allow_live: bool,
    targets: tuple[str, ...],
    selectors: tuple[str, ...],
    no_prune: bool,
    **connection: Any,
) -> int:
    """Make the Space what the manifests say, and look once more whether all has settled.

    Shows the plan and asks first; without a terminal it needs --yes. What would be dangerous is refused, and the refusal names the
    one flag that consents to it.
    """
    session = open_session(**connection)
    loaded = read_manifests(session, paths)
    selection = Selection(targets, selectors, prune=not no_prune)
    consent = Consent(adopt=adopt, allow_live=allow_live, allow_delete=allowances(allow_delete, session.kinds))

    def planned(world: World, state: State) -> Plan:
        return plan_of(session, world, loaded, state, selection=selection, parallel=parallel)

    return carry_out_order(
        Order(session, planned, consent, form=form, yes=yes, parallel=parallel, reason="apply", left_out=selection.left_out)
    )
