"""Converts JSON Schema, as the kinds use it, to the structural schemas of a CustomResourceDefinition."""

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.core.errors import ReconcilerError
from reconciler.core.kinds import Schema, resolve
from reconciler.core.regex import regex

Structural = dict[str, Any]

# Words that mean the same in both.
_SAME = frozenset(
    {
        "type",
        "description",
        "enum",
        "pattern",
        "minimum",
        "maximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "required",
    }
)
_DROPPED = frozenset({"$schema", "$id", "$defs", "$comment", "title", "examples", "x-reconciler"})
# Formats that the API server checks; it ignores others.
_FORMATS = frozenset(
    {"date", "date-time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid", "int32", "int64"}
)
_NATIVE = "x-kubernetes-"
_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}
# Constructs of Python's expressions that RE2, which the API server uses, does not have.
_NOT_RE2 = regex(r"\(\?(?:[=!]|<[=!])|\\[1-9]")


class NoCounterpart(ReconcilerError):
    """A schema uses a word, or a word in a way, that a CustomResourceDefinition cannot express."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(
            f"{where}: {what} has no counterpart in a CustomResourceDefinition",
            hint="convert it in reconciler/kubernetes/structural.py, or write the schema without it",
        )


def _type(schema: Schema, where: str) -> Structural:
    """``type`` and ``nullable``. A value list without a type gets the type of its values."""
    named = schema.get("type")
    if named is None:
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        types = {_JSON_TYPES.get(type(value), "") for value in values}
        if len(types) == 1 and types != {""}:
            return {"type": types.pop()}
        if "properties" in schema:
            return {"type": "object"}
        if any(word.startswith(_NATIVE) for word in schema):
            return {}
        raise NoCounterpart(where, "a value without a type")
    if isinstance(named, str):
        return {"type": named}
    others = [name for name in named if name != "null"]
    if len(others) != 1 or len(others) == len(named):
        raise NoCounterpart(where, f"type: {list(named)}")
    return {"type": others[0], "nullable": True}


def _described(schema: Schema) -> str:
    """The description, with the default: a default of the API server would declare every field."""
    words = str(schema.get("description", ""))
    if "default" not in schema:
        return words
    value = schema["default"]
    shown = (
        str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)
    )
    return f"{words} Not declared, the Space has: {shown or 'an empty text'}.".strip()


def _format(schema: Schema, where: str) -> Structural:
    name = schema["format"]
    if name in _FORMATS:
        return {"format": name}
    if "pattern" in schema or "enum" in schema:
        return {}  # a format of our own, which the pattern beside it checks
    raise NoCounterpart(where, f"format: {name}")


def _any_of(schema: Schema, where: str) -> Structural:
    """Alternatives of formats stay; alternatives of required fields become a rule."""
    branches = schema["anyOf"]
    if all(set(branch) == {"format"} and branch["format"] in _FORMATS for branch in branches):
        return {"anyOf": [dict(branch) for branch in branches]}
    if all(set(branch) == {"required"} for branch in branches):
        rule = " || ".join(
            "(" + " && ".join(f"has(self.{name})" for name in branch["required"]) + ")"
            for branch in branches
        )
        names = " or ".join(" and ".join(branch["required"]) for branch in branches)
        return {"x-kubernetes-validations": [{"rule": rule, "message": f"{names} is required"}]}
    raise NoCounterpart(where, "anyOf with other words than format, or required")


def _additional(schema: Schema, root: Schema, where: str) -> Structural:
    """A map keeps the schema of its values. Beside properties, unknown fields are refused anyway."""
    value = schema["additionalProperties"]
    if isinstance(value, Mapping):
        if "properties" in schema:
            raise NoCounterpart(where, "additionalProperties beside properties")
        return {"additionalProperties": structural(value, root, where=f"{where}.*")}
    if value is False and "properties" in schema:
        return {}
    raise NoCounterpart(where, f"additionalProperties: {str(value).lower()}")


def _unique(schema: Schema, where: str) -> Structural:
    if schema["uniqueItems"] is False:
        return {}
    items = schema.get("items", {})
    if not isinstance(items, Mapping) or "object" in str(items.get("type", "")):
        raise NoCounterpart(where, "uniqueItems of objects")
    return {"x-kubernetes-list-type": "set"}


def _pattern(pattern: str, where: str) -> None:
    if _NOT_RE2.search(pattern):
        raise NoCounterpart(where, f"the pattern {pattern}")


_Convert = Callable[[Schema, Schema, str], Structural]
_CONVERTED: Mapping[str, _Convert] = {
    "const": lambda schema, _, __: {"enum": [schema["const"]]},
    "default": lambda _, __, ___: {},
    "format": lambda schema, _, where: _format(schema, where),
    "anyOf": lambda schema, _, where: _any_of(schema, where),
    "additionalProperties": _additional,
    "uniqueItems": lambda schema, _, where: _unique(schema, where),
    "items": lambda schema, root, where: {
        "items": structural(schema["items"], root, where=f"{where}[]")
    },
    "properties": lambda schema, root, where: {
        "properties": {
            name: structural(inner, root, where=f"{where}.{name}")
            for name, inner in schema["properties"].items()
        }
    },
}


def _is_free(schema: Schema, kind: str | None) -> bool:
    """Whether an object may hold anything."""
    return kind == "object" and not (schema.keys() & {"properties", "additionalProperties"})


def structural(schema: Schema, root: Schema, *, where: str) -> Structural:
    """Convert one node; ``root`` holds what ``$ref`` names, ``where`` is for messages.

    NoCounterpart for a word that is not known here.
    """
    resolved = resolve(schema, root)
    made = _type(resolved, where)
    for word, value in resolved.items():
        if word in _SAME or word.startswith(_NATIVE):
            if word == "pattern":
                _pattern(value, where)
            made.setdefault(word, value)
        elif word in _CONVERTED:
            made.update(_CONVERTED[word](resolved, root, where))
        elif word not in _DROPPED:
            raise NoCounterpart(where, f"the word {word!r}")
    if made.get("nullable") and "enum" in made:
        made["enum"] = [value for value in made["enum"] if value is not None]
    if _is_free(resolved, made.get("type")):
        made["x-kubernetes-preserve-unknown-fields"] = True
    words = _described(resolved)
    return made | ({"description": words} if words else {})
