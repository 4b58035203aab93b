"""Compares the fields of one resource; each change carries the cause of the difference."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.kinds import Kind
from reconciler.core.matching import Match
from reconciler.core.normalize import canonical, canonical_attributes, same, sealed
from reconciler.core.plan_model import FieldChange
from reconciler.core.redacted_values import redacted_like, sealed_like
from reconciler.core.resources import Desired, Live, Origin, path_text
from reconciler.core.value_diff import MISSING_VALUE, Difference, differences, origin_of, value_at
from reconciler.timing import stage


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of comparing one resource.

    ``body`` holds the fields to send, ``presumed`` their live values, ``declared`` all declared
    attributes in canonical form.
    """

    changes: tuple[FieldChange, ...]
    body: dict[str, Any]
    presumed: dict[str, Any]
    declared: dict[str, Any]


def _declared_at(origins: Mapping[str, Origin], field: str, path: str) -> Origin | None:
    return origins.get(path) or origins.get(field)


def _at(value: Any, steps: Sequence[str]) -> Any:
    found_value = value_at(value, steps)
    return None if found_value is MISSING_VALUE else found_value


def _field_changes(
    field: str,
    found: Sequence[Difference],
    *,
    sides: tuple[Any, Any],
    applied: Any,
    origins: Mapping[str, Origin],
) -> Iterator[FieldChange]:
    """Yield a change for each difference between the unsealed ``sides``."""
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
    """Whether the live value equals the declared one byte for byte, without canonicalising."""
    value = desired.attributes.get(field)
    return value is not None and same(value, live.attributes.get(field))


def _target_value(kind: Kind, field: str, match: Match, *, declared: Mapping[str, Any]) -> Any:
    """Return the value ``field`` should have, in canonical form; MISSING_VALUE to leave it.

    A field no longer declared is released if we wrote it, but not in a resource that replaced ours
    under the same name. Without a documented default the live value stays. Null is sent as the
    empty value of the field; as null only where a manifest says so and there is no empty value.
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
        return MISSING_VALUE
    if match.live is None and raw is None:
        return MISSING_VALUE
    return wanted


def _of_new_resource(desired: Desired, declared: dict[str, Any]) -> Comparison:
    """Return the comparison with nothing: each declared field is a change from the manifest."""
    changes: list[FieldChange] = []
    body: dict[str, Any] = {}
    for field, wanted in declared.items():
        if wanted is None or desired.attributes[field] is None:
            continue
        body[field] = wanted
        place = _declared_at(desired.origins, field, field)
        changes.append(FieldChange(field, None, wanted, "manifest", place))
    return Comparison(tuple(changes), body, {}, declared)


def _live_value(kind: Kind, field: str, live: Live | None) -> Any:
    """Return the value that the Space has, in canonical form; None without a live resource."""
    if live is None:
        return None
    return canonical(kind, field, live.attributes.get(field), name=live.address.name)


@stage("diff")
def compare_fields(kind: Kind, match: Match, *, key: bytes) -> Comparison:
    """Compare a declared resource with its live one; without one, every declared field changes."""
    assert match.desired is not None  # callers pass wanted matches only
    applied: Mapping[str, Any] = match.applied.attributes if match.applied else {}
    changes: list[FieldChange] = []
    body: dict[str, Any] = {}
    presumed: dict[str, Any] = {}
    with stage("canon"):
        declared = canonical_attributes(
            kind, match.desired.attributes, name=match.desired.address.name
        )
    if match.live is None and match.applied is None:
        return _of_new_resource(match.desired, declared)
    for field in kind.attributes:
        if match.live and _as_declared(field, match.desired, match.live):
            continue
        wanted = _target_value(kind, field, match, declared=declared)
        if wanted is MISSING_VALUE:
            continue
        recorded = applied.get(field, MISSING_VALUE)
        live = redacted_like(_live_value(kind, field, match.live), wanted, recorded)
        if same(live, wanted):
            continue
        found = differences(sealed(live, key), sealed(wanted, key))
        body[field] = wanted
        if match.live:
            presumed[field] = live
        if field not in match.desired.attributes:
            changes.append(FieldChange(field, live, wanted, "released"))
        elif field in kind.secret:
            origin = origin_of(
                desired=sealed(wanted, key), applied=recorded, live=sealed(live, key)
            )
            changes.append(
                FieldChange(
                    field, live, wanted, origin, _declared_at(match.desired.origins, field, field)
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
