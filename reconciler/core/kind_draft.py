"""Drafts the schema of a kind from an OpenAPI document: fields, requests, envelope, answers."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.errors import UsageError
from reconciler.core.kinds import Schema
from reconciler.core.secret_names import is_secret_name

_KEPT = ("enum", "default", "minimum", "maximum", "minLength", "maxLength", "pattern", "format")
_NAME = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[A-Za-z0-9_-]+$"}


def _flat(document: Schema, schema: Schema) -> dict[str, Any]:
    """Resolve references, ``allOf`` and alternatives of null."""
    found = dict(schema)
    if "$ref" in found:
        target: Any = document
        for part in str(found.pop("$ref")).removeprefix("#/").split("/"):
            target = target[part]
        found = _flat(document, target) | found
    for part in found.pop("allOf", ()):
        inner = _flat(document, part)
        properties = {**inner.get("properties", {}), **found.get("properties", {})}
        required = [*inner.get("required", ()), *found.get("required", ())]
        found = inner | found | {"properties": properties, "required": required}
    types: list[str] = []
    for part in found.pop("anyOf", ()):
        inner = _flat(document, part)
        own = inner.get("type", ())
        types += [own] if isinstance(own, str) else own
        found = {**inner, **found}
    return found | ({"type": sorted(set(types))} if types else {})


def _content(document: Schema, part: Schema) -> dict[str, Any]:
    media = part.get("content", {}).get("application/json", {})
    return _flat(document, media.get("schema", {}))


def _answer(document: Schema, operation: Schema) -> dict[str, Any]:
    responses = operation.get("responses", {})
    good: Schema = next(
        (one for status, one in responses.items() if str(status).startswith("2")), {}
    )
    return _content(document, good)


def _field(document: Schema, name: str, schema: Schema) -> dict[str, Any]:
    flat = _flat(document, schema)
    kept = {word: flat[word] for word in _KEPT if word in flat}
    if kept.get("format") == "date-time":
        kept.pop("format")
        kept["anyOf"] = [{"format": "date-time"}, {"format": "date"}]
    described = str(flat.get("description", "")).strip() or f"The API's {name}."
    return {"type": flat.get("type", "string"), **kept, "description": described}


def _envelope(document: Schema, answer: Schema, fields: set[str]) -> dict[str, Any] | None:
    """The object in ``answer`` that holds more of ``fields`` than the answer itself."""
    outside = answer.get("properties", {})
    best, most = "", len(fields & outside.keys())
    for name, schema in outside.items():
        inside = _flat(document, schema).get("properties", {})
        if len(fields & inside.keys()) > most:
            best, most = name, len(fields & inside.keys())
    if not best:
        return None
    inside = _flat(document, outside[best]).get("properties", {})
    envelope = {"field": best, "beside": [name for name in outside if name != best]}
    return envelope | ({"renamed": {f"{best}_id": "id"}} if "id" in inside else {})


def _operations(document: Schema, path: str) -> tuple[Schema, str, Schema, str, Schema]:
    """The collection, the item's path and methods, and the update's method and operation."""
    paths = document.get("paths", {})
    items = [
        one
        for one in paths
        if one.startswith(f"{path}/{{") and one.count("/") == path.count("/") + 1
    ]
    if path not in paths or "post" not in paths[path] or not items:
        known = ", ".join(one for one in sorted(paths) if "post" in paths[one])
        raise UsageError(
            f"{path} is no collection with a POST and an item", hint=f"there are {known}"
        )
    item = paths[items[0]]
    method = next((one for one in ("put", "patch") if one in item), "")
    if not method or "delete" not in item or "get" not in item:
        raise UsageError(f"{items[0]} lacks GET, DELETE, or one of PUT and PATCH")
    return paths[path], items[0], item, method, item[method]


def _block(path: str, key: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    base, _, collection = path.rpartition("/")
    block: dict[str, Any] = {
        "type": "resource",
        "base": base,
        "collection": f"/{collection}",
        "item": f"/{collection}/{{id}}",
        "key": key,
        "list_if_used": True,
    }
    return block | {word: value for word, value in facts.items() if value or word == "page_size"}


def drafted(document: Schema, path: str, *, title: str, key: str = "name") -> dict[str, Any]:
    """Return the schema of a kind ``title`` for the collection at ``path``. UsageError if none."""
    collection, _, item, method, change = _operations(document, path)
    create = _content(document, collection["post"].get("requestBody", {}))
    update = _content(document, change.get("requestBody", {}))
    made, changed = create.get("properties", {}), update.get("properties", {})
    if key not in made:
        raise UsageError(
            f"a creation has no field {key!r}", hint=f"name one with --key: {', '.join(made)}"
        )
    names = [name for name in {**made, **changed} if name != key]
    answer = _answer(document, item["get"])
    envelope = _envelope(document, answer, {*names, key})
    shown: dict[str, Any] = dict(answer.get("properties", {}))
    if envelope:
        inside = _flat(document, shown.pop(envelope["field"]))["properties"]
        moved = {inner: outer for outer, inner in envelope.get("renamed", {}).items()}
        shown |= {moved.get(name, name): schema for name, schema in inside.items()}
    lists = {one.get("name") for one in collection.get("get", {}).get("parameters", ())}
    required = [*create.get("required", ()), *update.get("required", ())]
    facts = {
        "envelope": envelope,
        "page_size": 1000 if "page_size" in lists else None,
        "update": method.upper() if method == "patch" else "",
        "renamable": key in changed,
        "create_only": [name for name in names if name not in changed],
        "update_only": [name for name in names if name not in made],
        "required": [name for name in names if name in required],
        "secret": [name for name in names if is_secret_name(name.upper())],
        "answers": {
            name: _field(document, name, schema)
            for name, schema in shown.items()
            if name not in names and name != key
        },
    }
    fields = {name: _field(document, name, {**made, **changed}[name]) for name in names}
    return _whole(title, fields, _block(path, key, facts))


def _whole(title: str, fields: Mapping[str, Any], block: Mapping[str, Any]) -> dict[str, Any]:
    text = {"type": "string"}
    metadata = {
        "name": {**_NAME, "description": "Its name in the Space.", "examples": ["front"]},
        "labels": {
            "type": "object",
            "additionalProperties": text,
            "description": "For --selector.",
        },
        "renamedFrom": {**_NAME, "description": "The name it had before."},
        "protect": {"type": "boolean", "default": False, "description": "Refuses deletion."},
    }
    shut = {"type": "object", "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": f"A {title}, by a kind of this project.",
        **shut,
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"const": "reconciler.dev/v1"},
            "kind": {"const": title},
            "metadata": {**shut, "required": ["name"], "properties": metadata},
            "spec": {**shut, "properties": dict(fields)},
        },
        "x-reconciler": dict(block),
    }
