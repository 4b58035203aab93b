"""Drafts the schema of a kind from an OpenAPI document, and says what the document leaves open."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.errors import UsageError
from reconciler.core.kind_key import key_problem
from reconciler.core.kind_schema import kind_schema
from reconciler.core.kinds import Schema
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.openapi import answer, content, flat, parameters, paths_of, why_no_collection
from reconciler.core.regex import regex
from reconciler.core.secret_names import is_secret_name

_KEPT = (
    *("enum", "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"),
)
_OTHER = "name another collection with --path"
_FORMATS = ("date", "uuid", "uri", "email")
_SCOPES = regex(r"scope\(?s?\)?\b(.*?)(?:\n\s*\n|$)", re.DOTALL | re.IGNORECASE)
_MARKED = regex(r"[_*`]+([A-Za-z]+)[_*`]+")


class Draft(NamedTuple):
    """The schema of a kind, and what to decide by hand before it is used."""

    schema: dict[str, Any]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Api:
    """The operations of one collection, by what the document says of each."""

    collection: Schema
    item: Schema
    update: str
    created: Mapping[str, Any]
    changed: Mapping[str, Any]
    shown: Mapping[str, Any]
    must: frozenset[str]
    must_on_create: frozenset[str]
    must_on_update: frozenset[str]
    envelope: Mapping[str, Any] | None


def _form(document: Schema, schema: Schema) -> dict[str, Any]:
    """Return the schema of a value: its type, its limits, and those of what it holds."""
    found = flat(document, schema)
    kept = {word: found[word] for word in _KEPT if word in found}
    if found.get("format") == "date-time":
        kept["anyOf"] = [{"format": "date-time"}, {"format": "date"}]
    elif found.get("format") in _FORMATS:
        kept["format"] = found["format"]
    if "items" in found:
        kept["items"] = _form(document, found["items"])
    if "properties" in found:
        inner = found["properties"].items()
        kept["properties"] = {name: _form(document, one) for name, one in inner}
        if found.get("required"):
            kept["required"] = list(found["required"])
    implied = "array" if "items" in found else "object" if "properties" in found else "string"
    return {"type": found.get("type", implied), **kept}


def _field(document: Schema, name: str, schemas: Collection[Schema]) -> dict[str, Any]:
    """Return a field by the first of its ``schemas``; the others say what that one leaves out."""
    forms = [_form(document, schema) for schema in schemas]
    described = next(
        (text for one in schemas if (text := flat(document, one).get("description"))), ""
    )
    merged = {word: value for form in reversed(forms) for word, value in form.items()}
    text = " ".join(str(described).split()) or f"The API's {name}."
    return {"type": forms[0]["type"], **merged, "description": text}


def _answered(document: Schema, name: str, schema: Schema) -> dict[str, Any]:
    """Return a read-only field; of a single possible value it is the default."""
    found = _field(document, name, [schema])
    values = found.get("enum", ())
    return found | ({"default": values[0]} if len(values) == 1 else {})


def _envelope(document: Schema, shown: Schema, fields: set[str]) -> dict[str, Any] | None:
    """The object in an answer that holds more of ``fields`` than the answer itself."""
    outside = shown.get("properties", {})
    best, most = "", len(fields & outside.keys())
    for name, schema in outside.items():
        inside = flat(document, schema).get("properties", {})
        if len(fields & inside.keys()) > most:
            best, most = name, len(fields & inside.keys())
    if not best:
        return None
    inside = flat(document, outside[best]).get("properties", {})
    envelope = {"field": best, "beside": [name for name in outside if name != best]}
    return envelope | ({"renamed": {f"{best}_id": "id"}} if "id" in inside else {})


def _operations(document: Schema, path: str) -> tuple[Schema, Schema, str]:
    """The collection, the item, and the method of an update. UsageError if one is missing."""
    paths = paths_of(document)
    start = f"{path}/{{"
    items = [
        one for one in paths if one.startswith(start) and one.count("/") == path.count("/") + 1
    ]
    if path not in paths or "post" not in paths[path] or not items:
        known = ", ".join(one for one in sorted(paths) if "post" in paths[one])
        raise UsageError(
            why_no_collection(path, paths),
            hint=f"paths that a kind can be made of: {known}" if known else _OTHER,
        )
    item = paths[items[0]]
    method = next((one for one in ("put", "patch") if one in item), "")
    if not method or "delete" not in item or "get" not in item:
        raise UsageError(f"{items[0]} lacks GET, DELETE, or one of PUT and PATCH", hint=_OTHER)
    if "get" not in paths[path]:
        raise UsageError(f"{path} has no GET, so its resources cannot be listed", hint=_OTHER)
    return paths[path], item, method


def _shown(document: Schema, got: Schema, envelope: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the fields of an answer, those inside the envelope among them."""
    shown: dict[str, Any] = dict(got.get("properties", {}))
    if envelope:
        inside = flat(document, shown.pop(envelope["field"]))["properties"]
        moved = {inner: outer for outer, inner in envelope.get("renamed", {}).items()}
        shown |= {moved.get(name, name): schema for name, schema in inside.items()}
    return shown


def _check_key(document: Schema, key: str, made: Schema, shown: Schema) -> None:
    """UsageError unless the field ``key`` of a creation can be the name of a resource."""
    problems = {
        name: key_problem(
            flat(document, schema),
            secret=_is_secret(document, name, schema),
            shown=name in shown,
        )
        for name, schema in made.items()
    }
    problem = problems.get(key, "a creation has no such field")
    if problem:
        usable = [name for name in made if not problems[name]]
        raise UsageError(
            f"--key: the field {key!r} cannot be the name: {problem}",
            hint=f"name one with --key: {', '.join(usable)}"
            if usable
            else "no field of a creation can be the name, so the tool cannot manage this kind",
        )


def _api(document: Schema, path: str, key: str) -> _Api:
    collection, item, method = _operations(document, path)
    create = content(document, collection["post"].get("requestBody", {}))
    update = content(document, item[method].get("requestBody", {}))
    made, changed = (
        # An id is given by the Space, also where the document has it in a request.
        {name: one for name, one in body.get("properties", {}).items() if name != "id"}
        for body in (create, update)
    )
    if not made:
        raise UsageError(
            f"POST {path} takes no fields: the schema of its request is empty, or refers to itself",
            hint="correct the schema in a copy of the document, and give the copy to --from",
        )
    got = answer(document, item["get"])
    envelope = _envelope(document, got, {*made, *changed})
    shown = _shown(document, got, envelope)
    _check_key(document, key, made, shown)
    on_create, on_update = (
        frozenset(body.get("required", ())) - {key, "id"} for body in (create, update)
    )
    empty = {
        name
        for name in on_create | on_update
        for form in [_form(document, {**changed, **made}[name])]
        if "null" in form["type"] or "default" in form
    }
    return _Api(
        collection,
        item,
        method,
        made,
        changed,
        shown,
        (on_create | on_update) - empty,
        on_create & empty,
        on_update & empty,
        envelope,
    )


def _unasked(document: Schema, api: _Api, names: Collection[str]) -> dict[str, Any]:
    """Return the value that a request holds for each required field that may be left out."""
    forms = {name: _form(document, {**api.changed, **api.created}[name]) for name in sorted(names)}
    return {name: form.get("default") for name, form in forms.items()}


def _scopes(api: _Api) -> list[str]:
    """Return the scopes that the text about the list names, as ``_Voice_`` or ``_Video_``."""
    found = _SCOPES.search(str(api.collection["get"].get("description", "")))
    return [name.lower() for name in _MARKED.findall(found.group(1))] if found else []


def _is_secret(document: Schema, name: str, schema: Schema) -> bool:
    found = flat(document, schema)
    return (
        is_secret_name(name.upper())
        or found.get("format") == "password"
        or bool(found.get("writeOnly"))
    )


def _block(document: Schema, path: str, key: str, api: _Api, names: list[str]) -> dict[str, Any]:
    base, _, collection = path.rpartition("/")
    both = {**api.created, **api.changed}
    sized = "page_size" in parameters(document, api.collection["get"])
    words: dict[str, Any] = {
        "envelope": api.envelope,
        "update": "PATCH" if api.update == "patch" else "",
        "renamable": key in api.changed,
        "create_only": [name for name in names if name not in api.changed],
        "update_only": [name for name in names if name not in api.created],
        "required": [name for name in names if name in api.must],
        "required_on_create": _unasked(document, api, api.must_on_create & {*names}),
        "required_on_update": _unasked(document, api, api.must_on_update & {*names}),
        "secret": [name for name in names if _is_secret(document, name, both[name])],
        "scopes": _scopes(api),
        "answers": {
            name: _answered(document, name, schema)
            for name, schema in api.shown.items()
            if name not in names and name != key
        },
    }
    return {
        "type": "resource",
        "base": base,
        "collection": f"/{collection}",
        "item": f"/{collection}/{{id}}",
        "key": key,
        "page_size": 1000 if sized else None,
        "list_if_used": True,
        **{word: value for word, value in words.items() if value},
    }


def _notes(fields: Mapping[str, Any], api: _Api, block: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the document does not say, and what was left out."""
    both = {**api.created, **api.changed}
    hidden = [name for name in both if name not in fields and name != block["key"]]
    if hidden:
        yield f"left out, since no answer shows them: {', '.join(hidden)}"
    kept = [name for name in fields if name not in api.shown]
    if kept:
        yield (
            f"no answer shows these required fields, so each plan changes them: {', '.join(kept)}"
        )
    if block.get("required"):
        yield (
            "required: each manifest must declare these; a value in required_on_create or"
            f" required_on_update is sent instead: {', '.join(block['required'])}"
        )
    if block.get("secret"):
        yield f"secret by name or format, never shown: {', '.join(block['secret'])}"
    if "scopes" not in block:
        yield "scopes: the document names none; add those that the token needs"
    open_ends = [
        name for name, one in fields.items() if "default" not in one and name not in api.must
    ]
    if open_ends:
        yield (
            "unset: no default is documented for these, so a released one keeps its live value:"
            f" {', '.join(open_ends)}"
        )
    nullable = [name for name, one in fields.items() if "null" in one["type"]]
    if nullable:
        yield f"null_means: say what null in an answer means, if not 'not set': {', '.join(nullable)}"
    yield "session, interrupts: name the live session, if people or calls use the resource"


def drafted(document: Schema, path: str, *, title: str, key: str = "name") -> Draft:
    """Return the schema of a kind ``title`` for the collection at ``path``. UsageError if none."""
    api = _api(document, path, key)
    required = api.must | api.must_on_create | api.must_on_update
    names = [
        name
        for name in {**api.created, **api.changed}
        if name != key and (name in api.shown or name in required)
    ]
    block = _block(document, path, key, api, names)
    fields = {
        name: _field(
            document, name, [part[name] for part in (api.created, api.changed) if name in part]
        )
        for name in names
    }
    return Draft(kind_schema(title, fields, block), tuple(_notes(fields, api, block)))
