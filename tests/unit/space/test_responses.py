import base64
import json

import httpx
import pytest

from reconciler.core.errors import (
    Forbidden,
    Invalid,
    NotFound,
    ProtocolError,
    RateLimited,
    ServerError,
    Unauthorized,
)
from reconciler.space.api_errors import error_of
from reconciler.space.client import writer
from reconciler.space.redaction import excerpt, hidden_forms, redacted
from reconciler.space.response_json import strict_json
from reconciler.space.responses import Answer, document
from reconciler.space.target import target

REQUEST = "PUT /rooms/x"


def answer(status, body=b"", **headers):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(
        REQUEST, status, {name.replace("_", "-"): value for name, value in headers.items()}, body
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"a": 1, "a": 2}', "given twice"),
        (b'{"a": {"b": 1, "b": 1}}', "given twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too long"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "deeper than 64"),
        (b"[" * 100_000, "deeper than 64"),
        (b'{"a": "\\ud800"}', "surrogates"),
        (b"[]", "not an object"),
        (b'"text"', "not an object"),
        (b"null", "not an object"),
        (b'{"a": 1', "delimiter"),
        (b'{"a": 1} x', "Extra"),
        (b"<html>", "Expecting value"),
        (b"\xff\xfe{\x00}\x00", "codec"),
        (b'\xef\xbb\xbf{"a": 1}', "BOM"),
    ],
)
def test_json_that_is_refused(body, why):
    with pytest.raises(ValueError, match=why):
        strict_json(body)


def test_json_that_is_taken():
    assert strict_json(b'{"a": [1, 2.5, null, "\\ud83d\\ude00"]}') == {
        "a": [1, 2.5, None, "\U0001f600"]
    }
    assert strict_json(b'{"a":' * 64 + b"1" + b"}" * 64)


@pytest.mark.parametrize(
    ("status", "body", "content"),
    [
        (200, {"id": 1}, {"id": 1}),
        (201, b"", None),
        (200, b" \n", None),
        (204, b"junk", None),
        (202, b"{}", {}),
    ],
)
def test_what_a_good_answer_holds(status, body, content):
    assert document(answer(status, body)) == content


def test_a_garbled_answer_names_request_status_and_id_and_shows_no_value():
    with pytest.raises(ProtocolError) as caught:
        document(answer(200, b'{"id": "7", "url": "rtmp://host/canary', x_request_id="req-1"))
    assert caught.value.message == (
        "the answer is not the expected JSON: it stops in the middle, after 38 characters; "
        'it starts \'{"id": "…", "url": "…"\' (PUT /rooms/x, HTTP 200, request id req-1)'
    )
    assert (caught.value.request, caught.value.status, caught.value.request_id) == (
        REQUEST,
        200,
        "req-1",
    )


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Invalid),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (422, Invalid),
        (429, RateLimited),
        (500, ServerError),
        (503, ServerError),
        (599, ServerError),
        (301, ProtocolError),
        (304, ProtocolError),
        (408, ProtocolError),
        (409, ProtocolError),
        (418, ProtocolError),
        (100, ProtocolError),
        (999, ProtocolError),
    ],
)
def test_every_status_has_its_error(status, error):
    found = error_of(answer(status, {"error": "So it is"}, x_request_id="req-1"))
    assert (type(found), found.status, found.request, found.request_id) == (
        error,
        status,
        REQUEST,
        "req-1",
    )


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_good_statuses_are_no_failure(status):
    assert error_of(answer(status)) is None


def test_all_errors_of_a_422_are_told():
    entries = [
        {
            "type": "validation_error",
            "code": "invalid_parameter",
            "message": "max_members is too large",
            "attribute": "max_members",
            "url": "https://x",
        },
        {
            "type": "validation_error",
            "code": "not_unique_within_project",
            "message": "name is taken",
            "attribute": "name",
            "url": "https://x",
        },
        {"type": "x", "code": "odd", "message": "no attribute", "url": "https://x"},
        "not an object",
        {"attribute": 7, "code": None, "message": ["x"]},
    ]
    found = error_of(answer(422, {"errors": entries}))
    assert found.message == (
        "the Space refuses: max_members is too large [invalid_parameter]; name is taken [not_unique_within_project]; "
        "no attribute [odd] (PUT /rooms/x, HTTP 422)"
    )
    assert found.hint == (
        "'reconciler explain KIND.FIELD' shows what is allowed; "
        "another resource has that name: choose another name, or rename that one first"
    )
    assert found.attributes == ("max_members", "name", "")
    assert found.codes == ("invalid_parameter", "not_unique_within_project", "odd")


def test_a_401_says_what_to_check():
    assert error_of(answer(401, {"error": "Unauthorized"})).hint == (
        "check the project id, the API token and its video scope, and that all belong to this space"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<h1>Oops</h1>",
        b'{"error": {}}',
        b'{"errors": "x"}',
        b"[]",
        b"\xff",
        b'{"errors": []}',
    ],
)
def test_error_bodies_of_any_shape_are_borne(body):
    assert error_of(answer(500, body)).message.startswith("the Space failed: ")


@pytest.mark.parametrize(
    ("location", "where"),
    [
        ("https://user:canary@evil.example:8443/canary?x=canary", "to evil.example,"),
        ("/canary", "to another path of the same host,"),
        ("http://[canary", "to another path of the same host,"),
        ("", "to another path of the same host,"),
    ],
)
def test_of_a_redirect_only_the_host_is_named(location, where):
    found = error_of(answer(302, b"canary", location=location))
    assert where in found.message
    assert "canary" not in found.message + found.hint


def test_messages_are_harmless_for_a_terminal():
    found = error_of(answer(500, {"error": "a\x1b[2Jb\r\u202e"}, x_request_id="r\x1b"))
    assert (
        found.message
        == "the Space failed: a\\x1b[2Jb\\x0d\\u202e (PUT /rooms/x, HTTP 500, request id r\\x1b)"
    )


SECRET = "rtmp://host/live/canary key"


@pytest.mark.parametrize(
    "body",
    [
        f"<p>{SECRET}</p>".encode(),
        json.dumps({"error": f"bad url {SECRET}"}).encode(),
        json.dumps({"errors": [{"attribute": SECRET, "code": SECRET, "message": SECRET}]}).encode(),
        json.dumps({"unknown": SECRET}).encode(),
        json.dumps({"unknown": [SECRET]}).replace("/", "\\/").encode(),
        b"<p>rtmp%3A%2F%2Fhost%2Flive%2Fcanary%20key</p>",
    ],
)
def test_a_secret_that_is_echoed_is_hidden(body):
    assert "canary" not in error_of(answer(422, body), hidden=hidden_forms(SECRET)).message


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("t", "it is a t, not a test", "it is a (secret), not a test"),
        ("local", "the local Space; localhost", "the (secret) Space; localhost"),
        ("canary key", "CANARY KEY and canary%20key", "(secret) and (secret)"),
        ("rtmp://host/live/canary-key", "no stream canary-key there", "no stream (secret) there"),
        ("rtmp://host/live/short", "no live stream is short", "no live stream is short"),
        (
            "canary-key",
            f"as {b'canary-key'.hex()} or {base64.b64encode(b'x:canary-key').decode()}",
            "as (secret) or eDp(secret)",
        ),
    ],
)
def test_a_secret_is_hidden_and_other_words_are_not(secret, text, shown):
    assert redacted(text, hidden_forms(secret)) == shown


def test_a_word_of_the_embedded_space_is_no_secret():
    transport = httpx.MockTransport(
        lambda _: httpx.Response(422, json={"error": "the local Space is local"})
    )
    with (
        writer(target("local", project="local", token="local"), _transport=transport) as client,
        pytest.raises(Invalid) as caught,
    ):
        client.post("/rooms", {})
    assert (
        caught.value.message
        == "the Space refuses: the local Space is local (POST /rooms, HTTP 422)"
    )


@pytest.mark.parametrize(
    ("request_line", "code", "hint"),
    [
        ("POST /rooms", "not_unique_within_project", "adopt it with --adopt KIND/NAME"),
        ("POST /rooms", "name_already_taken", "adopt it with --adopt KIND/NAME"),
        ("PUT /rooms/x", "not_unique_within_project", "rename that one first"),
        ("POST /rooms", "exceeds_platform_stream_limit", "remove a stream in this Space"),
        ("POST /rooms", "never_heard_of", "reconciler explain KIND"),
    ],
)
def test_a_refusal_says_what_to_do(request_line, code, hint):
    body = {"errors": [{"code": code, "message": "no", "attribute": "name"}]}
    assert hint in error_of(answer(422, body)._replace(request=request_line)).hint


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"", ""),
        (b"<html>see https://host/x?token=canary</html>", "see https://host/(hidden)"),
        (
            b"see rtmp://user:canary@host:1935/live/canary, or https://host/.",
            "see rtmp://host:1935/(hidden) or https://host/(hidden)",
        ),
        (b"the basic plan, and http://host", "the basic plan, and http://host"),
        (
            b"<html><style>canary</style><h1>Oops</h1>\n\n<p>try  again</p><script>canary",
            "Oops try again",
        ),
        (b"Authorization: Basic Y2FuYXJ5OmNhbmFyeQ==", "Authorization: (hidden)"),
        (b"token vpt_canary and eyJhbGciOi.canary.canary", "token (hidden) and (hidden)"),
        (b'{"a": "canary", "b": ["canary", 1], "c', '{"a": "\u2026", "b": ["\u2026", 1], "\u2026"'),
        (b"x" * 5000, "x" * 200),
        (b"\xff\x00", "\\ufffd\\x00"),
    ],
)
def test_what_an_excerpt_shows(body, shown):
    assert excerpt(body) == shown
