"""What a schema file says about a kind, and what follows from it."""

from dataclasses import fields, replace

import pytest

from reconciler.core.kind_requests import Envelope, ReadOnlyList
from reconciler.core.kinds import (
    Compose,
    Kind,
    kind_from,
    kinds_from,
    listed_kinds,
    resolve,
    resources,
    spelling_of,
    types_of,
)
from tests.unit.core.worlds import KINDS

SPEC = {
    "size": {"type": "string", "default": "small"},
    "colour": {"$ref": "#/$defs/colour"},
    "starts": {"type": ["string", "null"], "format": "date-time"},
    "seats": {"type": "integer", "default": 4},
    "presets": {"type": "array"},
    "streams": {"type": "array"},
}
COLOUR = {"type": "string", "format": "color-hex"}
SMALLEST = {"title": "Hall", "x-reconciler": {"type": "resource"}}


def document(**block):
    return {
        "title": "Hall",
        "description": "A hall.",
        "$defs": {"colour": COLOUR},
        "properties": {"spec": {"properties": SPEC}},
        "x-reconciler": {"type": "resource", "key": "name"} | block,
    }


def test_a_kind_has_the_name_the_words_and_the_fields_of_its_schema():
    written = document(compose=[{"field": "presets", "kind": "Preset"}], children={"streams": "S"})
    kind = kind_from(written)
    assert (kind.name, kind.type, kind.description, kind.key, kind.schema) == (
        "Hall",
        "resource",
        "A hall.",
        "name",
        written,
    )
    assert kind.fields == SPEC | {"colour": COLOUR}
    assert kind.attributes == ("size", "colour", "starts", "seats")
    assert kind.compose == (Compose("presets", "Preset"),)
    assert kind.defaults == {"size": "small", "seats": 4}


def test_a_field_is_spelled_as_its_schema_says_also_one_that_is_read_only():
    kind = kind_from(document(answers={"created": {"type": "string", "format": "date-time"}}))
    assert kind.spellings == {
        "size": "text",
        "colour": "colour",
        "starts": "instant",
        "seats": "integer",
        "presets": "array",
        "streams": "array",
        "created": "instant",
    }


def test_without_a_spec_the_properties_are_the_fields():
    kind = kind_from(SMALLEST | {"properties": {"url": {"type": "string"}}})
    assert kind.fields == {"url": {"type": "string"}}


def test_what_a_block_does_not_say_is_as_the_video_api_has_it():
    assert kind_from(SMALLEST) == Kind("Hall", "resource", "", SMALLEST, {}, {}, {})
    kind = kind_from(SMALLEST)
    assert (kind.update, kind.page_size, kind.volatile, kind.scopes, kind.session_ids) == (
        "PUT",
        1000,
        {"updated_at"},
        ("video",),
        ("id",),
    )
    assert (kind.session_told, kind.list_if_used, kind.renamable) == (True, False, False)


# The words of a block, each with a value and what the kind then has; lists become tuples and sets.
WORDS = {
    "key": ("title", "title"),
    "page_size": (None, None),
    "create_only": (["a", "b"], frozenset({"a", "b"})),
    "update_only": (["a"], frozenset({"a"})),
    "required": (["a", "b"], ("a", "b")),
    "required_on_create": ({"a": 1}, {"a": 1}),
    "required_on_update": ({"a": 2}, {"a": 2}),
    "update": ("PATCH", "PATCH"),
    "renamable": (True, True),
    "secret": (["url"], frozenset({"url"})),
    "unset": ({"a": ""}, {"a": ""}),
    "null_means": ({"a": 0}, {"a": 0}),
    "assumed": ({"a": 1}, {"a": 1}),
    "children": ({"streams": "Stream"}, {"streams": "Stream"}),
    "ordered": ([["from", "until"]], (("from", "until"),)),
    "serialized_max": ({"meta": 9}, {"meta": 9}),
    "url_schemes": ({"url": ["rtmp"]}, {"url": ("rtmp",)}),
    "undocumented": ({"a": ["x"]}, {"a": ["x"]}),
    "emptied": ({"a": {"b": True}}, {"a": {"b": True}}),
    "flatten": ("theme", "theme"),
    "applies_to": ("appliesTo", "appliesTo"),
    "session": ("active_session", "active_session"),
    "session_told": (False, False),
    "session_ids": (["id", "room"], ("id", "room")),
    "list_if_used": (True, True),
    "scopes": (["voice"], ("voice",)),
    "same_as": ({"Room": "room_id"}, {"Room": "room_id"}),
    "joins": (["Room"], ("Room",)),
    "interrupts": ({"size": "always"}, {"size": "always"}),
    "volatile": (["seen_at"], frozenset({"seen_at"})),
    "answers": ({"id": {"type": "string"}}, {"id": {"type": "string"}}),
}


@pytest.mark.parametrize("word", WORDS)
def test_each_word_of_a_block_is_in_the_kind(word):
    written, known = WORDS[word]
    assert getattr(kind_from(document(**{word: written})), word) == known


def test_every_part_of_a_kind_is_tried_above_or_below():
    elsewhere = {"name", "type", "description", "schema", "fields", "spellings", "defaults"}
    elsewhere |= {"collection", "item", "lookup", "deletion", "parents", "attributes"}
    elsewhere |= {"compose", "envelope", "lists"}
    assert {part.name for part in fields(Kind)} == elsewhere | WORDS.keys()


def test_paths_begin_with_the_base_of_the_kind():
    paths = {"collection": "/halls", "item": "/halls/{id}", "lookup": "/halls/{name}"}
    kind = kind_from(document(base="/api/x", **paths, parents={"Room": "/rooms/{id}/halls"}))
    assert (kind.collection, kind.item, kind.lookup) == (
        "/api/x/halls",
        "/api/x/halls/{id}",
        "/api/x/halls/{name}",
    )
    assert (kind.deletion, kind.parents) == (
        "/api/x/halls/{id}",
        {"Room": "/api/x/rooms/{id}/halls"},
    )


def test_a_path_of_its_own_deletes_and_no_path_stays_none():
    kind = kind_from(document(base="/api/x", item="/halls/{id}", delete="/gone/{id}"))
    assert (kind.deletion, kind.collection, kind.lookup) == ("/api/x/gone/{id}", "", "")


def test_answers_may_be_wrapped():
    wrapped = {"field": "room", "beside": ["id"], "renamed": {"uuid": "id"}}
    assert kind_from(document(envelope=wrapped)).envelope == Envelope(
        "room", ("id",), {"uuid": "id"}
    )
    assert kind_from(document(envelope={"field": "room"})).envelope == Envelope("room", (), {})
    assert kind_from(document()).envelope is None


def test_read_only_lists_have_a_path_below_the_base():
    lists = {
        "calls": {"path": "/{id}/calls", "description": "Calls.", "example": {"a": 1}},
        "tapes": {"path": "/{id}/tapes"},
    }
    assert kind_from(document(base="/api/x", lists=lists)).lists == {
        "calls": ReadOnlyList("/api/x/{id}/calls", "Calls.", {"a": 1}),
        "tapes": ReadOnlyList("/api/x/{id}/tapes", "", {}),
    }


def test_a_block_without_a_type_is_an_error_that_names_it():
    with pytest.raises(KeyError, match="type"):
        kind_from({"title": "Hall", "x-reconciler": {}})


def test_a_reference_is_followed_as_far_as_it_leads_and_words_beside_it_win():
    root = {"$defs": {"a": {"$ref": "#/$defs/b", "title": "A"}, "b": {"type": "string"}}}
    assert resolve({"$ref": "#/$defs/a", "default": "x"}, root) == {
        "type": "string",
        "title": "A",
        "default": "x",
    }
    assert resolve({"$ref": "#/$defs/b", "type": "null"}, root) == {"type": "null"}


@pytest.mark.parametrize(
    ("schema", "types", "spelling"),
    [
        ({}, set(), "text"),
        ({"type": "string"}, {"string"}, "text"),
        ({"type": ["integer", "null"]}, {"integer", "null"}, "integer"),
        ({"type": "boolean"}, {"boolean"}, "boolean"),
        ({"type": "object"}, {"object"}, "object"),
        ({"type": "array"}, {"array"}, "array"),
        ({"type": "number"}, {"number"}, "text"),
        ({"anyOf": [{"type": "null"}, {"format": "date-time"}]}, set(), "instant"),
        ({"type": "string", "format": "color-hex"}, {"string"}, "colour"),
        ({"type": "string", "format": "uri"}, {"string"}, "text"),
    ],
)
def test_types_and_spelling(schema, types, spelling):
    assert (types_of(schema), spelling_of(schema)) == (types, spelling)


def test_a_file_without_a_block_is_no_kind():
    assert kinds_from({"b": document(), "a": {"title": "Plan"}}).keys() == {"Hall"}


def test_kinds_that_exist_by_themselves_come_in_the_order_of_their_names():
    assert [kind.name for kind in resources(KINDS)] == ["Conference", "ConferenceRoom", "Room"]
    listed = {name: replace(KINDS[name], list_if_used=name == "Room") for name in KINDS}
    assert listed_kinds(listed, []) == ["Conference", "ConferenceRoom"]
    assert listed_kinds(listed, ["Room"]) == ["Conference", "ConferenceRoom", "Room"]


HALL = replace(
    kind_from(document()),
    unset={"colour": "{name} red", "meta": {}, "empty": ""},
    assumed={"starts": "now", "empty": "never"},
    emptied={"starts": {"size": "small", "seats": 4}},
    required=("starts",),
)


@pytest.mark.parametrize(
    ("attribute", "default", "initial", "documented"),
    [
        ("size", "small", "small", True),
        ("colour", "lobby red", "lobby red", True),
        ("meta", {}, None, True),
        ("empty", "", "never", True),
        ("starts", None, "now", False),
        ("unheard", None, None, False),
    ],
)
def test_what_an_undeclared_field_is(attribute, default, initial, documented):
    assert (
        HALL.default(attribute, "lobby"),
        HALL.initial(attribute, "lobby"),
        HALL.is_documented(attribute),
    ) == (default, initial, documented)


def test_a_field_may_be_null_if_nothing_else_is_known_of_it():
    kind = replace(HALL, assumed={}, required=("presets",))
    assert [name for name in (*kind.attributes, "unheard") if kind.may_be_null(name)] == [
        "starts",
        "streams",
    ]


@pytest.mark.parametrize(
    ("attribute", "values", "emptied"),
    [
        ("starts", {"size": "small", "seats": 4}, True),
        ("starts", {"size": "small"}, False),
        ("starts", {"size": "small", "seats": 5}, False),
        ("size", {"size": "small", "seats": 4}, False),
    ],
)
def test_what_the_space_empties_depends_on_the_other_fields(attribute, values, emptied):
    assert HALL.is_emptied(attribute, values) is emptied


def test_what_is_not_said_of_a_kind_is_empty():
    kind = Kind("Preset", "fragment", "", {}, {}, {}, {})
    assert (kind.flatten, kind.applies_to, kind.session) == ("", "", "")
