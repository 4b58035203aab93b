"""What a draft takes over from an API's document field by field, and what it leaves to the user."""

from copy import deepcopy

import pytest

from reconciler.core.errors import UsageError
from reconciler.core.kind_draft import drafted


def json_body(schema):
    return {"content": {"application/json": {"schema": schema}}}


def document(created, *, changed=None, shown=None, required=(), required_later=(), listed=None):
    """A document of halls, whose fields are the same everywhere unless said otherwise."""
    name = {"name": {"type": "string"}}
    created = {**name, **created}
    changed = created if changed is None else {**name, **changed}
    shown = {"id": {"type": "string"}, **(created if shown is None else {**name, **shown})}
    return {
        "paths": {
            "/v1/halls": {
                "get": listed or {},
                "post": {
                    "requestBody": json_body({"properties": created, "required": [*required]})
                },
            },
            "/v1/halls/{id}": {
                "get": {"responses": {"200": json_body({"properties": shown})}},
                "put": {
                    "requestBody": json_body({"properties": changed, "required": [*required_later]})
                },
                "delete": {},
            },
        }
    }


def draft(*fields, **more):
    return drafted(document(*fields, **more), "/v1/halls", title="Hall")


def field(schema, **more):
    """The field ``size`` of a draft."""
    made = draft({"size": schema}, **more).schema
    return made["properties"]["spec"]["properties"]["size"]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("enum", ["a", "b"]),
        ("default", "a"),
        ("minimum", 1),
        ("maximum", 2),
        ("exclusiveMinimum", 3),
        ("exclusiveMaximum", 4),
        ("multipleOf", 5),
        ("minLength", 6),
        ("maxLength", 7),
        ("pattern", "^a"),
        ("minItems", 8),
        ("maxItems", 9),
        ("uniqueItems", True),
        *(("format", form) for form in ("date", "uuid", "uri", "email")),
    ],
)
def test_a_field_keeps_its_limits(word, value):
    assert field({"type": "string", word: value}) == {
        "type": "string",
        word: value,
        "description": "The API's size.",
    }


@pytest.mark.parametrize("more", [{"format": "int32"}, {"title": "x"}, {"example": 1}])
def test_a_field_loses_what_limits_nothing(more):
    assert field({"type": "integer", **more}) == {
        "type": "integer",
        "description": "The API's size.",
    }


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        (
            {"type": "string", "format": "date-time"},
            {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]},
        ),
        (
            {"items": {"type": "string", "format": "date", "title": "x"}},
            {"type": "array", "items": {"type": "string", "format": "date"}},
        ),
        (
            {"properties": {"a": {"minimum": 1}, "b": {"items": {}}}, "required": ["a"]},
            {
                "type": "object",
                "properties": {
                    "a": {"type": "string", "minimum": 1},
                    "b": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["a"],
            },
        ),
        (
            {"type": "object", "properties": {"a": {}}, "required": []},
            {"type": "object", "properties": {"a": {"type": "string"}}},
        ),
    ],
)
def test_what_a_field_holds_is_drafted_too(schema, made):
    assert field(schema) == {**made, "description": "The API's size."}


def test_the_creation_says_what_a_field_is_and_the_update_what_that_leaves_out():
    first = {"type": "integer", "maximum": 9}
    later = {"type": "number", "maximum": 5, "minimum": 1, "description": " In \n metres. "}
    made = draft({"size": first}, changed={"size": later}).schema
    assert made["properties"]["spec"]["properties"]["size"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 9,
        "description": "In metres.",
    }


def block(*fields, **more):
    return draft(*fields, **more).schema["x-reconciler"]


PLAIN = {
    "type": "resource",
    "base": "/v1",
    "collection": "/halls",
    "item": "/halls/{id}",
    "key": "name",
    "page_size": None,
    "list_if_used": True,
    "renamable": True,
    "answers": {"id": {"type": "string", "description": "The API's id."}},
}


@pytest.mark.parametrize(
    ("fields", "more", "words"),
    [
        ({"size": {}}, {}, {}),
        ({"size": {}}, {"required": ["size", "name", "id"]}, {"required": ["size"]}),
        ({"size": {}}, {"required_later": ["size", "name"]}, {"required": ["size"]}),
        (
            {"size": {"default": 3}},
            {"required": ["size"]},
            {"required_on_create": {"size": 3}},
        ),
        (
            {"size": {"type": ["integer", "null"]}, "fit": {"default": 1}},
            {"required": ["size"], "required_later": ["size", "fit"]},
            {
                "required_on_create": {"size": None},
                "required_on_update": {"fit": 1, "size": None},
            },
        ),
        ({"size": {}}, {"changed": {}}, {"create_only": ["size"]}),
        ({}, {"changed": {"size": {}}, "shown": {"size": {}}}, {"update_only": ["size"]}),
        (
            {"pin": {"writeOnly": True}, "api_key": {}, "code": {"format": "password"}, "size": {}},
            {},
            {"secret": ["pin", "api_key", "code"]},
        ),
        (
            {"size": {}},
            {"listed": {"parameters": [{"name": "page_size"}, {"name": "x"}]}},
            {"page_size": 1000},
        ),
        ({"size": {}}, {"listed": {"parameters": [{"name": "page"}]}}, {}),
        (
            {"size": {}},
            {"listed": {"description": "Halls.\n\nScope: `Voice` or __Video__ is needed.\n\n_No_"}},
            {"scopes": ["voice", "video"]},
        ),
        ({"size": {}}, {"listed": {"description": "Halls of _Voice_."}}, {}),
    ],
)
def test_the_block_of_a_kind(fields, more, words):
    assert block(fields, **more) == PLAIN | words


UNASKED = "session, interrupts: name the live session, if people or calls use the resource"
NO_SCOPES = "scopes: the document names none; add those that the token needs"
SCOPES = {"description": "scopes: _Video_"}


@pytest.mark.parametrize(
    ("fields", "more", "notes"),
    [
        ({"size": {"default": 1}}, {"listed": SCOPES}, ()),
        ({"size": {"default": 1}}, {}, (NO_SCOPES,)),
        (
            {"size": {"default": 1}, "fit": {}, "look": {}},
            {"shown": {"size": {}}, "listed": SCOPES},
            ("left out, since no answer shows them: fit, look",),
        ),
        (
            {"pin": {"default": 1}, "door": {"default": 2}},
            {"shown": {}, "required": ["door", "pin"], "listed": SCOPES},
            ("no answer shows these required fields, so each plan changes them: pin, door",),
        ),
        (
            {"size": {}, "fit": {}},
            {"required": ["size", "fit"], "listed": SCOPES},
            (
                (
                    "required: each manifest must declare these; a value in required_on_create or"
                    " required_on_update is sent instead: size, fit"
                ),
            ),
        ),
        (
            {"token": {"default": "x"}, "api_key": {"default": "x"}},
            {"listed": SCOPES},
            ("secret by name or format, never shown: token, api_key",),
        ),
        (
            {"size": {}, "fit": {"default": 1}, "look": {}},
            {"listed": SCOPES},
            (
                (
                    "unset: no default is documented for these, so a released one keeps its live"
                    " value: size, look"
                ),
            ),
        ),
        (
            {
                "size": {"type": ["null", "string"], "default": "a"},
                "fit": {"nullable": True, "default": "b"},
            },
            {"listed": SCOPES},
            ("null_means: say what null in an answer means, if not 'not set': size, fit",),
        ),
    ],
)
def test_what_is_left_to_the_user_is_told(fields, more, notes):
    assert draft(fields, **more).notes == (*notes, UNASKED)


def halls(item, *, outer="hall"):
    """The block of a kind whose answers have this item, of halls with a size and a fit."""
    made = document({"size": {}, "fit": {}})
    answer = made["paths"]["/v1/halls/{id}"]["get"]["responses"]["200"]
    answer["content"]["application/json"]["schema"] = {"properties": item}
    return drafted(made, "/v1/halls", title="Hall").schema["x-reconciler"]


INNER = {"name": {}, "size": {}, "fit": {}}


@pytest.mark.parametrize(
    ("item", "envelope"),
    [
        ({"id": {}, "hall": {"properties": INNER}}, {"field": "hall", "beside": ["id"]}),
        (
            {"id": {}, "hall": {"properties": {"id": {}, **INNER}}, "kind": {}},
            {"field": "hall", "beside": ["id", "kind"], "renamed": {"hall_id": "id"}},
        ),
        # What holds more of the fields is the envelope, and the first of two that hold as many.
        (
            {"size": {}, "name": {}, "a": {"properties": {"size": {}}}, "b": {"properties": INNER}},
            {"field": "b", "beside": ["size", "name", "a"]},
        ),
        (
            {"a": {"properties": INNER}, "b": {"properties": INNER}},
            {"field": "a", "beside": ["b"]},
        ),
        ({"id": {}, **INNER, "hall": {"properties": INNER}}, None),
    ],
)
def test_the_object_that_holds_the_fields_is_the_envelope(item, envelope):
    assert halls(item).get("envelope") == envelope


OTHER = "name another collection with --path"


def told(made, path="/v1/halls", key="name"):
    with pytest.raises(UsageError) as found:
        drafted(made, path, title="Hall", key=key)
    return found.value.message, found.value.hint


def test_what_is_missing_is_told_with_what_to_do():
    made = document({"size": {}})
    del made["paths"]["/v1/halls/{id}"]["put"]
    assert told(made) == ("/v1/halls/{id} lacks GET, DELETE, or one of PUT and PATCH", OTHER)
    made = document({"size": {}})
    del made["paths"]["/v1/halls"]["get"]
    assert told(made) == ("/v1/halls has no GET, so its resources cannot be listed", OTHER)
    assert told({"paths": {"/v1/doors": {"get": {}}}}) == (
        "the document has no path /v1/halls",
        OTHER,
    )
    made = document({})
    body = made["paths"]["/v1/halls"]["post"]["requestBody"]["content"]["application/json"]
    body["schema"] = {"properties": {"id": {}}}
    assert told(made) == (
        "POST /v1/halls takes no fields: the schema of its request is empty, or refers to itself",
        "correct the schema in a copy of the document, and give the copy to --from",
    )


def test_where_no_field_can_be_the_name_no_kind_can_be_made():
    made = document({})
    made["paths"]["/v1/halls"]["post"]["requestBody"] = json_body(
        {"properties": {"count": {"type": "integer"}}}
    )
    assert told(made) == (
        "--key: the field 'name' cannot be the name: a creation has no such field",
        "no field of a creation can be the name, so the tool cannot manage this kind",
    )


def test_the_path_of_one_resource_is_directly_below_its_collection():
    made = document({"size": {}})
    below = {"/v1/halls/{id}/doors/{door}": {"get": {}}}
    made["paths"] = below | made["paths"]
    assert drafted(made, "/v1/halls", title="Hall").schema["x-reconciler"] == PLAIN


def test_put_is_preferred_to_patch():
    made = document({"size": {}})
    item = made["paths"]["/v1/halls/{id}"]
    item["patch"] = deepcopy(item["put"])
    assert "update" not in drafted(made, "/v1/halls", title="Hall").schema["x-reconciler"]
    del item["put"]
    assert drafted(made, "/v1/halls", title="Hall").schema["x-reconciler"]["update"] == "PATCH"
