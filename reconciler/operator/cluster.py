"""Requests to the API server that a pass makes: Secrets, status, finalizers, annotations, Events."""

import base64
import binascii
import contextlib
import threading
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx2
from lightkube.core.client import Client
from lightkube.core.exceptions import ApiError, ConfigError
from lightkube.generic_resource import create_namespaced_resource, get_generic_resource
from lightkube.types import PatchType

from reconciler.core.errors import ReconcilerError
from reconciler.core.value_text import plain
from reconciler.kubernetes.definitions import GROUP, VERSION, plural_of
from reconciler.operator.events import Note
from reconciler.operator.resources import FINALIZER, Metadata, metadata_of
from reconciler.operator.texts import cut, event_message

_COMPONENT = "reconciler-operator"
_registering = threading.Lock()
_CORE = {"Secret": "secrets", "Event": "events"}


class _ClusterError(ReconcilerError):
    """The API server refused or did not answer; ``status`` is its HTTP status, None without one."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


def _resource(kind: str) -> Any:
    """Return lightkube's class of a kind, which it takes once only."""
    core = kind in _CORE
    with _registering:
        version = "v1" if core else f"{GROUP}/{VERSION}"
        known = get_generic_resource(version, kind)  # type: ignore[no-untyped-call]
        if known is not None:
            return known
        if core:
            return create_namespaced_resource("", "v1", kind, _CORE[kind])
        return create_namespaced_resource(GROUP, VERSION, kind, plural_of(kind))


@contextlib.contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except ApiError as error:
        told = cut(plain(str(error.status.message)), 300)
        raise _ClusterError(f"{what}: {told}", status=error.status.code) from error
    except (httpx2.TransportError, ConfigError, OSError) as error:
        raise _ClusterError(f"{what}: {cut(plain(str(error)), 300)}") from error


class Cluster:
    """Requests to the API server over a connection of others. Thread-safe.

    ``written`` has, by uid, what the API server answered to the last write of each resource.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self.written: dict[str, Mapping[str, Any]] = {}

    def secret(self, namespace: str, name: str) -> tuple[Metadata, dict[str, str]] | None:
        """Return a Secret's metadata and its texts; None if there is none."""
        try:
            with _translated(f"the Secret {namespace}/{name} cannot be read"):
                found = self._client.get(_resource("Secret"), name, namespace=namespace)
        except _ClusterError as error:
            if error.status == 404:
                return None
            raise
        texts = {}
        for key, value in (found.get("data") or {}).items():
            with contextlib.suppress(binascii.Error, UnicodeDecodeError):
                texts[str(key)] = base64.b64decode(value).decode().strip()
        return metadata_of(_plain(found), "Secret"), texts

    def write_status(self, metadata: Metadata, patch: Mapping[str, Any]) -> bool:
        """Merge ``patch`` into the status. False if the resource is gone, or made again."""
        whole = {"metadata": {"uid": metadata.uid}, "status": dict(patch)}
        try:
            return self._patch(_resource(metadata.kind).Status, metadata, whole)
        except _ClusterError as error:
            if error.status == 409:  # the name belongs to another resource now
                return False
            raise

    def remove_annotation(self, metadata: Metadata, name: str) -> bool:
        """Remove an annotation. False if the resource is gone."""
        patch = {"metadata": {"annotations": {name: None}}}
        return self._patch(_resource(metadata.kind), metadata, patch)

    def set_finalizer(self, metadata: Metadata, *, present: bool) -> bool:
        """Add or remove our finalizer; those of others stay. False if that is not possible any more."""
        seen: Metadata | None = metadata
        while seen is not None:
            if (FINALIZER in seen.finalizers) == present:
                return True
            finalizers = [one for one in seen.finalizers if one != FINALIZER]
            finalizers += [FINALIZER] * present
            patch = {"metadata": {"resourceVersion": seen.version, "finalizers": finalizers}}
            try:
                return self._patch(_resource(seen.kind), seen, patch)
            except _ClusterError as error:
                # 403 and 422: a resource with a deletion mark takes no further finalizer.
                if present and error.status in (403, 422):
                    return False
                if error.status != 409:
                    raise
            seen = self._again(seen)
        return False

    def tell(self, about: Metadata, note: Note) -> None:
        """Write an Event. A namespace that is being deleted takes none."""
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        event = {
            "metadata": {
                "name": f"{about.name[:200].rstrip('.-')}.{uuid.uuid4().hex[:16]}",
                "namespace": about.namespace,
            },
            "involvedObject": {
                "apiVersion": f"{GROUP}/{VERSION}",
                "kind": about.kind,
                "namespace": about.namespace,
                "name": about.name,
                "uid": about.uid,
            },
            "type": note.type,
            "reason": note.reason,
            "message": event_message(note.message),
            "source": {"component": _COMPONENT},
            "reportingComponent": _COMPONENT,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        with (
            contextlib.suppress(_ClusterError),
            _translated(f"an Event of {about.title} cannot be written"),
        ):
            resource = _resource("Event")
            self._client.create(resource(event), namespace=about.namespace)

    def _again(self, metadata: Metadata) -> Metadata | None:
        try:
            with _translated(f"{metadata.title} cannot be read"):
                found = self._client.get(
                    _resource(metadata.kind), metadata.name, namespace=metadata.namespace
                )
        except _ClusterError as error:
            if error.status == 404:
                return None
            raise
        again = metadata_of(_plain(found), metadata.kind)
        return again if again.uid == metadata.uid else None

    def _patch(self, resource: Any, metadata: Metadata, patch: Mapping[str, Any]) -> bool:
        try:
            with _translated(f"{metadata.title} in {metadata.namespace} cannot be written"):
                answer = self._client.patch(
                    resource,
                    metadata.name,
                    dict(patch),
                    namespace=metadata.namespace,
                    patch_type=PatchType.MERGE,
                )
        except _ClusterError as error:
            if error.status == 404:
                return False
            raise
        if metadata.kind not in _CORE:
            self.written[metadata.uid] = _plain(answer)
        return True


def _plain(found: Any) -> dict[str, Any]:
    """Return what lightkube read as plain JSON values."""
    body = dict(found)
    metadata = body.get("metadata")
    if metadata is not None and not isinstance(metadata, Mapping):
        body["metadata"] = metadata.to_dict()
    return body
