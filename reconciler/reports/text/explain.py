"""Explains a kind or one of its fields from the schema: meaning, allowed values, example."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.core.kinds import Kind, Kinds, Schema, resolve, types_of
from reconciler.core.value_text import plain
from reconciler.reports.text.schema_fields import (
    ENVELOPE,
    FieldInSchema,
    find_field,
    in_schema_spelling,
    inner_fields,
    path_steps,
)
from reconciler.reports.text.schema_words import (
    example_value,
    limit_texts,
    released_text,
    type_text,
    written_text,
    written_value,
    yaml_lines,
)
from reconciler.reports.text.style import (
    PLAIN,
    Cell,
    RenderStyle,
    cell,
    clip,
    finish,
    grid,
    marks,
    paint,
    span_width,
)

_LEAST_ROOM = 30  # columns that a description needs beside its field


def _users(kind: Kind, steps: list[str], kinds: Kinds) -> str:
    """The kinds that can use a field of a fragment."""
    field = kind.flatten.join(steps) if kind.flatten else steps[0]
    # An object of a flattened fragment becomes several fields with this prefix.
    prefix = f"{field}{kind.flatten}" if kind.flatten else None
    users = []
    for one in kinds.values():
        if not any(part.kind == kind.name for part in one.compose):
            continue
        if field in one.fields or (prefix and any(name.startswith(prefix) for name in one.fields)):
            users.append(one.name)
    return ", ".join(sorted(users))


def _facts(
    kind: Kind, field: FieldInSchema, *, steps: list[str], kinds: Kinds
) -> Iterator[tuple[str, str]]:
    schema, top = field.schema, steps[0] if len(steps) == 1 else ""
    null = ", or null" if "null" in types_of(schema) else ""
    yield "type", type_text(schema, kind.schema) + null
    allowed = schema.get("enum") or resolve(schema.get("items", {}), kind.schema).get("enum", ())
    yield "allowed", ", ".join(map(str, allowed))
    yield "limits", "; ".join(limit_texts(kind, schema, field=top))
    yield "default", _default(schema)
    yield "required", "yes" if top in kind.required else ""
    if field.read_only:
        yield "written", "by the Space only: it cannot be declared"
    else:
        yield "written", written_text(kind, steps[0])
        yield "released", released_text(kind, top)
    if kind.type == "fragment" and steps[0] not in ENVELOPE:
        yield "for", _users(kind, steps, kinds)
    if top in kind.secret:
        yield "secret", "yes: it is never shown or stored in clear"


def _fact_lines(facts: Iterator[tuple[str, str]], look: RenderStyle) -> list[str]:
    rows: list[list[Cell]] = []
    for label, text in facts:
        wrapped = textwrap.wrap(
            plain(text), max(look.width - 14, 30), break_long_words=False, break_on_hyphens=False
        )
        rows += [
            [cell(label if index == 0 else "", "dim"), cell(line)]
            for index, line in enumerate(wrapped)
        ]
    return grid(rows, look, indent=2, sizes=[8, look.width])


def _paragraph(text: str, look: RenderStyle) -> list[str]:
    return [f"  {line}" for line in textwrap.wrap(plain(text), max(look.width - 4, 30))]


def _example_lines(value: Any, look: RenderStyle, *, indent: int) -> list[str]:
    return [
        "",
        " " * indent + paint(cell("example", "bold"), look),
        *(" " * (indent + 2) + line for line in yaml_lines(value)),
    ]


def _example_in_manifest(kind: Kind, steps: list[str], field: FieldInSchema) -> Any:
    """An example of the field within its parents in a manifest."""
    value = example_value(field.schema, kind.schema)
    for step, outer in zip(reversed(steps), [*reversed(field.around), None], strict=True):
        value = {step: value}
        if outer is not None and "array" in types_of(outer):
            value = [value]
    return value if steps[0] in ENVELOPE or kind.type == "child" else {"spec": value}


def _field_lines(
    kind: Kind, path: str, *, title: str, look: RenderStyle, kinds: Kinds, inside: str = ""
) -> list[str]:
    """One field in full. ``inside`` is the parent's list that a sub-resource belongs to."""
    steps, field = path_steps(path), find_field(kind, path)
    lines = [
        paint(cell(plain(title), "bold"), look),
        *_paragraph(field.schema.get("description", ""), look),
        "",
    ]
    lines += _fact_lines(_facts(kind, field, steps=steps, kinds=kinds), look)
    inner = inner_fields(field.schema, kind.schema)
    if inner:
        lines += ["", *_table(kind, inner, look)]
    example = _example_in_manifest(kind, steps, field)
    return (
        lines
        if field.read_only
        else lines
        + _example_lines({"spec": {inside: [example]}} if inside else example, look, indent=2)
    )


def _flat(
    kind: Kind, fields: Mapping[str, Schema], prefix: str = ""
) -> Iterator[tuple[str, Schema]]:
    """The fields, each followed by its inner fields: ``dark``, ``dark.primary``."""
    for name, schema in fields.items():
        yield f"{prefix}{name}", schema
        yield from _flat(kind, inner_fields(schema, kind.schema), f"{prefix}{name}.")


def _default(schema: Schema) -> str:
    """The default as written in a manifest; empty for none, null and the empty list."""
    value = schema.get("default")
    return "" if value in (None, []) else written_value(value)


def _table(kind: Kind, fields: Mapping[str, Schema], look: RenderStyle) -> list[str]:
    """One line for each field: path, type, default and description."""
    more = marks(look).more
    required = kind.required if fields is kind.fields else ()
    entries = list(_flat(kind, fields))
    rows: list[list[Cell]] = []
    for path, schema in entries:
        default = cell(clip(plain(_default(schema)), 18, more=more))
        if path in required:
            default = cell("required", "bold")
        rows.append([cell(plain(path)), cell(type_text(schema, kind.schema)), default])
    sizes = [max((span_width(row[index]) for row in rows), default=0) for index in range(3)]
    room = look.width - 2 - sum(size + 2 for size in sizes if size)
    if look.lines and room < _LEAST_ROOM:
        return _narrow_table(entries, rows, look)
    room = max(room, _LEAST_ROOM)
    for row, (_, schema) in zip(rows, entries, strict=True):
        description = plain(schema.get("description", ""))
        if not look.verbose:
            description = clip(description, room, more=more)
        row.append(cell(description, "dim"))
    return grid(rows, look, indent=2, sizes=[*sizes, room])


def _narrow_table(
    entries: Sequence[tuple[str, Schema]], rows: Sequence[list[Cell]], look: RenderStyle
) -> list[str]:
    """The fields for a narrow terminal, each description below its field."""
    lines = []
    for (_, schema), row in zip(entries, rows, strict=True):
        description = plain(schema.get("description", ""))
        if not look.verbose:
            description = clip(description, look.width - 6, more=marks(look).more)
        lines += [*grid([row], look, indent=2), f"      {paint(cell(description, 'dim'), look)}"]
    return lines


def _manifest(kind: Kind) -> Any:
    """The shortest useful manifest of the kind; for a child, its attributes."""
    chosen = kind.required or tuple(kind.fields)[:1]
    spec = {name: example_value(kind.fields[name], kind.schema) for name in chosen}
    if kind.type == "child":
        return [spec]
    properties = kind.schema["properties"]
    return {
        **{word: example_value(properties[word], kind.schema) for word in ENVELOPE},
        "spec": spec,
    }


def _kind_lines(kind: Kind, look: RenderStyle) -> list[str]:
    lines = [paint(cell(plain(kind.name), "bold"), look), *_paragraph(kind.description, look)]
    metadata = inner_fields(
        resolve(kind.schema["properties"].get("metadata", {}), kind.schema), kind.schema
    )
    only_answers = {
        name: schema for name, schema in kind.answers.items() if name not in kind.fields
    }
    groups = (
        ("metadata", metadata),
        ("fields" if kind.type == "child" else "spec", kind.fields),
        ("set by the Space, read only", only_answers),
    )
    for heading, fields in groups:
        if fields:
            lines += ["", paint(cell(heading, "bold"), look), *_table(kind, fields, look)]
    return lines + _example_lines(_manifest(kind), look, indent=0)


def explained(kind: Kind, look: RenderStyle) -> str:
    """A kind and its fields, one line each, without an example."""
    heading = [paint(cell(plain(kind.name), "bold"), look), *_paragraph(kind.description, look), ""]
    return finish([*heading, *_table(kind, kind.fields, look)], look)


def explain_text(
    kind: Kind,
    path: str = "",
    *,
    kinds: Kinds | None = None,
    look: RenderStyle = PLAIN,
    of_kind: bool = True,
) -> str:
    """A kind with one line for each field, or one field in full.

    ``path`` is ``layout``, ``metadata.labels`` or ``dark.primary``, in any case. With ``kinds``,
    fields below a list of sub-resources are explained from their own kind. Without ``of_kind`` the
    title omits the kind. Raises UsageError for an unknown field.
    """
    if not path:
        return finish(_kind_lines(kind, look), look)
    path = in_schema_spelling(kind, path)
    first, *rest = steps = path_steps(path)
    title = ".".join([kind.name, *steps] if of_kind else steps)
    child = (kinds or {}).get(kind.children.get(first, ""))
    if child and rest:
        return finish(
            _field_lines(
                child, ".".join(rest), title=title, look=look, kinds=kinds or {}, inside=first
            ),
            look,
        )
    return finish(_field_lines(kind, path, title=title, look=look, kinds=kinds or {}), look)


def kinds_text(kinds: Kinds, *, look: RenderStyle = PLAIN) -> str:
    """All kinds with their descriptions."""
    rows: list[list[Cell]] = []
    for name in sorted(kinds):
        lines = textwrap.wrap(plain(kinds[name].description), max(look.width - 16, 30))
        rows += [
            [cell(plain(name) if index == 0 else "", "bold"), cell(line)]
            for index, line in enumerate(lines or [""])
        ]
    return finish(
        grid(rows, look, indent=0, sizes=[max(map(len, kinds), default=0), look.width]), look
    )
