"""Reports on resources whose Space is not there, which no pass does."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lightkube.core.client import Client

from reconciler.core.errors import ReconcilerError
from reconciler.core.value_text import plain
from reconciler.engine.clock import now
from reconciler.operator.cluster import Cluster
from reconciler.operator.conditions import Stand, conditions, difference
from reconciler.operator.resources import Item, SpaceKey
from reconciler.operator.service import Operator

_GRACE = 2.0  # seconds: both may come by one apply, and in any order
_REASON = "SpaceMissing"
log = logging.getLogger("reconciler.operator")


def status_without_space(item: Item, moment: str) -> dict[str, Any]:
    """Return the status of an item whose Space is not there."""
    message = f"the Space {item.space!r} is not there"
    if item.metadata.deleting:
        message += "; create it again, or set spec.deletionPolicy to Retain to leave this in it"
    before = item.status.get("conditions") or []
    stands = [Stand(kind, "False", _REASON, message) for kind in ("Ready", "Synced")]
    made = conditions(stands, before, generation=item.metadata.generation, now=moment)
    others = [dict(one) for one in before if one.get("type") not in ("Ready", "Synced")]
    return {**item.status, "conditions": made + others}


def is_free(item: Item) -> bool:
    """Whether a marked item needs nothing of a Space, so that it may go."""
    return item.metadata.deleting and (item.retains or item.observed)


def _tell(client: Callable[[], Client], items: Iterable[Item]) -> None:
    moment, cluster = now(), Cluster(client())
    for item in items:
        if is_free(item):
            cluster.set_finalizer(item.metadata, present=False)
        elif patch := difference(item.status, status_without_space(item, moment)):
            cluster.write_status(item.metadata, patch)


async def tell_missing(operator: Operator, key: SpaceKey, indexes: Mapping[str, Any]) -> None:
    """Write to all resources of a Space that it is not there, unless it comes within seconds."""
    if key in operator.missing:
        return
    operator.missing.add(key)
    try:
        await asyncio.sleep(_GRACE)
    finally:
        operator.missing.discard(key)
    items = tuple(indexes["items"].get(key, ()))
    if not items or indexes["spaces"].get(key):
        return
    try:
        await asyncio.get_running_loop().run_in_executor(
            operator.pool, _tell, operator.client.get, items
        )
    except ReconcilerError as error:
        log.warning("%s: %s", key, plain(error.message))
