"""Uses what the API server answered to our own writes until the watch brings the same."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.operator.resources import Body, Item, Metadata, Snapshot, item_of, space_of

_Written = Mapping[str, Mapping[str, Any]]


def _is_newer(body: Body, metadata: Metadata) -> bool:
    """Whether ``body`` is a later version; versions are numbers that grow with each write."""
    version = str((body.get("metadata") or {}).get("resourceVersion", ""))
    both = version, metadata.version
    return all(one.isascii() and one.isdigit() for one in both) and int(version) > int(both[1])


def _newer(written: _Written, metadata: Metadata) -> Body | None:
    body = written.get(metadata.uid)
    return body if body is not None and _is_newer(body, metadata) else None


def with_newest(snapshot: Snapshot, written: _Written) -> Snapshot:
    """Return ``snapshot`` with each resource as ``written``, where that is newer."""

    def item(one: Item) -> Item:
        body = _newer(written, one.metadata)
        return one if body is None else item_of(body, one.metadata.kind)

    space = _newer(written, snapshot.space.metadata)
    return replace(
        snapshot,
        space=snapshot.space if space is None else space_of(space),
        items=tuple(map(item, snapshot.items)),
    )


def still_newer(snapshot: Snapshot, written: _Written) -> dict[str, Mapping[str, Any]]:
    """Return what of ``written`` the snapshot does not have yet."""
    known = (snapshot.space.metadata, *(one.metadata for one in snapshot.items))
    found = ((one.uid, _newer(written, one)) for one in known)
    return {uid: body for uid, body in found if body is not None}
