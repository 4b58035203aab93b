"""Explains the project file, reconciler.yaml, from its schema."""

from collections.abc import Mapping

from reconciler.core.errors import UsageError
from reconciler.core.kinds import Kind, Schema, resolve
from reconciler.core.text import did_you_mean
from reconciler.manifest.discovery import PROJECT_FILE
from reconciler.reports.text.explain import explained
from reconciler.reports.text.style import PLAIN, RenderStyle


def _fields(document: Schema) -> dict[str, Schema]:
    """The fields by path. Fields of an environment are below ``environments.NAME``."""
    inside: Mapping[str, Schema] = resolve(document["$defs"]["environment"], document)["properties"]
    named = {
        **document["properties"],
        **{f"environments.NAME.{name}": schema for name, schema in inside.items()},
    }
    return {name: resolve(schema, document) for name, schema in named.items()}


def project_text(document: Schema, path: str = "", *, look: RenderStyle = PLAIN) -> str:
    """The project file with one line for each field, or the fields at and below ``path``.

    Raises UsageError for an unknown field.
    """
    fields = _fields(document)
    chosen = {
        name: schema
        for name, schema in fields.items()
        if not path or name == path or name.startswith(f"{path}.")
    }
    if not chosen:
        raise UsageError(
            f"{PROJECT_FILE} has no field {path!r}{did_you_mean(path, fields)}",
            hint=f"it has {', '.join(fields)}",
        )
    kind = Kind(PROJECT_FILE, "fragment", document["description"], document, chosen, {}, {})
    return explained(kind, look)
