"""reference.md: every kind and every field, as the schemas have them."""

# ruff: noqa: INP001  # a script's neighbour, not a package

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler import catalog
from reconciler.core.kinds import Kind, Schema, resolve, types_of
from reconciler.reports.text.schema_words import (
    limit_texts,
    released_text,
    type_text,
    written_text,
    written_value,
)

FEW = 4  # choices that are named in a table's cell; longer lists stand below it
ORDER = ("Room", "Conference", "Stream", "Preset", "Theme", "Role")
ROLES = {
    "resource": "It exists in the Space.",
    "child": "It exists in the Space, below its parent, and is written in its parent's manifest.",
    "fragment": "It does not exist in the Space: its fields are written into those who name it.",
    "token": "It does not exist in the Space: it describes tokens to be minted.",
}


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    titles = list(heads)
    lines = [
        titles,
        ["---"] * len(titles),
        *([text.replace("|", "\\|").replace("\n", " ") for text in row] for row in rows),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _choices(schema: Schema, root: Schema) -> list[Any]:
    return list(schema.get("enum") or resolve(schema.get("items", {}), root).get("enum", ()))


def _type(schema: Schema, root: Schema, limits: Iterable[str]) -> str:
    """``text, or null; at most 200 characters``; long lists of choices are only announced."""
    choices = _choices(schema, root)
    words = [type_text(schema, root) + (", or null" if "null" in types_of(schema) else "")]
    words += [" or ".join(f"`{choice}`" for choice in choices)] if 0 < len(choices) <= FEW else []
    words += (
        ["one of those below" if "enum" in schema else "of those below"]
        if len(choices) > FEW
        else []
    )
    shown = [
        f"matches `{limit[8:]}`" if limit.startswith("matches ") else limit for limit in limits
    ]
    return "; ".join([*words, *([] if schema.get("format") == "color-hex" else shown)])


def _default(schema: Schema) -> str:
    value = schema.get("default")
    if value is None or value == []:
        return ""
    return "those marked below" if isinstance(value, list) else f"`{written_value(value)}`"


def _flat(
    fields: Mapping[str, Schema], root: Schema, prefix: str = ""
) -> Iterator[tuple[str, Schema]]:
    """Fields, and behind each the fields of the objects in it."""
    for name, schema in fields.items():
        yield prefix + name, schema
        inside = resolve(schema.get("items", {}), root) if "array" in types_of(schema) else schema
        yield from _flat(
            {key: resolve(inner, root) for key, inner in inside.get("properties", {}).items()},
            root,
            f"{prefix}{name}.",
        )


def _declared(kind: Kind) -> Iterator[tuple[str, Schema]]:
    """The fields of a kind; those of sub-resources stand with their own kind."""
    for path, schema in _flat(kind.fields, kind.schema):
        if "." not in path or path.partition(".")[0] not in kind.children:
            yield path, schema


def _field_row(kind: Kind, path: str, schema: Schema) -> list[str]:
    top = "" if "." in path else path
    written = written_text(kind, path.partition(".")[0])
    if top in kind.required:
        written += "; required"
    released = released_text(kind, top).removeprefix("no longer declared, it ")
    meaning = schema.get("description", "")
    default = (
        "" if kind.type == "fragment" else _default(schema)
    )  # what a fragment leaves out, it does not set
    return [
        f"`{path}`",
        _type(schema, kind.schema, limit_texts(kind, schema, field=top)),
        default,
        written,
        meaning,
        released,
    ]


def _fields(kind: Kind) -> str:
    rows = [_field_row(kind, path, schema) for path, schema in _declared(kind)]
    heads = ["field", "type and limits", "default", "written", "meaning", "released"]
    used = [index for index in range(len(heads)) if index == 0 or any(row[index] for row in rows)]
    return table([heads[index] for index in used], [[row[index] for index in used] for row in rows])


def _long_choices(kind: Kind) -> str:
    """The lists of choices that are too long for a cell; a default that is a list is marked in them."""
    parts = []
    for path, schema in _declared(kind):
        choices, default = _choices(schema, kind.schema), schema.get("default")
        if len(choices) > FEW:
            marked = default if isinstance(default, list) else []
            listed = ", ".join(
                f"**`{choice}`**" if choice in marked else f"`{choice}`" for choice in choices
            )
            parts.append(f"\n`{path}`{' (in bold: the default)' if marked else ''}: {listed}\n")
    return "".join(parts)


def _answers(kind: Kind) -> str:
    rows = [
        [f"`{name}`", _type(schema, kind.schema, ()), schema["description"]]
        for name, schema in kind.answers.items()
        if name not in kind.fields
    ]
    return (
        f"\nSet by the Space, read only:\n\n{table(('field', 'type', 'meaning'), rows)}"
        if rows
        else ""
    )


def _metadata(kind: Kind) -> str:
    metadata = resolve(kind.schema["properties"].get("metadata", {}), kind.schema)
    inside = {
        name: resolve(schema, kind.schema)
        for name, schema in metadata.get("properties", {}).items()
    }
    return ", ".join(f"`{name}`" for name in inside)


def _kind(kind: Kind) -> str:
    named = f"\n\n`metadata`: {_metadata(kind)}." if _metadata(kind) else ""
    return f"## {kind.name}\n\n{kind.description} {ROLES[kind.type]}{named}\n\n{_fields(kind)}{_long_choices(kind)}{_answers(kind)}\n"


def _metadata_section(kind: Kind) -> str:
    metadata = resolve(kind.schema["properties"]["metadata"], kind.schema)
    rows = []
    for name, raw in metadata["properties"].items():
        schema = resolve(raw, kind.schema)
        required = "required" if name in metadata["required"] else ""
        limits = limit_texts(kind, schema, field="")
        rows.append(
            [
                f"`{name}`",
                _type(schema, kind.schema, limits),
                _default(schema) or required,
                schema["description"],
            ]
        )
    written = table(("field", "type and limits", "default", "meaning"), rows)
    return f"## metadata\n\nOf Rooms and Conferences; the others have `name` and `labels`.\n\n{written}\n"


def _project(document: Schema, kind: Kind) -> str:
    rows = []
    for path, schema in _flat(
        {name: resolve(schema, document) for name, schema in document["properties"].items()},
        document,
    ):
        rows.append(
            [
                f"`{path}`",
                _type(schema, document, limit_texts(kind, schema, field="")),
                _default(schema),
                schema["description"],
            ]
        )
    inside = resolve(document["$defs"]["environment"], document)["properties"]
    for name, raw in inside.items():
        schema = resolve(raw, document)
        rows.append(
            [
                f"`environments.NAME.{name}`",
                _type(schema, document, limit_texts(kind, schema, field="")),
                "",
                schema["description"],
            ]
        )
    return f"## reconciler.yaml\n\n{document['description']}\n\n{table(('field', 'type and limits', 'default', 'meaning'), rows)}"


def reference() -> str:
    """reference.md: every kind and field, from the schemas."""
    kinds, documents = catalog.kinds(), catalog.documents()
    names = sorted(
        kinds, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name)
    )
    contents = "".join(
        f"- [{name}](#{name.lower()}): {kinds[name].description}\n" for name in names
    )
    head = (
        "# Reference\n\nEvery kind and every field, as the schemas in `schemas/` have them; `reconciler explain KIND.FIELD` says the same "
        "on the command line. *Released* is what a field goes back to when it was declared and is so no longer; where the column is "
        "empty it is the default.\n\n"
    )
    more = (
        "- [metadata](#metadata): who a resource is, and how it may be treated.\n"
        "- [reconciler.yaml](#reconcileryaml): the project file.\n"
    )
    first = kinds[names[0]]
    body = (
        "".join(_kind(kinds[name]) for name in names)
        + _metadata_section(first)
        + _project(documents["project.schema.json"], first)
    )
    return f"{head}{contents}{more}\n{body}"
