"""Completes the schema of a fragment: the kinds that may use it are those that name it."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.kinds import Schema


def _users(documents: Mapping[str, Schema], title: str) -> list[str]:
    """Return the titles of all kinds whose ``compose`` names the fragment ``title``, in order."""
    found = []
    for document in documents.values():
        block = document.get("x-reconciler", {})
        if any(part["kind"] == title for part in block.get("compose", ())):
            found.append(document["title"])
    return sorted(found)


def _with_enum(document: Schema, field: str, users: list[str]) -> dict[str, Any]:
    properties = document["properties"]
    spec = properties["spec"]
    own = spec["properties"]
    whole = {**own[field], "items": {**own[field].get("items", {}), "enum": users}}
    completed = {**spec, "properties": {**own, field: whole}}
    return {**document, "properties": {**properties, "spec": completed}}


def with_fragment_users(documents: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return ``documents`` with the allowed values of each ``applies_to`` field filled in."""
    completed = dict(documents)
    for name, document in documents.items():
        field = document.get("x-reconciler", {}).get("applies_to")
        if field:
            completed[name] = _with_enum(document, field, _users(documents, document["title"]))
    return completed
