"""What one pass wants of a Space, from a snapshot of the cluster and the record."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.kinds import Kinds
from reconciler.core.resources import Address, Applied
from reconciler.kubernetes.definitions import GROUP, VERSION, secret_source
from reconciler.operator.claims import Claims, claims
from reconciler.operator.resources import Fragment, Item, Snapshot

API_VERSION = f"{GROUP}/{VERSION}"
_NO_IDS: Mapping[str, str] = {}
# Name and key of a Secret; None if there is none, or no such key.
_ReadSecret = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is declared, and what each item is to this pass.

    ``values`` are manifests by the title of their resource. ``delete`` and ``forget`` are addresses
    of items with a deletion mark, ``protection`` what is to be recorded before that. ``kept`` are
    addresses that are only compared. ``problems`` are faults that no manifest shows, by uid.
    ``released`` are uids of marked items that have nothing in the Space; ``held`` has the address
    that another marked item has there, by uid.
    """

    claims: Claims
    values: Mapping[str, Any] = field(default_factory=dict)
    delete: frozenset[Address] = frozenset()
    forget: frozenset[Address] = frozenset()
    protection: Mapping[Address, bool] = field(default_factory=dict)
    adopt: frozenset[Address] = frozenset()
    kept: frozenset[Address] = frozenset()
    problems: Mapping[str, str] = field(default_factory=dict)
    released: frozenset[str] = frozenset()
    held: Mapping[str, Address] = field(default_factory=dict)


class _MissingSecret(Exception):
    """The Secret that a field names is not there."""


def _secret_value(reference: Any, read: _ReadSecret) -> str:
    chosen = (reference or {}).get("secretKeyRef") or {}
    name, key = str(chosen.get("name", "")), str(chosen.get("key", ""))
    value = read(name, key)
    if value is None:
        raise _MissingSecret(f"the Secret {name!r} with the key {key!r} is not there")
    return value


def _with_secrets(
    fields: Mapping[str, Any], secret: frozenset[str], read: _ReadSecret
) -> dict[str, Any]:
    """Return ``fields`` with each ``urlFrom`` replaced by the ``url`` that it names."""
    filled = dict(fields)
    for name in sorted(secret):
        if secret_source(name) in filled:
            filled[name] = _secret_value(filled.pop(secret_source(name)), read)
    return filled


def _spec(fields: Mapping[str, Any], kind: str, kinds: Kinds, read: _ReadSecret) -> dict[str, Any]:
    known = kinds[kind]
    spec = _with_secrets(fields, frozenset(known.secret), read)
    for name, child in known.children.items():
        if isinstance(spec.get(name), list):
            secret = frozenset(kinds[child].secret)
            spec[name] = [_with_secrets(one, secret, read) for one in spec[name]]
    return spec


def _manifest(item: Item, old: Address | None, kinds: Kinds, read: _ReadSecret) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": item.room_name}
    if item.protect:
        metadata["protect"] = True
    if old is not None and old != item.address:
        metadata["renamedFrom"] = old.name
    spec = _spec(item.fields, item.metadata.kind, kinds, read)
    return {
        "apiVersion": API_VERSION,
        "kind": item.metadata.kind,
        "metadata": metadata,
        "spec": spec,
    }


def _fragment(fragment: Fragment) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": fragment.metadata.kind,
        "metadata": {"name": fragment.metadata.name},
        "spec": dict(fragment.fields),
    }


@dataclass(slots=True)
class _Sorting:
    """Sorts the items of a snapshot into the inputs of a pass."""

    snapshot: Snapshot
    records: Mapping[Address, Applied]
    intended: Collection[Address]
    kinds: Kinds
    read: _ReadSecret
    given: Claims
    values: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, set[Address]] = field(default_factory=lambda: defaultdict(set))
    protection: dict[Address, bool] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)
    holdings: dict[str, Address] = field(default_factory=dict)

    def is_paused(self, item: Item) -> bool:
        """Whether nothing of the item may be changed now."""
        return item.metadata.paused or self.snapshot.space.metadata.paused

    def held(self, item: Item) -> Address | None:
        """Return the recorded address of an item's own resource; None if it has none.

        A creation whose answer was lost counts: the resource may be there.
        """
        by_id = self.given.recorded.get(item.metadata.uid)
        if by_id is not None:
            # Where an older item took the name over, it has the resource too.
            free = by_id not in self.given.owners
            return by_id if free or self.given.owns(item, by_id) else None
        known = item.address in self.records or item.address in self.intended
        return item.address if known and self.given.owns(item, item.address) else None

    def mark(self, item: Item) -> None:
        """Take an item with a deletion mark."""
        held = self.held(item)
        if held is None:
            self.released.add(item.metadata.uid)
            return
        self.holdings[item.metadata.uid] = held
        if item.retains or item.observed:
            self.marks["forget"].add(held)
        elif not self.is_paused(item):
            self.marks["delete"].add(held)
            record = self.records.get(held)
            if record is not None and record.protect != item.protect:
                self.protection[held] = item.protect

    def declare(self, item: Item) -> None:
        """Take an item that stays, unless it is paused or another has its name."""
        uid = item.metadata.uid
        if uid in self.given.losers or self.is_paused(item):
            return
        try:
            old = self.given.recorded.get(uid)
            manifest = _manifest(item, old, self.kinds, self.read)
        except _MissingSecret as missing:
            self.problems[uid] = str(missing)
            return
        self.values[item.metadata.title] = manifest
        if item.observed:
            self.marks["kept"].add(item.address)
        if item.adopts:
            self.marks["adopt"].add(item.address)


def inputs(
    snapshot: Snapshot,
    records: Mapping[Address, Applied],
    *,
    kinds: Kinds,
    read_secret: _ReadSecret,
    intended: Collection[Address] = (),
    known_ids: Mapping[str, str] = _NO_IDS,
) -> Inputs:
    """Return the inputs of a pass.

    ``records`` are the resources that are managed so far, ``intended`` those whose creation was
    begun by a run that did not come to its end. ``known_ids`` has, by uid, ids that a status may
    not have yet.
    """
    items = [item.with_id(known_ids.get(item.metadata.uid, "")) for item in snapshot.items]
    given = claims(items, {record.key: address for address, record in records.items()})
    sorting = _Sorting(snapshot, records, intended, kinds, read_secret, given)
    sorting.values = {one.metadata.title: _fragment(one) for one in snapshot.fragments}
    for item in items:
        if item.metadata.deleting:
            sorting.mark(item)
        else:
            sorting.declare(item)
    marks = {name: frozenset(found) for name, found in sorting.marks.items()}
    nothing: frozenset[Address] = frozenset()
    return Inputs(
        given,
        sorting.values,
        marks.get("delete", nothing),
        marks.get("forget", nothing),
        sorting.protection,
        marks.get("adopt", nothing),
        marks.get("kept", nothing),
        sorting.problems,
        frozenset(sorting.released),
        sorting.holdings,
    )
