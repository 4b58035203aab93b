"""Decodes the record from JSON strictly: any value of a wrong form rejects the whole record."""

from collections.abc import Collection, Iterable, Mapping
from operator import itemgetter
from typing import Any

from reconciler.core.errors import StateError
from reconciler.core.intents import Intent
from reconciler.core.json_errors import InvalidValue
from reconciler.core.normalize import instant
from reconciler.core.resources import Address, Applied, AppliedChild, Sealed
from reconciler.core.text import UUID, printable
from reconciler.state import strict_json
from reconciler.state.plain_records import decode_plain
from reconciler.state.record import FORMAT_VERSION, Stamp, State, checksum, checksum_of_text
from reconciler.state.record_size import size_fault

_SHORTEST_KEY = 16
_RECORD_KEYS = (
    "format_version",
    "lineage",
    "serial",
    "space",
    "project",
    "environment",
    "key",
    "resources",
    "intents",
    "checksum",
)
_RESOURCE_KEYS = (
    "kind",
    "name",
    "id",
    "protect",
    "applied_at",
    "commit",
    "renamed_from",
    "heading",
    "attributes",
    "children",
)
_INTENT_KEYS = ("kind", "name", "attributes", "since", "until", "child")
# More than a manifest may have; below the levels at which Python gives up.
_MOST_LEVELS = 320
_AT_ONCE = 256


def _decode_value(value: Any, depth: int = 0) -> Any:
    if depth > _MOST_LEVELS:
        raise InvalidValue("a value is nested too deep")
    if isinstance(value, dict) and value.keys() == {"$sealed"}:
        return Sealed(strict_json.text(value["$sealed"], "a digest"))
    if isinstance(value, list):
        return [_decode_value(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    inside = value["$value"] if value.keys() == {"$value"} else value
    return (
        {name: _decode_value(item, depth + 1) for name, item in inside.items()}
        if isinstance(inside, dict)
        else inside
    )


def decode_intent(item: Any) -> Intent:
    """Decode one intent. ValueError or KeyError if invalid."""
    fields = strict_json.mapping(item, "an intent", known=_INTENT_KEYS)
    address = _address(fields)
    since, until = (_instant(fields.get(name, "")) for name in ("since", "until"))
    return Intent(
        address,
        _fields(fields["attributes"], address),
        since,
        until,
        strict_json.text(fields.get("child", ""), "child", may_be_empty=True),
    )


def _address(item: Mapping[str, Any]) -> Address:
    return Address(
        strict_json.text(item["kind"], "a kind"), strict_json.text(item["name"], "a name")
    )


def _fields(item: Any, of: Address) -> dict[str, Any]:
    return {
        name: _decode_value(value)
        for name, value in strict_json.mapping(item, f"attributes of {of}").items()
    }


def _instant(text: Any) -> str:
    """Validate a timestamp; '' is allowed. ValueError or TypeError if invalid."""
    try:
        return text if text == "" else instant(text)
    except (ValueError, TypeError) as error:
        raise InvalidValue("an intent has a time that is not valid") from error


def _identifier(value: Any) -> str:
    if not isinstance(value, str) or not UUID.fullmatch(value):
        raise InvalidValue(f"{str(value)[:60]!r} is not the id of a resource")
    return value


def _child(item: Any, of: Address) -> AppliedChild:
    fields = strict_json.mapping(item, f"a sub-resource of {of}", known=("id", "attributes"))
    return AppliedChild(_identifier(fields["id"]), _fields(fields["attributes"], of))


def _children(item: Any, of: Address) -> dict[str, tuple[AppliedChild, ...]]:
    fields = {}
    ids: set[str] = set()
    number = 0
    for field, children in strict_json.mapping(item, f"children of {of}").items():
        decoded = [_child(one, of) for one in strict_json.items(children, f"{field} of {of}")]
        fields[field] = tuple(decoded)
        ids.update(one.id.lower() for one in decoded)
        number += len(decoded)
    if len(ids) != number:
        raise InvalidValue(f"a sub-resource is in {of} twice")
    return fields


def decode_resource(item: Any) -> Applied:
    """Decode one resource. ValueError or KeyError if invalid."""
    fields = strict_json.mapping(item, "a resource", known=_RESOURCE_KEYS)
    address = _address(fields)
    old, heading = fields["renamed_from"], fields.get("heading")
    return Applied(
        address,
        _identifier(fields["id"]),
        _fields(fields["attributes"], address),
        _children(fields["children"], address),
        strict_json.flag(fields["protect"], f"protect of {address}"),
        None if old is None else strict_json.text(old, f"renamed_from of {address}"),
        None if heading is None else strict_json.text(heading, f"heading of {address}"),
    )


def decode_stamp(item: Mapping[str, Any]) -> Stamp:
    """Decode when and from which commit a resource was written. ValueError if invalid."""
    applied_at, commit = item.get("applied_at", ""), item.get("commit", "")
    if type(applied_at) is type(commit) is str:
        return Stamp(applied_at, commit)
    return Stamp(
        strict_json.text(applied_at, "applied_at", may_be_empty=True),
        strict_json.text(commit, "commit", may_be_empty=True),
    )


def _decode_resources(items: list[Any]) -> tuple[list[Applied], list[Stamp]]:
    """Decode all resources, and release their JSON. ValueError or KeyError if one is invalid."""
    records: list[Applied] = []
    stamps: list[Stamp] = []
    for start in range(0, len(items), _AT_ONCE):
        some = items[start : start + _AT_ONCE]
        items[start : start + _AT_ONCE] = [None] * len(some)  # the whole would be there twice
        plain = decode_plain(some, is_id=UUID.fullmatch)
        if plain is None:
            records += map(decode_resource, some)
            stamps += map(decode_stamp, some)
            continue
        records += plain[0]
        stamps += plain[1]
    return records, stamps


def unique(records: Collection[Applied]) -> dict[Address, Applied]:
    """Index records by address. ValueError for a repeated address or id."""
    addresses = [record.address for record in records]
    ids = (record.id.lower() for record in records)
    found = dict(zip(addresses, records, strict=True))
    kinds = map(itemgetter(0), addresses)
    if len(found) == len(set(zip(kinds, ids, strict=True))) == len(addresses):
        return found
    return _without_repeats(records)


def _without_repeats(records: Iterable[Applied]) -> dict[Address, Applied]:
    by_id: dict[tuple[str, str], Applied] = {}
    fields: dict[Address, Applied] = {}
    for record in records:
        other = by_id.setdefault((record.address.kind, record.id.lower()), record)
        if other is not record:
            raise InvalidValue(
                f"{other.address} and {record.address} have the same id, {record.id}"
            )
        if fields.setdefault(record.address, record) is not record:
            raise InvalidValue(f"{record.address} is in it twice")
    return fields


def _parse_document(text: str, where: str, hint: str) -> Mapping[str, Any]:
    """Parse ``text`` and check its size and format version."""
    if fault := size_fault(text):
        raise StateError(f"{where}: is too large for a state: {fault}", hint=hint)
    if "<" in text and "<<<<<<<" in text and ">>>>>>>" in text:
        line = text[: text.index("<<<<<<<")].count("\n") + 1
        raise StateError(
            f"{where}:{line}: holds unresolved merge markers", hint=f"choose one side, or {hint}"
        )
    try:
        document = strict_json.parse_record(text)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, ValueError) else "it is nested too deep"
        raise StateError(f"{where}: is not a state record: {why}", hint=hint) from error
    version = document.get("format_version") if isinstance(document, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise StateError(f"{where}: is not a state record: it has no format_version", hint=hint)
    if version > FORMAT_VERSION:
        shown = f"format {version}" if version < 10**6 else "another format"
        raise StateError(
            f"{where}: the state has {shown}, and this version of the tool reads format {FORMAT_VERSION}",
            hint="use the version of the tool that wrote it, or a newer one",
        )
    fields: Mapping[str, Any] = document
    return fields


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError as error:
        raise InvalidValue("its 'key' is not a hexadecimal number") from error
    if len(key) < _SHORTEST_KEY:
        raise InvalidValue("the key is too short to seal anything")
    return key


def _decode_document(document: Mapping[str, Any]) -> State:
    strict_json.mapping(document, "the record", known=_RECORD_KEYS)
    records, written = _decode_resources(strict_json.items(document["resources"], "resources"))
    resources = unique(records)
    stamps = dict(zip(resources, written, strict=True))
    intents = {
        intent.key: intent
        for intent in map(decode_intent, strict_json.items(document.get("intents", []), "intents"))
    }
    lineage, space, project = (
        strict_json.text(document[name], name) for name in ("lineage", "space", "project")
    )
    serial = strict_json.number(document["serial"], "serial")
    environment = (
        strict_json.text(document["environment"], "environment")
        if "environment" in document
        else ""
    )
    key = _key(strict_json.text(document["key"], "key"))
    return State(lineage, serial, space, project, key, resources, stamps, intents, environment)


def _undamaged(text: str, document: Mapping[str, Any]) -> bool:
    """Whether the checksum is right: by the bytes, else by what they say."""
    written = document.get("checksum")
    try:
        return isinstance(written, str) and (
            written == (checksum_of_text(text, document) or None) or written == checksum(document)
        )
    except RecursionError:  # no record that this tool wrote is nested so deep
        return False


def decode_state(text: str, *, where: str, edited: bool = False, backup: str = "") -> State:
    """Decode the record. ``where`` names it in errors, ``backup`` a good copy of it.

    StateError says why it cannot be used. ``edited`` accepts a record whose checksum does not
    match: one that was changed on purpose.
    """
    hint = (
        f"restore the last backup with: reconciler state push {backup}"
        if backup
        else "restore a copy of the state with: reconciler state push FILE"
    )
    document = _parse_document(text, where, hint)
    if not edited and not _undamaged(text, document):
        raise StateError(
            f"{where}: was damaged or edited: its checksum does not match",
            hint=f"{hint}; use the same command for a state that was edited on purpose",
        )
    try:
        return _decode_document(document)
    except (KeyError, ValueError) as error:
        why = (
            f"{error.args[0]} is missing" if isinstance(error, KeyError) else printable(str(error))
        )
        raise StateError(f"{where}: is not a usable state record: {why}", hint=hint) from error
