"""The kinds' schemas: each good in itself, all of one mind, and with the facts of the published document where that is present."""

import itertools
import json
import re
from functools import cache
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from jsonschema import Draft202012Validator

from reconciler import catalog
from reconciler.core.fragment_users import with_fragment_users
from reconciler.core.kinds import Kind, resolve, spelling_of, types_of

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "schemas").glob("*.json"))
DOCUMENTS = {path.name: json.loads(path.read_bytes()) for path in FILES}
KINDS = catalog.kinds()
BY_FILE = pytest.mark.parametrize("name", DOCUMENTS)

# The schemas of the document that each kind's fields come from: what a create and an update take, and the answer.
REQUESTS = {
    "Room": ("CreateRoomRequest", "UpdateRoomRequest", "RoomResponse"),
    "Conference": ("CreateConferenceRequest", "UpdateConferenceRequest", "Conference"),
    "Stream": ("CreateStreamRequest", "UpdateStreamRequest", "Stream"),
    "ConferenceRoom": (
        "ConferenceRoomCreateRequest",
        "ConferenceRoomUpdateRequest",
        "ConferenceRoom",
    ),
}
PAGES = {"ConferenceRoom": "fabric-conference-rooms-openapi.yaml"}
WRAPPED = [kind for kind in REQUESTS if KINDS[kind].envelope]
BY_KIND = pytest.mark.parametrize("kind", REQUESTS)
LIMITS = ("enum", "maxLength", "minimum", "maximum", "default")

# What the document leaves open and we do not: a token that ends after no time at all is no token.
# Nor is a room for no members a room, by the document's own example of an error.
STRICTER = {
    ("Role", "remove_after_seconds_elapsed", "minimum"),
    ("ConferenceRoom", "remove_after_seconds_elapsed", "minimum"),
    ("ConferenceRoom", "max_members", "minimum"),
}


def nodes(value, path=""):
    """Every object and list inside a JSON value, with where it is."""
    yield path, value
    for key, inner in (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    ):
        yield from nodes(inner, f"{path}/{key}")


# Each in itself


@BY_FILE
def test_it_is_a_schema_of_2020_12(name):
    assert DOCUMENTS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(DOCUMENTS[name])


@BY_FILE
def test_its_file_is_written_as_the_others_are(name):
    assert (ROOT / "schemas" / name).read_text(encoding="utf-8") == json.dumps(
        DOCUMENTS[name], indent=2, ensure_ascii=False
    ) + "\n"


@BY_FILE
def test_it_needs_no_other_file(name):
    references = [
        node["$ref"]
        for _, node in nodes(DOCUMENTS[name])
        if isinstance(node, dict) and isinstance(node.get("$ref"), str)
    ]
    assert [reference for reference in references if not reference.startswith("#/")] == []
    for reference in references:
        assert resolve({"$ref": reference}, DOCUMENTS[name])


@BY_FILE
def test_nothing_in_it_is_unused(name):
    document = DOCUMENTS[name]
    used = {
        node["$ref"].rpartition("/")[2]
        for _, node in nodes(document)
        if isinstance(node, dict) and isinstance(node.get("$ref"), str)
    }
    assert set(document.get("$defs", {})) == used


def test_every_schema_has_an_address_of_its_own():
    assert {name: document["$id"].rpartition("/")[2] for name, document in DOCUMENTS.items()} == {
        name: name for name in DOCUMENTS
    }


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_field_is_described_and_its_examples_and_defaults_are_good(kind: Kind):
    assert [
        field
        for field, schema in (kind.fields | kind.answers).items()
        if not schema.get("description")
    ] == []
    for field, schema in kind.fields.items():
        whole = {**schema, "$defs": kind.schema.get("$defs", {})}
        examples = [
            *schema.get("examples", ()),
            *([schema["default"]] if "default" in schema else []),
        ]
        assert [
            (field, example)
            for example in examples
            if not Draft202012Validator(whole).is_valid(example)
        ] == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_its_block_speaks_of_fields_that_it_has(kind: Kind):
    fields = set(kind.fields)
    named = {
        *kind.create_only,
        *kind.update_only,
        *kind.required,
        *kind.secret,
        *kind.unset,
        *kind.null_means,
        *kind.assumed,
        *kind.serialized_max,
    }
    named |= {
        *kind.url_schemes,
        *kind.children,
        *(part.field for part in kind.compose),
        *(name for pair in kind.ordered for name in pair),
    }
    assert named - fields == set()
    assert set(kind.children.values()) | {part.kind for part in kind.compose} | set(
        kind.parents
    ) <= set(KINDS)
    assert not kind.create_only & kind.update_only


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if kind.type == "resource"], ids=lambda kind: kind.name
)
def test_a_released_field_goes_back_to_a_value_that_requests_take(kind: Kind):
    assert [field for field in kind.unset if field in kind.defaults] == []
    texts = {
        field: value.replace("{name}", "a") if isinstance(value, str) else value
        for field, value in kind.unset.items()
    }
    assert [
        field
        for field, value in texts.items()
        if not Draft202012Validator(kind.fields[field]).is_valid(value)
    ] == []
    assert [field for field, value in kind.unset.items() if value is None] == []


# All of one mind

SHARED = [
    pytest.param(one, other, field, id=f"{one}-{other}-{field}")
    for one, other in (("Room", "Conference"), ("Preset", "Room"), ("Preset", "Conference"))
    for field in KINDS[one].fields
    if field in KINDS[other].fields
]


def meaning(schema):
    return {
        word: value
        for word, value in schema.items()
        if word not in ("default", "description", "examples")
    }


@pytest.mark.parametrize(("one", "other", "field"), SHARED)
def test_a_field_that_two_kinds_share_is_the_same_in_both(one, other, field):
    assert meaning(KINDS[one].fields[field]) == meaning(KINDS[other].fields[field])


def test_a_preset_has_the_fields_of_rooms_and_conferences_but_those_of_the_resource_itself():
    both = set(KINDS["Room"].fields) | set(KINDS["Conference"].fields)
    assert set(KINDS["Preset"].fields) == both - {"presets", "streams"} | {"appliesTo"}


def test_a_preset_is_for_the_kinds_that_there_are():
    assert KINDS["Preset"].fields["appliesTo"]["items"]["enum"] == sorted(
        kind.name for kind in KINDS.values() if any(part.kind == "Preset" for part in kind.compose)
    )


def test_a_kind_that_names_a_fragment_is_one_that_may_use_it():
    other = json.loads(json.dumps(DOCUMENTS["room.schema.json"])) | {"title": "Lounge"}
    found = with_fragment_users({**DOCUMENTS, "lounge.schema.json": other})
    items = found["preset.schema.json"]["properties"]["spec"]["properties"]["appliesTo"]["items"]
    assert set(items["enum"]) == {*KINDS["Preset"].fields["appliesTo"]["items"]["enum"], "Lounge"}
    assert (
        "enum"
        not in DOCUMENTS["preset.schema.json"]["properties"]["spec"]["properties"]["appliesTo"][
            "items"
        ]
    )


def test_a_default_that_differs_between_the_kinds_is_none_in_a_preset():
    for field, schema in KINDS["Preset"].fields.items():
        defaults = {
            json.dumps(kind.fields[field].get("default"))
            for name in ("Room", "Conference")
            if field in (kind := KINDS[name]).fields
        }
        assert "default" not in schema or defaults == {json.dumps(schema["default"])}


def test_a_theme_has_the_colours_of_a_conference():
    theme = {
        f"{mode}{KINDS['Theme'].flatten}{part}": resolve(colour, KINDS["Theme"].schema)
        for mode, schema in KINDS["Theme"].fields.items()
        for part, colour in schema["properties"].items()
    }
    colours = {
        field: schema
        for field, schema in KINDS["Conference"].fields.items()
        if spelling_of(schema) == "colour"
    }
    assert {field: meaning(schema) for field, schema in theme.items()} == {
        field: meaning(schema) for field, schema in colours.items()
    }


@pytest.mark.parametrize(
    "part",
    [
        "apiVersion",
        "name",
        "labels",
        "resourceMetadata",
        "fragmentMetadata",
        "stream",
        "colour",
        "instant",
    ],
)
def test_what_several_files_define_they_define_alike(part):
    definitions = [
        document["$defs"][part]
        for document in DOCUMENTS.values()
        if part in document.get("$defs", {})
    ]
    assert definitions
    assert all(definition == definitions[0] for definition in definitions)


def test_a_stream_in_its_parent_is_the_stream_that_is_sent():
    inside = DOCUMENTS["room.schema.json"]["$defs"]["stream"]
    assert {word: inside[word] for word in ("properties", "required")} == {
        word: KINDS["Stream"].schema[word] for word in ("properties", "required")
    }


# As published


@cache
def page(name):
    path = ROOT.parent / "shared" / "signalwire" / name
    if not path.exists():
        pytest.skip(f"the published document is not here (../shared/signalwire/{name})")
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


@pytest.fixture(scope="session")
def published():
    return page("video-openapi.yaml")


@pytest.fixture
def document(kind):
    """The published document of the kind."""
    return page(PAGES.get(kind, "video-openapi.yaml"))


def component(document, name):
    schemas = document["components"]["schemas"]
    return schemas.get(f"Video.{name}") or schemas[name]


def flat(document, schema):
    """A schema of the document without references, alternatives of null being the type null."""
    found = dict(schema)
    if "$ref" in found:
        found = (
            flat(document, document["components"]["schemas"][found.pop("$ref").rpartition("/")[2]])
            | found
        )
    for part in found.pop("allOf", ()):
        found = flat(document, part) | found
    for part in (flat(document, part) for part in found.pop("anyOf", ())):
        types = types_of(found) | types_of(part)
        found = {**part, **found, "type": sorted(types)}
    return found


def fields_of(document, name):
    return {
        field: flat(document, schema)
        for field, schema in component(document, name)["properties"].items()
    }


def bare_type(schema):
    return types_of(schema) - {"null"}


def differences(kind, field, ours, theirs):
    """Where a field of ours says something else than the document's."""
    found = [] if bare_type(ours) == bare_type(theirs) else ["type"]
    found += [
        word for word in LIMITS if word in theirs and as_set(word, ours) != as_set(word, theirs)
    ]
    found += [
        word
        for word in ("enum", "maxLength", "minimum", "maximum")
        if word in ours and word not in theirs
    ]
    found += (
        ["date-time"]
        if theirs.get("format") == "date-time" and spelling_of(ours) != "instant"
        else []
    )
    found += (
        ["pattern"]
        if "pattern" in theirs
        and ours.get("pattern", "").replace("\\-", "-") != theirs["pattern"].replace("\\-", "-")
        else []
    )
    return [(kind, field, word) for word in found if (kind, field, word) not in STRICTER]


def flat_list(found):
    return list(itertools.chain.from_iterable(found))


def as_set(word, schema):
    return set(schema.get("enum", ())) if word == "enum" else json.dumps(schema.get(word))


@BY_KIND
def test_it_has_the_fields_that_requests_take_and_no_others(document, kind):
    create, update, _ = (fields_of(document, name) for name in REQUESTS[kind])
    key = {KINDS[kind].key} - set(KINDS[kind].fields)
    assert set(KINDS[kind].attributes) == (create | update).keys() - key
    assert KINDS[kind].renamable == bool(key & update.keys())
    assert (KINDS[kind].update_only, KINDS[kind].create_only | (key - update.keys())) == (
        update.keys() - create.keys(),
        create.keys() - update.keys(),
    )


@BY_KIND
def test_what_requests_take_is_what_the_document_says(document, kind):
    create, update, _ = (fields_of(document, name) for name in REQUESTS[kind])
    own = KINDS[kind].fields
    both = {
        field: update.get(field, {}) | create.get(field, {})
        for field in own
        if field in update | create
    }
    assert (
        flat_list(differences(kind, field, own[field], theirs) for field, theirs in both.items())
        == []
    )


@BY_KIND
def test_what_only_answers_hold_is_what_the_document_says(document, kind):
    answer = fields_of(document, REQUESTS[kind][2])
    own = KINDS[kind]
    if own.envelope:
        answer |= {name: answer.pop(inner) for name, inner in own.envelope.renamed.items()}
        outside = fields_of(document, f"{REQUESTS[kind][2]}Response")
        assert outside.keys() == {*own.envelope.beside, own.envelope.content}
        answer |= {name: outside[name] for name in own.envelope.beside if name not in own.fields}
    assert set(own.answers) == answer.keys() - set(own.fields) - {own.key}
    assert {field: bare_type(schema) for field, schema in own.answers.items()} == {
        field: bare_type(answer[field]) for field in own.answers
    }
    assert [
        field
        for field in own.answers
        if (answer[field].get("format") == "date-time")
        != (spelling_of(own.answers[field]) == "instant")
    ] == []


@BY_KIND
def test_null_is_taken_only_where_answers_may_be_null(document, kind):
    answer = fields_of(document, REQUESTS[kind][2])
    own = KINDS[kind]
    nullable = {field for field, schema in answer.items() if "null" in types_of(schema)}
    assert {field for field, schema in own.fields.items() if "null" in types_of(schema)} <= nullable
    assert {field for field, value in own.unset.items() if value is None} <= nullable


@BY_KIND
def test_what_is_required_is_what_the_document_requires(document, kind):
    create, update = (
        set(component(document, name).get("required", ())) for name in REQUESTS[kind][:2]
    )
    own = KINDS[kind]
    name = {own.key} - set(own.fields)
    assert {*own.required, *own.required_on_create} >= create - name
    assert {*own.required, *own.required_on_update} >= update - name
    assert {*own.required, *own.required_on_create, *own.required_on_update} == (
        create | update
    ) - name


def test_a_role_has_the_fields_of_a_room_token_but_who_and_where(published):
    theirs = fields_of(published, "CreateRoomTokenRequest")
    own = KINDS["Role"].fields
    assert set(own) == theirs.keys() - {"room_name", "user_name"}
    assert flat_list(differences("Role", field, own[field], theirs[field]) for field in own) == []


def test_the_permissions_are_those_of_the_document(published):
    permissions = published["components"]["schemas"]["Video.RoomTokenPermission"]["enum"]
    role = KINDS["Role"]
    allowed = set(role.fields["permissions"]["items"]["enum"])
    assert allowed - set(role.undocumented["permissions"]) == set(permissions)
    assert set(role.undocumented["permissions"]).isdisjoint(permissions)


@pytest.mark.parametrize("kind", ["Room", "Conference", "Preset", "ConferenceRoom"])
def test_the_layouts_are_those_of_the_document(document, kind):
    schemas = document["components"]["schemas"]
    layouts = schemas.get("Video.VideoLayout") or schemas["Layout"]
    assert set(KINDS[kind].fields["layout"]["enum"]) == set(layouts["enum"])


@BY_KIND
def test_the_paths_are_those_of_the_document(document, kind):
    own = KINDS[kind]
    paths = {
        path.removeprefix("/api/video"): methods for path, methods in document["paths"].items()
    }
    lists = [one.path for one in own.lists.values()]
    named = (own.collection, own.item, own.lookup, own.deletion, *own.parents.values(), *lists)
    assert {path for path in named if path} <= paths.keys()
    assert {own.update.lower(), "get"} <= paths[own.item].keys()
    assert "delete" in paths[own.deletion]


@pytest.mark.parametrize("kind", WRAPPED)
def test_the_list_documents_the_page_size_that_is_asked_for(document, kind):
    parameters = document["paths"][KINDS[kind].collection]["get"]["parameters"]
    assert (KINDS[kind].page_size is None) == (parameters == [])


@pytest.mark.parametrize("kind", WRAPPED)
def test_the_scopes_are_those_of_the_document(document, kind):
    for methods in document["paths"].values():
        for operation in methods.values():
            named = re.findall(r"_(\w+)_", operation["description"].partition("scope(s)")[2])
            assert {word.lower() for word in named} == set(KINDS[kind].scopes)


@pytest.mark.parametrize("kind", WRAPPED)
def test_an_element_of_a_read_only_list_is_as_the_document_says(document, kind):
    for one in KINDS[kind].lists.values():
        element = {"id": str(UUID(int=1)), **one.example, "created_at": "2027-01-01T00:00:00Z"}
        answer = document["paths"][one.path]["get"]["responses"]["200"]
        schema = {
            **answer["content"]["application/json"]["schema"],
            "components": document["components"],
        }
        page = {
            "data": [element],
            "links": {"self": "https://a.example", "first": "https://a.example"},
        }
        Draft202012Validator(schema).validate(page)


def runs(text, length=8):
    words = re.findall(r"[a-z0-9_]+", text.lower())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


@BY_FILE
def test_no_sentence_is_copied(published, name):
    said = [
        node
        for path, node in (*nodes(published), *nodes(page(PAGES["ConferenceRoom"])))
        if isinstance(node, str) and path.endswith(("description", "summary"))
    ]
    theirs = set().union(*map(runs, said))
    ours = {
        path: runs(node)
        for path, node in nodes(DOCUMENTS[name])
        if isinstance(node, str) and path.endswith("description")
    }
    assert {
        path: [" ".join(run) for run in found & theirs]
        for path, found in ours.items()
        if found & theirs
    } == {}
