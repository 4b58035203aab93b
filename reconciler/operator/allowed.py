"""The part of a plan that may be carried out now: without what is refused or only reported."""

from collections.abc import Callable, Mapping

from reconciler.core.consent import Consent
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.plan_model import Action, Plan
from reconciler.core.refusal import Refusal
from reconciler.core.resources import Address
from reconciler.engine.site_plan import SitePlan
from reconciler.kubernetes.admission import ALLOW_DELETE
from reconciler.operator.inputs import Inputs
from reconciler.operator.resources import ALLOW_UPDATE, SpaceItem

_Refuse = Callable[[Plan, Consent], tuple[Refusal, ...]]


class Allowed(NamedTuple):
    """``plan`` is to be carried out with ``consent``; ``left`` are addresses that are reported only.

    ``used`` are annotations of the Space whose consent it takes.
    """

    plan: SitePlan
    consent: Consent
    refusals: tuple[Refusal, ...]
    left: frozenset[Address]
    used: tuple[str, ...]


def _only_drift(action: Action) -> bool:
    """Whether nothing but changes made outside asks for the action."""
    if action.action not in ("update", "rename", "create") or not action.drifted:
        return False
    return all(change.origin == "drift" for change in action.changes)


def _reported(plan: Plan, inputs: Inputs, *, reports_only: bool) -> frozenset[Address]:
    """Return the addresses of actions that are reported and not done."""
    return frozenset(
        action.address
        for action in plan.actions
        if action.address in inputs.kept or (reports_only and _only_drift(action))
    )


def _allowance(plan: Plan, verb: str, number: int) -> Mapping[str, int]:
    """Return a consent to all actions of ``verb``, if they are not more than ``number``."""
    kinds = [action.address.kind for action in plan.actions if action.action == verb]
    return {kind: kinds.count(kind) for kind in kinds} if 0 < len(kinds) <= number else {}


def _consent_of(plan: Plan, inputs: Inputs, space: SpaceItem) -> Consent:
    """Return what the cluster consents to: adoptions by address, mass changes by a number.

    A deletion mark consents to that deletion by itself, so that it is not treated as a rename.
    """
    return Consent(
        adopt=inputs.adopt,
        allow_delete=_allowance(plan, "delete", space.allowance(ALLOW_DELETE)),
        allow_update=_allowance(plan, "update", space.allowance(ALLOW_UPDATE)),
        asks=True,
    )


def _without_refused(
    plan: SitePlan, consent: Consent, refuse: _Refuse
) -> tuple[SitePlan, tuple[Refusal, ...]]:
    """Leave out what is refused, until nothing is."""
    refused: list[Refusal] = []
    while found := refuse(plan, consent):
        refused += found
        addresses = {address for one in found for address in one.addresses}
        smaller = plan.without(addresses)
        if len(smaller.actions) == len(plan.actions):
            # A refusal of no action is one of the whole plan.
            return plan.without({action.address for action in plan.actions}), tuple(refused)
        plan = smaller
    return plan, tuple(refused)


def _used(plan: Plan, consent: Consent, refuse: _Refuse, space: SpaceItem) -> tuple[str, ...]:
    """Return the annotations without which the plan would be refused."""
    strict = Consent(adopt=consent.adopt, asks=True)
    rules = {one.rule for one in refuse(plan, strict)}
    needed = (("mass-delete", ALLOW_DELETE), ("mass-update", ALLOW_UPDATE))
    return tuple(name for rule, name in needed if rule in rules and space.allowance(name))


def allowed_part(plan: SitePlan, inputs: Inputs, space: SpaceItem, refuse: _Refuse) -> Allowed:
    """Return what of ``plan`` is carried out; ``refuse`` returns the refusals of a plan."""
    left = _reported(plan, inputs, reports_only=space.reports_only)
    rest = plan.without(left)
    consent = _consent_of(rest, inputs, space)
    doable, refused = _without_refused(rest, consent, refuse)
    return Allowed(doable, consent, refused, left, _used(doable, consent, refuse, space))
