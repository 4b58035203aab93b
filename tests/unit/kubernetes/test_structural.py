"""Each word of a schema has a counterpart in a CustomResourceDefinition, or the generator stops."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import catalog
from reconciler.core.errors import ReconcilerError
from reconciler.core.kinds import kinds_from
from reconciler.kubernetes.definitions import declarable, definition_of, definitions
from reconciler.kubernetes.structural import NoCounterpart, structural

SCHEMAS = Path(__file__).parents[3] / "schemas"
ROOT = {"$defs": {"text": {"type": "string", "maxLength": 9, "description": "A text."}}}


def made(schema):
    return structural(schema, ROOT, where="Lounge.spec.music")


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "title": "x", "examples": [1], "$comment": "x"}, {"type": "string"}),
        ({"$ref": "#/$defs/text", "description": "Own."}, {"type": "string", "maxLength": 9, "description": "Own."}),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"const": True}, {"type": "boolean", "enum": [True]}),
        ({"enum": [1, 2]}, {"type": "integer", "enum": [1, 2]}),
        ({"type": ["integer", "null"], "minimum": 1}, {"type": "integer", "nullable": True, "minimum": 1}),
        ({"type": ["string", "null"], "enum": ["a", None]}, {"type": "string", "nullable": True, "enum": ["a"]}),
        ({"type": "integer", "default": 7, "description": "Seats."},
         {"type": "integer", "description": "Seats. Not declared, the Space has: 7."}),
        ({"type": "boolean", "default": False, "description": "On."},
         {"type": "boolean", "description": "On. Not declared, the Space has: false."}),
        ({"type": "object", "additionalProperties": False, "properties": {"a": {"$ref": "#/$defs/text"}}},
         {"type": "object", "properties": {"a": {"type": "string", "maxLength": 9, "description": "A text."}}}),
        ({"type": "object"}, {"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"type": "object", "additionalProperties": {"type": "string"}}),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": True},
         {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"}),
        ({"type": "string", "format": "color-hex", "pattern": "^#"}, {"type": "string", "pattern": "^#"}),
        ({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]},
         {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}),
    ],
)  # fmt: skip
def test_what_has_a_counterpart(schema, expected):
    assert made(schema) == expected


def test_alternatives_of_required_fields_become_a_rule():
    schema = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in "abc"},
        "anyOf": [{"required": ["a"]}, {"required": ["b", "c"]}],
    }
    assert made(schema)["x-kubernetes-validations"] == [
        {"rule": "(has(self.a)) || (has(self.b) && has(self.c))", "message": "a or b and c is required"}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        ({"type": "object", "propertyNames": {"pattern": "x"}}, "propertyNames"),
        ({"type": "object", "patternProperties": {"x": {}}}, "patternProperties"),
        ({"type": "string", "if": {"minLength": 1}, "then": {}}, "if"),
        ({"type": "string", "not": {"const": "a"}}, "not"),
        ({"type": "integer", "exclusiveMinimum": 1}, "exclusiveMinimum"),
        ({"type": "array", "prefixItems": []}, "prefixItems"),
        ({"type": "array", "contains": {}}, "contains"),
        ({"type": "object", "dependentRequired": {}}, "dependentRequired"),
        ({"type": "string", "a-word-of-tomorrow": 1}, "a-word-of-tomorrow"),
        ({"type": ["string", "integer"]}, "type: ['string', 'integer']"),
        ({"type": ["null"]}, "type: ['null']"),
        ({"description": "anything"}, "a value without a type"),
        ({"enum": ["a", 1]}, "a value without a type"),
        ({"type": "string", "format": "color-hex"}, "format: color-hex"),
        ({"type": "string", "anyOf": [{"minLength": 1}, {"format": "date"}]}, "anyOf"),
        ({"type": "string", "pattern": "^(?!x)"}, "the pattern"),
        ({"type": "string", "pattern": r"(a)\1"}, "the pattern"),
        ({"type": "object", "additionalProperties": True}, "additionalProperties: true"),
        ({"type": "array", "items": {"type": "object"}, "uniqueItems": True}, "uniqueItems of objects"),
        ({"type": "object", "properties": {"a": {"type": "string"}},
          "additionalProperties": {"type": "string"}}, "additionalProperties beside properties"),
    ],
)  # fmt: skip
def test_what_has_none_stops_the_generator_and_is_named(schema, word):
    with pytest.raises(NoCounterpart) as refusal:
        made(schema)
    assert "Lounge.spec.music" in refusal.value.message
    assert word in refusal.value.message
    assert refusal.value.hint


def places(node, path=()):
    """Every schema within the spec of a kind that holds a type of its own."""
    if isinstance(node, dict):
        if "type" in node and isinstance(node["type"], str | list):
            yield path
        for key, inner in node.items():
            if key not in {"examples", "x-reconciler", "required", "enum", "default"}:
                yield from places(inner, (*path, key))


ROOM = json.loads((SCHEMAS / "room.schema.json").read_text())
SPOTS = list(places(ROOM["properties"]["spec"], ("properties", "spec")))


@given(
    st.sampled_from(SPOTS),
    st.text(st.characters(categories=["Ll", "Lu"]), min_size=1),
)
def test_an_unknown_word_anywhere_in_a_kind_stops_it(path, word):
    document = copy.deepcopy(ROOM)
    node = document
    for part in path:
        node = node[part]
    node[f"{word}Tomorrow"] = 1
    documents = {**catalog.documents(), "room.schema.json": document}
    with pytest.raises(NoCounterpart, match=f"{word}Tomorrow"):
        definitions(kinds_from(documents))


def invented(**properties):
    """A kind that does not exist, with these fields."""
    document = {
        "title": "Lounge",
        "description": "A room to wait in.",
        "type": "object",
        "properties": {
            "spec": {"type": "object", "additionalProperties": False, "properties": properties}
        },
        "x-reconciler": {"type": "resource", "collection": "/lounges", "key": "name"},
    }
    return kinds_from({"lounge.schema.json": document})


def test_a_new_kind_needs_no_more_than_its_schema():
    kinds = invented(music={"type": "string", "enum": ["piano", "none"]})
    definition = definition_of(kinds["Lounge"], kinds)
    assert definition["metadata"]["name"] == "lounges.reconciler.dev"
    root = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert root["properties"]["spec"]["properties"]["music"] == {
        "type": "string",
        "enum": ["piano", "none"],
    }


@pytest.mark.parametrize(
    "word",
    ["spaceRef", "roomName", "protect", "deletionPolicy", "adoptionPolicy", "managementPolicy"],
)
def test_a_field_that_is_a_control_word_too_stops_the_generator(word):
    kinds = invented(**{word: {"type": "string"}})
    with pytest.raises(ReconcilerError, match=f"Lounge.spec.{word} is a control word"):
        definitions(kinds)


def test_a_secret_stands_nowhere_in_clear():
    kinds = catalog.kinds()
    for kind in declarable(kinds):
        spec = definition_of(kind, kinds)["spec"]["versions"][0]["schema"]["openAPIV3Schema"][
            "properties"
        ]["spec"]["properties"]
        assert not kind.secret & spec.keys()
        for field, child in kind.children.items():
            items = spec[field]["items"]
            assert not kinds[child].secret & items["properties"].keys()
            assert items["required"] == ["urlFrom"]


def test_no_default_is_written_by_the_server():
    def defaults(node):
        if isinstance(node, dict):
            return ("default" in node and "type" in node) or any(map(defaults, node.values()))
        return isinstance(node, list) and any(map(defaults, node))

    assert not any(map(defaults, definitions(catalog.kinds())))
