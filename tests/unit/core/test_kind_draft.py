from copy import deepcopy

import pytest

from reconciler.core.errors import UsageError
from reconciler.core.kind_draft import drafted


def body(schema):
    return {"content": {"application/json": {"schema": schema}}}


ROOM = {
    "type": "object",
    "required": ["title"],
    "properties": {
        "name": {"type": "string"},
        "title": {"type": "string", "maxLength": 20, "description": " What people see. "},
        "api_token": {"type": "string"},
        "opens": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        "size": {"allOf": [{"$ref": "#/components/schemas/Size"}]},
    },
}
DOCUMENT = {
    "components": {"schemas": {"Size": {"type": "string", "enum": ["small", "large"]}}},
    "paths": {
        "/v1/halls": {
            "get": {"parameters": [{"name": "page_size"}]},
            "post": {"requestBody": body(ROOM)},
        },
        "/v1/halls/{id}": {
            "get": {
                "responses": {
                    "404": body({"properties": {"wrong": {}}}),
                    "200": body(
                        {
                            "properties": {
                                "id": {"type": "string"},
                                "hall": {
                                    "properties": {
                                        **ROOM["properties"],
                                        "id": {"type": "string"},
                                        "seen": {"type": "integer"},
                                        "muted": {"type": "boolean"},
                                    }
                                },
                            }
                        }
                    ),
                }
            },
            "patch": {
                "requestBody": body(
                    {
                        "properties": {
                            "title": ROOM["properties"]["title"],
                            "muted": {"type": "boolean"},
                        }
                    }
                )
            },
            "delete": {},
        },
        "/v1/halls/{id}/doors": {"post": {}},
    },
}


def test_a_draft_says_what_the_document_says():
    draft = drafted(DOCUMENT, "/v1/halls", title="Hall").schema
    assert draft["title"] == "Hall"
    assert draft["x-reconciler"] == {
        "type": "resource",
        "base": "/v1",
        "collection": "/halls",
        "item": "/halls/{id}",
        "key": "name",
        "list_if_used": True,
        "envelope": {"field": "hall", "beside": ["id"], "renamed": {"hall_id": "id"}},
        "page_size": 1000,
        "update": "PATCH",
        "create_only": ["api_token", "opens", "size"],
        "update_only": ["muted"],
        "required": ["title"],
        "secret": ["api_token"],
        "answers": {
            "id": {"type": "string", "description": "The API's id."},
            "hall_id": {"type": "string", "description": "The API's hall_id."},
            "seen": {"type": "integer", "description": "The API's seen."},
        },
    }
    assert draft["properties"]["spec"] == {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "title": {"type": "string", "maxLength": 20, "description": "What people see."},
            "api_token": {"type": "string", "description": "The API's api_token."},
            "opens": {
                "type": ["null", "string"],
                "anyOf": [{"format": "date-time"}, {"format": "date"}],
                "description": "The API's opens.",
            },
            "size": {
                "type": "string",
                "enum": ["small", "large"],
                "description": "The API's size.",
            },
            "muted": {"type": "boolean", "description": "The API's muted."},
        },
    }


def test_a_draft_is_the_schema_of_a_manifest():
    draft = drafted(DOCUMENT, "/v1/halls", title="Hall").schema
    assert (draft["required"], draft["additionalProperties"]) == (
        ["apiVersion", "kind", "metadata"],
        False,
    )
    assert {name: draft["properties"][name] for name in ("apiVersion", "kind")} == {
        "apiVersion": {"const": "reconciler.dev/v1"},
        "kind": {"const": "Hall"},
    }
    metadata = draft["properties"]["metadata"]
    assert (metadata["required"], sorted(metadata["properties"])) == (
        ["name"],
        ["labels", "name", "protect", "renamedFrom"],
    )
    assert metadata["properties"]["protect"]["default"] is False
    assert metadata["properties"]["name"]["maxLength"] == 100


def test_a_plain_answer_has_no_envelope_and_put_is_not_named():
    document = deepcopy(DOCUMENT)
    item = document["paths"]["/v1/halls/{id}"]
    item["put"] = item.pop("patch")
    item["get"]["responses"] = {"200": body({"properties": {**ROOM["properties"], "id": {}}})}
    document["paths"]["/v1/halls"]["get"] = {}
    block = drafted(document, "/v1/halls", title="Hall").schema["x-reconciler"]
    assert (block.keys() & {"envelope", "update", "renamable"}, block["page_size"]) == (set(), None)
    assert block["answers"] == {"id": {"type": "string", "description": "The API's id."}}


def test_another_field_may_be_the_key():
    block = drafted(DOCUMENT, "/v1/halls", title="Hall", key="title").schema["x-reconciler"]
    assert (block["key"], block["renamable"]) == ("title", True)
    assert "title" not in block.get("required", [])


@pytest.mark.parametrize(
    ("path", "key", "words", "hint"),
    [
        (
            "/v1/doors",
            "name",
            "the document has no path /v1/doors",
            "paths that a kind can be made of: /v1/halls, /v1/halls/{id}/doors",
        ),
        (
            "/v1/halls",
            "nmae",
            "--key: the field 'nmae' cannot be the name: a creation has no such field",
            "name one with --key: name, title, size",
        ),
        (
            "/v1/halls",
            "api_token",
            (
                "--key: the field 'api_token' cannot be the name: it is a secret, and names are"
                " shown in plans, reports and records"
            ),
            "name one with --key: name, title, size",
        ),
    ],
)
def test_what_cannot_be_drafted_is_refused(path, key, words, hint):
    with pytest.raises(UsageError) as told:
        drafted(DOCUMENT, path, title="Hall", key=key)
    assert (told.value.message, told.value.hint) == (words, hint)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"type": "string", "format": "email"}, "each value is an email address, and names are"),
        ({"type": "string", "format": "uuid"}, "each value is an id, and names are"),
        ({"type": "string", "format": "uri"}, "each value is a URL, and names are"),
        ({"type": "string", "format": "date-time"}, "each value is a date and time, and names are"),
        ({"type": "string", "format": "password"}, "it is a secret"),
        ({"type": "string", "writeOnly": True}, "it is a secret"),
        ({"type": "integer"}, "its values are no text but integer"),
        ({"type": ["array", "null"]}, "its values are no text but array"),
        ({"type": "string", "enum": ["a b", "c/d"]}, "none of its values is a name"),
    ],
)
def test_a_field_whose_values_are_no_names_is_refused_as_the_key(form, words):
    document = deepcopy(DOCUMENT)
    room = document["paths"]["/v1/halls"]["post"]["requestBody"]
    fields = next(iter(room["content"].values()))["schema"]["properties"]
    fields["title"] = form
    with pytest.raises(UsageError) as told:
        drafted(document, "/v1/halls", title="Hall", key="title")
    assert f"the field 'title' cannot be the name: {words}" in told.value.message
    assert told.value.hint == "name one with --key: name, size"


def test_a_field_that_no_answer_shows_is_refused_as_the_key():
    document = deepcopy(DOCUMENT)
    answers = document["paths"]["/v1/halls/{id}"]["get"]["responses"]
    shown = next(iter(answers["200"]["content"].values()))["schema"]["properties"]["hall"]
    del shown["properties"]["title"]
    with pytest.raises(UsageError, match="no answer shows it"):
        drafted(document, "/v1/halls", title="Hall", key="title")


@pytest.mark.parametrize("method", ["get", "delete", "patch"])
def test_an_item_needs_its_methods(method):
    document = deepcopy(DOCUMENT)
    del document["paths"]["/v1/halls/{id}"][method]
    with pytest.raises(UsageError, match="lacks GET, DELETE, or one of PUT and PATCH"):
        drafted(document, "/v1/halls", title="Hall")


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["hall"], {"enum": ["hall"], "default": "hall"}),
        (["hall", "room"], {"enum": ["hall", "room"]}),
    ],
)
def test_a_read_only_field_with_one_possible_value_has_it(values, found):
    document = deepcopy(DOCUMENT)
    shown = {
        "properties": {"id": {}, "name": {}, "type": {"type": "string", "enum": values}},
    }
    document["paths"]["/v1/halls/{id}"]["get"]["responses"] = {"200": body(shown)}
    block = drafted(document, "/v1/halls", title="Hall").schema["x-reconciler"]
    assert block["answers"]["type"] == {
        "type": "string",
        "description": "The API's type.",
        **found,
    }


def test_a_collection_without_post_is_none():
    document = deepcopy(DOCUMENT)
    del document["paths"]["/v1/halls"]["post"]
    with pytest.raises(UsageError) as told:
        drafted(document, "/v1/halls", title="Hall")
    assert (told.value.message, told.value.hint) == (
        "/v1/halls has no POST, so no resource can be created there",
        "paths that a kind can be made of: /v1/halls/{id}/doors",
    )


def test_a_collection_without_the_path_of_one_resource_is_none():
    document = deepcopy(DOCUMENT)
    document["paths"].pop("/v1/halls/{id}")
    with pytest.raises(UsageError) as told:
        drafted(document, "/v1/halls", title="Hall")
    assert (
        told.value.message
        == "/v1/halls has no path of one resource below it, such as /v1/halls/{id}"
    )


def _with_field(form, *, required=()):
    document = deepcopy(DOCUMENT)
    room = document["paths"]["/v1/halls"]["post"]["requestBody"]["content"]["application/json"]
    room["schema"]["properties"]["extra"] = form
    room["schema"]["required"] = [*required]
    return drafted(document, "/v1/halls", title="Hall").schema


@pytest.mark.parametrize(
    ("form", "type_"),
    [
        ({"properties": {"a": {"type": "integer"}}}, "object"),
        ({"items": {"type": "integer"}}, "array"),
        ({"enum": ["a"]}, "string"),
        ({"type": "boolean"}, "boolean"),
    ],
)
def test_a_type_that_is_not_said_follows_from_what_is(form, type_):
    made = _with_field(form, required=["extra"])["properties"]["spec"]["properties"]["extra"]
    assert made["type"] == type_


@pytest.mark.parametrize(
    ("form", "required"),
    [
        ({"type": "integer"}, ["extra"]),
        ({"type": "integer", "default": 3}, []),
        ({"type": ["integer", "null"]}, []),
    ],
)
def test_a_required_field_with_a_value_of_its_own_need_not_be_declared(form, required):
    block = _with_field(form, required=["extra"])["x-reconciler"]
    assert block.get("required", []) == required
