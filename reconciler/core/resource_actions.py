"""The Action for one resource: create, adopt, rename, update or delete."""

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.core.deferred_dataclass import replace
from reconciler.core.field_changes import Comparison, compare_fields
from reconciler.core.fingerprint import SealingKeys, digest_of, fingerprint
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.matching import Match
from reconciler.core.normalize import canonical, canonical_attributes, same, sealed
from reconciler.core.plan_model import MISSING, REPLACED, Action, ChangeOrigin, FieldChange, Verb
from reconciler.core.presumed_fields import presumed_fields
from reconciler.core.put_risk import fields_at_risk
from reconciler.core.redacted_values import redacted_like
from reconciler.core.required_fields import with_required
from reconciler.core.resources import Address, Applied, AppliedChild, Live
from reconciler.core.sub_resources import child_changes, child_records, without_removals
from reconciler.core.unchanged import nothing_differs


def _record(kinds: Kinds, match: Match, comparison: Comparison, *, key: bytes) -> Applied:
    """Return the state's record of a declared resource after its changes.

    Ids of resources not created yet are empty.
    """
    assert match.desired is not None  # callers pass declared matches only
    children = child_records(kinds, kinds[match.desired.address.kind], match, key=key)
    return Applied(
        match.desired.address,
        match.live.id if match.live else "",
        {name: sealed(value, key) for name, value in comparison.declared.items()},
        children,
        match.desired.protect,
        match.desired.renamed_from,
    )


def _name_change(kind: Kind, match: Match) -> tuple[FieldChange, ...]:
    desired, applied, live = match.desired, match.applied, match.live
    if desired is None or live is None or live.address.name == desired.address.name:
        return ()
    recorded = applied.address.name if applied else live.address.name
    continues_rename = applied is not None and applied.rename_target == desired.address.name
    cause: ChangeOrigin = "drift"
    if live.address.name == recorded or continues_rename:
        cause = "manifest"
    elif desired.address.name != recorded:
        cause = "conflict"
    origin = desired.origins.get("metadata.name") or desired.origins.get("")
    return (FieldChange(kind.key, live.address.name, desired.address.name, cause, origin),)


def room_ids(kind: Kind, live: Live) -> tuple[str, ...]:
    """Return the ids, besides its own, that a session of ``live`` may name as its room."""
    values = (live.attributes.get(field) for field in kind.session_ids if field != "id")
    return tuple(value for value in values if isinstance(value, str))


def _updated_at(live: Live | None) -> str | None:
    value = live.attributes.get("updated_at") if live else None
    return value if isinstance(value, str) else None


def _verb(match: Match, changes: Sequence[FieldChange]) -> tuple[Verb | None, str]:
    """Return the verb for a declared resource, and a reason where the changes do not show it."""
    if match.live is None:
        return "create", MISSING if match.applied else ""
    if match.applied is None:
        return "adopt", ""
    if match.missing_live:
        return "adopt", REPLACED
    if match.desired and match.live.address.name != match.desired.address.name:
        return "rename", ""
    return ("update", "") if changes else (None, "")


def _creation_is_unfinished(match: Match) -> bool:
    """Whether the Space created the resource under another name, so this rename completes it."""
    record = match.applied
    return (
        record is not None
        and match.desired is not None
        and not record.protect
        and record.rename_target == match.desired.address.name
    )


def _is_protected(match: Match, verb: Verb) -> bool:
    if match.applied and match.applied.protect:
        return True
    if verb != "rename" or match.desired is None or not match.desired.protect:
        return False
    return not _creation_is_unfinished(match)


def action_or_record(
    kinds: Kinds, match: Match, *, keys: SealingKeys, prune: bool
) -> Action | Applied:
    """Return the Action for a declared resource; its record if nothing has to be done."""
    assert match.desired is not None  # callers pass declared matches only
    if match.applied is not None and nothing_differs(match):
        return match.applied
    live = match.live
    kind = kinds[match.desired.address.kind]
    renamed = _name_change(kind, match)
    comparison = compare_fields(kind, match, key=keys.record)
    comparison = with_required(kind, match, comparison, renames=bool(renamed))
    children = tuple(child_changes(kinds, kind, match, key=keys.record))
    record = _record(kinds, match, comparison, key=keys.record)
    if not prune:
        children, record = without_removals(children, record, known=match.applied)
    changes = renamed + comparison.changes + children
    verb, reason = _verb(match, changes)
    if verb is None:
        return record
    if reason == MISSING:
        changes = tuple(replace(change, origin="drift") for change in changes)
    return Action(
        verb,
        match.desired.address,
        live.id if live else None,
        changes,
        fingerprint=fingerprint(kinds, live, key=keys.fingerprint) if live else None,
        session=live.session if live else None,
        protect=_is_protected(match, verb),
        reason=reason,
        live_name=live.address.name if live else None,
        known=match.applied,
        updated_at=_updated_at(live),
        body=comparison.body,
        presumed=comparison.presumed,
        record=record,
        room_ids=room_ids(kind, live) if live else (),
        at_risk=fields_at_risk(kind, live) if live else frozenset(),
    )


def _outline(value: Any) -> Any:
    """Return a recorded value with nested containers emptied.

    A hand-made state file may nest deeper than any report can print.
    """
    if not isinstance(value, dict):
        return value
    return {name: {} if isinstance(item, dict | list) else item for name, item in value.items()}


def _drift_before_deletion(kind: Kind, match: Match, *, key: bytes) -> tuple[FieldChange, ...]:
    """Return the outside changes to a resource that is about to be deleted."""
    assert match.applied is not None  # orphans are recorded
    assert match.live is not None  # and exist
    changes = []
    for field, recorded in match.applied.attributes.items():
        if field not in kind.attributes:
            continue
        value = match.live.attributes.get(field)
        live = canonical(kind, field, value, name=match.live.address.name)
        live = redacted_like(live, None, recorded)
        if same(sealed(live, key), recorded):
            continue
        # The deletion unsets every field. A field that is unset already shows its recorded value,
        # or the report would read "not set -> not set".
        after = _outline(recorded) if live is None else None
        changes.append(FieldChange(field, live, after, "drift"))
    return tuple(changes)


def _foreign_children(match: Match) -> tuple[tuple[str, int], ...]:
    """Return the number of unrecorded sub-resources in each list that has some."""
    assert match.applied is not None  # orphans are recorded
    assert match.live is not None  # and exist
    recorded_ids: set[str] = set()
    for recorded in match.applied.children.values():
        recorded_ids.update(child.id for child in recorded)
    counts = []
    for field, children in match.live.children.items():
        foreign = sum(child.id not in recorded_ids for child in children)
        if foreign:
            counts.append((field, foreign))
    return tuple(counts)


def _presumed_children(
    kinds: Kinds, kind: Kind, live: Live, *, key: bytes
) -> Mapping[str, tuple[AppliedChild, ...]]:
    presumed = {}
    for field, child_kind in kind.children.items():
        records = []
        for child in sorted(live.children.get(field, ()), key=lambda child: child.id):
            attributes = canonical_attributes(kinds[child_kind], child.attributes, name="")
            records.append(AppliedChild(child.id, sealed(attributes, key)))
        presumed[field] = tuple(records)
    return presumed


def deletion(
    kinds: Kinds, match: Match, *, renamed_to_by: Address | None, reason: str, keys: SealingKeys
) -> Action:
    """Return the Action that deletes a recorded resource that is no longer declared."""
    assert match.applied is not None  # orphans are recorded
    assert match.live is not None  # and exist: records without a live resource are dropped
    kind = kinds[match.applied.address.kind]
    live = match.live
    presumed = presumed_fields(kind, live)
    presumed_sealed = sealed(presumed, keys.fingerprint)
    return Action(
        "delete",
        match.applied.address,
        live.id,
        _drift_before_deletion(kind, match, key=keys.record),
        fingerprint=digest_of([fingerprint(kinds, live, key=keys.fingerprint), presumed_sealed]),
        session=live.session,
        protect=match.applied.protect,
        reason=reason,
        live_name=live.address.name,
        known=match.applied,
        renamed_to_by=renamed_to_by,
        foreign_children=_foreign_children(match),
        updated_at=_updated_at(live),
        presumed=presumed,
        presumed_children=_presumed_children(kinds, kind, live, key=keys.record),
        room_ids=room_ids(kind, live),
    )
