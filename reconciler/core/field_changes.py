"""The field changes of one resource, each with the reason why it differs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.core.kinds import Kind
from reconciler.core.matching import Match
from reconciler.core.normalize import ATOMS, canonical, canonical_attributes, same, sealed
from reconciler.core.plan_model import FieldChange
from reconciler.core.redacted_values import redacted_like, sealed_like
from reconciler.core.resources import Desired, Live, Origin, path_text
from reconciler.core.value_diff import MISSING_VALUE, Difference, differences, origin_of, value_at
from reconciler.timing import stage


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs, what would be sent for it, what the Space has in those fields, and the declared attributes in canonical spelling."""

    changes: tuple[FieldChange, ...]
    body: dict[str, Any]
    presumed: dict[str, Any]
    declared: dict[str, Any]


def _declared_at(origins: Mapping[str, Origin], field: str, path: str) -> Origin | None:
    return origins.get(path) or origins.get(field)


def _at(value: Any, steps: Sequence[str]) -> Any:
    found = value_at(value, steps)
    return None if found is MISSING_VALUE else found


def _field_changes(
    field: str,
    found: Sequence[Difference],
    *,
    sides: tuple[Any, Any],
    applied: Any,
    origins: Mapping[str, Origin],
) -> Iterator[FieldChange]:
    """A change for each difference between the two ``sides``, which were sealed to be compared."""
    for steps, before, after in found:
        path = path_text(field, steps)
        recorded = MISSING_VALUE if applied is MISSING_VALUE else value_at(applied, steps)
        missing_is_none = (
            None if applied is not MISSING_VALUE and recorded is MISSING_VALUE else recorded
        )
        origin = origin_of(desired=after, applied=missing_is_none, live=before)
        here, there = (_at(side, steps) for side in sides)
        yield FieldChange(
            path, here, there, origin, _declared_at(origins, field, path), steps=steps
        )


def _as_declared(field: str, desired: Desired, live: Live) -> bool:
    """Whether the Space has letter by letter what is declared, so that there is nothing to put into one spelling and compare."""
    value = desired.attributes.get(field)
    return value is not None and same(value, live.attributes.get(field))


def nothing_differs(match: Match) -> bool:
    """Whether manifests, Space and state say the same letter by letter, so that there is nothing to do and nothing to learn.

    Quick, and never wrong where it says so: where it does not, something may differ, or only be spelled in another way.
    """
    desired, applied, live = match.desired, match.applied, match.live
    if (
        desired is None
        or applied is None
        or live is None
        or desired.children
        or applied.children
        or applied.rename_target is not None
    ):
        return False
    named = desired.address == applied.address == live.address and live.id == applied.id
    if not named or (desired.protect, desired.renamed_from) != (
        applied.protect,
        applied.renamed_from,
    ):
        return False
    recorded, there = applied.attributes, live.attributes
    if desired.attributes.keys() != recorded.keys():
        return False
    for (
        field,
        value,
    ) in desired.attributes.items():  # in one loop and without a call: there are a million of these
        known, seen = recorded[field], there.get(field)
        if (
            value is None
            or not type(value) is type(known) is type(seen)
            or type(value) not in ATOMS
            or not value == known == seen
        ):
            return False
    return True


def _target_value(
    kind: Kind, field: str, match: Match, *, declared: Mapping[str, Any]
) -> tuple[Any, Any] | None:
    """What ``field`` should be, in canonical spelling and as it is to be sent; None where it is nobody's business.

    ``declared`` are the declared attributes in canonical spelling.
    A field that is declared no longer is released where we wrote it, and not in what somebody else made under the same name;
    where it is not documented what it goes back to, the live value stays. A null is sent as the value that means nothing
    (empty text, empty object); as null only where a manifest says so and there is no such value.
    """
    assert match.desired is not None  # callers pass wanted matches only
    name = match.desired.address.name
    if field in declared:
        raw, wanted = match.desired.attributes[field], declared[field]
    elif (
        match.live
        and match.applied
        and field in match.applied.attributes
        and not match.missing_live
        and kind.is_documented(field)
    ):
        raw = kind.default(field, name)
        wanted = canonical(kind, field, raw, name=name)
    else:
        return None
    if match.live is None and raw is None:
        return None
    return wanted, wanted


@stage("diff")
def compare_fields(kind: Kind, match: Match, *, key: bytes) -> Comparison:
    """The field changes of a wanted resource against what is live (nothing is live: everything declared is a change)."""
    assert match.desired is not None  # callers pass wanted matches only
    applied: Mapping[str, Any] = match.applied.attributes if match.applied else {}
    changes: list[FieldChange] = []
    body: dict[str, Any] = {}
    presumed: dict[str, Any] = {}
    with stage("canon"):
        declared = canonical_attributes(
            kind, match.desired.attributes, name=match.desired.address.name
        )
    for field in kind.attributes:
        if match.live and _as_declared(field, match.desired, match.live):
            continue
        goal = _target_value(kind, field, match, declared=declared)
        if goal is None:
            continue
        wanted, sent = goal
        live = (
            canonical(kind, field, match.live.attributes.get(field), name=match.live.address.name)
            if match.live
            else None
        )
        recorded = applied.get(field, MISSING_VALUE)
        live = redacted_like(live, wanted, recorded)
        if same(live, wanted):
            continue
        found = differences(sealed(live, key), sealed(wanted, key))
        body[field] = sent
        if match.live:
            presumed[field] = live
        if field not in match.desired.attributes:
            changes.append(FieldChange(field, live, sent, "released"))
        elif field in kind.secret:
            origin = origin_of(
                desired=sealed(wanted, key), applied=recorded, live=sealed(live, key)
            )
            changes.append(
                FieldChange(
                    field, live, sent, origin, _declared_at(match.desired.origins, field, field)
                )
            )
        else:
            known = recorded if recorded is MISSING_VALUE else sealed_like(recorded, live, key=key)
            changes.extend(
                _field_changes(
                    field, found, sides=(live, wanted), applied=known, origins=match.desired.origins
                )
            )
    return Comparison(tuple(changes), body, presumed, declared)
