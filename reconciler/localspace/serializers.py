"""Records as the API shows them, in the spelling that the knobs ask for."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.kinds import Kind
from reconciler.localspace import api_tables
from reconciler.localspace.settings import Settings
from reconciler.localspace.store import Record
from reconciler.localspace.timestamps import spell_instant


def _spelled(value: Any, spelling: str, knobs: Settings) -> Any:
    if value is None:
        return None
    if spelling == "instant":
        return spell_instant(value, knobs.instants)
    if spelling == "colour" and knobs.colours != "as_sent":
        return value.upper() if knobs.colours == "upper" else value.lower()
    return value


def resource_answer(kind: Kind, record: Record, knobs: Settings) -> dict[str, Any]:
    """A resource with all its fields: those that are set, the defaults of the others, and what only the Space sets."""
    name = record.name or ""
    own = {
        "id": record.id,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        **record.attributes,
    }
    if kind.key not in kind.fields:
        own[kind.key] = name
    shown: dict[str, Any] = {"id": own["id"], kind.key: own.get(kind.key)}
    for field in kind.attributes:
        shown[field] = own[field] if field in own else kind.initial(field, name)
    for field, schema in kind.answers.items():
        if field != kind.session:
            shown[field] = own.get(field, schema.get("default"))
    return {
        field: _spelled(value, kind.spellings.get(field, "text"), knobs)
        for field, value in shown.items()
    }


def spell_instants(fields: Mapping[str, Any], knobs: Settings) -> dict[str, Any]:
    """The same fields with each known instant in the spelling of the knobs."""
    return {
        name: spell_instant(value, knobs.instants)
        if value and name in api_tables.INSTANTS
        else value
        for name, value in fields.items()
    }
