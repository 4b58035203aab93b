"""Which recorded and which live resource each desired one is: by id first, then by name; renames are followed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.core.model import Address, Applied, Desired, Live

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Match:
    """One resource seen from three sides. ``vacant`` says that its recorded id is gone from the Space."""

    desired: Desired | None
    applied: Applied | None
    live: Live | None

    @property
    def vacant(self) -> bool:
        """Whether it was recorded, and is not there any more."""
        return self.applied is not None and (self.live is None or self.live.id != self.applied.id)


@dataclass(frozen=True, slots=True)
class Matched:
    """The whole matching: wanted resources, recorded ones that nobody wants, and live ones that are nobody's."""

    wanted: tuple[Match, ...]
    orphans: tuple[Match, ...]
    unmanaged: tuple[Live, ...] = field(default=())


def _movers(desired: Sequence[Desired], applied: Mapping[Address, Applied]) -> dict[Address, Address]:
    """New address → old address of each rename that is still to be done.

    A ``renamedFrom`` that the state has seen carried out is spent. The old name must be recorded and not be wanted by
    somebody who stays there, and the new one must be free or be left by another mover: so swaps and chains resolve.
    """
    declared = {one.address for one in desired}
    movers: dict[Address, Address] = {}
    for one in desired:
        if one.renamed_from is None:
            continue
        old = Address(one.address.kind, one.renamed_from)
        here = applied.get(one.address)
        if old in applied and (here is None or here.renamed_from != one.renamed_from):
            movers[one.address] = old
    while True:
        leaving = set(movers.values())
        stuck = [new for new, old in movers.items() if (old in declared and old not in movers) or (new in applied and new not in leaving)]
        if not stuck:
            return movers
        for new in stuck:
            del movers[new]


def _by_name(one: Desired, free: Mapping[Address, Live], declared: Collection[Address]) -> Live | None:
    """The unrecorded live resource of the wanted name, or of the name that it had before if nobody else wants that."""
    found = free.get(one.address)
    if found is None and one.renamed_from is not None:
        before = Address(one.address.kind, one.renamed_from)
        found = None if before in declared else free.get(before)
    return found


def match(desired: Sequence[Desired], applied: Mapping[Address, Applied], live: Sequence[Live]) -> Matched:
    """Pair the three sides. Each live resource belongs to one match at most; recorded ids win over names."""
    movers = _movers(desired, applied)
    by_id: dict[Key, Live] = {(one.address.kind, one.id): one for one in live}
    recorded = {(one.address.kind, one.id) for one in applied.values()}
    free = {one.address: one for one in live if (one.address.kind, one.id) not in recorded}
    declared = {one.address for one in desired}
    wanted, claimed, taken = [], set(), set()
    for one in sorted(desired, key=lambda one: one.address):
        record = applied.get(movers.get(one.address, one.address))
        there = by_id.get((record.address.kind, record.id)) if record else None
        if there is None:
            there = _by_name(one, free, declared)
        if record:
            claimed.add(record.address)
        if there:
            taken.add((there.address.kind, there.id))
        wanted.append(Match(one, record, there))
    orphans = [
        Match(None, record, by_id.get((address.kind, record.id))) for address, record in sorted(applied.items()) if address not in claimed
    ]
    unmanaged = tuple(one for one in live if (one.address.kind, one.id) not in recorded and (one.address.kind, one.id) not in taken)
    return Matched(tuple(wanted), tuple(orphans), unmanaged)
