"""Reads an OpenAPI document: references, alternatives, requests, answers and paths."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from reconciler.core.errors import UsageError
from reconciler.core.kinds import Schema


def target(document: Schema, schema: Schema, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """Follow a ``$ref``; words beside it win. UsageError if it leads out of the document."""
    found = dict(schema)
    reference = found.pop("$ref", None)
    if reference is None:
        return found
    if not str(reference).startswith("#/"):
        raise UsageError(
            f"$ref {reference}: only references inside of the document can be read",
            hint="bundle the document into one file first",
        )
    if reference in seen:
        return {"type": "object", **found}  # it holds itself: its fields have no end
    part: Any = document
    for name in str(reference)[2:].split("/"):
        name = name.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901  # RFC 6901
        if not isinstance(part, Mapping) or name not in part:
            raise UsageError(
                f"$ref {reference}: the document has nothing at this place",
                hint="give a document with all its parts in one file, or correct the reference",
            )
        part = part[name]
    return {**flat(document, part, (*seen, str(reference))), **found}


def _types(schema: Schema) -> list[str]:
    named = schema.get("type", ())
    return [named] if isinstance(named, str) else list(named)


def _one_of(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what holds for a value of any of ``parts``: all types, and all values of enums."""
    others = [part for part in parts if _types(part) != ["null"]]
    types = sorted({name for part in parts for name in _types(part)})
    found = dict(others[0]) if len(others) == 1 else {}
    if len(others) > 1 and all("enum" in part for part in others):
        found["enum"] = [value for part in others for value in part["enum"]]
    return found | ({"type": types} if types else {})


def flat(document: Schema, schema: Schema, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return ``schema`` without ``$ref``, ``allOf``, ``anyOf``, ``oneOf``, ``const``, ``nullable``."""
    found = target(document, schema, seen)
    for part in found.pop("allOf", ()):
        inner = flat(document, part, seen)
        properties = {**inner.get("properties", {}), **found.get("properties", {})}
        required = [*inner.get("required", ()), *found.get("required", ())]
        found = inner | found
        found |= {"properties": properties} if properties else {}
        found |= {"required": required} if required else {}
    for word in ("anyOf", "oneOf"):
        parts = [flat(document, part, seen) for part in found.pop(word, ())]
        found = {**(_one_of(parts) if parts else {}), **found}
    if "const" in found:
        found["enum"] = [found.pop("const")]
    if found.pop("nullable", False):
        found["type"] = sorted({*_types(found), "null"})
    if "null" in _types(found) and None not in found.get("enum", [None]):
        found["enum"] = [*found["enum"], None]
    return found


def content(document: Schema, part: Schema) -> dict[str, Any]:
    """Return the schema of the JSON in a request or an answer; empty if there is none."""
    media = target(document, part).get("content", {}).get("application/json", {})
    return flat(document, media.get("schema", {}))


def answer(document: Schema, operation: Schema) -> dict[str, Any]:
    """Return the schema of the answer of an operation that was accepted."""
    responses = operation.get("responses", {})
    good = (one for status, one in responses.items() if str(status).startswith("2"))
    return content(document, next(good, {}))


def parameters(document: Schema, operation: Schema) -> set[str]:
    """Return the names of the parameters of an operation."""
    return {str(target(document, one).get("name")) for one in operation.get("parameters", ())}


def _bases(document: Schema) -> Iterator[str]:
    """Yield the paths of the servers, as ``/api/fabric``; '' for one at the root."""
    for server in document.get("servers", ()) or ({"url": ""},):
        yield urlsplit(str(server.get("url", ""))).path.rstrip("/")


def paths_of(document: Schema) -> dict[str, Schema]:
    """Return all paths of the API, with the path of the server before them."""
    base = next(_bases(document))
    return {f"{base}{path}": target(document, item) for path, item in document["paths"].items()}


def why_no_collection(path: str, paths: Mapping[str, Any]) -> str:
    """Why resources cannot be created and read at ``path``."""
    if path not in paths:
        return f"the document has no path {path}"
    if "post" not in paths[path]:
        return f"{path} has no POST, so no resource can be created there"
    return f"{path} has no path of one resource below it, such as {path}/{{id}}"
