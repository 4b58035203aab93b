"""Refuses to disturb live sessions without consent."""

from collections import Counter
from collections.abc import Iterator

from reconciler.core.consent import MOST_NAMED, Consent, allowed
from reconciler.core.plan_model import Action, Plan
from reconciler.core.refusal import Refusal, consent_flags, live_address, refusal, removal_phrase
from reconciler.core.resources import Address


def _disturbing(plan: Plan) -> list[Action]:
    """Return actions that disturb a live session, or may because sessions are unreadable."""
    return [
        action
        for action in plan.actions
        if action.interrupts_session and (action.session is not None or action.session_unread)
    ]


def occupied(plan: Plan, consent: Consent) -> list[Action]:
    """Return the actions that would disturb a live session without consent."""
    disturbing = _disturbing(plan)
    asked = [{live_address(action), action.address} for action in disturbing]
    return [disturbing[index] for index in allowed(consent.allow_live).lacking(asked)]


def may_disturb(plan: Plan, consent: Consent) -> frozenset[Address]:
    """Return resources that may be deleted or renamed during a live session.

    These are the named ones, and those that ``plan`` showed as live with sufficient consent.
    """
    refused = {action.address for action in occupied(plan, consent)}
    shown = {action.address for action in _disturbing(plan)}
    return allowed(consent.allow_live).names | (shown - refused)


def _disturbance(action: Action) -> str:
    unread = action.session_unread if action.session is None else ""
    session = "has a live session"
    if unread:
        session = f"may have a live session; this could not be read ({unread})"
    if action.action == "delete" or action.renames:
        return removal_phrase(action, session)
    paths = ", ".join(action.interrupting(action.session))
    return f"{live_address(action)} {session}, and the new {paths} would interrupt it"


def session_refusals(plan: Plan, consent: Consent) -> Iterator[Refusal]:
    """Refuse each action that disturbs a live session without consent."""
    actions = occupied(plan, consent)
    totals = Counter(action.address.kind for action in actions)
    for action in actions:
        kind = action.address.kind
        flags = f"--allow-live {kind}={totals[kind]}"
        if totals[kind] <= MOST_NAMED:
            flags = consent_flags("--allow-live", [live_address(action)])
        yield refusal("live-session", [action.address], _disturbance(action), consent=flags)
