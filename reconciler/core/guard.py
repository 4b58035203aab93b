"""What apply refuses to do without consent, and the flags that consent to exactly that."""

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.core.consent import MOST_NAMED, NOTHING, Given, allowed
from reconciler.core.plan_model import Action, Plan
from reconciler.core.resources import Address
from reconciler.core.text import count


@dataclass(frozen=True, slots=True)
class Lately:
    """What runs that belong with this one did before it: how many of each kind they deleted, and what they updated (kind, id)."""

    deleted: Mapping[str, int] = field(default_factory=dict)
    updated: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one run may delete, and update, of each kind: a share of what is managed (0 to 1) and a number.

    What was done ``lately`` counts as if this run did it; what is updated again counts once.
    """

    max_delete_share: float = 0.5
    max_delete_count: int = 20
    max_update_share: float = 1.0
    max_update_count: int = 100
    lately: Lately = field(default_factory=Lately)


@dataclass(frozen=True, slots=True)
class Consent:
    """What the person who runs apply has agreed to: each names what it is for, or how many.

    ``adopt`` and ``allow_live`` hold addresses (``["Room/a"]``, or Address values) or numbers by kind (``{"Room": 3}``).
    """

    adopt: Given = NOTHING
    allow_live: Given = NOTHING
    allow_delete: Mapping[str, int] = field(default_factory=dict)
    allow_update: Mapping[str, int] = field(default_factory=dict)
    delete_all: bool = False
    asks: bool = False

    def __post_init__(self) -> None:
        """TypeError at once where a consent names nothing."""
        object.__setattr__(self, "adopt", allowed(self.adopt))
        object.__setattr__(self, "allow_live", allowed(self.allow_live))


class Refusal(NamedTuple):
    """Something refused: why, and the flags that consent ('' where none do: the manifests must change first)."""

    reason: str
    consent: str


def _there(action: Action) -> Address:
    """The resource by the name that people know it by."""
    return Address(action.address.kind, action.live_name or action.address.name)


def _flags(flag: str, addresses: Sequence[Address]) -> str:
    """The flags that consent to exactly these: by name, or by number where there are too many of a kind to be named."""
    numbers = Counter(address.kind for address in addresses)
    named = (
        f"{flag} {shlex.quote(str(address))}"
        for address in addresses
        if numbers[address.kind] <= MOST_NAMED
    )
    counted = (
        f"{flag} {kind}={number}" for kind, number in sorted(numbers.items()) if number > MOST_NAMED
    )
    return " ".join((*named, *counted))


def _verb(action: Action, what: str) -> str:
    """``Room/a is protected and would be renamed to 'b'``."""
    there = _there(action)
    deed = "deleted" if action.action == "delete" else f"renamed to {action.address.name!r}"
    return f"{there} {what} and would be {deed}"


def _protected(action: Action) -> Refusal | None:
    known = action.known
    restored = (
        action.action == "rename"
        and known is not None
        and known.address == action.address
        and known.rename_target is None
    )
    if action.protect and action.action in ("delete", "rename") and not restored:
        mend = "set metadata.protect to false, apply, and only then "
        mend += "remove it" if action.action == "delete" else "rename it"
        return Refusal(f"{_verb(action, 'is protected')}; to go on, {mend}", "")
    return None


def _renamed_outside(action: Action) -> Refusal | None:
    if action.action == "delete" and action.live_name != action.address.name:
        mend = f"declare it as {action.live_name!r} with renamedFrom: {action.address.name}, or give it back its name"
        return Refusal(
            f"{action.address} would be deleted, but it was renamed outside to {action.live_name!r}; {mend}",
            "",
        )
    return None


def _name_taken(action: Action) -> Refusal | None:
    if action.renamed_to_by is None:
        return None
    mend = (
        f"delete {action.renamed_to_by} in an apply of its own first, or take its renamedFrom out"
    )
    return Refusal(
        f"{action.address} would be deleted, while {action.renamed_to_by} says it is renamed from it and both exist; {mend}",
        "",
    )


def _foreign_children(action: Action) -> Refusal | None:
    if not action.foreign_children:
        return None
    what = " and ".join(
        count(number, field.removesuffix("s")) for field, number in action.foreign_children
    )
    lists = " and ".join(field for field, _ in action.foreign_children)
    mend = f"declare its {lists} and apply, or remove them in the Space; then delete it"
    return Refusal(
        f"{action.address} would be deleted, and with it {what} that this tool did not make; {mend}",
        "",
    )


def _busy(plan: Plan) -> list[Action]:
    """What would disturb people in a live session, or may: whether there is one could not be read."""
    return [
        action
        for action in plan.actions
        if action.interrupts_session and (action.session is not None or action.session_unread)
    ]


def occupied(plan: Plan, consent: Consent) -> list[Action]:
    """What would disturb people in a live session, and is not consented to."""
    busy = _busy(plan)
    lacking = allowed(consent.allow_live).lacking(
        [{_there(action), action.address} for action in busy]
    )
    return [busy[index] for index in lacking]


def may_disturb(plan: Plan, consent: Consent) -> frozenset[Address]:
    """The resources that may be deleted or renamed with people in them: what was named, and what was live as ``plan`` was shown."""
    refused = {action.address for action in occupied(plan, consent)}
    shown = {action.address for action in _busy(plan)}
    return allowed(consent.allow_live).names | (shown - refused)


def _disturbance(action: Action) -> str:
    unread = action.session_unread if action.session is None else ""
    what = (
        f"may have a live session, which could not be read ({unread})"
        if unread
        else "has a live session"
    )
    if action.action == "delete" or action.renames:
        return _verb(action, what)
    paths = ", ".join(action.interrupting(action.session))
    return f"{_there(action)} {what}, and the new {paths} would interrupt it"


def _live_session(plan: Plan, consent: Consent) -> Iterator[Refusal]:
    busy = occupied(plan, consent)
    numbers = Counter(action.address.kind for action in busy)
    for action in busy:
        kind = action.address.kind
        flag = (
            _flags("--allow-live", [_there(action)])
            if numbers[kind] <= MOST_NAMED
            else f"--allow-live {kind}={numbers[kind]}"
        )
        yield Refusal(_disturbance(action), flag)


def _adopted(plan: Plan, consent: Consent) -> Iterator[Refusal]:
    """What exists already under a declared name, and is not consented to."""
    adoptions = [action.address for action in plan.actions if action.action == "adopt"]
    for address in adoptions:
        if whose := plan.elsewhere.get(address):
            mend = f"work there, or release it there with: reconciler state rm {shlex.quote(str(address))}"
            yield Refusal(f"{address} exists in the Space and is managed by {whose}; {mend}", "")
    adoptions = [address for address in adoptions if address not in plan.elsewhere]
    found = [
        adoptions[index]
        for index in allowed(consent.adopt).lacking([{address} for address in adoptions])
    ]
    if found:
        shown = ", ".join(map(str, found[:5])) + (
            f" and {len(found) - 5} more" if len(found) > 5 else ""
        )
        words = "exists in the Space and was" if len(found) == 1 else "exist in the Space and were"
        yield Refusal(f"{shown} {words} not made by this tool", _flags("--adopt", found))


def _adoption(plan: Plan) -> list[Refusal]:
    """Renames to a name that a resource bears which is none of ours."""
    strangers = set(plan.unmanaged)
    taken = [
        action
        for action in plan.actions
        if action.action == "rename" and action.address in strangers
    ]
    mend = "remove or rename that one in the Space, or choose another name"
    return [
        Refusal(
            f"{action.address.kind}/{action.live_name} would be renamed to {action.address.name!r}, which is taken; {mend}",
            "",
        )
        for action in taken
    ]


def _passed_over(plan: Plan) -> list[Refusal]:
    """Renames that would be dropped: the fields would go where they are declared, and the ids, with links and tokens, would not."""
    mend = "take the renamedFrom out, or rename in an apply of its own what is in its way"
    claimed = {action.renamed_to_by for action in plan.actions}  # told with the deletion
    return [
        Refusal(
            f"{one.address} says renamedFrom: {one.old.name}, which would be passed over: {one.reason}; {mend}",
            "",
        )
        for one in plan.passed_over
        if one.address not in claimed
    ]


def _deletions(plan: Plan, limits: Limits, consent: Consent) -> list[Refusal]:
    deletions = Counter(action.address.kind for action in plan.actions if action.action == "delete")
    refusals = []
    for kind, number in sorted(deletions.items()):
        why = (
            ""
            if consent.delete_all or number <= consent.allow_delete.get(kind, 0)
            else _too_many(plan, limits, kind, number)
        )
        if why:
            refusals.append(Refusal(why, f"--allow-delete {kind}={number}"))
    return refusals


def _updates(plan: Plan, limits: Limits, consent: Consent) -> list[Refusal]:
    """Kinds of which one run would change more than is usual: one changed preset reaches every resource that uses it."""
    updates = Counter(action.address.kind for action in plan.actions if action.action == "update")
    refusals = []
    for kind, number in sorted(updates.items()):
        why = (
            ""
            if number <= consent.allow_update.get(kind, 0)
            else _too_many_updates(plan, limits, kind)
        )
        if why:
            refusals.append(Refusal(why, f"--allow-update {kind}={number}"))
    return refusals


def _too_many_updates(plan: Plan, limits: Limits, kind: str) -> str:
    """Why the updates of a kind are more than safety allows; '' where they are not."""
    now = {
        (kind, action.id or "")
        for action in plan.actions
        if action.action == "update" and action.address.kind == kind
    }
    earlier = {one for one in limits.lately.updated if one[0] == kind} - now
    total = len(now) + len(earlier)
    managed = max(plan.managed.get(kind, 0), total)  # of what was updated lately some may be gone
    those = f", {len(earlier)} of them in the last hour" if earlier else ""
    if total >= 2 and total > limits.max_update_share * managed:
        share = f"more than the share of {limits.max_update_share:.0%} that safety allows"
        return f"{total} of {managed} managed {kind}s would be updated{those}, {share}"
    if total > limits.max_update_count:
        return f"{count(total, kind)} would be updated{those}, more than the {limits.max_update_count} that safety allows"
    return ""


def _too_many(plan: Plan, limits: Limits, kind: str, number: int) -> str:
    """Why ``number`` deletions of a kind are more than safety allows; '' where they are not."""
    lately = limits.lately.deleted.get(kind, 0)
    managed = plan.managed.get(kind, number) + lately
    total = number + lately
    those = f", {lately} of them in the last hour" if lately else ""
    if total >= 2 and total == managed:
        return f"all {managed} managed {kind}s would be deleted{those}"
    if total >= 2 and total > limits.max_delete_share * managed:
        share = f"more than the share of {limits.max_delete_share:.0%} that safety allows"
        return f"{total} of {managed} managed {kind}s would be deleted{those}, {share}"
    if total > limits.max_delete_count:
        return f"{count(total, kind)} would be deleted{those}, more than the {limits.max_delete_count} that safety allows"
    if not plan.declared:
        return f"no resource is declared, and so {count(number, kind)} would be deleted"
    return ""


def _renames(plan: Plan, consent: Consent) -> list[Refusal]:
    """Deletions with a creation that looks like their new name: with the id, links and tokens and streams would go."""
    if consent.asks:
        return []
    deletions = Counter(action.address.kind for action in plan.actions if action.action == "delete")
    found = []
    for kind in sorted({old.kind for old, _ in plan.suggestions}):
        number = deletions[kind] or sum(old.kind == kind for old, _ in plan.suggestions)
        if number <= consent.allow_delete.get(kind, 0):
            continue
        pairs = [(old, new) for old, new in plan.suggestions if old.kind == kind]
        named = ", ".join(f"{old} and {new.name}" for old, new in pairs[:3]) + (
            f" and {len(pairs) - 3} more" if len(pairs) > 3 else ""
        )
        old, new = pairs[0]
        why = f"a deletion and a creation look like one rename, which would keep the id and the links: {named}"
        mend = f"put renamedFrom: {old.name} into the metadata of {new}, or say that they are two"
        found.append(Refusal(f"{why}; {mend}", f"--allow-delete {kind}={number}"))
    return found


def refusals(plan: Plan, limits: Limits, consent: Consent) -> tuple[Refusal, ...]:
    """Everything in ``plan`` that may not be done with this ``consent``; empty means that it is safe to go on."""
    checks = [_protected, _renamed_outside, _name_taken, _foreign_children]
    found = [refusal for check in checks for action in plan.actions if (refusal := check(action))]
    return (
        *found,
        *_live_session(plan, consent),
        *_adopted(plan, consent),
        *_adoption(plan),
        *_passed_over(plan),
        *_renames(plan, consent),
        *_deletions(plan, limits, consent),
        *_updates(plan, limits, consent),
    )
