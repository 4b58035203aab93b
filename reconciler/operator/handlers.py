"""Handlers of kopf: indexes of what is declared, events that wake, one daemon for each Space.

Only low-level handlers: those for creation, update and deletion would write to each resource. All
are coroutines: kopf runs functions in a thread for each event, which costs more than they do.
"""

import asyncio
import random
from collections.abc import Iterable
from typing import Any

import kopf

from reconciler.core.kinds import Kind
from reconciler.kubernetes.definitions import GROUP, VERSION, declarable, plural_of
from reconciler.operator.missing_space import tell_missing
from reconciler.operator.resources import (
    SPACE_FINALIZER,
    Fragment,
    Item,
    SpaceItem,
    SpaceKey,
    fragment_of,
    item_of,
    metadata_of,
    space_of,
)
from reconciler.operator.service import Operator
from reconciler.operator.space_loop import NeverStopped, make_passes

_SPACES = (GROUP, VERSION, plural_of("Space"))
_HIGHEST_PRIORITY = 2**31 - 1


# These two keep kopf from comparing resources: no handler needs their last state, and each event
# would cost a copy.
class _NoDiffBase(kopf.DiffBaseStorage):
    """Remembers no last state of a resource."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """Return nothing to compare."""
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> None:
        """Return no last state."""

    def store(self, **_: Any) -> None:
        """Store nothing."""


class _Touches(kopf.AnnotationsProgressStorage):
    """Has only the annotation with which kopf wakes itself; there is no progress of handlers."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        """Return what is compared as it is."""
        return essence


def _register_space(operator: Operator, registry: kopf.OperatorRegistry) -> None:
    """Register the index, the events and the daemon of Spaces."""

    @kopf.index(*_SPACES, id="spaces", registry=registry)
    async def spaces(body: Any, **_: Any) -> dict[SpaceKey, SpaceItem]:
        space = space_of(body)
        return {space.key: space}

    @kopf.on.event(*_SPACES, id="space-event", registry=registry)
    async def space_event(event: Any, body: Any, **known: Any) -> None:
        metadata = metadata_of(body, "Space")
        key = SpaceKey(metadata.namespace, metadata.name)
        if operator.changes.matters(metadata, event):
            operator.wake(key)
        if event.get("type") == "DELETED":
            operator.keep(tell_missing(operator, key, known))
        elif metadata.deleting and not operator.turns[key].locked():
            # kopf starts no daemon for what has a deletion mark already, as after a restart.
            operator.keep(make_passes(operator, key, metadata.uid, known, NeverStopped()))

    @kopf.daemon(*_SPACES, id="look-after", registry=registry)
    async def look_after(
        stopped: Any, uid: str, name: str, namespace: str | None, **known: Any
    ) -> None:
        await make_passes(operator, SpaceKey(namespace or "", name), uid, known, stopped)


def _register_items(
    operator: Operator, registry: kopf.OperatorRegistry, kinds: Iterable[Kind]
) -> None:
    """Register the index and the events of each kind that is in a Space."""

    def of(kind: str) -> None:
        resource = (GROUP, VERSION, plural_of(kind))

        @kopf.index(*resource, id="items", registry=registry)
        async def items(body: Any, **_: Any) -> dict[SpaceKey, Item]:
            item = item_of(body, kind)
            return {SpaceKey(item.metadata.namespace, item.space): item}

        @kopf.on.event(*resource, id=f"{kind.lower()}-event", registry=registry)
        async def item_event(event: Any, body: Any, **known: Any) -> None:
            item = item_of(body, kind)
            if not operator.changes.matters(item.metadata, event):
                return
            key = SpaceKey(item.metadata.namespace, item.space)
            operator.wake(key)
            if not known["spaces"].get(key):
                operator.keep(tell_missing(operator, key, known))

    for kind in kinds:
        of(kind.name)


def _register_fragments(
    operator: Operator, registry: kopf.OperatorRegistry, kinds: Iterable[Kind]
) -> None:
    """Register the index and the events of presets, themes and roles: one wakes its namespace."""

    def of(kind: str) -> None:
        resource = (GROUP, VERSION, plural_of(kind))

        @kopf.index(*resource, id="fragments", registry=registry)
        async def fragments(body: Any, **_: Any) -> dict[str, Fragment]:
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
        settings.persistence.diffbase_storage = _NoDiffBase()
        settings.persistence.progress_storage = _Touches()
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
        for task in operator.loops:
            task.cancel()
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
