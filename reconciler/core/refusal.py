"""A reason not to apply, and the phrases and flags that refusals share."""

import shlex
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from reconciler.core.consent import MOST_NAMED
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.plan_model import Action
from reconciler.core.resources import Address

Rule = Literal[
    "protected",
    "renamed-outside",
    "claimed-by-rename",
    "foreign-children",
    "live-session",
    "not-ours",
    "managed-elsewhere",
    "name-taken",
    "same-room",
    "rename-passed-over",
    "looks-like-rename",
    "mass-delete",
    "mass-update",
]


class Refusal(NamedTuple):
    """One reason not to apply a plan.

    ``reason`` is a sentence for the command line, with the fix. ``consent`` holds the flags that
    allow it ('' if only a changed manifest helps). For programs: the ``rule``, the ``addresses`` of
    the actions that it stops (declared ones), the ``problem`` without the fix, and the ``fix``.
    """

    reason: str
    consent: str
    rule: Rule
    addresses: tuple[Address, ...]
    problem: str
    fix: str = ""


def refusal(
    rule: Rule, addresses: Sequence[Address], problem: str, *, fix: str = "", consent: str = ""
) -> Refusal:
    """Return a Refusal; its reason is the problem and, after it, the fix."""
    reason = f"{problem}; {fix}" if fix else problem
    return Refusal(reason, consent, rule, tuple(addresses), problem, fix)


def live_address(action: Action) -> Address:
    """Return the address under the resource's live name, which users know it by."""
    return Address(action.address.kind, action.live_name or action.address.name)


def consent_flags(flag: str, addresses: Sequence[Address]) -> str:
    """Return the flags that consent to exactly these, by name or (for many) by number."""
    totals = Counter(address.kind for address in addresses)
    named = [address for address in addresses if totals[address.kind] <= MOST_NAMED]
    flags = [f"{flag} {shlex.quote(str(address))}" for address in named]
    for kind, total in sorted(totals.items()):
        if total > MOST_NAMED:
            flags.append(f"{flag} {kind}={total}")
    return " ".join(flags)


def removal_phrase(action: Action, property_text: str) -> str:
    """``Room/a is protected and would be renamed to 'b'``."""
    verb = "deleted" if action.action == "delete" else f"renamed to {action.address.name!r}"
    return f"{live_address(action)} {property_text} and would be {verb}"
