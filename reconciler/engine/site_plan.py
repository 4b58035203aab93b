"""A plan together with what it was made from, so that exactly this plan can be applied later."""

from collections.abc import Collection
from typing import Self

from reconciler.core.deferred_dataclass import dataclass, field, fields, replace
from reconciler.core.errors import Refused
from reconciler.core.plan_model import Action, Plan
from reconciler.core.resources import Address, Live
from reconciler.engine.selection import Selection
from reconciler.manifest.load import Loaded
from reconciler.state.record import State


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan(Plan):
    """A Plan with its inputs: the record, the live resources, the manifests, the selection.

    ``offered`` are its actions as planned: what is applied must be among them. With ``delete``,
    exactly these were to be deleted.
    """

    state: State = field(repr=False, compare=False)
    live: tuple[Live, ...] = field(repr=False, compare=False)
    loaded: Loaded = field(repr=False, compare=False)
    selection: Selection = field(repr=False, compare=False)
    offered: tuple[Action, ...] = field(repr=False, compare=False)
    delete: frozenset[Address] | None = field(default=None, repr=False, compare=False)

    def without(self, addresses: Collection[Address]) -> Self:
        """Return the plan without the actions of ``addresses``; what it remembers stays."""
        left = tuple(action for action in self.actions if action.address not in addresses)
        return replace(self, actions=left)


def site_plan(
    plan: Plan,
    *,
    state: State,
    live: tuple[Live, ...],
    loaded: Loaded,
    selection: Selection,
    delete: frozenset[Address] | None,
) -> SitePlan:
    """Return ``plan`` with what it was made from."""
    values = {one.name: getattr(plan, one.name) for one in fields(plan)}
    return SitePlan(
        **values,
        state=state,
        live=live,
        loaded=loaded,
        selection=selection,
        offered=plan.actions,
        delete=delete,
    )


def check_unmoved(plan: SitePlan, state: State) -> None:
    """Refused unless ``state`` is the record that ``plan`` was made from, and its actions are its own.

    The resources themselves are read again by each action, right before it writes.
    """
    if any(action not in plan.offered for action in plan.actions):
        raise Refused(
            "the plan was changed after it was made; nothing was written",
            hint="leave actions out with 'without', or plan again",
        )
    if state != plan.state:
        raise Refused(
            "the record has changed since the plan was made; nothing was written",
            hint="plan again",
        )
