"""Kubernetes backend: lock, record and journal in one Secret, changed by its resourceVersion."""

import base64
import contextlib
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
from lightkube.core.client import Client
from lightkube.core.exceptions import ApiError, ConfigError
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.types import PatchType

from reconciler.core.errors import StateError, UsageError
from reconciler.core.regex import regex
from reconciler.core.text import printable
from reconciler.state.backends.base import (
    Conflict,
    Snapshot,
    Unavailable,
    VersionedSnapshot,
    bytes_of,
    text_of,
)
from reconciler.state.backends.kubernetes_client import open_client
from reconciler.state.lock_record import decode_lock_record, encode_lock_record
from reconciler.state.safe_files import MAX_BYTES

_KEY = "state.json.gz"
_TYPE = "reconciler.dev/state"
# What the API server accepts as the sum of the values of a Secret.
MAX_SECRET = 1024 * 1024
_NAME = regex(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_NAMESPACE = regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LABELS = {"app.kubernetes.io/managed-by": "reconciler"}
_RIGHTS = "the user or service account needs get, create and patch on this Secret"
_LARGE = (
    "keep this state in an object store or PostgreSQL: state pull, change state:, then state push"
)
_Secret = create_namespaced_resource("", "v1", "Secret", "secrets")


def _encode(snapshot: Snapshot) -> bytes:
    """A snapshot as compressed JSON. The same snapshot has the same bytes."""
    page = {
        "head": encode_lock_record(snapshot.head).decode(),
        "record": snapshot.record,
        "journal": snapshot.journal,
    }
    text = json.dumps(page).encode()
    if len(text) > MAX_BYTES:
        raise StateError(f"the state takes more than {MAX_BYTES // 1024**2} MiB", hint=_LARGE)
    return gzip.compress(text, compresslevel=6, mtime=0)


def _inflate(content: bytes) -> bytes:
    """Decompress what is at most as large as a state can be. ValueError if it is more or damaged."""
    stream = zlib.decompressobj(wbits=31)
    text = stream.decompress(content, MAX_BYTES)
    if not stream.eof or stream.unused_data:
        raise ValueError("cut, or larger than any state")
    return text


def _decode(content: str, *, where: str) -> Snapshot:
    """The snapshot in the value of a Secret. StateError if it is not one."""
    try:
        page = json.loads(_inflate(base64.b64decode(content, validate=True)))
        written, record = bytes_of(page["head"]), page["record"]
        lines = tuple(str(line) for line in page["journal"])
        record = None if record is None else text_of(bytes_of(record))
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error, RecursionError) as error:
        raise StateError(
            f"{where}: its value {_KEY} is damaged",
            hint="restore the Secret from a backup, or delete it and write a copy of the record: reconciler state push FILE",
        ) from error
    return Snapshot(decode_lock_record(written, where=where), record, lines)


class KubernetesBackend:
    """One snapshot in a Secret; ``address`` is ``kubernetes:NAMESPACE/NAME``.

    ``shared`` returns a client that others use too, and that is not closed here.
    """

    def __init__(self, address: str, *, shared: Callable[[], Client] | None = None) -> None:
        namespace, separator, name = address.removeprefix("kubernetes:").partition("/")
        if not (separator and _NAMESPACE.fullmatch(namespace) and _NAME.fullmatch(name)):
            raise UsageError(
                f"state: {printable(address)[:80]!r} does not name a Secret",
                hint="write kubernetes:NAMESPACE/NAME, in lower case, digits, '-' and '.'",
            )
        self._namespace, self._name = namespace, name
        self._shared = shared
        self._client: Client | None = None

    @property
    def place(self) -> str:
        """See Backend."""
        return f"the Secret {self._namespace}/{self._name}"

    @property
    def earlier(self) -> str:
        """See Backend."""
        return "an earlier version (from a backup of the cluster)"

    def load(self) -> VersionedSnapshot:
        """See Backend."""
        with self._requests("read") as client:
            try:
                found = client.get(_Secret, self._name, namespace=self._namespace)
            except ApiError as error:
                if error.status.code == 404:
                    return VersionedSnapshot()
                raise
        return self._snapshot(found)

    def swap(self, current: VersionedSnapshot, snapshot: Snapshot) -> VersionedSnapshot:
        """See Backend."""
        content = _encode(snapshot)
        self._refuse_large(len(content))
        data = {_KEY: base64.b64encode(content).decode()}
        with self._requests("written") as client:
            try:
                if current.version:
                    # A patch with a resourceVersion is refused if it is not the current one.
                    # Labels, owners and finalizers that others set remain.
                    written = client.patch(
                        _Secret,
                        self._name,
                        {"metadata": {"resourceVersion": current.version}, "data": data},
                        namespace=self._namespace,
                        patch_type=PatchType.MERGE,
                    )
                else:
                    metadata = ObjectMeta(name=self._name, labels=_LABELS)
                    written = client.create(
                        _Secret(metadata=metadata, type=_TYPE, data=data), namespace=self._namespace
                    )
            except ApiError as error:
                # 404 for a patch: the Secret was deleted. For a create: there is no namespace.
                if error.status.code == 409 or (error.status.code == 404 and current.version):
                    raise Conflict from error
                raise
        return VersionedSnapshot(snapshot, _version(written))

    def silence(self, _: VersionedSnapshot) -> float | None:
        """See Backend.

        The times in a Secret come from the clocks of several API servers. As in the leader election
        of Kubernetes, a run watches for a change instead of comparing clocks.
        """
        return None

    def close(self) -> None:
        """See Backend."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _snapshot(self, found: Any) -> VersionedSnapshot:
        if found.get("type") != _TYPE:
            raise StateError(
                f"{self.place} holds something else: its type is "
                f"{printable(str(found.get('type')))[:80]!r}, and that of a state is {_TYPE!r}",
                hint="name another Secret in state:",
            )
        content = (found.get("data") or {}).get(_KEY)
        version = _version(found)
        if content is None:
            # Made by an administrator, so that this role needs no right to create Secrets.
            return VersionedSnapshot(version=version)
        return VersionedSnapshot(_decode(content, where=self.place), version)

    def _refuse_large(self, size: int) -> None:
        if size > MAX_SECRET:
            raise StateError(
                f"{self.place} can hold {MAX_SECRET // 1024} KiB, and the state takes "
                f"{-(-size // 1024)} KiB compressed",
                hint=_LARGE,
            )

    def _connected(self) -> Client:
        if self._shared is not None:
            return self._shared()
        self._client = self._client or open_client()
        return self._client

    @contextlib.contextmanager
    def _requests(self, what: str) -> Iterator[Client]:
        """Give a client, and translate the errors of the API server and of the connection."""
        try:
            yield self._connected()
        except ApiError as error:
            told = printable(str(error.status.message))[:300]
            failure = Unavailable if (error.status.code or 500) >= 500 else StateError
            if error.status.code == 429:
                failure = Unavailable
            raise failure(f"{self.place} cannot be {what}: {told}", hint=_RIGHTS) from error
        except (httpx2.TransportError, ConfigError, OSError) as error:
            self.close()
            raise Unavailable(
                f"{self.place} cannot be {what}: {printable(str(error))[:300]}",
                hint="look at the address of the cluster, its credentials and the network",
            ) from error


def _version(found: Any) -> str:
    metadata = found["metadata"]
    version = (
        metadata["resourceVersion"] if isinstance(metadata, dict) else metadata.resourceVersion
    )
    return str(version)
