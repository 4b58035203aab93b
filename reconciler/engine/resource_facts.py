"""What is known of each managed resource after a plan, or after a plan was applied."""

from collections.abc import Iterable, Mapping

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.plan_model import Action, FieldChange, Outcome, Plan
from reconciler.core.resources import Address, Applied, Attributes, Live
from reconciler.state.record import UNSTAMPED, State


@dataclass(frozen=True, slots=True)
class Fact:
    """One managed resource: its ``id``, its ``name`` in the Space, what was recorded of it.

    ``exists`` says whether the Space has it. ``applied_at`` is the time of the last write by this
    tool (RFC 3339, UTC; '' if unknown). ``pending`` are the fields that are not as declared, among
    them ``drift``, those changed outside; both are empty after a correction. ``session`` is
    the live session, None without one or where the Space does not say.
    """

    address: Address
    id: str
    name: str
    exists: bool = True
    protected: bool = False
    applied_at: str = ""
    pending: tuple[FieldChange, ...] = ()
    session: Attributes | None = None

    @property
    def drift(self) -> tuple[FieldChange, ...]:
        """The pending fields that were changed outside since the last apply."""
        return tuple(one for one in self.pending if one.origin in ("drift", "conflict"))


def _open_actions(plan: Plan, outcomes: Iterable[Outcome]) -> dict[tuple[str, str], Action]:
    """Return the actions that were not done, by kind and id."""
    done = {one.action.address for one in outcomes if one.status == "done"}
    return {
        (action.address.kind, action.id): action
        for action in plan.actions
        if action.id and action.address not in done
    }


def _renamed_to(outcomes: Iterable[Outcome]) -> dict[tuple[str, str], str]:
    """Return the new names of resources that were renamed, by kind and id."""
    return {
        (one.action.address.kind, one.action.id): one.action.address.name
        for one in outcomes
        if one.status == "done" and one.action.renames and one.action.id
    }


def facts(
    state: State, live: Iterable[Live], plan: Plan, outcomes: Iterable[Outcome] = ()
) -> Mapping[Address, Fact]:
    """Return a Fact for each recorded resource of ``state``, the record after the run.

    ``live`` was read for ``plan``; ``outcomes`` are those of its actions that were carried out.
    """
    results = tuple(outcomes)
    seen = {one.key: one for one in live}
    made = {(one.action.address.kind, one.id) for one in results if one.id}
    pending = _open_actions(plan, results)
    names = _renamed_to(results)

    def fact(address: Address, record: Applied) -> Fact:
        found, action = seen.get(record.key), pending.get(record.key)
        name = names.get(record.key) or (found.address.name if found else address.name)
        return Fact(
            address,
            record.id,
            name,
            found is not None or record.key in made,
            record.protect,
            state.stamps.get(address, UNSTAMPED).applied_at,
            action.changes if action else (),
            (action.session if action else None) or (found.session if found else None),
        )

    return {address: fact(address, record) for address, record in sorted(state.resources.items())}
