"""Reads live resources: all of them, or the targets and their dependencies."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.kinds import Kinds, listed_kinds, resources
from reconciler.core.matching import related
from reconciler.core.resources import Address, Applied, Attributes, Desired, Live
from reconciler.engine.workspace import Workspace
from reconciler.space.client import Reader
from reconciler.space.observe import Listing, check_complete, fetch, find, observe, recheck
from reconciler.space.paths import expand, is_name
from reconciler.space.threads import Meanwhile, nothing, thread_pool
from reconciler.timing import stage

# Each target costs up to two requests; one request lists a thousand resources.
FEW = 10


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The three sides of a plan, complete as far as the plan needs.

    ``unread`` are kinds that the credentials may not read.
    """

    desired: Sequence[Desired]
    applied: Mapping[Address, Applied]
    live: tuple[Live, ...]
    unread: tuple[str, ...] = ()


def _with_children(
    desired: Iterable[Desired], applied: Mapping[Address, Applied]
) -> Callable[[Live], bool]:
    """Return whether to read the children of a live resource: declared, recorded or orphaned."""
    declared: set[Address] = set()
    names: set[Address] = set()  # of resources with declared sub-resources
    for resource in desired:
        addresses = {resource.address}
        if resource.renamed_from:
            addresses.add(Address(resource.address.kind, resource.renamed_from))
        declared |= addresses
        if resource.children:
            names |= addresses
    orphans = applied.keys() - declared
    keys = {applied[address].key for address in orphans}
    for record in applied.values():
        if record.children or record.address in names:
            keys.add(record.key)
    return lambda live: live.address in names or live.key in keys


def _owned(applied: Mapping[Address, Applied]) -> Callable[[Live], Attributes]:
    """Return the fields we wrote to a live resource: an answer without them is incomplete."""
    written = {record.key: record.attributes for record in applied.values()}
    return lambda live: written.get(live.key, {})


def _ignore(kind: str) -> None:
    """Report nothing."""


def _ignore_unlisted(_: Sequence[Live]) -> None:
    """Report nothing."""


def note_unread(workspace: Workspace, kind: str) -> None:
    """Note, once in a run, that a kind which the run does not need cannot be read."""
    workspace.note_once(
        f"{kind}: these credentials may not read it (403, 404 or 410). "
        "No resource of this kind is declared"
        " or managed, so the run continues; its unmanaged resources are not listed."
    )


def _with_own_children(
    client: Reader,
    kinds: Kinds,
    live: tuple[Live, ...],
    records: Iterable[Applied],
    *,
    others: Iterable[Live | Applied],
) -> tuple[Live, ...]:
    """Return ``live`` with the recorded ids of sub-resources. ProtocolError if a list has others'."""
    if not any(one.children for one in live):
        return live
    from reconciler.core.recorded_ids import children_with_recorded_ids  # noqa: PLC0415  # most plans have none
    from reconciler.space.child_lists import check_child_lists  # noqa: PLC0415  # likewise

    check_child_lists(client, kinds, live, records=records, others=others)
    return children_with_recorded_ids(live, records)


@stage("observe")
def refresh(  # noqa: PLR0913  # a keyword for each side, limit and report
    client: Reader,
    kinds: Kinds,
    *,
    desired: Iterable[Desired],
    applied: Mapping[Address, Applied],
    parallel: int = 10,
    lists: Mapping[str, Listing] = MappingProxyType({}),
    needed: Collection[str] = (),
    unread: Callable[[str], None] = _ignore,
    everything: bool = False,
    on_unlisted: Callable[[Sequence[Live]], None] = _ignore_unlisted,
    meanwhile: Meanwhile = nothing,
) -> tuple[Live, ...]:
    """Read the whole Space, with sub-resources where they are declared or recorded.

    Credentials need not read kinds that are neither declared, recorded nor ``needed``: each such
    kind is passed to ``unread`` and counts as empty. A kind with ``list_if_used`` is read only if
    it is declared, recorded or ``needed``, or if ``everything`` is requested. ``on_unlisted``
    gets the resources that exist although their list omitted them. ``meanwhile`` is as for
    ``observe``.
    """
    desired = tuple(desired)
    required = {one.address.kind for one in desired} | {address.kind for address in applied}
    required |= set(needed)
    client.hidden.keep_names(applied)
    listed = observe(
        client,
        kinds,
        wanted=listed_kinds(kinds, kinds if everything else required),
        children_of=_with_children(desired, applied),
        owned=_owned(applied),
        records=applied.values(),
        parallel=parallel,
        lists=lists,
        optional={kind.name for kind in resources(kinds)} - required,
        unread=unread,
        meanwhile=meanwhile,
    )
    listed_keys = {live.key for live in listed}
    unlisted = [record for record in applied.values() if record.key not in listed_keys]
    found = recheck(client, kinds, unlisted, parallel=parallel)
    if found:
        on_unlisted(found)
    return _with_own_children(client, kinds, listed + found, applied.values(), others=listed)


def can_be_fetched(chosen: Collection[Address], kinds: Kinds, applied: Collection[Address]) -> bool:
    """Whether each address has a path: by name if the API offers one, else by recorded id."""
    return all(kinds[address.kind].lookup or address in applied for address in chosen)


def _fetch_target(
    client: Reader, kinds: Kinds, address: Address, record: Applied | None
) -> list[Live]:
    """Return the resource with the recorded id and the one with the name, without sub-resources."""
    kind = kinds[address.kind]
    recorded = fetch(client, kind, record.id, kinds, with_children=False) if record else None
    if recorded is not None and recorded.address == address:
        return [recorded]
    named = find(client, kind, address.name, kinds) if is_name(address.name) else None
    return [one for one in (recorded, named) if one is not None]


@stage("observe")
def refresh_targets(
    client: Reader,
    kinds: Kinds,
    chosen: Collection[Address],
    *,
    desired: Sequence[Desired],
    applied: Mapping[Address, Applied],
    parallel: int = 10,
) -> Refreshed:
    """Read ``chosen`` and all their plan depends on, by id and name.

    Reads no list if the API has paths for names.
    """
    from reconciler.core.recorded_ids import recorded_spelling  # noqa: PLC0415  # few plans have targets

    client.hidden.keep_names(applied)
    owner = {record.key: record.address for record in applied.values()}
    relevant = applied.keys() | {one.address for one in desired}
    live_by_key: dict[tuple[str, str], Live] = {}
    asked: set[Address] = set()
    pending = related(chosen, desired, applied)
    spelled = recorded_spelling(applied.values())

    def read(address: Address) -> list[Live]:
        return _fetch_target(client, kinds, address, applied.get(address))

    with thread_pool(parallel) as pool:
        while pending:
            asked |= pending
            for found in pool.map(read, sorted(pending)):
                live_by_key |= {one.key: one for one in map(spelled, found)}
            # A name may belong to a resource recorded under another one, and a recorded resource
            # may have a name that the manifests declare.
            names = {one.address for one in live_by_key.values()}
            names.update(owner[key] for key in live_by_key.keys() & owner.keys())
            pending = related(names & relevant, desired, applied) - asked
        near = [one for one in desired if one.address in asked]
        known = {address: record for address, record in applied.items() if address in asked}
        wants_children, owned = _with_children(near, known), _owned(known)

        def read_details(one: Live) -> Live | None:
            return _with_details(client, kinds, one, children=wants_children(one), ours=owned(one))

        details = [one for one in pool.map(read_details, live_by_key.values()) if one is not None]
    details.sort(key=lambda one: (one.address, one.id))
    records = applied.values()
    live = _with_own_children(client, kinds, tuple(details), records, others=records)
    return Refreshed(near, known, live)


def _with_details(
    client: Reader, kinds: Kinds, live: Live, *, children: bool, ours: Attributes
) -> Live | None:
    kind = kinds[live.address.kind]
    check_complete(live, ours, request=f"GET {expand(kind.item, id=live.id)}")
    return fetch(client, kind, live.id, kinds, with_children=True) if children else live
