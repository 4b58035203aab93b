"""``reconciler destroy``: delete what is managed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options
from reconciler.cli.consent import allowed_by
from reconciler.cli.help_examples import examples
from reconciler.cli.observers import ApplyObserver
from reconciler.core.consent import Consent
from reconciler.core.deferred_dataclass import replace
from reconciler.core.resources import Address
from reconciler.reports.formats import OUTCOME_FORMATS

if TYPE_CHECKING:
    from reconciler.core.plan_model import Plan
    from reconciler.engine.connection import Connection
    from reconciler.manifest.load import Loaded
    from reconciler.state.record import State


def _protected(loaded: Loaded) -> set[Address]:
    """What the manifests protect, under its new and its old name."""
    return {
        Address(one.address.kind, name)
        for one in loaded.desired
        if one.protect
        for name in (one.address.name, one.renamed_from)
        if name
    }


@click.command(
    "destroy",
    epilog=examples("reconciler destroy manifests/rooms --yes", "reconciler destroy --yes"),
)
@options.paths
@options.format_option(*OUTCOME_FORMATS)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=10,
    show_default=True,
    metavar="N",
    help="How many actions run at once (1 to 64).",
)
@options.allow_live
@options.connection
def command(
    paths: tuple[str, ...],
    form: str,
    *,
    yes: bool,
    parallel: int,
    allow_live: tuple[str, ...],
    **connection: Any,
) -> int:
    """Delete managed resources: all in the state, or with PATH those that are declared there.

    Unmanaged resources are not deleted. Deletion of protected resources is refused: remove the protection first.
    """
    from reconciler.cli.workspace import open_workspace
    from reconciler.engine.apply import run_apply
    from reconciler.engine.manifests import load_manifests, read_manifests
    from reconciler.engine.options import ApplyOptions
    from reconciler.engine.plan import plan_everything_gone

    session = open_workspace(**connection)
    consent = Consent(
        allow_live=allowed_by("--allow-live", allow_live, session.kinds), delete_all=True
    )
    # Without PATH everything goes, whatever is wrong with the manifests; what they protect is heard all the same.
    loaded = (
        read_manifests(session, paths)
        if paths
        else load_manifests(session, (), missing_variables=set())
    )
    declared = {one.address for one in loaded.desired} if paths else None
    protected = _protected(loaded)

    def planned(world: Connection, state: State) -> Plan:
        world.client.hidden.declare(loaded.desired, loaded.fragments.values())
        plan = plan_everything_gone(session, world, state, only=declared, parallel=parallel)
        actions = (
            replace(one, protect=one.protect or one.address in protected) for one in plan.actions
        )
        return replace(plan, actions=tuple(actions))

    run_apply(
        ApplyOptions(
            replace(session, observer=ApplyObserver(form, workspace=session)),
            planned,
            consent,
            approved=yes,
            parallel=parallel,
            reason="destroy",
        )
    )
    return 0
