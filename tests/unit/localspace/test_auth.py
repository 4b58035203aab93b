import uuid

import httpx
import pytest


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic cA==",
        "Basic OnQ=",
        "Basic cDo=",
        "Bearer abc",
        "Digest username=p",
    ],
    ids=[
        "none",
        "empty",
        "bare",
        "not-base64",
        "no-colon",
        "no-user",
        "no-password",
        "bearer",
        "digest",
    ],
)
@pytest.mark.parametrize("path", ["/api/video/rooms", "/api/video/nothing", "/control/knobs"])
def test_without_credentials_nothing_is_answered(client_of, space, header, path):
    api = client_of(space, auth=None, base="")
    answer = api.get(path, headers={} if header is None else {"Authorization": header})
    assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized"})
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    ("auth", "status"), [(("p", "t"), 200), (("p", "T"), 401), (("q", "t"), 401), (("p", ""), 401)]
)
def test_credentials_that_are_set_must_match(make, client_of, auth, status):
    assert client_of(make(credentials=("p", "t")), auth=auth).get("/rooms").status_code == status


def test_the_control_api_is_for_this_machine(space):
    transport = httpx.WSGITransport(space, remote_addr="192.0.2.1")
    with httpx.Client(transport=transport, base_url="http://local.test", auth=("p", "t")) as client:
        assert client.get("/control/knobs").status_code == 403


def test_every_answer_has_an_id_and_the_limits(api):
    answers = [
        api.get("/rooms"),
        api.post("/rooms", json={"name": "a"}),
        api.get("/rooms/b"),
        api.post("/rooms", json={}),
    ]
    assert len({uuid.UUID(answer.headers["X-Request-ID"]) for answer in answers}) == 4
    limits = [
        tuple(answer.headers[f"X-RateLimit-{word}"] for word in ("Limit", "Remaining", "Reset"))
        for answer in answers
    ]
    assert limits == [
        ("13800", "13800", "10"),
        ("13800", "13799", "10"),
        ("13800", "13799", "10"),
        ("13800", "13798", "10"),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/video",
        "/api/video/",
        "/api/video/nothing",
        "/api/video/rooms/",
        "/api/video//rooms",
    ],
)
def test_unknown_paths(client_of, space, path):
    answer = client_of(space, base="").get(path)
    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})


def test_other_methods_are_not_allowed(api):
    answer = api.patch("/rooms")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")


def test_a_failure_of_ours_is_the_documented_500(make, client_of):
    space = make()
    space.close()
    answer = client_of(space).get("/rooms")
    assert (answer.status_code, answer.json()) == (500, {"error": "Internal Server Error"})
