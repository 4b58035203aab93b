"""Computes a Plan from the desired, recorded and live resources."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from reconciler.core.errors import UsageError
from reconciler.core.fingerprint import SealingKeys, actions_digest, marking_key
from reconciler.core.hidden_copies import hidden_actions, hidden_left_as_is
from reconciler.core.kinds import Kinds
from reconciler.core.matching import Match, Matched, match
from reconciler.core.order import in_order
from reconciler.core.plan_model import NOT_DECLARED, Action, PassedOver, Plan
from reconciler.core.released import left_as_they_are
from reconciler.core.rename_hints import rename_hints
from reconciler.core.resources import Address, Applied, Desired, Live
from reconciler.core.same_room import conflicts
from reconciler.core.secret_texts import SecretTexts
from reconciler.core.skipped_renames import passed_over
from reconciler.core.unchanged import nothing_differs
from reconciler.timing import stage


def _claimants(
    desired: Sequence[Desired], applied: Mapping[Address, Applied]
) -> dict[Address, Address]:
    """Return, by old address, the first resource with a ``renamedFrom`` not carried out yet."""
    claimants: dict[Address, Address] = {}
    for resource in sorted(desired, key=lambda resource: resource.address):
        if resource.renamed_from is None:
            continue
        record = applied.get(resource.address)
        if record is None or record.renamed_from != resource.renamed_from:
            old = Address(resource.address.kind, resource.renamed_from)
            claimants.setdefault(old, resource.address)
    return claimants


def _desired_actions(
    kinds: Kinds, matches: Sequence[Match], *, keys: SealingKeys, prune: bool
) -> tuple[list[Action], list[Applied], list[Applied]]:
    """Return actions for declared resources, records of unchanged ones, and replaced records."""
    actions: list[Action] = []
    settled: list[Applied] = []
    outdated: list[Applied] = []
    differing: list[Match] = []
    for one in matches:
        if one.applied is not None and nothing_differs(one):
            settled.append(one.applied)
        else:
            differing.append(one)
    if differing:
        from reconciler.core.resource_actions import action_or_record  # noqa: PLC0415  # most plans have nothing to do
    for one in differing:
        result = action_or_record(kinds, one, keys=keys, prune=prune)
        if isinstance(result, Action):
            actions.append(result)
            continue
        settled.append(result)
        if one.applied and one.applied.address != result.address:
            outdated.append(one.applied)
    return actions, settled, outdated


def _deletions(
    kinds: Kinds,
    orphans: Sequence[Match],
    *,
    claimants: Mapping[Address, Address],
    reason: str,
    keys: SealingKeys,
) -> list[Action]:
    from reconciler.core.resource_actions import deletion  # noqa: PLC0415  # likewise

    actions = []
    for orphan in orphans:
        if orphan.applied and orphan.live:
            claimant = claimants.get(orphan.applied.address)
            actions.append(
                deletion(kinds, orphan, renamed_to_by=claimant, reason=reason, keys=keys)
            )
    return actions


def _protection(matches: Sequence[Match]) -> tuple[tuple[Address, bool], ...]:
    return tuple(
        (one.desired.address, one.desired.protect)
        for one in matches
        if one.desired and one.applied and one.desired.protect != one.applied.protect
    )


def _check_selection(
    matches: Sequence[Match], live: Sequence[Live], *, only: Collection[Address] | None
) -> None:
    """UsageError if a selected resource needs a name that an unselected rename has to free."""
    if only is None:
        return
    ids = {resource.address: resource.id for resource in live}
    renamed_away: dict[tuple[Address, str], Address] = {}
    for one in matches:
        if one.desired is None or one.live is None or one.desired.address in only:
            continue
        if one.live.address != one.desired.address:
            renamed_away[one.live.address, one.live.id] = one.desired.address
    blocked = []
    for one in matches:
        address = one.desired.address if one.desired else None
        if address in only and address in ids:
            other = renamed_away.get((address, ids[address]))
            if other:
                blocked.append((address, other))
    if blocked:
        words = "; ".join(
            f"{selected} can have its name only after {other} is renamed"
            for selected, other in blocked[:5]
        )
        flags = " ".join(f"--target {other}" for _, other in blocked)
        raise UsageError(
            f"the selection holds only a part of a rename: {words}",
            hint=f"select both: add {flags}",
        )


def _ids(resources: Iterable[Live | Applied]) -> frozenset[str]:
    """Return all ids in lower case, those of sub-resources included."""
    ids = set()
    for resource in resources:
        ids.add(resource.id.lower())
        for children in resource.children.values():
            ids.update(child.id.lower() for child in children)
    return frozenset(ids)


def _select(
    matches: Iterable[Match], only: Collection[Address] | None, *, desired: bool
) -> list[Match]:
    """Return the matches whose declared (else recorded) address is in ``only``; all for None."""
    if only is None:
        return list(matches)
    selected = []
    for one in matches:
        side = one.desired if desired else one.applied
        if side and side.address in only:
            selected.append(one)
    return selected


def _selected(
    matched: Matched, live: Sequence[Live], only: Collection[Address] | None
) -> tuple[list[Match], list[Match]]:
    """Return the declared matches and the orphans in ``only``. UsageError if that cuts a rename."""
    _check_selection(matched.wanted, live, only=only)
    wanted = _select(matched.wanted, only, desired=True)
    return wanted, _select(matched.orphans, only, desired=False)


def _lost_records(orphans: Sequence[Match]) -> list[Applied]:
    """Return records without a live resource."""
    return [one.applied for one in orphans if one.applied and one.live is None]


def _skipped_renames(
    desired: Sequence[Desired],
    applied: Mapping[Address, Applied],
    only: Collection[Address] | None,
) -> tuple[PassedOver, ...]:
    skipped = passed_over(desired, applied)
    return tuple(one for one in skipped if only is None or one.address in only)


def _record_counts(
    applied: Iterable[Applied], live: Iterable[Live]
) -> tuple[Counter[str], Counter[str]]:
    """Return how many records of each kind have a live resource, and how many have none."""
    live_keys = {resource.key for resource in live}
    managed: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for record in applied:
        exists = record.key in live_keys
        (managed if exists else missing)[record.address.kind] += 1
    return managed, missing


@stage("plan")
def make_plan(  # noqa: PLR0913  # three sides and how to read them
    desired: Sequence[Desired],
    applied: Mapping[Address, Applied],
    live: Sequence[Live],
    *,
    kinds: Kinds,
    key: bytes,
    space: str = "",
    project: str = "",
    prune: bool = True,
    only: Collection[Address] | None = None,
    digests: Mapping[str, str] | None = None,
    reason: str = NOT_DECLARED,
    marking: bytes | None = None,
    secrets: SecretTexts | None = None,
) -> Plan:
    """Return the Plan that brings the Space from ``live`` to ``desired``.

    ``key`` seals secrets for comparison, ``marking`` in fingerprints; ``secrets`` are hidden. ``only``
    limits the plan to addresses; UsageError if it cuts through a rename. ``reason`` is of deletions.
    """
    keys = SealingKeys(key, marking or marking_key(space, project))
    matched = match(desired, applied, live)
    matches, orphans = _selected(matched, live, only)
    actions, settled, outdated = _desired_actions(kinds, matches, keys=keys, prune=prune)
    if prune and orphans:
        claims = _claimants(desired, applied)
        actions += _deletions(kinds, orphans, claimants=claims, reason=reason, keys=keys)
    hidden = secrets or SecretTexts.of(desired)
    ordered, records = hidden_actions(in_order(actions), hidden), applied.values()
    managed, missing = _record_counts(records, live)
    return Plan(
        space,
        project,
        ordered,
        noop=len(settled),
        unmanaged=tuple(sorted(one.address for one in matched.unmanaged)),
        record_updates=tuple(one for one in settled if applied.get(one.address) != one),
        record_removals=(*outdated, *_lost_records(orphans)),
        protection=_protection(matches),
        declared=len(desired),
        suggestions=rename_hints(actions),
        managed=managed,
        missing=missing,
        digests={**(digests or {}), "actions": actions_digest(ordered, key=keys.fingerprint)},
        ids=_ids((*live, *records)),
        same_rooms=conflicts(kinds, live, ordered, records),
        left_as_is=hidden_left_as_is(left_as_they_are(kinds, matches), hidden),
        passed_over=_skipped_renames(desired, applied, only),
    )
