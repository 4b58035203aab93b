"""Refuses more deletions or updates in one run than the project's limits allow."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from reconciler.core.consent import Consent, Given, allowed
from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.plan_model import Plan, Verb
from reconciler.core.refusal import Refusal, refusal
from reconciler.core.resources import Address
from reconciler.core.text import count


@dataclass(frozen=True, slots=True)
class RecentChanges:
    """Changes of earlier runs that count towards the limits of this one.

    ``deleted`` has the number of deletions by kind, ``updated`` the (kind, id) of each update.
    """

    deleted: Mapping[str, int] = field(default_factory=dict)
    updated: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one run for each kind: a share of the managed resources (0 to 1) and a number.

    ``recent`` counts as if this run had done it; a resource that is updated again counts once.
    """

    max_delete_share: float = 0.5
    max_delete_count: int = 20
    max_update_share: float = 1.0
    max_update_count: int = 100
    recent: RecentChanges = field(default_factory=RecentChanges)


def _addresses(plan: Plan, verb: Verb) -> dict[str, list[Address]]:
    """Return the addresses of one verb by kind, in order of kinds."""
    found: dict[str, list[Address]] = {}
    for action in plan.actions:
        if action.action == verb:
            found.setdefault(action.address.kind, []).append(action.address)
    return dict(sorted(found.items()))


def _is_allowed(consent: Given, kind: str, addresses: Collection[Address]) -> bool:
    """Whether a consent names each of these, or a number of the kind that covers all of them."""
    given = allowed(consent)
    return len(addresses) <= given.counts.get(kind, 0) or given.names.issuperset(addresses)


def _delete_reason(plan: Plan, limits: Limits, kind: str, number: int) -> str:
    """Say why ``number`` deletions exceed the limits; '' if they do not."""
    earlier = limits.recent.deleted.get(kind, 0)
    managed = plan.managed.get(kind, number) + earlier
    total = number + earlier
    history = f", {earlier} of them in the last hour" if earlier else ""
    if total >= 2 and total == managed:
        return f"all {managed} managed {kind}s would be deleted{history}"
    if total >= 2 and total > limits.max_delete_share * managed:
        share = f"more than the share of {limits.max_delete_share:.0%} that the safety limits allow"
        return f"{total} of {managed} managed {kind}s would be deleted{history}, {share}"
    if total > limits.max_delete_count:
        allowed = f"more than the {limits.max_delete_count} that the safety limits allow"
        return f"{count(total, kind)} would be deleted{history}, {allowed}"
    if not plan.declared:
        return f"no resource is declared, so {count(number, kind)} would be deleted"
    return ""


def delete_refusals(plan: Plan, limits: Limits, consent: Consent) -> Iterator[Refusal]:
    """Refuse deletions beyond the limits, kind by kind."""
    if consent.delete_all:
        return
    for kind, addresses in _addresses(plan, "delete").items():
        number = len(addresses)
        if _is_allowed(consent.allow_delete, kind, addresses):
            continue
        reason = _delete_reason(plan, limits, kind, number)
        if reason:
            flags = f"--allow-delete {kind}={number}"
            yield refusal("mass-delete", addresses, reason, consent=flags)


def _update_reason(plan: Plan, limits: Limits, kind: str) -> str:
    """Say why the updates of ``kind`` exceed the limits; '' if they do not."""
    planned = {
        (kind, action.id or "")
        for action in plan.actions
        if action.action == "update" and action.address.kind == kind
    }
    earlier = {update for update in limits.recent.updated if update[0] == kind} - planned
    total = len(planned) + len(earlier)
    # Some of the resources updated earlier may be gone by now.
    managed = max(plan.managed.get(kind, 0), total)
    history = f", {len(earlier)} of them in the last hour" if earlier else ""
    if total >= 2 and total > limits.max_update_share * managed:
        share = f"more than the share of {limits.max_update_share:.0%} that the safety limits allow"
        return f"{total} of {managed} managed {kind}s would be updated{history}, {share}"
    if total > limits.max_update_count:
        allowed = f"more than the {limits.max_update_count} that the safety limits allow"
        return f"{count(total, kind)} would be updated{history}, {allowed}"
    return ""


def update_refusals(plan: Plan, limits: Limits, consent: Consent) -> Iterator[Refusal]:
    """Refuse updates beyond the limits, kind by kind."""
    # One changed preset updates every resource that uses it.
    for kind, addresses in _addresses(plan, "update").items():
        if _is_allowed(consent.allow_update, kind, addresses):
            continue
        reason = _update_reason(plan, limits, kind)
        if reason:
            flags = f"--allow-update {kind}={len(addresses)}"
            yield refusal("mass-update", addresses, reason, consent=flags)


def rename_refusals(plan: Plan, consent: Consent) -> Iterator[Refusal]:
    """Refuse deletions paired with a creation that looks like the same resource, renamed."""
    if consent.asks:
        return
    deletions = _addresses(plan, "delete")
    by_kind: dict[str, list[tuple[Address, Address]]] = {}
    for old, new in plan.suggestions:
        by_kind.setdefault(old.kind, []).append((old, new))
    for kind, pairs in sorted(by_kind.items()):
        deleted = deletions.get(kind) or [old for old, _ in pairs]
        if not _is_allowed(consent.allow_delete, kind, deleted):
            flags = f"--allow-delete {kind}={len(deleted)}"
            yield _rename_refusal(pairs, flags)


def _rename_refusal(pairs: Sequence[tuple[Address, Address]], flags: str) -> Refusal:
    named = ", ".join(f"{old} and {new.name}" for old, new in pairs[:3])
    if len(pairs) > 3:
        named += f" and {len(pairs) - 3} more"
    # A deletion loses the id, and with it links, tokens and streams.
    reason = (
        "a deletion and a creation look like one rename,"
        f" which would keep the id and the links: {named}"
    )
    old, new = pairs[0]
    fix = (
        f"put renamedFrom: {old.name} into the metadata of {new},"
        " or confirm that they are two resources"
    )
    concerned: list[Address] = []
    for pair in pairs:
        concerned += pair
    return refusal("looks-like-rename", concerned, reason, fix=fix, consent=flags)
