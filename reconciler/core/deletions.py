"""Deletions in a plan: what would go, what it must still look like, and who else lays claim to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.core.fingerprint import fingerprint
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.matching import Match
from reconciler.core.normalize import canonical, canonical_attributes, same, sealed
from reconciler.core.plan_model import Action, FieldChange
from reconciler.core.redacted_values import redacted_like
from reconciler.core.resources import Address, Applied, AppliedChild, Attributes, Desired, Live


def updated_at(live: Live | None) -> str | None:
    """When the Space says that it was last changed; None where it does not say."""
    found = live.attributes.get("updated_at") if live else None
    return found if isinstance(found, str) else None


def claimants(
    desired: Sequence[Desired], applied: Mapping[Address, Applied]
) -> dict[Address, Address]:
    """By old address, who says that it is renamed from there, where that was never carried out; the first of several."""
    found: dict[Address, Address] = {}
    for one in sorted(
        (one for one in desired if one.renamed_from is not None), key=lambda one: one.address
    ):
        record = applied.get(one.address)
        if one.renamed_from is not None and (
            record is None or record.renamed_from != one.renamed_from
        ):
            found.setdefault(Address(one.address.kind, one.renamed_from), one.address)
    return found


def _outline(known: Any) -> Any:
    """A recorded value without what nests in it: a record that somebody made may nest deeper than any report prints."""
    return (
        {name: {} if isinstance(value, dict | list) else value for name, value in known.items()}
        if isinstance(known, dict)
        else known
    )


def _changed_outside(kind: Kind, one: Match, *, key: bytes) -> tuple[FieldChange, ...]:
    """What somebody changed of a resource that nobody declares any more: it goes, and whoever looks at the plan should know."""
    """The action that deletes what is declared no longer, with all that it must still look like when its turn comes."""
    assert one.applied is not None  # orphans are recorded
    assert one.live is not None  # and are there
    found = []
    for field, known in one.applied.attributes.items():
        if field not in kind.attributes:
            continue
        live = redacted_like(
            canonical(kind, field, one.live.attributes.get(field), name=one.live.address.name),
            None,
            known,
        )
        if not same(sealed(live, key), known):
            # With the resource every field goes; one that is not set any more shows what it was instead of "not set" twice.
            found.append(
                FieldChange(field, live, _outline(known) if live is None else None, "drift")
            )
    return tuple(found)


def _strangers(one: Match) -> tuple[tuple[str, int], ...]:
    """How many of which sub-resources are there that nobody recorded."""
    """The action that deletes what is declared no longer, with all that it must still look like when its turn comes."""
    assert one.applied is not None  # orphans are recorded
    assert one.live is not None  # and are there
    ours = {child.id for children in one.applied.children.values() for child in children}
    counts = (
        (field, sum(child.id not in ours for child in children))
        for field, children in one.live.children.items()
    )
    return tuple((field, number) for field, number in counts if number)


def _presumed(kind: Kind, live: Live) -> Attributes:
    """Every field that was read of what is to be deleted, but for its id, its times and its session."""
    apart = {"id", kind.session, *(field for field in kind.answers if field.endswith("_at"))}
    fields = [
        field
        for field in (*kind.attributes, *kind.answers)
        if field in live.attributes and field not in apart
    ]
    return {
        field: canonical(kind, field, live.attributes[field], name=live.address.name)
        for field in fields
    }


def _presumed_children(
    kinds: Kinds, kind: Kind, live: Live, *, key: bytes
) -> dict[str, tuple[AppliedChild, ...]]:
    return {
        field: tuple(
            AppliedChild(
                one.id, sealed(canonical_attributes(kinds[child], one.attributes, name=""), key)
            )
            for one in sorted(live.children.get(field, ()), key=lambda one: one.id)
        )
        for field, child in kind.children.items()
    }


def deletion(
    kinds: Kinds, one: Match, *, claimed_by: Address | None, reason: str, key: bytes, marking: bytes
) -> Action:
    """The action that deletes what is declared no longer, with all that it must still look like when its turn comes."""
    assert one.applied is not None  # orphans are recorded
    assert one.live is not None  # and are there: the others are forgotten
    kind = kinds[one.applied.address.kind]
    return Action(
        "delete",
        one.applied.address,
        one.live.id,
        _changed_outside(kind, one, key=key),
        fingerprint=fingerprint(kinds, one.live, key=marking),
        session=one.live.session,
        protect=one.applied.protect,
        reason=reason,
        live_name=one.live.address.name,
        known=one.applied,
        renamed_to_by=claimed_by,
        foreign_children=_strangers(one),
        updated_at=updated_at(one.live),
        presumed=_presumed(kind, one.live),
        presumed_children=_presumed_children(kinds, kind, one.live, key=key),
    )
