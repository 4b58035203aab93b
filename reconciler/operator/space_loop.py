"""The passes of one Space, one after another, until the Space is gone or the operator ends."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Protocol

import kopf

from reconciler.core.errors import ReconcilerError
from reconciler.core.value_text import plain
from reconciler.operator.resources import Fragment, Item, Snapshot, SpaceItem, SpaceKey
from reconciler.operator.schedule import BATCH, FIRST_PAUSE, Pauses
from reconciler.operator.service import Operator, is_finished

_ENDS = (
    kopf.DaemonStoppingReason.OPERATOR_EXITING
    | kopf.DaemonStoppingReason.OPERATOR_PAUSING
    | kopf.DaemonStoppingReason.FILTERS_MISMATCH
)
_SLICE = 1.0
log = logging.getLogger("reconciler.operator")


class Stopped(Protocol):
    """Says whether a loop is to end, and why, as kopf says it to a daemon."""

    reason: kopf.DaemonStoppingReason

    def __bool__(self) -> bool:
        """Whether there is a reason."""

    async def wait(self) -> object:
        """Wait for a reason."""


class NeverStopped:
    """For a loop that ends with its Space, or by being cancelled."""

    reason = kopf.DaemonStoppingReason(0)

    def __bool__(self) -> bool:
        return False

    async def wait(self) -> object:
        """Wait without end."""
        return await asyncio.Event().wait()


def _snapshot_of(key: SpaceKey, indexes: Mapping[str, Any]) -> Snapshot | None:
    """Return what is declared for a Space now, from the indexes of kopf; None if it is gone."""
    space: SpaceItem | None = next(iter(indexes["spaces"].get(key, ())), None)
    if space is None:
        return None
    mine: list[Item] = sorted(indexes["items"].get(key, ()), key=lambda item: item.metadata.age)
    near: list[Fragment] = sorted(
        indexes["fragments"].get(key.namespace, ()), key=lambda one: one.metadata.title
    )
    return Snapshot(space, tuple(mine), tuple(near))


def _must_end(stopped: Stopped) -> bool:
    """Whether a loop is to end. A deletion mark on its Space alone does not end it."""
    return bool(stopped) and bool(stopped.reason & _ENDS)


async def _wait(waker: asyncio.Event, stopped: Stopped, seconds: float) -> None:
    """Wait until something changed, the loop is to end, or ``seconds`` have passed."""

    async def stop() -> None:
        if not stopped:
            await stopped.wait()
            return
        while not _must_end(stopped):  # noqa: ASYNC110  # it is set already, and may get a further reason
            await asyncio.sleep(_SLICE)

    tasks = [asyncio.ensure_future(waker.wait()), asyncio.ensure_future(stop())]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _released(operator: Operator, space: SpaceItem, indexes: Mapping[str, Any]) -> bool:
    """Release a Space that nothing needs any more. False if the cluster does not take it now."""
    others = [one for store in indexes["spaces"].values() for one in store]
    loop = asyncio.get_running_loop()
    try:
        await loop.run_in_executor(operator.pool, operator.release, space, others)
    except ReconcilerError as error:
        log.warning("%s: %s", space.key, plain(error.message))
        return False
    return True


async def make_passes(
    operator: Operator, key: SpaceKey, uid: str, indexes: Mapping[str, Any], stopped: Stopped
) -> None:
    """Make passes of the Space with this uid: when something changes, and at its interval."""
    pauses, pause = Pauses(), 0.0
    loop = asyncio.get_running_loop()
    async with operator.turns[key]:
        while True:
            await _wait(operator.wakers[key], stopped, pause)
            if _must_end(stopped):
                return
            await asyncio.sleep(BATCH)  # more changes may come
            operator.wakers[key].clear()
            snapshot = _snapshot_of(key, indexes)
            if snapshot is None or snapshot.space.metadata.uid != uid:
                break
            if not is_finished(snapshot):
                report = await loop.run_in_executor(operator.pool, operator.make_pass, snapshot)
                pause = pauses.after(report, snapshot.space.interval)
            elif await _released(operator, snapshot.space, indexes):
                break
            else:
                pause = FIRST_PAUSE
        operator.forget(key)
