"""Resources of the cluster as frozen values: Space, what is in one, and what those are composed of."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, field, replace
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resources import Address
from reconciler.kubernetes.definitions import GROUP, own_schema

_PAUSED = f"{GROUP}/paused"
ALLOW_UPDATE = f"{GROUP}/allow-update"
# On a Room: something in the Space is to be deleted or forgotten first. On a Space and on the
# Secret with its credentials: resources still need them.
FINALIZER = f"{GROUP}/reconciler"
# On a Space, for its daemon. kopf takes this one off all resources without a daemon, and so off a
# Space with a deletion mark when the operator starts.
SPACE_FINALIZER = f"{GROUP}/space"
_CONTROL_WORDS = frozenset(own_schema("resource")["properties"])
_DEFAULT_INTERVAL = 300.0

Body = Mapping[str, Any]


class SpaceKey(NamedTuple):
    """Namespace and name of a Space resource."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What every resource has. ``created`` is RFC 3339 in UTC, which sorts as text;
    ``version`` is the resourceVersion.
    """

    kind: str
    namespace: str
    name: str
    uid: str
    created: str
    generation: int
    deleting: bool
    annotations: Mapping[str, str]
    finalizers: tuple[str, ...]
    version: str = ""

    @property
    def paused(self) -> bool:
        """Whether the annotation says that nothing may be changed."""
        return self.annotations.get(_PAUSED, "").strip().lower() == "true"

    @property
    def title(self) -> str:
        """``Room/lobby``, by the name in the cluster."""
        return f"{self.kind}/{self.name}"

    @property
    def age(self) -> tuple[str, str]:
        """Sorts the oldest first."""
        return self.created, self.uid


@dataclass(frozen=True, slots=True)
class Item:
    """A resource that stands for one in a Space: a Room, a Conference.

    ``fields`` are the API's fields as declared, ``status`` is what was last written of it.
    """

    metadata: Metadata
    space: str
    room_name: str
    protect: bool
    retains: bool
    adopts: bool
    observed: bool
    fields: Mapping[str, Any]
    status: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> Address:
        """The address that it declares."""
        return Address(self.metadata.kind, self.room_name)

    @property
    def known_id(self) -> str:
        """The id in its status, '' if none."""
        return str(self.status.get("id") or "")

    def with_id(self, known: str) -> "Item":
        """Return the item with an id that its status does not have yet."""
        return (
            self
            if self.known_id or not known
            else replace(self, status={**self.status, "id": known})
        )

    @property
    def has_finalizer(self) -> bool:
        """Whether our finalizer is on it."""
        return FINALIZER in self.metadata.finalizers


@dataclass(frozen=True, slots=True)
class Fragment:
    """A Preset, Theme or Role: only declared."""

    metadata: Metadata
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SpaceItem:
    """A Space resource. Seconds in ``interval``; None where nothing is declared."""

    metadata: Metadata
    host: str
    secret: str
    interval: float = _DEFAULT_INTERVAL
    parallel: int | None = None
    reports_only: bool = False
    max_delete_share: float | None = None
    max_delete_count: int | None = None
    status: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> SpaceKey:
        """Namespace and name."""
        return SpaceKey(self.metadata.namespace, self.metadata.name)

    def allowance(self, annotation: str) -> int:
        """The number that an annotation consents to; 0 for none, or for what is no number."""
        text = self.metadata.annotations.get(annotation, "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def metadata_of(body: Body, kind: str) -> Metadata:
    """Return the metadata of ``body``."""
    metadata: Mapping[str, Any] = body.get("metadata") or {}
    return Metadata(
        kind,
        str(metadata.get("namespace", "")),
        str(metadata.get("name", "")),
        str(metadata.get("uid", "")),
        str(metadata.get("creationTimestamp", "")),
        int(metadata.get("generation") or 0),
        bool(metadata.get("deletionTimestamp")),
        {
            key: str(value)
            for key, value in (metadata.get("annotations") or {}).items()
            if str(key).startswith(f"{GROUP}/")
        },
        tuple(metadata.get("finalizers") or ()),
        str(metadata.get("resourceVersion", "")),
    )


def item_of(body: Body, kind: str) -> Item:
    """Return the Room or Conference in ``body``."""
    metadata, spec = metadata_of(body, kind), body.get("spec") or {}
    return Item(
        metadata,
        str((spec.get("spaceRef") or {}).get("name", "")),
        str(spec.get("roomName") or metadata.name),
        protect=spec.get("protect") is True,
        retains=spec.get("deletionPolicy") == "Retain",
        adopts=spec.get("adoptionPolicy") == "IfExists",
        observed=spec.get("managementPolicy") == "Observe",
        fields={name: value for name, value in spec.items() if name not in _CONTROL_WORDS},
        status=body.get("status") or {},
    )


def fragment_of(body: Body, kind: str) -> Fragment:
    """Return the Preset, Theme or Role in ``body``."""
    return Fragment(metadata_of(body, kind), body.get("spec") or {})


def space_of(body: Body) -> SpaceItem:
    """Return the Space in ``body``."""
    spec = body.get("spec") or {}
    return SpaceItem(
        metadata_of(body, "Space"),
        str(spec.get("host", "")),
        str((spec.get("credentialsSecretRef") or {}).get("name", "")),
        float(spec.get("interval") or _DEFAULT_INTERVAL),
        spec.get("parallel"),
        spec.get("driftPolicy") == "Report",
        spec.get("maxDeleteShare"),
        spec.get("maxDeleteCount"),
        body.get("status") or {},
    )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the cluster declares for one Space at one time."""

    space: SpaceItem
    items: tuple[Item, ...]
    fragments: tuple[Fragment, ...]
