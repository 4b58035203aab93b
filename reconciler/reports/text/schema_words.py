"""Describes schemas in words: types, limits, when a field is written, examples as YAML."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.core.kinds import Kind, Schema, resolve, spelling_of, types_of
from reconciler.core.regex import regex
from reconciler.core.text import harmless_json

_TYPE_WORDS = {"instant": "time", "array": "list"}
# Words that some YAML reader takes for something other than text, and so are quoted.
_SAFE_TEXT = regex(
    r"(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z][A-Za-z0-9_ ./-]*[A-Za-z0-9_.-]|[1-9]\d*[a-df-z]\w*|\$\{\w+:\w+\}",
    re.IGNORECASE,
)


def type_text(schema: Schema, root: Schema) -> str:
    """``text``, ``integer``, ``boolean``, ``time``, ``colour``, ``object``, ``list of text``."""
    if "const" in schema:
        return str(schema["const"])
    if "number" in types_of(schema):
        return "number"
    spelling = spelling_of(schema)
    items = resolve(schema.get("items", {}), root)
    inside = (
        f" of {type_text(items, root).replace('object', 'objects')}"
        if spelling == "array" and items
        else ""
    )
    return _TYPE_WORDS.get(spelling, spelling) + inside


def _between(schema: Schema, low: str, high: str, *, unit: str = "") -> Iterator[str]:
    least, most = schema.get(low), schema.get(high)
    last = least if most is None else most
    noun = f" {unit}{'' if last == 1 else 's'}" if unit else ""
    if least is not None and most is not None:
        yield f"{least:,} to {most:,}{noun}"
    elif last is not None:
        yield f"at {'least' if most is None else 'most'} {last:,}{noun}"


def limit_texts(kind: Kind, schema: Schema, *, field: str) -> Iterator[str]:
    """Limits of a value beyond its type. ``field`` is the name of a top-level field, or empty."""
    yield from _between(schema, "minimum", "maximum")
    yield from _between(schema, "minLength", "maxLength", unit="character")
    yield from _between(schema, "minItems", "maxItems", unit="item")
    if field in kind.serialized_max:
        yield f"at most {kind.serialized_max[field]:,} characters as JSON"
    if field in kind.url_schemes:
        yield "starts with " + " or ".join(f"{scheme}://" for scheme in kind.url_schemes[field])
    elif "pattern" in schema:
        yield f"matches {schema['pattern']}"
    if schema.get("uniqueItems"):
        yield "no item twice"
    for first, second in kind.ordered:
        if field in (first, second):
            yield f"earlier than {second}" if field == first else f"later than {first}"


def written_text(kind: Kind, field: str) -> str:
    """When a field is sent: on create, on update, or both; its use if it is never sent."""
    composed = next((part for part in kind.compose if part.field == field), None)
    if composed:
        return f"in manifests; it brings in the fields of a {composed.kind}"
    if field in kind.children:
        return f"each {kind.children[field]} by a separate request, after its parent"
    if kind.type not in ("resource", "child") or field not in kind.fields:
        return ""
    if field in kind.create_only:
        return "on create only"
    return (
        "on update only, right after create"
        if field in kind.update_only
        else "on create and on update"
    )


def released_text(kind: Kind, field: str) -> str:
    """The value that a field returns to once it is no longer declared.

    Empty if the default already says it, or if the field cannot be released.
    """
    if (
        kind.type != "resource"
        or field in kind.required
        or field in kind.defaults
        or field not in kind.attributes
    ):
        return ""
    if not kind.is_documented(field):
        return "no longer declared, it keeps its live value: no default is documented"
    back = kind.default(field, "{name}")
    value = "the name of the resource" if back == "{name}" else written_value(back)
    return f"no longer declared, it goes back to {value}"


def written_value(value: Any) -> str:
    """``value`` on one line as written in a manifest; lists without brackets."""
    return ", ".join(_scalar(item) for item in value) if isinstance(value, list) else _scalar(value)


_EXAMPLE_OF = {
    "color-hex": "#1A2B3C",
    "date": "2030-01-31",
    "date-time": "2030-01-31T09:00:00Z",
    "email": "team@example.com",
    "uri": "https://example.com/",
    "uuid": "c22d2f3b-1d0f-4f3e-9a34-5f7d5d0e8a61",
}


def example_value(schema: Schema, root: Schema) -> Any:
    """An example of a value: the schema's own, or one made from its limits."""
    schema = resolve(schema, root)
    if schema.get("examples"):
        return schema["examples"][0]
    for word in ("default", "const"):
        if word in schema:
            return schema[word]
    if schema.get("enum"):
        return schema["enum"][0]
    if "array" in types_of(schema):
        return [example_value(schema.get("items", {}), root)]
    properties = schema.get("properties", {})
    if properties:
        chosen = schema.get("required") or list(properties)[:1]
        return {name: example_value(properties[name], root) for name in chosen}
    least = schema.get("minimum", 1)
    of_type = {"boolean": True, "integer": least, "number": least, "object": {}}
    kind_of_value = "number" if "number" in types_of(schema) else spelling_of(schema)
    return of_type.get(kind_of_value, _example_text(schema))


def _example_text(schema: Schema) -> str:
    """A text of the format that the schema or one of its options names."""
    options = (schema, *schema.get("anyOf", ()))
    named = (_EXAMPLE_OF.get(str(one.get("format"))) for one in options)
    return next((text for text in named if text), "text")


def _scalar(value: Any) -> str:
    return (
        value
        if isinstance(value, str) and _SAFE_TEXT.fullmatch(value)
        else harmless_json(json.dumps(value, ensure_ascii=False))
    )


def yaml_lines(value: Any) -> list[str]:
    """``value`` as lines of YAML. Texts are quoted if YAML could read them as something else."""
    lines: list[str] = []
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            if isinstance(item, Mapping | list) and item:
                lines.append(f"{_scalar(key)}:")
                lines += [f"  {line}" for line in yaml_lines(item)]
            else:
                lines.append(f"{_scalar(key)}: {_scalar(item)}")
        return lines
    if isinstance(value, list) and value:
        for item in value:
            lines += _item_lines(item)
        return lines
    return [_scalar(value)]


def _item_lines(item: Any) -> list[str]:
    first, *rest = yaml_lines(item)
    return [f"- {first}", *(f"  {line}" for line in rest)]
