"""Digests that show whether a resource is unchanged since a plan, without its values."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.core.kinds import Kinds
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.normalize import canonical_attributes, sealed
from reconciler.core.plan_model import Action
from reconciler.core.resources import Live, Sealed


def _encodable(value: Any) -> Any:
    """Return what the encoder does not know as what it knows; Sealed values by their digest."""
    if isinstance(value, Sealed):
        return {"sealed": value.digest}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON")


# json.dumps would make one for each resource.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_encodable)


class SealingKeys(NamedTuple):
    """Keys that seal secrets: ``record`` to compare with the state, ``fingerprint`` for digests."""

    record: bytes
    fingerprint: bytes


def marking_key(space: str, project: str) -> bytes:
    """Return the key that seals secrets in fingerprints of one Space.

    It depends on Space and project only: saved plans must compare before a state exists.
    """
    return hashlib.sha256(f"{space}\0{project}".encode()).digest()


def digest_of(value: Any) -> str:
    """Return the SHA-256 (hex) of a value's canonical JSON; Sealed values count by their digest."""
    return hashlib.sha256(_CANONICAL.encode(value).encode()).hexdigest()


def fingerprint(kinds: Kinds, live: Live, *, key: bytes) -> str:
    """Return the digest of a live resource: id, name, writable fields, sub-resources."""
    kind = kinds[live.address.kind]
    children = {}
    for field, child_kind in kind.children.items():
        digests = []
        for child in live.children.get(field, ()):
            attributes = canonical_attributes(kinds[child_kind], child.attributes, name="")
            digests.append([child.id, digest_of(sealed(attributes, key))])
        children[field] = sorted(digests)
    fields = canonical_attributes(kind, live.attributes, name=live.address.name)
    return digest_of([live.id, live.address.name, sealed(fields, key), children])


def actions_digest(actions: Sequence[Action], *, key: bytes) -> str:
    """Return the digest of actions and the live values they presume; live sessions do not count."""
    documents = []
    for action in actions:
        changes = [
            [change.path, sealed(change.before, key), sealed(change.after, key), change.origin]
            for change in action.changes
        ]
        identity = [action.action, action.address, action.id, action.live_name]
        documents.append([*identity, action.fingerprint, changes])
    return digest_of(documents)
