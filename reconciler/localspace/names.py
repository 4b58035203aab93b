"""Names of new resources: made from a title, taken already, or with a suffix."""

import re
from collections.abc import Mapping
from typing import Any

from reconciler.core.kinds import Kind
from reconciler.localspace import api_tables
from reconciler.localspace.http import Call, FieldError
from reconciler.localspace.store import Record

_LONGEST_STEM = 90


def made_name(kind: Kind, call: Call, fields: Mapping[str, Any]) -> str:
    """A free name for a resource created without one, from its title."""
    title = str(fields.get(api_tables.NAMED_AFTER.get(kind.collection, "")) or kind.name)
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", title).strip("-")[:80] or kind.name.lower()
    return (
        stem
        if call.store.named(kind.name, stem) is None
        else f"{stem}-{call.store.fresh(call.knobs.seed)[:8]}"
    )


def name_conflict(
    kind: Kind, call: Call, name: str | None, own: str | None = None
) -> list[FieldError]:
    """The error of a name that another resource than ``own`` has."""
    other = call.store.named(kind.name, name) if isinstance(name, str) else None
    if other is None or other.id == own:
        return []
    return [FieldError("not_unique_within_project", kind.key, f"{kind.key} has already been taken")]


def suffixed(call: Call, name: str) -> str:
    """``name`` with a suffix that makes it unique, within the length limit."""
    return f"{name[:_LONGEST_STEM]}_{call.store.fresh(call.knobs.seed)[:6]}"


def name_and_existing(
    kind: Kind, call: Call, name: Any, *, own_name: bool
) -> tuple[Any, Record | None]:
    """The name that a POST creates, and an existing resource to answer instead, by the settings."""
    existing = call.store.named(kind.name, name) if own_name and isinstance(name, str) else None
    if existing is not None and call.knobs.taken == "answered":
        return name, existing
    gets_suffix = call.knobs.made_name == "suffixed" or (
        existing is not None and call.knobs.taken == "suffixed"
    )
    return (
        suffixed(call, name) if own_name and isinstance(name, str) and gets_suffix else name
    ), None
