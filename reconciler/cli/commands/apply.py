"""``reconciler apply``: apply the manifests to the Space."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options
from reconciler.cli.completion import kinds_with_number
from reconciler.cli.consent import allowed_by
from reconciler.cli.help_examples import examples
from reconciler.cli.observers import ApplyObserver
from reconciler.core.consent import Consent
from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import UsageError, all_of
from reconciler.core.kinds import Kinds, resources
from reconciler.core.resources import Address
from reconciler.core.text import did_you_mean
from reconciler.engine.saved_plan.path_arguments import without_saved
from reconciler.reports.formats import OUTCOME_FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.core.plan_model import Plan
    from reconciler.engine.connection import Connection
    from reconciler.engine.selection import Selection
    from reconciler.engine.workspace import Workspace
    from reconciler.manifest.load import Loaded
    from reconciler.state.record import State


def _allowances(
    texts: tuple[str, ...], kinds: Kinds, *, flag: str = "--allow-delete"
) -> dict[str, int]:
    """``("Room=12",)`` as ``{"Room": 12}``. UsageError where one of what ``flag`` was given is not KIND=N."""
    known = [kind.name for kind in resources(kinds)]
    return dict(all_of(*(partial(_allowance, flag, text, known) for text in texts)))


def _allowance(flag: str, text: str, known: Sequence[str]) -> tuple[str, int]:
    kind, _, number = text.partition("=")
    if kind.isascii() and kind.isdigit() and not number:
        raise UsageError(
            f"{flag} {text}: the kind is missing",
            hint=f"write it as KIND=NUMBER, such as {flag} {known[0]}={text}",
        )
    if kind not in known:
        raise UsageError(
            f"{flag} {text}: {kind!r} is not a kind of resource{did_you_mean(kind, known)}",
            hint=f"write it as KIND=NUMBER, such as {flag} {known[0]}=3",
        )
    if not (number.isascii() and number.isdigit()):
        raise UsageError(
            f"{flag} {text}: no number is given", hint=f"write it as {flag} {kind}=NUMBER"
        )
    return kind, int(number)


def _planning(
    session: Workspace, loaded: Loaded, selection: Selection, *, parallel: int
) -> Callable[[Connection, State], Plan]:
    """How the Space is planned, before the run and after it: what was touched need not exist."""
    from reconciler.engine.plan import plan_changes

    touched: set[Address] = set()

    def planned(world: Connection, state: State) -> Plan:
        made = plan_changes(
            session, world, loaded, state, selection=selection, parallel=parallel, known=touched
        )
        touched.update(action.address for action in made.actions)
        return made

    return planned


@click.command(
    "apply",
    epilog=examples("reconciler apply", "reconciler apply --yes --target Room/lobby"),
)
@options.paths
@options.format_option(*OUTCOME_FORMATS)
@click.option(
    "--plan", metavar="FILE", type=click.Path(), help="Apply exactly this saved plan, or nothing."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=10,
    show_default=True,
    metavar="N",
    help="How many actions run at once (1 to 64).",
)
@options.adopt
@click.option(
    "--allow-delete",
    "allow_delete",
    multiple=True,
    metavar="KIND=N",
    shell_complete=kinds_with_number,
    help="Allow N deletions of this kind (may be repeated).",
)
@click.option(
    "--allow-update",
    "allow_update",
    multiple=True,
    metavar="KIND=N",
    shell_complete=kinds_with_number,
    help="Allow N updates of this kind (may be repeated).",
)
@options.allow_live
@click.option(
    "--when-idle",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="MINUTES",
    help="Wait up to MINUTES for live sessions to end in rooms that would be deleted, renamed or interrupted.",
)
@options.selection
@options.connection
def command(  # noqa: PLR0913  # one parameter for each flag of the contract
    paths: tuple[str, ...],
    form: str,
    *,
    plan: str | None,
    yes: bool,
    when_idle: float,
    parallel: int,
    adopt: tuple[str, ...],
    allow_delete: tuple[str, ...],
    allow_update: tuple[str, ...],
    allow_live: tuple[str, ...],
    targets: tuple[str, ...],
    selectors: tuple[str, ...],
    no_prune: bool,
    **connection: Any,
) -> int:
    """Apply the manifests to the Space, then plan again to verify that everything has settled.

    Shows the plan and asks for confirmation; without a terminal it needs --yes. Dangerous actions are refused, and the refusal
    names the flags that consent to exactly these; actions that appear later are refused again.

    With --plan FILE, or a saved plan as PATH, everything is read and planned again. The plan is applied only if the result is the
    saved plan.
    """
    from reconciler.cli.workspace import open_workspace
    from reconciler.engine.apply import run_apply
    from reconciler.engine.manifests import read_manifests
    from reconciler.engine.options import ApplyOptions
    from reconciler.engine.saved_plan.check import read_saved, selection_meant
    from reconciler.engine.selection import Selection, check_selection
    from reconciler.engine.workspace import manifest_paths

    session = open_workspace(**connection)
    kinds = session.kinds
    *consents, _ = all_of(
        lambda: allowed_by("--adopt", adopt, kinds),
        lambda: allowed_by("--allow-live", allow_live, kinds),
        lambda: _allowances(allow_delete, kinds),
        lambda: _allowances(allow_update, kinds, flag="--allow-update"),
        lambda: check_selection(session, paths, Selection(targets, selectors)),
    )
    consent = Consent(*consents)
    plan, paths = without_saved(paths, plan)
    saved = read_saved(plan) if plan else None
    session = replace(session, saved_plans=(plan,) if plan else ())
    loaded = read_manifests(session, paths)
    selection = selection_meant(saved, Selection(targets, selectors, prune=not no_prune))
    run_apply(
        ApplyOptions(
            replace(session, observer=ApplyObserver(form, selection, workspace=session)),
            _planning(session, loaded, selection, parallel=parallel),
            consent,
            approved=yes,
            parallel=parallel,
            reason="apply",
            selection=selection,
            saved=saved,
            idle_minutes=when_idle,
            paths=manifest_paths(session, paths),
        )
    )
    return 0
