"""The record of what was applied: one value, and its form as JSON."""

import json
import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.core.errors import StateError
from reconciler.core.model import Address, Applied, AppliedChild, Sealed

FORMAT_VERSION = 1
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class State:
    """What we made in one Space, as last applied.

    ``lineage`` names this record for life, ``serial`` counts its writes, ``key`` seals its secrets; ``space`` and
    ``project`` are those that it was made for.
    """

    lineage: str
    serial: int
    space: str
    project: str
    key: bytes
    resources: Mapping[Address, Applied] = field(default_factory=dict)

    def after(self, *, record: Applied | None = None, gone: Applied | None = None) -> "State":
        """The same state, not knowing ``gone`` any more and knowing ``record``.

        An address that was given to another id meanwhile (in a swap of two names) is not what ``gone`` means.
        """
        kept = {address: one for address, one in self.resources.items() if gone is None or (address, one.id) != (gone.address, gone.id)}
        return replace(self, resources=kept | {record.address: record} if record else kept)


def new_state(space: str, project: str) -> State:
    """An empty record for a Space in which nothing was applied yet."""
    return State(str(uuid.uuid4()), 0, space, project, secrets.token_bytes(32))


def _value_out(value: Any) -> Any:
    return {"$sealed": value.digest} if isinstance(value, Sealed) else value


def _value_in(value: Any) -> Any:
    return Sealed(value["$sealed"]) if isinstance(value, dict) and value.keys() == {"$sealed"} else value


def resource_out(record: Applied) -> dict[str, Any]:
    """One resource as JSON."""
    return {
        "kind": record.address.kind,
        "name": record.address.name,
        "id": record.id,
        "protect": record.protect,
        "renamed_from": record.renamed_from,
        **({"heading": record.heading} if record.heading else {}),
        "attributes": {name: _value_out(value) for name, value in record.attributes.items()},
        "children": {
            field: [{"id": one.id, "attributes": {name: _value_out(value) for name, value in one.attributes.items()}} for one in ones]
            for field, ones in record.children.items()
        },
    }


def _identifier(value: Any) -> str:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise ValueError(f"{str(value)[:60]!r} is not an id; the record was edited")
    return value


def resource_in(item: Any) -> Applied:
    """One resource from JSON. ValueError, KeyError or TypeError where it is not one."""
    children = {
        field: tuple(
            AppliedChild(_identifier(one["id"]), {name: _value_in(value) for name, value in one["attributes"].items()}) for one in ones
        )
        for field, ones in item["children"].items()
    }
    attributes = {name: _value_in(value) for name, value in item["attributes"].items()}
    address = Address(str(item["kind"]), str(item["name"]))
    return Applied(address, _identifier(item["id"]), attributes, children, bool(item["protect"]), item["renamed_from"], item.get("heading"))


def state_out(state: State) -> str:
    """The record as JSON text: stable order, one newline at the end."""
    document = {
        "format_version": FORMAT_VERSION,
        "lineage": state.lineage,
        "serial": state.serial,
        "space": state.space,
        "project": state.project,
        "key": state.key.hex(),
        "resources": [resource_out(state.resources[address]) for address in sorted(state.resources)],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _unique(records: list[Applied]) -> dict[Address, Applied]:
    by_id: dict[tuple[str, str], Applied] = {}
    for record in records:
        other = by_id.setdefault((record.address.kind, record.id), record)
        if other is not record:
            raise ValueError(f"{other.address} and {record.address} claim one id; the record was edited")
    if len({record.address for record in records}) != len(records):
        raise ValueError("one resource stands in it twice; the record was edited")
    return {record.address: record for record in records}


def state_in(text: str, *, where: str) -> State:
    """The record from JSON text; ``where`` names it in errors. A StateError says why it cannot be used."""
    if "<<<<<<<" in text and ">>>>>>>" in text:
        raise StateError(f"{where}: holds unresolved merge markers", hint="restore the version of one side")
    try:
        document = json.loads(text)
    except ValueError as error:
        raise StateError(f"{where}: is not a state record: {error}", hint="restore it from a backup") from error
    version = document.get("format_version") if isinstance(document, dict) else None
    if not isinstance(version, int):
        raise StateError(f"{where}: is not a state record: it has no format_version", hint="restore it from a backup")
    if version > FORMAT_VERSION:
        raise StateError(
            f"{where}: has format {version}, and this version of the tool knows {FORMAT_VERSION}", hint="use the newer version"
        )
    try:
        resources = _unique([resource_in(item) for item in document["resources"]])
        head = (str(document["lineage"]), int(document["serial"]), str(document["space"]), str(document["project"]))
        return State(*head, bytes.fromhex(document["key"]), resources)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        why = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise StateError(f"{where}: is not a usable state record: {why}", hint="restore it from a backup") from error
