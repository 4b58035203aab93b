"""State record of what was applied, and its JSON form."""

import codecs
import hashlib
import json
import os
import secrets
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, cast

from reconciler.core.deferred_dataclass import dataclass, field, replace
from reconciler.core.intents import Intent, IntentKey
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.normalize import ATOMS
from reconciler.core.resources import Address, Applied, AppliedChild, Sealed

FORMAT_VERSION = 1


class Stamp(NamedTuple):
    """When a resource was last written, and from which commit ('' if unknown)."""

    applied_at: str = ""
    commit: str = ""


UNSTAMPED = Stamp()
_FEW = 100
# What is written here was decoded or built just before, and holds no value in itself.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)
# Lines of the record: canonical but for letters beyond ASCII, which people read in diffs.
_LINE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_LONGEST_NAME = 100
# Between two lines of resources; and how many characters are looked at together, so that a large
# record is not copied.
_BETWEEN = ",\n  "
_PIECE = 100_000


def placeholder(record: Applied) -> Address:
    """A temporary address for a record whose own address another resource has taken."""
    return Address(
        record.address.kind, f"{record.address.name[: _LONGEST_NAME - 14]}-moved-{record.id[:6]}"
    )


@dataclass(frozen=True, slots=True)
class State:
    """Resources managed in one Space, as last applied.

    ``lineage`` identifies the record for life, ``serial`` counts its writes, ``key`` seals its
    secrets. ``space`` and ``project`` own it; ``environment`` is the one last written in, or ''.
    """

    lineage: str
    serial: int
    space: str
    project: str
    key: bytes
    resources: Mapping[Address, Applied] = field(default_factory=dict)
    stamps: Mapping[Address, Stamp] = field(default_factory=dict)
    intents: Mapping[IntentKey, Intent] = field(default_factory=dict)
    environment: str = ""

    def with_entries(self, *entries: "Entry") -> "State":
        """Return the state after ``entries``, in order.

        A resource whose address another one takes stays recorded, under a placeholder address.
        """
        index = _Index(self)
        intents = dict(self.intents)
        keys_of: dict[Address, set[IntentKey]] = {}
        for key in intents:
            keys_of.setdefault(key[0], set()).add(key)
        for record, removed, stamp, intent, settled in entries:
            if removed is not None:
                index.forget(removed)
            if intent is not None:
                intents[intent.key] = intent
                keys_of.setdefault(intent.address, set()).add(intent.key)
            if settled is not None:
                for key in keys_of.pop(settled, ()):
                    intents.pop(key, None)
            if record is not None:
                index.put(record, stamp)
                intents.pop((record.address, ""), None)
        return replace(self, resources=index.resources, stamps=index.stamps, intents=intents)


def _identity(record: Applied) -> tuple[str, str]:
    """Kind and id; the letter case of an id means nothing."""
    return record.address.kind, record.id.lower()


class _Index:
    """Resources of a state while it changes: one id for each address, one address for each id."""

    def __init__(self, state: State) -> None:
        self.resources = dict(state.resources)
        self.stamps = dict(state.stamps)
        self._address_of = {_identity(one): one.address for one in self.resources.values()}

    def forget(self, removed: Applied) -> None:
        """Remove a resource by id."""
        # After a swap of two names its address may hold another id, and its record a placeholder.
        for address in (removed.address, placeholder(removed)):
            existing = self.resources.get(address)
            if existing is not None and _identity(existing) == _identity(removed):
                self._remove(existing)

    def put(self, record: Applied, stamp: Stamp | None) -> None:
        """Store a record; another one at its address moves to a placeholder.

        Without a ``stamp`` the record was not written now, and keeps the stamp of its id.
        """
        existing = self.resources.get(record.address)
        previous = self._address_of.get(_identity(record), record.address)
        stamp = stamp or self.stamps.get(previous, UNSTAMPED)
        if existing is not None and _identity(existing) != _identity(record):
            kept_stamp = self._remove(existing)
            self.put(replace(existing, address=placeholder(existing)), kept_stamp)
        if (address := self._address_of.get(_identity(record))) is not None:
            self._remove(self.resources[address])
        self.resources[record.address], self.stamps[record.address] = record, stamp
        self._address_of[_identity(record)] = record.address

    def _remove(self, existing: Applied) -> Stamp:
        del self.resources[existing.address], self._address_of[_identity(existing)]
        return self.stamps.pop(existing.address, UNSTAMPED)


class Entry(NamedTuple):
    """One journal entry: ``record`` now exists with ``stamp``; ``removed`` no longer does.

    ``intent`` is a creation about to be sent; ``settled`` has no unconfirmed creations left.
    """

    record: Applied | None = None
    removed: Applied | None = None
    stamp: Stamp | None = None
    intent: Intent | None = None
    settled: Address | None = None


def new_state(space: str, project: str) -> State:
    """An empty record for a Space without managed resources."""
    return State(str(uuid.uuid4()), 0, space, project, secrets.token_bytes(32))


def _encode_value(value: Any) -> Any:
    """Encode a value. A user's object that looks like one of our markers is wrapped."""
    if type(value) in ATOMS:
        return value
    if isinstance(value, Sealed):
        return {"$sealed": value.digest}
    if isinstance(value, list | tuple):
        return [_encode_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    inside = {name: _encode_value(item) for name, item in value.items()}
    return {"$value": inside} if inside.keys() in ({"$sealed"}, {"$value"}) else inside


def encode_resource(record: Applied, stamp: Stamp | None = None) -> dict[str, Any]:
    """Encode one resource."""
    written = stamp or UNSTAMPED
    encoded: dict[str, Any] = {
        "kind": record.address.kind,
        "name": record.address.name,
        "id": record.id,
        "protect": record.protect,
        "applied_at": written.applied_at,
        "commit": written.commit,
        "renamed_from": record.renamed_from,
    }
    if record.rename_target:
        encoded["heading"] = record.rename_target
    encoded["attributes"] = _encode_attributes(record.attributes)
    encoded["children"] = {
        name: [_encode_child(child) for child in children]
        for name, children in record.children.items()
    }
    return encoded


def _encode_child(child: AppliedChild) -> dict[str, Any]:
    return {"id": child.id, "attributes": _encode_attributes(child.attributes)}


def _encode_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _encode_value(value) for name, value in attributes.items()}


def encode_intent(intent: Intent) -> dict[str, Any]:
    """Encode one intent."""
    times = (("since", intent.since), ("until", intent.until), ("child", intent.child))
    known = {word: text for word, text in times if text}
    address, attributes = intent.address, _encode_attributes(intent.attributes)
    return {"kind": address.kind, "name": address.name, "attributes": attributes, **known}


def canonical_json(document: Mapping[str, Any]) -> tuple[str, str]:
    """The canonical JSON of ``document`` and its SHA-256."""
    text = _CANONICAL.encode(document)
    return text, hashlib.sha256(text.encode()).hexdigest()


def checksum(document: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the record without its checksum; detects damage and hand edits."""
    names = sorted(document.keys() - {"checksum"})
    if not any(isinstance(document[name], list) and len(document[name]) > _FEW for name in names):
        return canonical_json({name: document[name] for name in names})[1]
    digest = hashlib.sha256(b"{")
    for number, name in enumerate(names):
        digest.update(f"{',' if number else ''}{_CANONICAL.encode(name)}:".encode())
        for piece in _pieces(document[name]):
            digest.update(piece.encode())
    digest.update(b"}")
    return digest.hexdigest()


def _pieces(value: Any) -> Iterator[str]:
    """Canonical JSON of ``value`` in pieces, so that a large record is not copied as one text."""
    if not isinstance(value, list):
        yield _CANONICAL.encode(value)
        return
    yield "["
    for number, one in enumerate(value):
        yield f"{',' if number else ''}{_CANONICAL.encode(one)}"
    yield "]"


def _state_document(state: State) -> dict[str, Any]:
    """The record as JSON values with its checksum; see ``schemas/state.schema.json``."""
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "lineage": state.lineage,
        "serial": state.serial,
        "space": state.space,
        "project": state.project,
        **({"environment": state.environment} if state.environment else {}),
        "key": state.key.hex(),
        "resources": [
            encode_resource(state.resources[address], state.stamps.get(address))
            for address in sorted(state.resources)
        ],
        "intents": [encode_intent(state.intents[key]) for key in sorted(state.intents)],
    }
    return document | {"checksum": checksum(document)}


def _value_text(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value, ensure_ascii=False)
    lines = ",\n".join(f"  {_LINE.encode(one)}" for one in value)
    return f"[\n{lines}\n ]"


def encode_state(state: State) -> str:
    """Encode the record: stable order, one line for each resource, so that diffs are readable."""
    return _record_text(_state_document(state))


def _record_text(document: Mapping[str, Any]) -> str:
    values = (f" {json.dumps(name)}: {_value_text(value)}" for name, value in document.items())
    return "{\n" + ",\n".join(values) + "\n}\n"


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """JSON escapes for what ASCII does not have: an error handler of ``str.encode``."""
    beyond = cast("UnicodeEncodeError", error)
    return json.dumps(beyond.object[beyond.start : beyond.end])[1:-1], beyond.end


codecs.register_error("reconciler.json", _escaped)


def checksum_of_text(text: str, document: Mapping[str, Any]) -> str:
    """The checksum of a record by the bytes of its lines; '' where they are not as we write them.

    About half the time of ``checksum``, which encodes each resource again. If the two differ, the
    text was written or edited by others, and ``checksum`` decides.
    """
    gap = os.urandom(16).hex()
    head, _, tail = _record_text({**document, "resources": [gap]}).partition(f'"{gap}"')
    if len(text) < len(head) + len(tail) or not (text.startswith(head) and text.endswith(tail)):
        return ""
    rest = {name: value for name, value in document.items() if name != "checksum"}
    before, _, after = _CANONICAL.encode({**rest, "resources": [gap]}).partition(f'"{gap}"')
    digest = hashlib.sha256(before.encode())
    start, end = len(head), len(text) - len(tail)
    while start < end:
        found = text.find(_BETWEEN, start + _PIECE, end)
        stop = found if found >= 0 else end
        lines = text[start:stop].replace(_BETWEEN, ",").replace("\x7f", "\\u007f")
        digest.update(lines.encode("ascii", "reconciler.json"))
        start = stop
    digest.update(after.encode())
    return digest.hexdigest()
