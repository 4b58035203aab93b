"""The Fabric endpoints of the local Space, held to their published document where that is present."""

import copy
import re

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans

from tests.effort import examples
from tests.unit.localspace.test_api_tables import FORMATS, NOWHERE, UUID, checks, generation

BASE = "/api/fabric/resources"
ROOMS = f"{BASE}/conference_rooms"
ROOM = {"name": "lobby", "enable_room_previews": True}
CHANGE = {"enable_room_previews": False, "sync_audio_video": True}

# What the document leaves out and the local Space answers all the same.
GAPS = {
    ("POST", ROOMS, 400),
    ("PUT", f"{ROOMS}/{{id}}", 400),
    ("GET", ROOMS, 422),
    ("GET", f"{ROOMS}/{{id}}", 422),
    ("DELETE", f"{ROOMS}/{{id}}", 422),
    ("GET", f"{BASE}/conference_room/{{id}}/addresses", 422),
}


@pytest.fixture
def fabric(client_of):
    return lambda space, **options: client_of(space, base="", **options)


@pytest.mark.parametrize("project", ["local", "c22d2f3b-1d0f-4f3e-9a34-5f7d5d0e8a61"])
def test_all_resources_are_of_the_project_of_the_credentials(fabric, space, project):
    api = fabric(space, auth=(project, "token"))
    made = [api.post(ROOMS, json={**ROOM, "name": name}).json() for name in ("a", "b")]
    listed = api.get(ROOMS).json()["data"]
    ids = {one["project_id"] for one in (*made, *listed)}
    assert len(ids) == 1
    (told,) = ids
    assert UUID.fullmatch(told)
    assert project in (told, "local")


def template(document, path):
    for known in document["paths"]:
        if re.fullmatch(known.replace("{id}", UUID.pattern), path):
            return known
    raise AssertionError(f"{path} is not in the document")


class Held:
    """Keeps which answers were seen, each held to its schema in the document as it came."""

    def __init__(self, document):
        self.document, self.seen = document, set()

    def __call__(self, answer):
        answer.read()
        path, method = template(self.document, answer.request.url.path), answer.request.method
        status = answer.status_code
        self.seen.add((method, path, status))
        responses = self.document["paths"][path][method.lower()]["responses"]
        if str(status) not in responses:
            assert (method, path, status) in GAPS
            return
        content = responses[str(status)].get("content")
        if content is None:
            assert answer.content == b""
            return
        schema = {
            **content["application/json"]["schema"],
            "components": self.document["components"],
        }
        jsonschema.Draft202012Validator(schema, format_checker=FORMATS).validate(answer.json())


@pytest.mark.parametrize("instants", ["Z", "offset", "fraction"])
def test_every_answer_of_every_operation_is_as_published(published_fabric, make, fabric, instants):
    space = make(instants=instants)
    api, stranger = fabric(space), fabric(space, auth=None)
    held = Held(published_fabric)
    for client in (api, stranger):
        client.event_hooks = {"response": [held]}
    id_ = api.post(ROOMS, json=ROOM | {"join_from": "2026-01-01", "meta": {"a": 1}}).json()["id"]
    bodies = {"post": {"name": "other", "enable_room_previews": False}, "put": CHANGE}
    operations = [(m, path) for path, found in published_fabric["paths"].items() for m in found]
    for method, path in sorted(operations, key=lambda one: one[0] == "delete"):
        body, there = bodies.get(method), path.format(id=id_)
        stranger.request(method, there, json=body)
        api.request(method, f"{there}?surprise=1", json=body)
        if path != there:
            assert api.request(method, path.format(id=NOWHERE), json=body).status_code == 404
        if body is not None:
            headers = {"Content-Type": "application/json"}
            api.request(method, there, content=b"{", headers=headers)
            assert api.request(method, there, json={"surprise": 1}).status_code == 422
        assert api.request(method, there, json=body).is_success
    assert {(m.upper(), path) for m, path in operations} == {
        (m, path) for m, path, status in held.seen if status < 300
    }
    assert held.seen >= GAPS


@pytest.mark.parametrize("left_out", ["name", "enable_room_previews"])
def test_a_creation_must_have_what_the_document_requires(make, fabric, complaints, left_out):
    body = {name: value for name, value in ROOM.items() if name != left_out}
    answer = fabric(make()).post(ROOMS, json=body)
    assert complaints(answer) == [("missing_required_parameter", left_out)]


@pytest.mark.parametrize("left_out", list(CHANGE))
def test_an_update_must_have_what_the_document_requires(make, fabric, complaints, left_out):
    api = fabric(make())
    id_ = api.post(ROOMS, json=ROOM).json()["id"]
    body = {name: value for name, value in CHANGE.items() if name != left_out}
    assert complaints(api.put(f"{ROOMS}/{id_}", json=body)) == [
        ("missing_required_parameter", left_out)
    ]


def test_a_put_may_change_the_name(make, fabric):
    api = fabric(make(put_name="refused"))
    id_ = api.post(ROOMS, json=ROOM).json()["id"]
    changed = api.put(f"{ROOMS}/{id_}", json=CHANGE | {"name": "hall"}).json()
    assert (changed["id"], changed["conference_room"]["name"]) == (id_, "hall")


def test_the_list_pages_by_its_links_alone(make, fabric):
    api = fabric(make())
    for number in range(51):
        api.post(ROOMS, json=ROOM | {"name": f"r{number}"})
    first = api.get(ROOMS).json()
    second = api.get(first["links"]["next"]).json()
    assert [len(page["data"]) for page in (first, second)] == [50, 1]
    assert api.get(f"{ROOMS}?page_size=1000").status_code == 422


def test_rooms_and_fabric_rooms_stand_apart_unless_told_otherwise(make, fabric):
    for one_room, names in (("apart", []), ("shown", ["lobby"])):
        api = fabric(make(one_room=one_room))
        made = api.post(ROOMS, json=ROOM).json()
        rooms = api.get("/api/video/rooms").json()["data"]
        assert [room["name"] for room in rooms] == names
        assert all(room["id"] == made["conference_room"]["id"] for room in rooms)


def test_a_session_of_a_fabric_room_is_in_the_list_of_sessions(make, fabric):
    space = make()
    api = fabric(space)
    room = api.post(ROOMS, json=ROOM).json()
    space.start_session("ConferenceRoom", "lobby", members=2)
    (session,) = api.get("/api/video/room_sessions").json()["data"]
    assert (session["room_id"], session["name"]) == (room["conference_room"]["id"], "lobby")
    assert session["preview_url"].endswith(".webp")
    api.delete(f"{ROOMS}/{room['id']}")
    (session,) = api.get("/api/video/room_sessions").json()["data"]
    assert session["status"] == "completed"


@pytest.fixture
def amended(published_fabric):
    """The document with what it leaves out filled in from its own errors."""
    document = copy.deepcopy(published_fabric)
    schemas = document["components"]["schemas"]
    schemas["Error400"] = {"type": "object", "required": ["error"]}
    names = {400: "Error400", 422: "ConferenceRoomCreateStatusCode422"}
    for method, path, status in GAPS:
        schema = {"$ref": f"#/components/schemas/{names[status]}"}
        document["paths"][path][method.lower()]["responses"][str(status)] = {
            "description": "",
            "content": {"application/json": {"schema": schema}},
        }
    return document


def hold(operation, mode, id_):
    """Ask one operation as the document allows (or, in negative mode, forbids)."""

    @given(case=operation.as_strategy(generation_mode=generation(mode)), exists=booleans())
    @settings(
        max_examples=examples(15),
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def holds(case, exists):
        if exists and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = id_
        case.call_and_validate(checks=checks(), headers={"Authorization": "Basic cDp0"})

    holds()


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_schemathesis_finds_nothing(amended, make, fabric, mode):
    schemathesis = pytest.importorskip("schemathesis")
    spaces = []

    def newest(environ, start_response):
        return spaces[-1](environ, start_response)

    schema = schemathesis.openapi.from_dict(amended)
    schema.app = newest
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        spaces.append(make())
        hold(operation, mode, fabric(spaces[-1]).post(ROOMS, json=ROOM).json()["id"])
    assert len(operations) == sum(len(methods) for methods in amended["paths"].values())
