"""Finds resources that differ nowhere, which most are, at little cost."""

from reconciler.core.matching import Match
from reconciler.core.normalize import ATOMS


def nothing_differs(match: Match) -> bool:  # noqa: PLR0911  # cheapest checks first
    """Whether manifest, state and Space agree byte for byte.

    A fast path: True is reliable; False may still mean equal in canonical form.
    """
    desired, applied, live = match.desired, match.applied, match.live
    if desired is None or applied is None or live is None:
        return False
    if desired.children or applied.children or applied.rename_target is not None:
        return False
    if not desired.address == applied.address == live.address or live.id != applied.id:
        return False
    if desired.protect != applied.protect or desired.renamed_from != applied.renamed_from:
        return False
    recorded, current = applied.attributes, live.attributes
    if desired.attributes.keys() != recorded.keys():
        return False
    # One loop without calls: a plan of ten thousand rooms has a million fields.
    for field, value in desired.attributes.items():
        known, seen = recorded[field], current.get(field)
        if not type(value) is type(known) is type(seen) or type(value) not in ATOMS:
            return False
        if value is None or not value == known == seen:
            return False
    return True
