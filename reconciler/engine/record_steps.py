"""Steps that change the record alone: forget resources, and remember or lift their protection."""

from collections.abc import Collection, Mapping

from reconciler.core.deferred_dataclass import replace
from reconciler.core.resources import Address
from reconciler.engine.clock import now
from reconciler.state.record import Entry
from reconciler.state.store import StateStore


def _written(store: StateStore, entries: Collection[Entry]) -> None:
    if entries:
        store.write(store.read().with_entries(*entries))


def forget(
    store: StateStore, addresses: Collection[Address], *, reason: str
) -> tuple[Address, ...]:
    """Remove exactly these from the record, under the lock; they stay in the Space.

    Returns those that were recorded.
    """
    with store.lock(reason=reason, since=now()):
        records = store.read().resources
        known = [address for address in sorted(set(addresses)) if address in records]
        _written(store, [Entry(removed=records[address]) for address in known])
    return tuple(known)


def set_protection(
    store: StateStore, protect: Mapping[Address, bool], *, reason: str
) -> tuple[Address, ...]:
    """Record the protection of exactly these, under the lock. Returns those that changed."""
    with store.lock(reason=reason, since=now()):
        records = store.read().resources
        changed = [
            (records[address], wanted)
            for address, wanted in sorted(protect.items())
            if address in records and records[address].protect != wanted
        ]
        _written(store, [Entry(replace(record, protect=wanted)) for record, wanted in changed])
    return tuple(record.address for record, _ in changed)
