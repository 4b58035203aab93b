from reconciler.core.combined_schema import combined_schema
from reconciler.core.editor_schema import as_written


def manifest(title, **more):
    return {
        "$schema": "x",
        "$id": "y",
        "$comment": "z",
        "title": title,
        "type": "object",
        "properties": {
            "apiVersion": {"const": "reconciler.dev/v1"},
            "kind": {"const": title},
            "spec": {"anyOf": [{"$ref": "#/$defs/Spec"}]},
        },
        "$defs": {"Spec": {"properties": {"again": {"$ref": "#/$defs/Spec"}}}},
        "x-reconciler": {},
        **more,
    }


def test_the_kinds_stand_beside_each_other_each_with_definitions_of_its_own():
    combined = combined_schema([manifest("Room"), {"title": "Plan"}, manifest("Hall")])
    assert combined["$defs"]["Room"] == {
        "title": "Room",
        "type": "object",
        "properties": {
            "apiVersion": {"const": "reconciler.dev/v1"},
            "kind": {"const": "Room"},
            "spec": {"anyOf": [{"$ref": "#/$defs/Room.Spec"}]},
        },
    }
    assert combined["$defs"]["Hall.Spec"] == {
        "properties": {"again": {"$ref": "#/$defs/Hall.Spec"}}
    }
    assert list(combined["$defs"]) == ["Hall", "Hall.Spec", "Room", "Room.Spec"]
    assert combined["allOf"] == [
        {
            "if": {"properties": {"kind": {"const": title}}, "required": ["kind"]},
            "then": {"$ref": f"#/$defs/{title}"},
        }
        for title in ("Hall", "Room")
    ]


def test_before_the_kind_is_written_an_editor_can_offer_all_of_them():
    combined = combined_schema([manifest("Room"), manifest("Hall")])
    assert (combined["title"], combined["type"], combined["required"]) == (
        "Manifest",
        "object",
        ["apiVersion", "kind", "metadata"],
    )
    properties = combined["properties"]
    assert list(properties) == ["apiVersion", "kind", "metadata", "spec"]
    assert properties["apiVersion"] == {"const": "reconciler.dev/v1"}
    assert properties["metadata"]["required"] == ["name"]
    assert properties["metadata"]["properties"]["name"]["type"] == "string"
    assert properties["spec"]["type"] == ["object", "null"]
    assert "apiVersion" not in combined_schema([])["properties"]


def test_a_manifest_has_a_version_and_a_kind_whatever_else_it_has():
    bare = manifest("Bare", properties={"apiVersion": {}, "kind": {}})
    halves = [
        manifest("Half", properties={name: {}, "spec": {}}) for name in ("apiVersion", "kind")
    ]
    assert "Bare" in combined_schema([bare, *halves])["$defs"]
    assert "Half" not in combined_schema([bare, *halves])["$defs"]


def test_the_whole_schema_of_one_kind():
    reference = as_written({"enum": ["a"]})["anyOf"][1]
    assert combined_schema([manifest("Room", description="A room.")]) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": (
            "Written by 'reconciler schema' for editors: it describes what is written in a file."
        ),
        "title": "Manifest",
        "description": "A manifest of any kind.",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"const": "reconciler.dev/v1"},
            "kind": {
                "type": "string",
                "description": "What this manifest declares.",
                "anyOf": [{"enum": ["Room"]}, reference],
            },
            "metadata": {
                "type": "object",
                "description": "The name, and what is said about the manifest itself.",
                "required": ["name"],
                "properties": {"name": {"type": "string", "description": "The name in its kind."}},
            },
            "spec": {
                "type": ["object", "null"],
                "description": "The fields of the kind, by the API's names.",
            },
        },
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": "Room"}}, "required": ["kind"]},
                "then": {"$ref": "#/$defs/Room"},
            }
        ],
        "$defs": {
            "Room": {
                "title": "Room",
                "description": "A room.",
                "type": "object",
                "properties": {
                    "apiVersion": {"const": "reconciler.dev/v1"},
                    "kind": {"const": "Room"},
                    "spec": {"anyOf": [{"$ref": "#/$defs/Room.Spec"}]},
                },
            },
            "Room.Spec": {"properties": {"again": {"$ref": "#/$defs/Room.Spec"}}},
        },
    }
