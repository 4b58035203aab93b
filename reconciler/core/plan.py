"""Three truths in, one Plan out: what is desired, what was last applied, and what the Space has."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from reconciler.core.deletions import claimants, deletion, updated_at
from reconciler.core.errors import UsageError
from reconciler.core.field_changes import Comparison, compare_fields, nothing_differs
from reconciler.core.fingerprint import actions_digest, fingerprint, marking_key
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.matching import Match, match
from reconciler.core.normalize import sealed
from reconciler.core.order import in_order
from reconciler.core.plan_model import (
    MISSING,
    NOT_DECLARED,
    REPLACED,
    Action,
    ChangeOrigin,
    FieldChange,
    Plan,
    Verb,
)
from reconciler.core.released import left_as_they_are
from reconciler.core.rename_hints import rename_hints
from reconciler.core.resources import Address, Applied, Desired, Live
from reconciler.core.skipped_renames import passed_over
from reconciler.core.sub_resources import child_changes, child_records, without_removals
from reconciler.timing import stage


def _record(kinds: Kinds, one: Match, compared: Comparison, *, key: bytes) -> Applied:
    """What the state will say of a wanted resource once its changes are made; ids of what is yet to be made are empty."""
    assert one.desired is not None  # callers pass wanted matches only
    children = child_records(kinds, kinds[one.desired.address.kind], one, key=key)
    return Applied(
        one.desired.address,
        one.live.id if one.live else "",
        {name: sealed(value, key) for name, value in compared.declared.items()},
        children,
        one.desired.protect,
        one.desired.renamed_from,
    )


def _name_change(kind: Kind, one: Match) -> tuple[FieldChange, ...]:
    if one.desired is None or one.live is None or one.live.address.name == one.desired.address.name:
        return ()
    recorded = one.applied.address.name if one.applied else one.live.address.name
    origin = one.desired.origins.get("metadata.name") or one.desired.origins.get("")
    meant = one.live.address.name == recorded or (
        one.applied is not None and one.applied.rename_target == one.desired.address.name
    )
    both = one.desired.address.name != recorded
    cause: ChangeOrigin = "manifest" if meant else "conflict" if both else "drift"
    return (FieldChange(kind.key, one.live.address.name, one.desired.address.name, cause, origin),)


def _verb(one: Match, changes: Sequence[FieldChange]) -> tuple[Verb | None, str]:
    """What is to be done for a wanted resource, and why where the changes do not say it themselves."""
    if one.live is None:
        return "create", MISSING if one.applied else ""
    if one.applied is None:
        return "adopt", ""
    if one.missing_live:
        return "adopt", REPLACED
    if one.desired and one.live.address.name != one.desired.address.name:
        return "rename", ""
    return ("update", "") if changes else (None, "")


def _half_made(one: Match) -> bool:
    """Whether its creation is not over: the Space made it under another name, and it is to have its own for the first time."""
    record = one.applied
    return (
        record is not None
        and one.desired is not None
        and record.rename_target == one.desired.address.name
        and not record.protect
    )


def _wanted_action(
    kinds: Kinds, one: Match, *, key: bytes, marking: bytes, prune: bool
) -> Action | Applied:
    """The Action for a wanted resource, or what the state should say of it when there is nothing to do."""
    assert one.desired is not None  # callers pass wanted matches only
    if one.applied is not None and nothing_differs(one):
        return one.applied
    kind = kinds[one.desired.address.kind]
    compared = compare_fields(kind, one, key=key)
    inside = tuple(child_changes(kinds, kind, one, key=key))
    record = _record(kinds, one, compared, key=key)
    if not prune:
        inside, record = without_removals(inside, record, known=one.applied)
    changes = _name_change(kind, one) + compared.changes + inside
    verb, reason = _verb(one, changes)
    if verb is None:
        return record
    if reason == MISSING:
        changes = tuple(replace(change, origin="drift") for change in changes)
    return Action(
        verb,
        one.desired.address,
        one.live.id if one.live else None,
        changes,
        fingerprint=fingerprint(kinds, one.live, key=marking) if one.live else None,
        session=one.live.session if one.live else None,
        protect=bool(one.applied and one.applied.protect)
        or (verb == "rename" and one.desired.protect and not _half_made(one)),
        reason=reason,
        live_name=one.live.address.name if one.live else None,
        known=one.applied,
        updated_at=updated_at(one.live),
        body=compared.body,
        presumed=compared.presumed,
        record=record,
    )


def _wanted(
    kinds: Kinds, matched: Sequence[Match], *, key: bytes, marking: bytes, prune: bool
) -> tuple[list[Action], list[Applied], list[Applied]]:
    """What is to be done for wanted resources, the records of those that are as they should be, and records that they replace."""
    actions: list[Action] = []
    settled: list[Applied] = []
    outdated: list[Applied] = []
    for one in matched:
        result = _wanted_action(kinds, one, key=key, marking=marking, prune=prune)
        if isinstance(result, Action):
            actions.append(result)
            continue
        settled.append(result)
        outdated += [one.applied] if one.applied and one.applied.address != result.address else []
    return actions, settled, outdated


def _protection(matched: Sequence[Match]) -> tuple[tuple[Address, bool], ...]:
    return tuple(
        (one.desired.address, one.desired.protect)
        for one in matched
        if one.desired and one.applied and one.desired.protect != one.applied.protect
    )


def _check_whole(
    wanted: Sequence[Match], live: Sequence[Live], *, only: Collection[Address] | None
) -> None:
    """UsageError where a selected resource is to have a name that one which is left out bears, and would give up."""
    if only is None:
        return
    bearers = {one.address: one.id for one in live}
    leaving = {
        (one.live.address, one.live.id): one.desired.address
        for one in wanted
        if one.desired
        and one.live
        and one.live.address != one.desired.address
        and one.desired.address not in only
    }
    missing = []
    for one in wanted:
        if one.desired and one.desired.address in only and one.desired.address in bearers:
            other = leaving.get((one.desired.address, bearers[one.desired.address]))
            missing += [(one.desired.address, other)] if other else []
    if missing:
        words = "; ".join(
            f"{selected} has its name only once {other} is renamed"
            for selected, other in missing[:5]
        )
        flags = " ".join(f"--target {other}" for _, other in missing)
        raise UsageError(
            f"the selection cuts through a rename: {words}", hint=f"select both: add {flags}"
        )


def _ids(live: Sequence[Live], applied: Mapping[Address, Applied]) -> frozenset[str]:
    """The ids of everything that is listed or recorded, sub-resources too, in lower case."""
    found = {one.id.lower() for one in live} | {record.id.lower() for record in applied.values()}
    found |= {
        child.id.lower()
        for one in live
        if one.children
        for children in one.children.values()
        for child in children
    }
    found |= {
        child.id.lower()
        for one in applied.values()
        if one.children
        for children in one.children.values()
        for child in children
    }
    return frozenset(found)


@stage("plan")
def make_plan(  # noqa: PLR0913  # three truths and how to read them
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
) -> Plan:
    """What apply would do to bring the Space from ``live`` to ``desired``, knowing what was last ``applied``.

    ``key`` seals secrets so that they can be compared with what is recorded, ``marking`` those in fingerprints.
    ``prune=False`` leaves out deletions, those of sub-resources too; ``only`` leaves out every other resource; ``reason`` is
    why what is recorded and not desired is deleted. Unmanaged resources are those that are neither recorded nor declared;
    nothing touches them. UsageError where ``only`` cuts through a rename.
    """
    matched = match(desired, applied, live)
    mark = marking or marking_key(space, project)
    _check_whole(matched.wanted, live, only=only)
    wanted = [
        one
        for one in matched.wanted
        if only is None or (one.desired and one.desired.address in only)
    ]
    actions, settled, outdated = _wanted(kinds, wanted, key=key, marking=mark, prune=prune)
    orphans = [
        one
        for one in matched.orphans
        if one.applied and (only is None or one.applied.address in only)
    ]
    if prune:
        deletions = [(one, one.applied.address) for one in orphans if one.live and one.applied]
        claimed = claimants(desired, applied) if deletions else {}
        actions += [
            deletion(
                kinds, one, claimed_by=claimed.get(address), reason=reason, key=key, marking=mark
            )
            for one, address in deletions
        ]
    ordered = in_order(actions)
    there = {(one.address.kind, one.id) for one in live}
    return Plan(
        space,
        project,
        ordered,
        noop=len(settled),
        unmanaged=tuple(sorted(one.address for one in matched.unmanaged)),
        record_updates=tuple(record for record in settled if applied.get(record.address) != record),
        record_removals=(
            *outdated,
            *(one.applied for one in orphans if one.applied and one.live is None),
        ),
        protection=_protection(wanted),
        declared=len(desired),
        suggestions=rename_hints(actions),
        managed=Counter(
            one.address.kind for one in applied.values() if (one.address.kind, one.id) in there
        ),
        missing=Counter(
            one.address.kind for one in applied.values() if (one.address.kind, one.id) not in there
        ),
        digests=dict(digests or {}) | {"actions": actions_digest(ordered, key=mark)},
        ids=_ids(live, applied),
        left_as_is=left_as_they_are(kinds, wanted),
        passed_over=tuple(
            one for one in passed_over(desired, applied) if only is None or one.address in only
        ),
    )
