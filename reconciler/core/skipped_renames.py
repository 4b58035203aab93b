"""Renames in manifests that cannot be carried out: old name in use, or new name taken."""

from collections.abc import Mapping, Sequence

from reconciler.core.matching import renames_to_do
from reconciler.core.plan_model import PassedOver
from reconciler.core.resources import Address, Applied, Desired


def _why(
    old: Address,
    new: Address,
    desired: Mapping[Address, Desired],
    applied: Mapping[Address, Applied],
) -> str:
    """Explain why the rename from ``old`` to ``new`` is skipped."""
    stays = desired.get(old)
    if stays is not None:
        spent = (
            f", and its own renamedFrom: {stays.renamed_from} was carried out earlier"
            if stays.renamed_from
            else ""
        )
        return f"{old} is still declared{spent}"
    if new in applied:
        return f"{new} exists beside {old}"
    return f"another resource is renamed from {old}"


def passed_over(
    desired: Sequence[Desired], applied: Mapping[Address, Applied]
) -> tuple[PassedOver, ...]:
    """Return each ``renamedFrom`` of a recorded resource that was never carried out and is skipped.

    One that was carried out, or that names nothing managed here, has no effect.
    """
    asking = [one for one in desired if one.renamed_from is not None]
    if not asking:
        return ()
    to_do = renames_to_do(desired, applied)
    wanted = {one.address: one for one in desired}
    skipped = []
    for one in sorted(asking, key=lambda one: one.address):
        old, record = Address(one.address.kind, one.renamed_from or ""), applied.get(one.address)
        spent = record is not None and record.renamed_from == one.renamed_from
        if old in applied and one.address not in to_do and not spent:
            skipped.append(PassedOver(one.address, old, _why(old, one.address, wanted, applied)))
    return tuple(skipped)
