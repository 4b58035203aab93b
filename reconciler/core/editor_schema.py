"""Schemas of what is written in files, for editors, linters and other tools.

The schema of a kind describes values after substitution. A file holds references in their place,
so each text here is either such a value or a text with a reference. References are inlined, and
only keywords of the standard are left: strict validators refuse others.
"""

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.format_patterns import FORMATS
from reconciler.core.kinds import DERIVED, Schema, resolve, types_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_VARIABLE = "[A-Za-z_][A-Za-z0-9_.-]*"
# One alternative fits at each place, so that no text is matched twice: '$${' stands for '${'.
_PLAIN = r"\$\$\{|\$(?!\$?\{)|[^$]"
_NO_REFERENCE = r"^(?:\$(?!\{)|[^$])*$"

_HOST = r"(?:[^\s/?#@]*@)?(?:\[[0-9a-fA-F:.]+\]|[^\s/?#@:\[\]]+)(?::[0-9]+)?(?:[/?#]\S*)?"
# A name that the Space would read as an id: 36 characters, of them 32 hex digits.
_LIKE_AN_ID = r"^(?=.{36}$)(?:-*[0-9a-fA-F]){32}-*$"

_ABOUT = ("title", "description", "default", "examples")
_LENGTHS = ("minLength", "maxLength")
_LIMITS = (*_LENGTHS, "pattern", "enum", "const", "anyOf", "not")
_FREE = "anyValue"
_EVERYWHERE = ("env", "var")
_IN_METADATA = ("var",)  # metadata is shown everywhere
_FROM_ENVIRONMENT = ("env",)
# Texts of the project file in which the environment is filled in.
_FILLED_IN_PROJECT = ("space", "project_id", "proxy")

_Words = tuple[str, ...]
_OfText = Callable[[dict[str, Any], str], dict[str, Any]]


def _reference(words: _Words) -> str:
    return rf"\$\{{(?:{'|'.join(words)}):{_VARIABLE}\}}"


def _well_formed(words: _Words) -> str:
    """Pattern of a text in which each reference is complete."""
    return f"^(?:{_PLAIN}|{_reference(words)})*$"


def _referring(words: _Words) -> str:
    """Pattern of a text with at least one reference, each complete."""
    return f"^(?:{_PLAIN})*{_reference(words)}(?:{_PLAIN}|{_reference(words)})*$"


def _without_formats(schema: Schema) -> dict[str, Any]:
    """``schema`` with patterns in place of formats, which validators check only on request."""
    plain = {key: value for key, value in schema.items() if key != "format"}
    pattern = FORMATS.get(schema.get("format", ""))
    if pattern and "pattern" not in plain:
        plain["pattern"] = pattern
    return plain


def _option(schema: Schema, properties: Schema) -> dict[str, Any]:
    """An option of ``anyOf``; strict validators want a schema for each property it requires."""
    whole = _without_formats(schema)
    if "required" in whole and "properties" not in whole:
        whole["properties"] = {name: properties.get(name, {}) for name in whole["required"]}
    return whole


# The keywords that check values of one type only.
_OF_TYPE: Mapping[str, _Words] = {
    "string": ("minLength", "maxLength", "pattern"),
    "object": (
        "properties",
        "required",
        "additionalProperties",
        "propertyNames",
        "minProperties",
        "maxProperties",
    ),
    "array": ("items", "minItems", "maxItems", "uniqueItems"),
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
}


def _by_type(schema: dict[str, Any]) -> dict[str, Any]:
    """``schema`` with one option of ``anyOf`` for each of its types; null stays beside a type.

    Strict validators refuse a list of types.
    """
    types = sorted(types_of(schema) - {"null"})
    if len(types) < 2 or "anyOf" in schema:
        return schema
    common = dict(schema)
    for word in ("type", *chain(*_OF_TYPE.values())):
        common.pop(word, None)
    options = []
    for name in types:
        own = {word: schema[word] for word in _OF_TYPE.get(name, ()) if word in schema}
        options.append({"type": name, **own})
    if "null" in types_of(schema):
        options.append({"type": "null"})
    return {**common, "anyOf": options}


def _is_text(schema: Schema) -> bool:
    types = types_of(schema)
    choices = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return "string" in types or (not types and any(isinstance(one, str) for one in choices))


def as_written(schema: dict[str, Any], words: _Words = _EVERYWHERE) -> dict[str, Any]:
    """The schema of a text as written, from the schema of its value."""
    around = {key: value for key, value in schema.items() if key not in _LIMITS}
    limits = {key: schema[key] for key in _LIMITS if key in schema}
    around.setdefault("type", "string")
    if not limits:
        return {**around, "pattern": _well_formed(words)}
    if limits.keys() <= set(_LENGTHS):
        # The length of what is filled in is not known; nor is it that of '$${' as written.
        return {
            **around,
            "pattern": _well_formed(words),
            "anyOf": [limits, {"pattern": r"\$\{"}],
        }
    return {**around, "anyOf": [limits, {"pattern": _referring(words)}]}


@dataclass(frozen=True, slots=True)
class _Inliner:
    """Replaces ``$ref`` by what ``root`` has there, formats by patterns, texts by ``of_text``."""

    root: Schema
    of_text: _OfText

    def inlined(self, schema: Any, name: str = "", open_references: _Words = ()) -> Any:
        """``schema`` of the field ``name``; a reference within itself takes anything."""
        if not isinstance(schema, Mapping):
            return schema
        reference = schema.get("$ref", "")
        if reference in open_references:
            return {}
        inside = (*open_references, reference) if reference else open_references
        whole = _by_type(_without_formats(resolve(schema, self.root)))
        if not types_of(whole) and "anyOf" in whole and types_of(whole["anyOf"][0]):
            options = [self.inlined(option, name, inside) for option in whole["anyOf"]]
            return {**whole, "anyOf": options}
        if _is_text(whole):
            if "anyOf" in whole:
                whole["anyOf"] = [_without_formats(option) for option in whole["anyOf"]]
            return self.of_text(whole, name)
        if "properties" in whole:
            whole["properties"] = {
                key: self.inlined(inner, key, inside) for key, inner in whole["properties"].items()
            }
        if "anyOf" in whole:
            properties = whole.get("properties", {})
            whole["anyOf"] = [_option(option, properties) for option in whole["anyOf"]]
        for key in ("items", "additionalProperties"):
            if key in whole:
                whole[key] = self.inlined(whole[key], name, inside)
        return whole


def _with_free_values(schema: Any) -> Any:
    """``schema``, in which what an object of any content holds is checked for references too."""
    if not isinstance(schema, Mapping):
        return schema
    whole = dict(schema)
    if "properties" in whole:
        whole["properties"] = {
            key: _with_free_values(inner) for key, inner in whole["properties"].items()
        }
    elif "object" in types_of(whole) and "additionalProperties" not in whole:
        whole["additionalProperties"] = {"$ref": f"#/$defs/{_FREE}"}
    if "items" in whole:
        whole["items"] = _with_free_values(whole["items"])
    return whole


def _free_value() -> dict[str, Any]:
    again = {"$ref": f"#/$defs/{_FREE}"}
    return {
        "description": "A value of any type; references in its texts are filled in.",
        "if": {"type": "string"},
        "then": {"type": "string", "pattern": _well_formed(_EVERYWHERE)},
        "else": {
            "if": {"type": "array"},
            "then": {"type": "array", "items": again},
            "else": {
                "if": {"type": "object"},
                "then": {"type": "object", "additionalProperties": again},
            },
        },
    }


def _texts_of(block: Mapping[str, Any], words: _Words) -> _OfText:
    """How the texts of a kind are written; ``block`` is its ``x-reconciler`` block."""
    schemes = block.get("url_schemes", {})

    def of_text(schema: dict[str, Any], name: str) -> dict[str, Any]:
        if name in schemes:
            schema = {**schema, "pattern": rf"^(?:{'|'.join(schemes[name])})://{_HOST}$"}
        return as_written(schema, words)

    return of_text


def _of_metadata(schema: Schema, root: Schema) -> Any:
    has_ids = bool(root["x-reconciler"].get("lookup"))

    def of_text(text: dict[str, Any], name: str) -> dict[str, Any]:
        if name == "name" and has_ids:
            text = {**text, "not": {"pattern": _LIKE_AN_ID}}
        return as_written(text, _IN_METADATA)

    return _Inliner(root, of_text).inlined(schema)


def _with_children(
    spec: dict[str, Any], block: Mapping[str, Any], kinds: Mapping[str, Any]
) -> None:
    for field, title in block.get("children", {}).items():
        child = kinds.get(title)
        if child is None or field not in spec.get("properties", {}):
            continue
        items = {key: child[key] for key in child if key not in ("$schema", "$id", "$comment")}
        listed = {**spec["properties"][field], "items": items}
        if len(items["properties"]) == 1:  # the key alone: equal items cannot be told apart
            listed["uniqueItems"] = True
        spec["properties"][field] = listed


def _kind_schema(document: Schema, kinds: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a kind's manifests as written; ``kinds`` are those of its sub-resources."""
    block = document["x-reconciler"]
    inliner = _Inliner(document, _texts_of(block, _EVERYWHERE))
    plain = {key: value for key, value in document.items() if key not in ("$defs", "x-reconciler")}
    properties = dict(plain.pop("properties", {}))
    made = {
        key: _of_metadata(schema, document) if key == "metadata" else inliner.inlined(schema, key)
        for key, schema in properties.items()
    }
    if isinstance(made.get("spec"), dict):
        _with_children(made["spec"], block, kinds)
    made = {key: _with_free_values(schema) for key, schema in made.items()}
    has_free = f"#/$defs/{_FREE}" in str(made)
    return {
        **plain,
        "properties": made,
        **({"$defs": {_FREE: _free_value()}} if has_free else {}),
    }


def _project_schema(document: Schema) -> dict[str, Any]:
    """The schema of the project file: the environment is filled in in few places."""

    def of_text(schema: dict[str, Any], name: str) -> dict[str, Any]:
        if name in _FILLED_IN_PROJECT:
            return {**schema, "pattern": _well_formed(_FROM_ENVIRONMENT)}
        return schema if _is_limited(schema) else {**schema, "pattern": _NO_REFERENCE}

    inlined: dict[str, Any] = _Inliner(document, of_text).inlined(document)
    inlined.pop("$defs", None)
    return inlined


def _is_limited(schema: Schema) -> bool:
    return bool(schema.keys() & {"pattern", "enum", "const", "anyOf"})


def _standard(schema: Any) -> Any:
    """``schema`` in keywords that every validator knows."""
    if isinstance(schema, Mapping):
        whole = _by_type(_without_formats(schema))
        return {key: _standard(value) for key, value in whole.items()}
    return [_standard(item) for item in schema] if isinstance(schema, list) else schema


def editor_schemas(documents: Mapping[str, Schema]) -> dict[str, dict[str, Any]]:
    """The schemas of what is written in files, by the names of ``documents``."""
    children = {
        document["title"]: _kind_schema(document, {})
        for document in documents.values()
        if document.get("x-reconciler", {}).get("type") == "child"
    }
    made = {}
    for name, document in documents.items():
        if "x-reconciler" in document:
            made[name] = _kind_schema(document, children)
        elif document.get("title") == "Project":
            made[name] = _project_schema(document)
        else:
            made[name] = _standard(document)
        made[name] = {"$schema": DIALECT, "$comment": DERIVED, **made[name]}
    return made
