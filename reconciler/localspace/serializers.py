"""Records as JSON of the API, in the formats that the settings choose."""

import uuid
from collections.abc import Mapping
from typing import Any

from reconciler.core.kinds import Kind, types_of
from reconciler.core.text import is_uuid
from reconciler.localspace import api_tables
from reconciler.localspace.settings import Settings
from reconciler.localspace.store import Record
from reconciler.localspace.timestamps import spell_instant

PROJECT_FIELD = "project_id"
_PROJECTS = uuid.UUID("2f6c1c0e-7d53-4c1c-9a56-1b9f0c4d7e20")


def _spelled(value: Any, spelling: str, knobs: Settings) -> Any:
    if value is None:
        return None
    if spelling == "instant":
        return spell_instant(value, knobs.instants)
    if spelling == "colour" and knobs.colours != "as_sent":
        return value.upper() if knobs.colours == "upper" else value.lower()
    return value


def project_id(project: str) -> str:
    """The id of the project of a request's credentials; of one that is no UUID always the same."""
    return project if is_uuid(project) else str(uuid.uuid5(_PROJECTS, project))


def resource_answer(kind: Kind, record: Record, knobs: Settings, *, project: str) -> dict[str, Any]:
    """A resource with all fields: set ones, defaults of the others, and read-only ones.

    ``project`` is that of the request's credentials.
    """
    name = record.name or ""
    own = {
        "id": record.id,
        PROJECT_FIELD: project_id(project),
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        **record.attributes,
    }
    if kind.key not in kind.fields:
        own[kind.key] = name
    fields: dict[str, Any] = {"id": own["id"], kind.key: own.get(kind.key)}
    for field in kind.attributes:
        fields[field] = own[field] if field in own else kind.initial(field, name)
    for field, schema in kind.answers.items():
        if field != kind.session:
            fields[field] = own[field] if field in own else _read_only(kind, record, field, schema)
    return _wrapped(
        kind,
        {
            field: _spelled(value, kind.spellings.get(field, "text"), knobs)
            for field, value in fields.items()
        },
    )


def inner_id(record: Record, field: str) -> str:
    """The id of something that belongs to the record: always the same one."""
    return str(uuid.uuid5(uuid.UUID(record.id), field))


def _read_only(kind: Kind, record: Record, field: str, schema: Mapping[str, Any]) -> Any:
    renamed = kind.envelope.renamed if kind.envelope else {}
    # What the envelope holds has an id of its own, also if the document names no format.
    is_inner_id = renamed.get(field) == "id" and "string" in types_of(schema)
    if "default" not in schema and (schema.get("format") == "uuid" or is_inner_id):
        return inner_id(record, field)
    return schema.get("default")


def _wrapped(kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in the kind's envelope, if it has one."""
    envelope = kind.envelope
    if envelope is None:
        return dict(fields)
    beside = {field: fields[field] for field in envelope.beside if field in fields}
    inside = {
        envelope.renamed.get(field, field): value
        for field, value in fields.items()
        if field not in beside or field in kind.attributes
    }
    return {**beside, envelope.content: inside}


def spell_instants(fields: Mapping[str, Any], knobs: Settings) -> dict[str, Any]:
    """The fields, with known times in the format of the settings."""
    return {
        name: spell_instant(value, knobs.instants)
        if value and name in api_tables.INSTANTS
        else value
        for name, value in fields.items()
    }
