"""The answers of the local Space, held to the published document where that is present."""

import copy
import re

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans

BASE = "/api/video"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOWHERE = "00000000-0000-4000-8000-00000000dead"

# What the document leaves out and the local Space answers all the same.
GAPS = {
    *((method, path, 404) for method in ("GET", "POST") for path in ["/conferences/{id}/streams"]),
    *(("GET", path, 404) for path in ("/rooms/{id}/streams", "/room_recordings/{id}/events")),
    *(
        ("GET", f"/room_sessions/{{id}}/{part}", 404)
        for part in ("members", "events", "recordings")
    ),
    *(("POST", f"/{parent}/{{id}}/streams", 400) for parent in ("rooms", "conferences")),
    ("PUT", "/streams/{id}", 400),
    *((method, path, 422) for method in ("GET", "DELETE") for path in ["/streams/{id}"]),
    *(("DELETE", path, 422) for path in ("/rooms/{id}", "/conferences/{id}")),
    *(("GET", path, 422) for path in ("/conference_tokens/{id}", "/room_sessions/{id}")),
    ("POST", "/conference_tokens/{id}/reset", 422),
}


FORMATS = jsonschema.FormatChecker(["uuid"])


@FORMATS.checks("date-time")
def is_date_time(text):
    return text is None or bool(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text)
    )


# schemathesis takes half a second to load, so it is loaded where it is used.
def generation(mode):
    return pytest.importorskip("schemathesis").GenerationMode(mode)


def checks():
    of_openapi = pytest.importorskip("schemathesis.specs.openapi.checks")
    return [
        pytest.importorskip("schemathesis.checks").not_a_server_error,
        of_openapi.status_code_conformance,
        of_openapi.content_type_conformance,
        of_openapi.response_schema_conformance,
    ]


def template(document, path):
    """The document's path, below the base, that a request's path is an instance of."""
    for known in document["paths"]:
        inner = known.removeprefix(BASE)
        pattern = re.sub(r"\{id\}", UUID.pattern, inner).replace("{name}", "[^/]+")
        if re.fullmatch(pattern, path.removeprefix(BASE)):
            return inner
    raise AssertionError(f"{path} is not in the document")


class Held:
    """Keeps which answers were seen, each held to its schema in the document as it came."""

    def __init__(self, document):
        self.document = document
        self.seen = set()

    def __call__(self, answer):
        answer.read()
        path = template(self.document, answer.request.url.path)
        method, status = answer.request.method, answer.status_code
        self.seen.add((method, path, status))
        documented = self.document["paths"][BASE + path][method.lower()]["responses"].get(
            str(status)
        )
        if documented is None:
            assert (method, path, status) in GAPS
            return
        content = documented.get("content")
        if content is None:
            assert answer.content == b""
            return
        schema = {
            **content["application/json"]["schema"],
            "components": self.document["components"],
        }
        jsonschema.Draft202012Validator(schema, format_checker=FORMATS).validate(answer.json())
        assert answer.headers["Content-Type"] == "application/json"


def furnish(space, api):
    """A Space with one of everything; the answer is the id to use for each path with one."""
    room = api.post(
        "/rooms",
        json={
            "name": "lobby",
            "record_on_start": True,
            "enable_room_previews": True,
            "join_from": "2026-01-01",
            "meta": {"a": 1},
        },
    ).json()
    hall = api.post("/conferences", json={"name": "hall", "display_name": "Hall"}).json()
    streams = [
        api.post(f"{parent}/streams", json={"url": "rtmp://a.example/x"}).json()
        for parent in (f"/rooms/{room['id']}", f"/conferences/{hall['id']}")
    ]
    token = api.get(f"/conferences/{hall['id']}/conference_tokens").json()["data"][0]
    session = space.start_session("Room", "lobby", members=2)
    space.end_session(space.start_session("Conference", "hall", members=1))
    recording = api.get(f"/room_sessions/{session}/recordings").json()["data"][0]
    log = api.get("/logs").json()["data"][0]
    ids = {
        "rooms": room,
        "conferences": hall,
        "streams": streams[0],
        "conference_tokens": token,
        "room_recordings": recording,
        "logs": log,
    }
    return {**{part: found["id"] for part, found in ids.items()}, "room_sessions": session}


PARENTS = re.compile(
    "/(rooms|conferences)/{id}"
)  # deleted last, since they take their streams along
GOOD = {
    ("POST", "/rooms"): {"name": "other"},
    ("POST", "/conferences"): {"display_name": "Other"},
    ("PUT", "/rooms/{id}"): {"description": "x"},
    ("PUT", "/conferences/{id}"): {"display_name": "y"},
    ("POST", "/rooms/{id}/streams"): {"url": "rtmp://a.example/y"},
    ("POST", "/conferences/{id}/streams"): {"url": "rtmp://a.example/y"},
    ("PUT", "/streams/{id}"): {"url": "rtmp://a.example/z"},
    ("POST", "/room_tokens"): {"room_name": "lobby"},
}


def asked(document, ids):
    """Every operation of the document as (method, path with an id that exists, the same with one that does not, a good body)."""
    operations = [
        (method.upper(), path.removeprefix(BASE))
        for path, methods in document["paths"].items()
        for method in methods
    ]
    for method, path in sorted(
        operations,
        key=lambda operation: (
            operation[0] == "DELETE",
            PARENTS.fullmatch(operation[1]) is not None,
        ),
    ):
        part = path.split("/")[1]
        yield (
            method,
            path.format(id=ids.get(part), name="lobby"),
            path.format(id=NOWHERE, name="nowhere"),
            GOOD.get((method, path)),
        )


@pytest.mark.parametrize("instants", ["Z", "offset", "fraction"])
def test_every_answer_of_every_operation_is_as_published(published, make, client_of, instants):
    space = make(instants=instants)
    api, stranger = client_of(space), client_of(space, auth=None)
    ids = furnish(space, api)
    held = Held(published)
    for client in (api, stranger):
        client.event_hooks = {"response": [held]}
    for method, path, nowhere, body in asked(published, ids):
        stranger.request(method, path, json=body)
        if nowhere != path:
            assert api.request(method, nowhere, json=body).status_code == 404
        api.request(method, f"{path}?surprise=1", json=body)
        if body is not None:
            api.request(method, path, content=b"{", headers={"Content-Type": "application/json"})
            api.request(method, path, json={"surprise": 1})
        assert api.request(method, path, json=body).is_success
    operations = {
        (method.upper(), path.removeprefix(BASE))
        for path, methods in published["paths"].items()
        for method in methods
    }
    assert {(method, path) for method, path, status in held.seen if status < 300} == operations
    assert {found for found in held.seen if found in GAPS} == GAPS


@pytest.mark.parametrize("query", ["?include_active_session=true", ""])
def test_live_sessions_are_as_published(published, make, client_of, query):
    space = make()
    api = client_of(space)
    furnish(space, api)
    space.start_session("Conference", "hall", members=1)
    held = Held(published)
    api.event_hooks = {"response": [held]}
    shown = [api.get(f"/{path}{query}").json() for path in ("rooms", "conferences")] + [
        {"data": [api.get(f"/rooms/lobby{query}").json()]}
    ]
    assert [("active_session" in page["data"][0]) for page in shown] == [bool(query)] * 3


@pytest.fixture
def amended(published):
    """The document with what it leaves out filled in from its own errors."""
    document = copy.deepcopy(published)
    schemas = {
        400: "Types.StatusCodes.StatusCode400",
        404: "Types.StatusCodes.StatusCode404",
        422: "Video.VideoStatusCode422",
    }
    for method, path, status in GAPS:
        content = {
            "application/json": {"schema": {"$ref": f"#/components/schemas/{schemas[status]}"}}
        }
        document["paths"][BASE + path][method.lower()]["responses"][str(status)] = {
            "description": "",
            "content": content,
        }
    return document


def hold(operation, mode, ids):
    """Ask one operation as the document allows (or, in negative mode, forbids), of what exists and of what does not."""
    part = operation.path.removeprefix(BASE).split("/")[1]

    @given(case=operation.as_strategy(generation_mode=generation(mode)), exists=booleans())
    @settings(
        max_examples=8,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def holds(case, exists):
        if exists and "id" in (case.path_parameters or {}) and part in ids:
            case.path_parameters["id"] = ids[part]
        case.call_and_validate(checks=checks(), headers={"Authorization": "Basic cDp0"})

    holds()


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.long
def test_schemathesis_finds_nothing(amended, make, client_of, mode):
    schemathesis = pytest.importorskip("schemathesis")
    spaces = []

    def newest(environ, start_response):
        return spaces[-1](environ, start_response)

    schema = schemathesis.openapi.from_dict(amended)
    schema.app = newest
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        spaces.append(make())
        hold(operation, mode, furnish(spaces[-1], client_of(spaces[-1])))
    assert len(operations) == sum(len(methods) for methods in amended["paths"].values())
