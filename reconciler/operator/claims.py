"""Decides which resource has a name in the Space where several declare it."""

from collections.abc import Iterable, Mapping

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resources import Address
from reconciler.operator.resources import Item


class Claims(NamedTuple):
    """``owners`` has the item of each address; ``losers``, by uid, the owner in the way of each.

    ``recorded`` has, by uid, the address under which an item's own resource is recorded.
    """

    owners: Mapping[Address, Item]
    losers: Mapping[str, Item]
    recorded: Mapping[str, Address]

    def owns(self, item: Item, address: Address) -> bool:
        """Whether ``item`` is the owner of ``address``."""
        owner = self.owners.get(address)
        return owner is not None and owner.metadata.uid == item.metadata.uid


def _recorded(
    items: Iterable[Item], addresses: Mapping[tuple[str, str], Address]
) -> dict[str, Address]:
    """Return the recorded address of each item by the id in its status; of each id the oldest item."""
    found: dict[str, Address] = {}
    taken: set[Address] = set()
    for item in items:
        address = addresses.get((item.metadata.kind, item.known_id))
        if address is not None and address not in taken:
            found[item.metadata.uid] = address
            taken.add(address)
    return found


def claims(items: Iterable[Item], addresses: Mapping[tuple[str, str], Address]) -> Claims:
    """Give each address to the oldest item that declares it.

    ``addresses`` are the recorded ones, by kind and id. A resource that is recorded under a name
    keeps it until it is renamed: an item without a resource has to wait for the name.
    """
    by_age = sorted(items, key=lambda item: item.metadata.age)
    recorded = _recorded(by_age, addresses)
    holders = {
        recorded[item.metadata.uid]: item for item in by_age if item.metadata.uid in recorded
    }
    owners: dict[Address, Item] = {}
    losers: dict[str, Item] = {}
    for item in by_age:
        uid, wanted = item.metadata.uid, item.address
        holder = holders.get(wanted)
        leaves = holder is not None and holder is not item and holder.address != wanted
        if wanted in owners:
            losers[uid] = owners[wanted]
        elif holder is not None and leaves and (uid not in recorded or holder.metadata.deleting):
            losers[uid] = holder
        else:
            owners[wanted] = item
    return Claims(owners, losers, recorded)
