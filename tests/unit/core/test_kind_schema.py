from reconciler.core.kind_schema import kind_schema


def test_the_whole_schema_of_a_kind():
    name = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[A-Za-z0-9_-]+$"}
    size = {"type": "string", "description": "How large."}
    assert kind_schema("Hall", {"size": size}, {"type": "resource"}) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Hall",
        "description": "A Hall, by a kind of this project.",
        "type": "object",
        "additionalProperties": False,
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"const": "reconciler.dev/v1"},
            "kind": {"const": "Hall"},
            "metadata": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {
                    "name": {
                        **name,
                        "description": "Its name in the Space.",
                        "examples": ["front"],
                    },
                    "labels": {
                        "type": "object",
                        "additionalProperties": {"type": "string"},
                        "description": "For --selector.",
                    },
                    "renamedFrom": {**name, "description": "The name it had before."},
                    "protect": {
                        "type": "boolean",
                        "default": False,
                        "description": "Refuses deletion.",
                    },
                },
            },
            "spec": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"size": size},
            },
        },
        "x-reconciler": {"type": "resource"},
    }
