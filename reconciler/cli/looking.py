"""What there is in the Space, as far as a plan needs to know it: everything, or a few resources and what they depend on."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from reconciler.cli import console
from reconciler.core.declared import Address, Attributes, Desired
from reconciler.core.kinds import Kinds, resources
from reconciler.core.matching import related
from reconciler.core.model import Applied, Live
from reconciler.core.stages import stage
from reconciler.space import Listing, Reader, check_complete, confirm, expand, fetch, find, is_name, observe

# Each of these costs up to two requests, where a list has a thousand resources for one.
FEW = 10


@dataclass(frozen=True, slots=True)
class Seen:
    """The three sides of a plan, as far as it needs to know them; ``unread`` are kinds that the credentials may not read."""

    desired: Sequence[Desired]
    applied: Mapping[Address, Applied]
    live: tuple[Live, ...]
    unread: tuple[str, ...] = ()


def _with_children(desired: Iterable[Desired], applied: Mapping[Address, Applied]) -> Callable[[Live], bool]:
    """Whether the sub-resources of a live resource are anybody's business: they are declared or recorded, or would go with it."""
    desired = tuple(desired)
    both = [(one, Address(one.address.kind, one.renamed_from)) for one in desired if one.renamed_from]
    names = {one.address for one in desired if one.children} | {old for one, old in both if one.children}
    orphans = applied.keys() - {one.address for one in desired} - {old for _, old in both}
    ids = {(record.address.kind, record.id) for record in applied.values() if record.children or record.address in names}
    ids |= {(address.kind, applied[address].id) for address in orphans}
    return lambda live: live.address in names or (live.address.kind, live.id) in ids


def _owned(applied: Mapping[Address, Applied]) -> Callable[[Live], Attributes]:
    """What we wrote of a live resource: an answer without a field that has a value tells nothing of it."""
    written = {(record.address.kind, record.id): record.attributes for record in applied.values()}
    return lambda live: written.get((live.address.kind, live.id), {})


def tell_refused(kind: str) -> None:
    """Say that a kind which is of no use to this run cannot be read."""
    console.tell(
        f"{kind}: these credentials may not read it (403). Nothing of it is declared or managed, so the run goes on; "
        "what is unmanaged there is not known."
    )


@stage("observe")
def look_around(
    client: Reader,
    kinds: Kinds,
    *,
    desired: Iterable[Desired],
    applied: Mapping[Address, Applied],
    parallel: int = 10,
    lists: Sequence[Listing] = (),
    needed: Collection[str] = (),
    refused: Callable[[str], None] = tell_refused,
) -> tuple[Live, ...]:
    """Everything that the Space has, with sub-resources where they are declared or recorded.

    A kind that is neither declared, recorded nor ``needed`` may be one that the credentials may not read: ``refused`` is told.
    """
    desired = tuple(desired)
    of_use = {one.address.kind for one in desired} | {address.kind for address in applied} | set(needed)
    listed = observe(
        client,
        kinds,
        wanted=[kind.name for kind in resources(kinds)],
        children_of=_with_children(desired, applied),
        owned=_owned(applied),
        parallel=parallel,
        lists=lists,
        optional={kind.name for kind in resources(kinds)} - of_use,
        refused=refused,
    )
    there = {(live.address.kind, live.id) for live in listed}
    missed = [record for record in applied.values() if (record.address.kind, record.id) not in there]
    return listed + confirm(client, kinds, missed, parallel=parallel)


def can_be_asked_for(chosen: Collection[Address], kinds: Kinds, applied: Collection[Address]) -> bool:
    """Whether each of ``chosen`` has a path of its own: where the API has none for names, only what is recorded has one."""
    return all(kinds[address.kind].lookup or address in applied for address in chosen)


def _found(client: Reader, kinds: Kinds, address: Address, record: Applied | None) -> list[Live]:
    """What is recorded at ``address``, by its id, and what bears its name, without sub-resources."""
    kind = kinds[address.kind]
    recorded = fetch(client, kind, record.id, kinds, with_children=False) if record else None
    if recorded is not None and recorded.address == address:
        return [recorded]
    named = find(client, kind, address.name, kinds) if is_name(address.name) else None
    return [one for one in (recorded, named) if one is not None]


@stage("observe")
def look_at(
    client: Reader,
    kinds: Kinds,
    chosen: Collection[Address],
    *,
    desired: Sequence[Desired],
    applied: Mapping[Address, Applied],
    parallel: int = 10,
) -> Seen:
    """``chosen`` resources and all that their plan depends on, each asked for by its id and by its name; no list is read where there
    is a path for names.
    """
    owner = {(record.address.kind, record.id): record.address for record in applied.values()}
    anybodys = applied.keys() | {one.address for one in desired}
    live: dict[tuple[str, str], Live] = {}
    asked: set[Address] = set()
    ahead = related(chosen, desired, applied)
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        while ahead:
            asked |= ahead
            for found in pool.map(lambda address: _found(client, kinds, address, applied.get(address)), sorted(ahead)):
                live |= {(one.address.kind, one.id): one for one in found}
            # What bears a name may be recorded under another one, and what is recorded may bear a name that somebody wants.
            met = {owner[key] for key in live if key in owner} | {one.address for one in live.values()}
            ahead = related(met & anybodys, desired, applied) - asked
        near = [one for one in desired if one.address in asked]
        known = {address: record for address, record in applied.items() if address in asked}
        wants_children, owned = _with_children(near, known), _owned(known)
        whole = pool.map(lambda one: _whole(client, kinds, one, children=wants_children(one), ours=owned(one)), live.values())
        there = tuple(sorted((one for one in whole if one is not None), key=lambda one: (one.address, one.id)))
    return Seen(near, known, there)


def _whole(client: Reader, kinds: Kinds, live: Live, *, children: bool, ours: Attributes) -> Live | None:
    kind = kinds[live.address.kind]
    check_complete(live, ours, request=f"GET {expand(kind.item, id=live.id)}")
    return fetch(client, kind, live.id, kinds, with_children=True) if children else live
