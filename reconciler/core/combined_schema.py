"""One JSON Schema for manifests of every kind, for editors that accept a single schema file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.core.editor_schema import DIALECT, as_written
from reconciler.core.kinds import DERIVED, Schema, resolve


def _is_manifest(document: Schema) -> bool:
    return bool(document.get("properties", {}).keys() >= {"apiVersion", "kind"})


def _with_prefixed_references(schema: Any, title: str) -> Any:
    """Prefix references with the kind: definitions of all kinds share one root."""
    if isinstance(schema, Mapping):
        prefixed = {}
        for key, value in schema.items():
            if key == "$ref" and isinstance(value, str):
                prefixed[key] = value.replace("#/$defs/", f"#/$defs/{title}.", 1)
            else:
                prefixed[key] = _with_prefixed_references(value, title)
        return prefixed
    if isinstance(schema, list):
        return [_with_prefixed_references(item, title) for item in schema]
    return schema


def _definitions(document: Schema) -> dict[str, Any]:
    title = document["title"]
    body = {
        key: value
        for key, value in document.items()
        if key not in ("$schema", "$id", "$comment", "$defs", "x-reconciler")
    }
    inner = {
        f"{title}.{name}": _with_prefixed_references(schema, title)
        for name, schema in document.get("$defs", {}).items()
    }
    return {title: _with_prefixed_references(body, title), **inner}


def _envelope(kinds: Sequence[Schema], titles: Sequence[str]) -> dict[str, Any]:
    """What an editor offers before it knows the kind; the kind's own schema checks the rest."""
    versions = [document["properties"]["apiVersion"] for document in kinds]
    return {
        **({"apiVersion": resolve(versions[0], kinds[0])} if kinds else {}),
        "kind": as_written(
            {"type": "string", "enum": [*titles], "description": "What this manifest declares."}
        ),
        "metadata": {
            "type": "object",
            "description": "The name, and what is said about the manifest itself.",
            "required": ["name"],
            "properties": {"name": {"type": "string", "description": "The name in its kind."}},
        },
        "spec": {
            "type": ["object", "null"],
            "description": "The fields of the kind, by the API's names.",
        },
    }


def combined_schema(documents: Iterable[Schema]) -> dict[str, Any]:
    """Combine the schemas of manifests into one that dispatches on ``kind``.

    Documents that describe no manifest are left out.
    """
    manifests = filter(_is_manifest, documents)
    kinds = sorted(manifests, key=lambda document: str(document["title"]))
    titles = [document["title"] for document in kinds]
    definitions: dict[str, Any] = {}
    for document in kinds:
        definitions |= _definitions(document)
    return {
        "$schema": DIALECT,
        "$comment": DERIVED,
        "title": "Manifest",
        "description": "A manifest of any kind.",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": _envelope(kinds, titles),
        "allOf": [_if_of_kind(title) for title in titles],
        "$defs": definitions,
    }


def _if_of_kind(title: str) -> dict[str, Any]:
    return {
        "if": {"properties": {"kind": {"const": title}}, "required": ["kind"]},
        "then": {"$ref": f"#/$defs/{title}"},
    }
