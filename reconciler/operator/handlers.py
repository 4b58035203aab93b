"""Handlers of kopf: indexes of what is declared, events that wake, one daemon for each Space.

Only low-level handlers: those for creation, update and deletion would write to each resource.
"""

import asyncio
import random
from collections.abc import Iterable, Mapping
from typing import Any

import kopf

from reconciler.core.kinds import Kind
from reconciler.kubernetes.definitions import GROUP, VERSION, declarable, plural_of
from reconciler.operator.resources import (
    SPACE_FINALIZER,
    Fragment,
    Item,
    Snapshot,
    SpaceItem,
    SpaceKey,
    fragment_of,
    item_of,
    metadata_of,
    space_of,
)
from reconciler.operator.schedule import BATCH, Pauses
from reconciler.operator.service import Operator, is_finished, release_secret

_SPACES = (GROUP, VERSION, plural_of("Space"))
_ENDS = (
    kopf.DaemonStoppingReason.OPERATOR_EXITING
    | kopf.DaemonStoppingReason.OPERATOR_PAUSING
    | kopf.DaemonStoppingReason.FILTERS_MISMATCH
)
_SLICE = 1.0
_HIGHEST_PRIORITY = 2**31 - 1


def snapshot_of(key: SpaceKey, indexes: Mapping[str, Any]) -> Snapshot | None:
    """Return what is declared for a Space now, from the indexes of kopf; None if it is gone."""
    space: SpaceItem | None = next(iter(indexes["spaces"].get(key, ())), None)
    if space is None:
        return None
    mine: list[Item] = sorted(indexes["items"].get(key, ()), key=lambda item: item.metadata.age)
    near: list[Fragment] = sorted(
        indexes["fragments"].get(key.namespace, ()), key=lambda one: one.metadata.title
    )
    return Snapshot(space, tuple(mine), tuple(near))


def _must_end(stopped: Any) -> bool:
    """Whether a daemon is to end. A deletion mark on its Space alone does not end it."""
    return bool(stopped) and bool(stopped.reason & _ENDS)


async def _wait(waker: asyncio.Event, stopped: Any, seconds: float) -> None:
    """Wait until something changed, the daemon is to end, or ``seconds`` have passed."""

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


def _register_space(operator: Operator, registry: kopf.OperatorRegistry) -> None:
    """Register the index, the events and the daemon of Spaces."""

    @kopf.index(*_SPACES, id="spaces", registry=registry)
    def spaces(body: Any, **_: Any) -> dict[SpaceKey, SpaceItem]:
        space = space_of(body)
        return {space.key: space}

    @kopf.on.event(*_SPACES, id="space-event", registry=registry)
    async def space_event(event: Any, body: Any, **_: Any) -> None:
        metadata = metadata_of(body, "Space")
        if operator.changes.matters(metadata, event):
            operator.wake(SpaceKey(metadata.namespace, metadata.name))

    @kopf.daemon(*_SPACES, id="look-after", registry=registry)
    async def look_after(stopped: Any, name: str, namespace: str | None, **known: Any) -> None:
        key, pauses = SpaceKey(namespace or "", name), Pauses()
        loop, pause = asyncio.get_running_loop(), 0.0
        while True:
            await _wait(operator.wakers[key], stopped, pause)
            if _must_end(stopped):
                return
            await asyncio.sleep(BATCH)  # more changes may come
            operator.wakers[key].clear()
            snapshot = snapshot_of(key, known)
            if snapshot is None or is_finished(snapshot):
                break
            report = await loop.run_in_executor(operator.pool, operator.make_pass, snapshot)
            pause = pauses.after(report, snapshot.space.interval)
        if snapshot is not None:
            others = [one for store in known["spaces"].values() for one in store]
            await loop.run_in_executor(operator.pool, release_secret, snapshot.space, others)
        operator.forget(key)


def _register_items(
    operator: Operator, registry: kopf.OperatorRegistry, kinds: Iterable[Kind]
) -> None:
    """Register the index and the events of each kind that is in a Space."""

    def of(kind: str) -> None:
        resource = (GROUP, VERSION, plural_of(kind))

        @kopf.index(*resource, id="items", registry=registry)
        def items(body: Any, **_: Any) -> dict[SpaceKey, Item]:
            item = item_of(body, kind)
            return {SpaceKey(item.metadata.namespace, item.space): item}

        @kopf.on.event(*resource, id=f"{kind.lower()}-event", registry=registry)
        async def item_event(event: Any, body: Any, **_: Any) -> None:
            item = item_of(body, kind)
            if operator.changes.matters(item.metadata, event):
                operator.wake(SpaceKey(item.metadata.namespace, item.space))

    for kind in kinds:
        of(kind.name)


def _register_fragments(
    operator: Operator, registry: kopf.OperatorRegistry, kinds: Iterable[Kind]
) -> None:
    """Register the index and the events of presets, themes and roles: one wakes its namespace."""

    def of(kind: str) -> None:
        resource = (GROUP, VERSION, plural_of(kind))

        @kopf.index(*resource, id="fragments", registry=registry)
        def fragments(body: Any, **_: Any) -> dict[str, Fragment]:
            fragment = fragment_of(body, kind)
            return {fragment.metadata.namespace: fragment}

        @kopf.on.event(*resource, id=f"{kind.lower()}-event", registry=registry)
        async def fragment_event(event: Any, body: Any, **_: Any) -> None:
            metadata = metadata_of(body, kind)
            if operator.changes.matters(metadata, event):
                operator.wake_namespace(metadata.namespace)

    for kind in kinds:
        of(kind.name)


def _register_process(operator: Operator, registry: kopf.OperatorRegistry) -> None:
    """Register settings, credentials of the cluster, the probe and the end."""

    @kopf.on.startup(id="settings", registry=registry)
    async def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
        settings.posting.enabled = False
        # Definitions are installed before; to watch them and namespaces would take further rights.
        settings.scanning.disabled = True
        settings.persistence.finalizer = SPACE_FINALIZER
        settings.background.cancellation_polling = 5.0
        settings.background.instant_exit_timeout = 1.0
        settings.peering.name = operator.options.peering or "default"
        settings.peering.mandatory = bool(operator.options.peering)
        settings.peering.priority = random.randint(1, _HIGHEST_PRIORITY)  # noqa: S311  # equal ones freeze all

    @kopf.on.login(id="pod", errors=kopf.ErrorsMode.IGNORED, registry=registry)
    def pod(**kwargs: Any) -> Any:
        return kopf.login_with_service_account(**kwargs)

    @kopf.on.login(id="kubeconfig", errors=kopf.ErrorsMode.IGNORED, registry=registry)
    def kubeconfig(**kwargs: Any) -> Any:
        return kopf.login_with_kubeconfig(**kwargs)

    @kopf.on.probe(id="spaces", registry=registry)
    def spaces_probe(**_: Any) -> int:
        return len(operator.wakers)

    @kopf.on.cleanup(id="end", registry=registry)
    async def end(**_: Any) -> None:
        await asyncio.to_thread(operator.close)


def registry_of(operator: Operator) -> kopf.OperatorRegistry:
    """Return the handlers of ``operator``."""
    registry = kopf.OperatorRegistry()
    kinds = declarable(operator.kinds)
    _register_process(operator, registry)
    _register_space(operator, registry)
    _register_items(operator, registry, [one for one in kinds if one.type == "resource"])
    _register_fragments(operator, registry, [one for one in kinds if one.type != "resource"])
    return registry
