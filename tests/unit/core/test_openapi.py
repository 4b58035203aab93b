"""What a field is, however the document spells it."""

import pytest

from reconciler.core.errors import UsageError
from reconciler.core.openapi import (
    answer,
    content,
    flat,
    parameters,
    paths_of,
    target,
    why_no_collection,
)

DOCUMENT = {
    "defs": {
        "text": {"type": "string", "title": "T"},
        "again": {"$ref": "#/defs/text", "description": "D"},
        "a/b~c": {"type": "integer"},
        "tree": {"properties": {"inner": {"$ref": "#/defs/tree"}}},
        "loop": {"$ref": "#/defs/loop"},
    }
}


def ref(name):
    return {"$ref": f"#/defs/{name}"}


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"type": "string"}, {"type": "string"}),
        (ref("text"), {"type": "string", "title": "T"}),
        (ref("again"), {"type": "string", "title": "T", "description": "D"}),
        (ref("text") | {"title": "Mine"}, {"type": "string", "title": "Mine"}),
        (ref("a~1b~0c"), {"type": "integer"}),
        (ref("loop"), {"type": "object"}),
    ],
)
def test_references(schema, found):
    assert target(DOCUMENT, schema) == found


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("other.yaml#/x", "only references inside of the document can be read"),
        ("#/defs/none", "the document has nothing at this place"),
        ("#/defs/text/type/deeper", "the document has nothing at this place"),
    ],
)
def test_a_reference_that_leads_nowhere_is_an_error(reference, words):
    with pytest.raises(UsageError) as found:
        target(DOCUMENT, {"$ref": reference})
    assert found.value.message == f"$ref {reference}: {words}"


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        (
            {
                "allOf": [
                    {"properties": {"a": 1, "b": 1}, "required": ["a"], "title": "first"},
                    {"properties": {"c": 1}, "required": ["c"]},
                ],
                "properties": {"b": 2},
                "description": "own",
            },
            {
                "properties": {"a": 1, "b": 2, "c": 1},
                "required": ["c", "a"],
                "title": "first",
                "description": "own",
            },
        ),
        ({"allOf": [ref("text")]}, {"type": "string", "title": "T"}),
        # One alternative beside null is that one; of several, the types and the values are known.
        (
            {"anyOf": [ref("text"), {"type": "null"}]},
            {"type": ["null", "string"], "title": "T"},
        ),
        (
            {"oneOf": [{"type": "string", "enum": ["a"]}, {"type": "integer", "enum": [1]}]},
            {"type": ["integer", "string"], "enum": ["a", 1]},
        ),
        (
            {"oneOf": [{"type": "string", "enum": ["a"]}, {"type": "integer"}]},
            {"type": ["integer", "string"]},
        ),
        ({"oneOf": [{"title": "x"}, {"title": "y"}]}, {}),
        ({"anyOf": [{"type": "string"}], "type": "integer"}, {"type": "integer"}),
        ({"const": "a"}, {"enum": ["a"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        (
            {"type": "string", "nullable": True, "enum": ["a"]},
            {"type": ["null", "string"], "enum": ["a", None]},
        ),
        ({"type": ["string", "null"], "enum": ["a", None]}, {"type": ["string", "null"],
                                                             "enum": ["a", None]}),
    ],
)  # fmt: skip
def test_every_spelling_has_one_flat_form(schema, found):
    assert flat(DOCUMENT, schema) == found


BODY = {"content": {"application/json": {"schema": {"$ref": "#/defs/text"}}}}


def test_the_json_of_a_request_or_answer():
    assert content(DOCUMENT, BODY) == {"type": "string", "title": "T"}
    assert content(DOCUMENT, {"content": {"text/plain": {}}}) == {}
    assert content(DOCUMENT, {}) == {}


@pytest.mark.parametrize(
    ("responses", "found"),
    [
        ({"404": {}, "201": BODY}, True),
        ({200: BODY}, True),
        ({"default": BODY, "500": BODY}, False),
        ({}, False),
    ],
)
def test_the_answer_is_that_of_a_request_that_was_accepted(responses, found):
    assert bool(answer(DOCUMENT, {"responses": responses})) is found
    assert answer(DOCUMENT, {}) == {}


def test_parameters_may_be_references():
    document = {"parameters": {"page": {"name": "page"}}}
    operation = {"parameters": [{"$ref": "#/parameters/page"}, {"name": "size"}]}
    assert parameters(document, operation) == {"page", "size"}
    assert parameters(document, {}) == set()


@pytest.mark.parametrize(
    ("servers", "base"),
    [
        (None, ""),
        ([], ""),
        ([{"url": "https://a.example/api/fabric/"}], "/api/fabric"),
        ([{"url": "/api/video"}, {"url": "/other"}], "/api/video"),
        ([{}], ""),
    ],
)
def test_paths_begin_with_that_of_the_first_server(servers, base):
    document = {"paths": {"/rooms": {"get": {}}}, "servers": servers}
    if servers is None:
        del document["servers"]
    assert paths_of(document) == {f"{base}/rooms": {"get": {}}}


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/none", "the document has no path /none"),
        ("/bare", "/bare has no POST, so no resource can be created there"),
        ("/rooms", "/rooms has no path of one resource below it, such as /rooms/{id}"),
    ],
)
def test_why_a_path_is_no_collection(path, why):
    assert why_no_collection(path, {"/bare": {"get": {}}, "/rooms": {"post": {}}}) == why


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        ("other.yaml#/x", "bundle the document into one file first"),
        (
            "#/defs/none",
            "give a document with all its parts in one file, or correct the reference",
        ),
    ],
)
def test_a_reference_that_leads_nowhere_is_told_with_what_to_do(reference, hint):
    with pytest.raises(UsageError) as found:
        target(DOCUMENT, {"$ref": reference})
    assert found.value.hint == hint


def test_an_object_in_itself_is_one_without_an_end():
    assert flat(DOCUMENT, ref("tree")) == {"properties": {"inner": ref("tree")}}
    assert target(DOCUMENT, ref("loop") | {"title": "L"}) == {"type": "object", "title": "L"}
    assert flat(DOCUMENT, {"allOf": [ref("loop")], "title": "L"}) == {
        "type": "object",
        "title": "L",
    }
