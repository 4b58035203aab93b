"""Decodes the record from JSON strictly: any value of a wrong form rejects the whole record."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.core.errors import StateError
from reconciler.core.intents import Intent
from reconciler.core.normalize import instant
from reconciler.core.resources import Address, Applied, AppliedChild, Sealed
from reconciler.core.text import printable
from reconciler.state import strict_json
from reconciler.state.record import FORMAT_VERSION, Stamp, State, checksum

SHORTEST_KEY = 16
_OF_A_RECORD = (
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
_OF_A_RESOURCE = (
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
_USUAL = frozenset(_OF_A_RESOURCE) - {"heading"}
_OF_AN_INTENT = ("kind", "name", "attributes", "since", "until", "child")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _value_in(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"$sealed"}:
        return Sealed(strict_json.word(value["$sealed"], "a digest"))
    if isinstance(value, list):
        return [_value_in(item) for item in value]
    if not isinstance(value, dict):
        return value
    inside = value["$value"] if value.keys() == {"$value"} else value
    return (
        {name: _value_in(item) for name, item in inside.items()}
        if isinstance(inside, dict)
        else inside
    )


def intent_in(item: Any) -> Intent:
    """Decode one intent. ValueError or KeyError if invalid."""
    found = strict_json.mapping(item, "an intent", known=_OF_AN_INTENT)
    address = _address(found)
    since, until = (_instant(found.get(name, "")) for name in ("since", "until"))
    return Intent(
        address,
        _fields(found["attributes"], address),
        since,
        until,
        strict_json.word(found.get("child", ""), "child", may_be_empty=True),
    )


def _address(item: Mapping[str, Any]) -> Address:
    return Address(
        strict_json.word(item["kind"], "a kind"), strict_json.word(item["name"], "a name")
    )


def _fields(item: Any, of: Address) -> dict[str, Any]:
    return {
        name: _value_in(value)
        for name, value in strict_json.mapping(item, f"attributes of {of}").items()
    }


def _instant(text: Any) -> str:
    """Validate a timestamp; '' is allowed. ValueError or TypeError if invalid."""
    try:
        return text if text == "" else instant(text)
    except (ValueError, TypeError) as error:
        raise strict_json.Unfit("an intent has a moment that is none") from error


def _identifier(value: Any) -> str:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise strict_json.Unfit(f"{str(value)[:60]!r} is not an id")
    return value


def _child(item: Any, of: Address) -> AppliedChild:
    found = strict_json.mapping(item, f"a sub-resource of {of}", known=("id", "attributes"))
    return AppliedChild(_identifier(found["id"]), _fields(found["attributes"], of))


def _children(item: Any, of: Address) -> dict[str, tuple[AppliedChild, ...]]:
    found = {
        field: tuple(_child(one, of) for one in strict_json.listed(ones, f"{field} of {of}"))
        for field, ones in strict_json.mapping(item, f"children of {of}").items()
    }
    ids = [one.id.lower() for ones in found.values() for one in ones]
    if len(set(ids)) != len(ids):
        raise strict_json.Unfit(f"a sub-resource stands in {of} twice")
    return found


def _usual(item: Any) -> Applied | None:
    """Decode a resource of the common form: no sub-resources, rename or objects. None otherwise."""
    if (
        type(item) is not dict
        or item.keys() != _USUAL
        or item["children"] != {}
        or item["renamed_from"] is not None
    ):
        return None
    kind, name, identifier, attributes = item["kind"], item["name"], item["id"], item["attributes"]
    if not (
        type(kind) is type(name) is type(identifier) is str
        and kind
        and name
        and _UUID.fullmatch(identifier)
    ):
        return None
    if (
        type(item["protect"]) is not bool
        or type(attributes) is not dict
        or not {dict, list}.isdisjoint(map(type, attributes.values()))
    ):
        return None
    return Applied(Address(kind, name), identifier, attributes, {}, item["protect"])


def resource_in(item: Any) -> Applied:
    """Decode one resource. ValueError or KeyError if invalid."""
    usual = _usual(item)
    if usual is not None:
        return usual
    found = strict_json.mapping(item, "a resource", known=_OF_A_RESOURCE)
    address = _address(found)
    old, heading = found["renamed_from"], found.get("heading")
    return Applied(
        address,
        _identifier(found["id"]),
        _fields(found["attributes"], address),
        _children(found["children"], address),
        strict_json.flag(found["protect"], f"protect of {address}"),
        None if old is None else strict_json.word(old, f"renamed_from of {address}"),
        None if heading is None else strict_json.word(heading, f"heading of {address}"),
    )


def stamp_in(item: Mapping[str, Any]) -> Stamp:
    """Decode when and from which commit a resource was written. ValueError if invalid."""
    applied_at, commit = item.get("applied_at", ""), item.get("commit", "")
    return Stamp(
        strict_json.word(applied_at, "applied_at", may_be_empty=True),
        strict_json.word(commit, "commit", may_be_empty=True),
    )


def unique(records: Iterable[Applied]) -> dict[Address, Applied]:
    """Index records by address. ValueError for a repeated address or id."""
    by_id: dict[tuple[str, str], Applied] = {}
    found: dict[Address, Applied] = {}
    for record in records:
        other = by_id.setdefault((record.address.kind, record.id.lower()), record)
        if other is not record:
            raise strict_json.Unfit(
                f"{other.address} and {record.address} claim one id, {record.id}"
            )
        if found.setdefault(record.address, record) is not record:
            raise strict_json.Unfit(f"{record.address} stands in it twice")
    return found


def _document(text: str, where: str, mend: str) -> Mapping[str, Any]:
    """Parse ``text`` and check its format version."""
    if "<<<<<<<" in text and ">>>>>>>" in text:
        line = text[: text.index("<<<<<<<")].count("\n") + 1
        raise StateError(
            f"{where}:{line}: holds unresolved merge markers", hint=f"choose one side, or {mend}"
        )
    try:
        document = strict_json.parsed(text)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, ValueError) else "it is nested too deep"
        raise StateError(f"{where}: is not a state record: {why}", hint=mend) from error
    version = document.get("format_version") if isinstance(document, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise StateError(f"{where}: is not a state record: it has no format_version", hint=mend)
    if version > FORMAT_VERSION:
        shown = f"format {version}" if version < 10**6 else "another format"
        raise StateError(
            f"{where}: has {shown}, and this version of the tool knows {FORMAT_VERSION}",
            hint="use the newer version of the tool",
        )
    found: Mapping[str, Any] = document
    return found


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError as error:
        raise strict_json.Unfit("the key is not a row of hexadecimal digits") from error
    if len(key) < SHORTEST_KEY:
        raise strict_json.Unfit("the key is too short to seal anything")
    return key


def _state(document: Mapping[str, Any]) -> State:
    strict_json.mapping(document, "the record", known=_OF_A_RECORD)
    items = strict_json.listed(document["resources"], "resources")
    resources = unique(map(resource_in, items))
    stamps = dict(zip(resources, map(stamp_in, items), strict=True))
    intents = {
        intent.key: intent
        for intent in map(intent_in, strict_json.listed(document.get("intents", []), "intents"))
    }
    lineage, space, project = (
        strict_json.word(document[name], name) for name in ("lineage", "space", "project")
    )
    serial = strict_json.number(document["serial"], "serial")
    environment = (
        strict_json.word(document["environment"], "environment")
        if "environment" in document
        else ""
    )
    key = _key(strict_json.word(document["key"], "key"))
    return State(lineage, serial, space, project, key, resources, stamps, intents, environment)


def state_in(text: str, *, where: str, edited: bool = False, backup: str = "") -> State:
    """Decode the record. ``where`` names it in errors, ``backup`` a good copy of it.

    StateError says why it cannot be used. ``edited`` accepts a record whose checksum does not
    match: one that was changed on purpose.
    """
    mend = (
        f"restore it with: reconciler state push {backup}"
        if backup
        else "restore a copy of it with: reconciler state push FILE"
    )
    document = _document(text, where, mend)
    if not edited and document.get("checksum") != checksum(document):
        raise StateError(
            f"{where}: was damaged or edited: its checksum does not fit",
            hint=f"{mend}; a record edited on purpose is put in place by the same command",
        )
    try:
        return _state(document)
    except (KeyError, ValueError) as error:
        why = (
            f"{error.args[0]} is missing" if isinstance(error, KeyError) else printable(str(error))
        )
        raise StateError(f"{where}: is not a usable state record: {why}", hint=mend) from error
