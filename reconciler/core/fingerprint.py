"""Digests that tell whether something is still what a plan saw, without keeping what it was."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.core.kinds import Kinds
from reconciler.core.normalize import ATOMS, canonical_attributes, sealed
from reconciler.core.plan_model import Action
from reconciler.core.resources import Live, Sealed


def marking_key(space: str, project: str) -> bytes:
    """The key that seals secrets in fingerprints: the same for everybody on one Space, so that a saved plan can be compared
    before there is a state.
    """
    return hashlib.sha256(f"{space}\0{project}".encode()).digest()


def _sealed_json(value: Any) -> Any:
    if type(value) in ATOMS:
        return value
    if isinstance(value, Sealed):
        return {"sealed": value.digest}
    if isinstance(value, Mapping):
        return {str(name): _sealed_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sealed_json(item) for item in value]
    return value


def digest_of(value: Any) -> str:
    """The SHA-256 (hex) of a plain value's canonical JSON; Sealed values count by their digest."""
    text = json.dumps(_sealed_json(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(kinds: Kinds, live: Live, *, key: bytes) -> str:
    """The digest of what a live resource is: id, name, the fields that can be written, its sub-resources."""
    kind = kinds[live.address.kind]
    children = {
        field: sorted(
            [
                one.id,
                digest_of(sealed(canonical_attributes(kinds[child], one.attributes, name=""), key)),
            ]
            for one in live.children.get(field, ())
        )
        for field, child in kind.children.items()
    }
    fields = canonical_attributes(kind, live.attributes, name=live.address.name)
    return digest_of([live.id, live.address.name, sealed(fields, key), children])


def actions_digest(actions: Sequence[Action], *, key: bytes) -> str:
    """The digest of what is to be done and of each live value that it presumes; whether a session is live is not part of it."""
    return digest_of(
        [
            [
                action.action,
                action.address,
                action.id,
                action.live_name,
                action.fingerprint,
                [
                    [
                        change.path,
                        sealed(change.before, key),
                        sealed(change.after, key),
                        change.origin,
                    ]
                    for change in action.changes
                ],
            ]
            for action in actions
        ]
    )
