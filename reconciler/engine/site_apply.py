"""Applies manifests, or a plan that was made before, over one open connection."""

from collections.abc import Callable, Collection

from reconciler.core.consent import Consent
from reconciler.core.deferred_dataclass import dataclass, field, replace
from reconciler.core.mass_changes import RecentChanges
from reconciler.core.plan_model import Outcome, Plan
from reconciler.core.resources import Address
from reconciler.engine.apply import apply_connected
from reconciler.engine.connection import Connection
from reconciler.engine.options import ApplyOptions
from reconciler.engine.plan import plan_with_live
from reconciler.engine.refresh import FEW
from reconciler.engine.selection import Selection
from reconciler.engine.site_plan import SitePlan, check_unmoved
from reconciler.engine.workspace import Workspace
from reconciler.manifest.load import Loaded
from reconciler.space.client import Writer
from reconciler.state.record import State


@dataclass(frozen=True, slots=True)
class Run:
    """One apply of a program: where, with which consent, and what counts towards the limits."""

    workspace: Workspace
    connection: Connection
    client: Writer
    consent: Consent
    parallel: int = 10
    recent: RecentChanges = field(default_factory=RecentChanges)

    def outcomes(
        self, make_plan: Callable[[Connection, State], Plan], selection: Selection
    ) -> tuple[Outcome, ...]:
        """Carry out the plan that ``make_plan`` returns, and plan with it again."""
        options = ApplyOptions(
            self.workspace,
            make_plan,
            self.consent,
            approved=True,
            parallel=self.parallel,
            selection=selection,
            recent=self.recent,
        )
        return apply_connected(options, self.connection, self.client).outcomes


def apply_loaded(
    run: Run, loaded: Loaded, selection: Selection, *, delete: Collection[Address] | None = None
) -> tuple[Outcome, ...]:
    """Plan under the lock and carry it out. With ``delete``, exactly these are deleted."""
    touched: set[Address] = set()

    def planned(connection: Connection, state: State) -> Plan:
        plan, _ = plan_with_live(
            run.workspace,
            connection,
            loaded,
            state,
            selection=selection,
            parallel=run.parallel,
            known=touched,
            delete=delete,
        )
        touched.update(action.address for action in plan.actions)
        return plan

    return run.outcomes(planned, selection)


def apply_plan(run: Run, plan: SitePlan) -> tuple[Outcome, ...]:
    """Carry out exactly ``plan``, if the record is still the one that it was made from.

    Each action reads its resource again right before it writes. The look afterwards reads what was
    touched: by id if it is little, else it lists the Space once.
    """
    plans = iter([plan])

    def planned(connection: Connection, state: State) -> Plan:
        first = next(plans, None)
        if first is not None:
            check_unmoved(first, state)
            return first
        return _touched_again(run, plan, connection, state)

    return run.outcomes(planned, plan.selection)


def _touched_again(run: Run, plan: SitePlan, connection: Connection, state: State) -> Plan:
    """Plan again for what ``plan`` touched."""
    touched = {action.address for action in plan.actions}
    selection = plan.selection
    if len(touched) <= FEW:
        selection = Selection(tuple(map(str, sorted(touched))), prune=selection.prune)
    remaining, _ = plan_with_live(
        run.workspace,
        connection,
        plan.loaded,
        state,
        selection=selection,
        parallel=run.parallel,
        known=touched,
        delete=None if plan.delete is None else plan.delete & touched,
    )
    open_actions = (action for action in remaining.actions if action.address in touched)
    return replace(remaining, actions=tuple(open_actions))
