"""Pairs desired, recorded and live resources by id, then name; follows renames."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from reconciler.core.deferred_dataclass import built_often, dataclass, field
from reconciler.core.resources import Address, Applied, Desired, Live

_NONE: Mapping[str, Live] = {}


@built_often
@dataclass(frozen=True, slots=True)
class Match:
    """One resource from three sides."""

    desired: Desired | None
    applied: Applied | None
    live: Live | None

    @property
    def missing_live(self) -> bool:
        """Whether the recorded resource no longer exists."""
        return self.applied is not None and (self.live is None or self.live.id != self.applied.id)


@dataclass(frozen=True, slots=True)
class Matched:
    """All matches.

    ``orphans`` are recorded but not desired, ``unmanaged`` live resources are neither.
    """

    wanted: tuple[Match, ...]
    orphans: tuple[Match, ...]
    unmanaged: tuple[Live, ...] = field(default=())


def _rename_requests(
    desired: Sequence[Desired], applied: Mapping[Address, Applied]
) -> dict[Address, Address]:
    """Return new → old address of each rename in the manifests that is not carried out yet."""
    unfinished = {
        Address(address.kind, record.rename_target): address
        for address, record in applied.items()
        if record.rename_target
    }
    requests: dict[Address, Address] = {}
    taken: set[Address] = set()
    for one in sorted(desired, key=lambda one: one.address):
        here = applied.get(one.address)
        if one.address in unfinished:
            requests[one.address] = unfinished[one.address]
            taken.add(unfinished[one.address])
        elif one.renamed_from is not None and (
            here is None or here.renamed_from != one.renamed_from
        ):
            old = Address(one.address.kind, one.renamed_from)
            if old in applied and old not in taken:
                requests[one.address] = old
                taken.add(old)
    return requests


def renames_to_do(
    desired: Sequence[Desired], applied: Mapping[Address, Applied]
) -> dict[Address, Address]:
    """Return new → old address of each rename to carry out.

    The old name must not stay in use, and the new one must be free or freed by another rename.
    So swaps and chains work, and a ``renamedFrom`` that was carried out has no effect.
    """
    movers = _rename_requests(desired, applied)
    declared = {one.address for one in desired} if movers else set()
    followers: dict[Address, list[Address]] = {}
    for new, old in movers.items():
        followers.setdefault(old, []).append(new)
    leaving = Counter(movers.values())
    doubtful = list(movers)
    while doubtful:
        new = doubtful.pop()
        if new not in movers:
            continue
        old = movers[new]
        if (old in declared and old not in movers) or (new in applied and not leaving[new]):
            del movers[new]
            leaving[old] -= 1
            # Check again: the renames that wait for its name, and the one that was to free it.
            doubtful += [*followers.get(new, ()), old]
    return movers


def _by_name(
    one: Desired, free: Mapping[Address, Live], declared: Collection[Address]
) -> Live | None:
    """Return the unrecorded live resource with the desired name, or its name before a rename."""
    resource = free.get(one.address)
    if resource is None and one.renamed_from is not None:
        before = Address(one.address.kind, one.renamed_from)
        resource = None if before in declared else free.get(before)
    return resource


def _recorded_as(
    desired: Sequence[Desired], applied: Mapping[Address, Applied], live: Sequence[Live]
) -> dict[Address, Applied]:
    """Return the record of each desired resource.

    By rename or address; else an orphaned record whose resource was renamed outside to the desired
    name, after which the manifests followed.
    """
    movers = renames_to_do(desired, applied)
    records: dict[Address, Applied] = {}
    for one in desired:
        record = applied.get(movers.get(one.address, one.address))
        if record is not None:
            records[one.address] = record
    claimed = {record.address for record in records.values()}
    orphaned = {record.key: record for record in applied.values() if record.address not in claimed}
    if not orphaned:
        return records
    renamed_outside = {one.address: orphaned[one.key] for one in live if one.key in orphaned}
    for one in desired:
        if one.address not in records and one.address in renamed_outside:
            records[one.address] = renamed_outside[one.address]
    return records


def related(
    chosen: Collection[Address], desired: Sequence[Desired], applied: Mapping[Address, Applied]
) -> set[Address]:
    """Return ``chosen`` and all addresses whose names their plan may free, take or pass through."""
    links = [(one.address, one.renamed_from) for one in desired]
    for address, record in applied.items():
        links += [(address, record.renamed_from), (address, record.rename_target)]
    linked: dict[Address, set[Address]] = {}
    for address, name in links:
        if name is not None:
            other = Address(address.kind, name)
            linked.setdefault(address, set()).add(other)
            linked.setdefault(other, set()).add(address)
    addresses: set[Address] = set()
    pending = set(chosen)
    while pending:
        addresses |= pending
        neighbours: set[Address] = set()
        for address in pending:
            neighbours |= linked.get(address, set())
        pending = neighbours - addresses
    return addresses


def _by_kind_and_id(live: Sequence[Live]) -> dict[str, dict[str, Live]]:
    """Return live resources by kind and id, without a tuple for each: that would take room."""
    found: dict[str, dict[str, Live]] = {}
    for one in live:
        found.setdefault(one.address.kind, {})[one.id] = one
    return found


def _of_record(record: Applied, by_id: Mapping[str, Mapping[str, Live]]) -> Live | None:
    return by_id.get(record.address.kind, _NONE).get(record.id)


def _unrecorded(live: Sequence[Live], applied: Mapping[Address, Applied]) -> list[Live]:
    """Return the live resources that have no record, whichever address it has."""
    recorded: dict[str, set[str]] = {}
    for record in applied.values():
        recorded.setdefault(record.address.kind, set()).add(record.id)
    return [one for one in live if one.id not in recorded.get(one.address.kind, ())]


def match(
    desired: Sequence[Desired], applied: Mapping[Address, Applied], live: Sequence[Live]
) -> Matched:
    """Pair the three sides; a live resource is in one match at most. Ids win over names."""
    records = _recorded_as(desired, applied, live)
    by_id = _by_kind_and_id(live)
    # Pairing by name must not take a resource that is recorded.
    unrecorded = _unrecorded(live, applied)
    free = {one.address: one for one in unrecorded}
    declared = {one.address for one in desired} if free else set()
    wanted = []
    taken: set[tuple[str, str]] = set()  # of those found by name
    for one in sorted(desired, key=lambda one: one.address):
        record = records.get(one.address)
        resource = _of_record(record, by_id) if record else None
        if resource is None:
            resource = _by_name(one, free, declared)
            if resource and resource.key in taken:
                resource = None
            if resource:
                taken.add(resource.key)
        wanted.append(Match(one, record, resource))
    claimed = {record.address for record in records.values()}
    orphans = []
    for address in sorted(applied.keys() - claimed):
        record = applied[address]
        orphans.append(Match(None, record, _of_record(record, by_id)))
    unmanaged = tuple(one for one in unrecorded if one.key not in taken)
    return Matched(tuple(wanted), tuple(orphans), unmanaged)
