"""A made-up kind of another API: a base of its own, answers in an envelope, fields that requests must have, a deletion elsewhere."""

import copy

NAME = {"type": "string", "minLength": 1, "maxLength": 40, "pattern": "^[a-z-]+$"}
BOOTH = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://reconciler.dev/schemas/v1/booth.schema.json",
    "title": "Booth",
    "description": "A made-up thing with a wrapper.",
    "type": "object",
    "additionalProperties": False,
    "required": ["apiVersion", "kind", "metadata"],
    "properties": {
        "apiVersion": {"const": "reconciler.dev/v1"},
        "kind": {"const": "Booth"},
        "metadata": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {"name": NAME, "renamedFrom": NAME},
        },
        "spec": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "display_name": {"type": "string", "description": "Its title."},
                "lit": {"type": "boolean", "description": "Whether it has light."},
                "seats": {"type": "integer", "minimum": 1, "default": 2, "description": "Seats."},
                "quiet": {"type": "boolean", "description": "Whether it is quiet."},
            },
        },
    },
    "x-reconciler": {
        "type": "resource",
        "base": "/api/stands/v2",
        "collection": "/booths",
        "item": "/booths/{id}",
        "delete": "/stands/{id}",
        "key": "name",
        "page_size": None,
        "renamable": True,
        "required_on_create": {"lit": False},
        "required_on_update": {"lit": False, "quiet": True},
        "envelope": {
            "field": "booth",
            "beside": ["id", "type", "display_name", "created_at", "updated_at"],
            "renamed": {"booth_id": "id"},
        },
        "unset": {"display_name": "{name}"},
        "answers": {
            "id": {"type": "string", "format": "uuid", "description": "The wrapper's id."},
            "booth_id": {"type": "string", "format": "uuid", "description": "The booth's id."},
            "type": {"type": "string", "default": "stand", "description": "What it is."},
            "created_at": {"type": "string", "format": "date-time", "description": "When."},
            "updated_at": {"type": "string", "format": "date-time", "description": "When."},
        },
    },
}


def booth(**words):
    """The schema with other words in its block; None takes a word out."""
    document = copy.deepcopy(BOOTH)
    block = document["x-reconciler"] | words
    document["x-reconciler"] = {
        word: value for word, value in block.items() if value is not None or word == "page_size"
    }
    return document
