"""One JSON Schema for manifests of every kind, for editors that accept a single schema file."""

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.core.kinds import Schema

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _is_manifest(document: Schema) -> bool:
    return "const" in document.get("properties", {}).get("kind", {})


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
        if key not in ("$schema", "$id", "$defs", "x-reconciler")
    }
    inner = {
        f"{title}.{name}": _with_prefixed_references(schema, title)
        for name, schema in document.get("$defs", {}).items()
    }
    return {title: _with_prefixed_references(body, title), **inner}


def combined_schema(documents: Iterable[Schema]) -> dict[str, Any]:
    """Combine the schemas of manifests into one that dispatches on ``kind``.

    Documents that describe no manifest are left out.
    """
    kinds = sorted(
        (document for document in documents if _is_manifest(document)),
        key=lambda document: str(document["title"]),
    )
    titles = [document["title"] for document in kinds]
    return {
        "$schema": _DIALECT,
        "title": "Manifest",
        "description": "A manifest of any kind.",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {"kind": {"enum": titles, "description": "What this manifest declares."}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": title}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{title}"},
            }
            for title in titles
        ],
        "$defs": {
            name: schema for document in kinds for name, schema in _definitions(document).items()
        },
    }
