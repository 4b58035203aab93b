"""The schema of a kind, around its fields and its x-reconciler block."""

from collections.abc import Mapping
from typing import Any

_NAME = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[A-Za-z0-9_-]+$"}


def kind_schema(title: str, fields: Mapping[str, Any], block: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of manifests of the kind ``title``; ``fields`` are those of ``spec``."""
    text = {"type": "string"}
    metadata = {
        "name": {**_NAME, "description": "Its name in the Space.", "examples": ["front"]},
        "labels": {
            "type": "object",
            "additionalProperties": text,
            "description": "For --selector.",
        },
        "renamedFrom": {**_NAME, "description": "The name it had before."},
        "protect": {"type": "boolean", "default": False, "description": "Refuses deletion."},
    }
    shut = {"type": "object", "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": f"A {title}, by a kind of this project.",
        **shut,
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"const": "reconciler.dev/v1"},
            "kind": {"const": title},
            "metadata": {**shut, "required": ["name"], "properties": metadata},
            "spec": {**shut, "properties": dict(fields)},
        },
        "x-reconciler": dict(block),
    }
