"""Finds sub-resources whose removal the Space confirmed and that it still shows."""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.core.deferred_dataclass import replace
from reconciler.core.kinds import Kinds
from reconciler.core.plan_model import Outcome
from reconciler.core.resources import Address, Applied, AppliedChild
from reconciler.space.client import Reader
from reconciler.space.observe import fetch

_Removed = tuple[Address, str, AppliedChild]


def _removed(outcomes: Iterable[Outcome]) -> Iterator[_Removed]:
    """Yield the recorded sub-resources that were removed from lists no longer declared.

    Of a declared list, the plan after the run shows what is left.
    """
    for outcome in outcomes:
        known = outcome.action.known
        for change in outcome.action.changes:
            if not change.child or change.origin != "released" or outcome.status != "done":
                continue
            for one in known.children.get(change.child, ()) if known else ():
                if one.id == change.child_id:
                    yield outcome.action.address, change.child, one


def still_there(
    reader: Reader, kinds: Kinds, outcomes: Iterable[Outcome], records: Mapping[Address, Applied]
) -> tuple[Applied, ...]:
    """Return the records of resources that still have a removed sub-resource, with it. Raises ApiError."""
    found: dict[Address, Applied] = {}
    for address, field, one in _removed(outcomes):
        record = found.get(address) or records.get(address)
        child = kinds[kinds[address.kind].children[field]]
        if record is None or not fetch(reader, child, one.id, kinds, with_children=False):
            continue
        both = sorted((*record.children.get(field, ()), one), key=lambda each: each.id)
        found[address] = replace(record, children={**record.children, field: tuple(both)})
    return tuple(found.values())
