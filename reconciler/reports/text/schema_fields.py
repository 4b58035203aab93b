"""Finds a field of a kind by its path, in the schema of the kind."""

from collections.abc import Mapping

from reconciler.core.errors import UsageError
from reconciler.core.kinds import Kind, Schema, resolve, types_of
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.text import did_you_mean

ENVELOPE = ("apiVersion", "kind", "metadata")


class FieldInSchema(NamedTuple):
    """A field: its schema, whether only the Space sets it, and the schemas of its parents."""

    schema: Schema
    read_only: bool
    around: tuple[Schema, ...]


def _root_fields(kind: Kind) -> dict[str, Schema]:
    """First steps of a path: fields, envelope, and fields that only answers have."""
    document = kind.schema
    envelope = {
        name: resolve(schema, document)
        for name, schema in document["properties"].items()
        if name in ENVELOPE
    }
    return {**kind.answers, **envelope, **kind.fields}


def inner_fields(schema: Schema, root: Schema) -> Mapping[str, Schema]:
    """The fields of an object, or of the objects in a list."""
    if "array" in types_of(schema):
        schema = resolve(schema.get("items", {}), root)
    return {name: resolve(inner, root) for name, inner in schema.get("properties", {}).items()}


def path_steps(path: str) -> list[str]:
    """The steps of a path, without list indexes and a leading ``spec``."""
    steps = [step.split("[")[0] for step in path.split(".")]
    return steps[1:] if steps[0] == "spec" and len(steps) > 1 else steps


def find_field(kind: Kind, path: str) -> FieldInSchema:
    """The field at ``path``. Raises UsageError with the unknown step and a near match."""
    known: Mapping[str, Schema] = _root_fields(kind)
    around: list[Schema] = []
    steps = path_steps(path)
    for index, step in enumerate(steps):
        if step not in known:
            where = ".".join([kind.name, *steps[:index]])
            raise UsageError(
                f"{where} has no field {step!r}{did_you_mean(step, known)}",
                hint=f"'reconciler explain {where}' lists its fields",
            )
        around.append(known[step])
        known = inner_fields(known[step], kind.schema)
    first = steps[0]
    return FieldInSchema(
        around[-1],
        first in kind.answers and first not in kind.fields and first not in ENVELOPE,
        tuple(around[:-1]),
    )


def in_schema_spelling(kind: Kind, path: str) -> str:
    """``path`` with each step in the case of the schema."""
    known: Mapping[str, Schema] = _root_fields(kind)
    steps = []
    for step in path_steps(path):
        name = (
            step
            if step in known
            else next((one for one in known if one.lower() == step.lower()), step)
        )
        steps.append(name)
        known = inner_fields(known[name], kind.schema) if name in known else {}
    return ".".join(steps)
