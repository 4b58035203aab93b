import json
import logging
import random
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from reconciler import __version__
from reconciler.core.errors import (
    ApiError,
    Invalid,
    NotFound,
    ProtocolError,
    RateLimited,
    ReconcilerError,
    ServerError,
    Unauthorized,
    Unreachable,
    UsageError,
)
from reconciler.core.network_access import DIRECTLY
from reconciler.core.resources import Secret
from reconciler.space.client import reader, writer
from reconciler.space.clock import Clock
from reconciler.space.http.pool import ConnectionPool
from reconciler.space.target import target
from reconciler.space.timeouts import Timeouts
from reconciler.space.transport_errors import NotSent, WrongHost

ID = "c22d24f6-5a47-4597-9a23-c7d01e696b92"
ROOM = f"/rooms/{ID}"
TOKEN = "PTcanary-token-0123456789"
OK = httpx.Response(200, json={"id": ID})
WRITES = {
    "POST": lambda client: client.post("/rooms", {"name": "x"}),
    "PUT": lambda client: client.put(ROOM, {"name": "x"}),
    "DELETE": lambda client: client.delete(ROOM),
}


def status(code, **headers):
    return httpx.Response(
        code,
        json={"error": "So it is"},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def test_what_a_request_carries(scripted):
    on = scripted(OK)
    assert on.client.get(ROOM, params={"include_active_session": True}) == {"id": ID}
    (request,) = on.wire.sent
    assert (request.method, str(request.url)) == (
        "GET",
        f"https://example.signalwire.com/api/video{ROOM}?include_active_session=true",
    )
    assert dict(request.headers) == {
        "host": "example.signalwire.com",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "user-agent": f"signalwire-reconciler/{__version__}",
        "authorization": "Basic cHJvamVjdDpQVGNhbmFyeS10b2tlbi0wMTIzNDU2Nzg5",
    }


def test_what_a_write_carries(scripted):
    on = scripted(OK)
    assert on.client.post("/rooms", {"name": "x", "url": Secret("rtmp://h/k")}) == {"id": ID}
    (request,) = on.wire.sent
    assert (request.method, request.headers["content-type"], json.loads(request.content)) == (
        "POST",
        "application/json",
        {"name": "x", "url": "rtmp://h/k"},
    )


def test_a_reader_can_only_get(time):
    wire = []
    on = reader(
        target("local", project="p", token="t"),
        clock=time.clock,
        _transport=httpx.MockTransport(wire.append),
    )
    assert not {"post", "put", "delete", "patch"} & set(dir(on))
    for verb in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "get"):
        with pytest.raises(ReconcilerError, match="may only GET; nothing was sent"):
            on._request(verb, "/rooms", body={})
    assert wire == []


@pytest.mark.parametrize(
    "path",
    [
        "/rooms",
        "/rooms/",
        "/rooms/lobby",
        "/rooms/..",
        f"/rooms/{ID}/..",
        "https://evil.example/rooms",
        f"/rooms/{ID}?x=1",
    ],
)
def test_no_put_or_delete_reaches_a_collection(scripted, path):
    on = scripted(OK)
    for write in (lambda: on.client.delete(path), lambda: on.client.put(path, {})):
        with pytest.raises(ReconcilerError, match="nothing was sent"):
            write()
    assert on.wire.sent == []


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(scripted, code):
    on = scripted(status(code, location="https://evil.example/api/video/rooms"))
    with pytest.raises(
        ProtocolError, match=r"the Space redirects to evil\.example, which is not followed"
    ):
        on.client.get("/rooms")
    assert len(on.wire.sent) == 1


def test_cookies_are_not_kept(scripted):
    on = scripted(httpx.Response(200, json={}, headers={"set-cookie": "session=1; Path=/"}), OK)
    on.client.get("/rooms")
    on.client.get("/rooms")
    assert "cookie" not in on.wire.sent[1].headers


def test_a_space_is_verified_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    with reader(
        target("example.signalwire.com", project="p", token="t"), access=DIRECTLY
    ) as client:
        transport = client._sender._transport
        context = transport._tls
        assert (type(transport), str(transport._origin)) == (
            ConnectionPool,
            "https://example.signalwire.com:443",
        )
        assert (context.minimum_version, context.verify_mode, context.check_hostname) == (
            ssl.TLSVersion.TLSv1_2,
            ssl.CERT_REQUIRED,
            True,
        )


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_a_read_is_repeated_through_a_burst(scripted, code):
    on = scripted(*[status(code)] * 3, OK)
    assert on.client.get(ROOM) == {"id": ID}
    assert on.time.slept == [0.25, 0.5, 1.0]


def test_a_read_gives_up_in_the_end(scripted):
    on = scripted(status(503))
    with pytest.raises(
        ServerError, match=r"the Space failed: So it is \(GET /rooms/.*, HTTP 503\)"
    ):
        on.client.get(ROOM)
    assert len(on.wire.sent) == 8


def test_a_read_is_repeated_after_a_fault(scripted):
    on = scripted(httpx.ReadError("x"), httpx.ConnectError("x"), ConnectionResetError(), OK)
    assert on.client.get(ROOM) == {"id": ID}


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"id": ', b"[]", b'{"a": 1, "a": 2}'])
def test_a_garbled_answer_is_read_once_more(scripted, body):
    on = scripted(httpx.Response(200, content=body), OK)
    assert on.client.get(ROOM) == {"id": ID}
    on = scripted(httpx.Response(200, content=body))
    with pytest.raises(ProtocolError):
        on.client.get(ROOM)
    assert len(on.wire.sent) == 2


@pytest.mark.parametrize(
    ("code", "error"),
    [(400, Invalid), (401, Unauthorized), (404, NotFound), (422, Invalid), (409, ProtocolError)],
)
def test_a_refusal_is_not_repeated(scripted, code, error):
    on = scripted(status(code))
    with pytest.raises(error):
        on.client.get(ROOM)
    assert len(on.wire.sent) == 1


UNKNOWN = [
    (status(500), ServerError),
    (status(503, retry_after="1"), ServerError),
    (httpx.ReadTimeout("x"), Unreachable),
    (httpx.WriteTimeout("x"), Unreachable),
    (httpx.ReadError("x"), Unreachable),
    (httpx.WriteError("x"), Unreachable),
    (httpx.RemoteProtocolError("x"), Unreachable),
    (ConnectionResetError("x"), Unreachable),
    (BrokenPipeError("x"), Unreachable),
    (TimeoutError("x"), Unreachable),
]


@pytest.mark.parametrize("verb", WRITES)
@pytest.mark.parametrize(("word", "error"), UNKNOWN)
def test_a_write_with_an_unknown_outcome_is_never_repeated(scripted, verb, word, error):
    on = scripted(word, OK)
    with pytest.raises(error) as caught:
        WRITES[verb](on.client)
    assert type(caught.value) is error
    assert len(on.wire.sent) == 1


@pytest.mark.parametrize("verb", WRITES)
@pytest.mark.parametrize(
    "word",
    [
        status(429),
        status(429, retry_after="3"),
        httpx.ConnectError("x"),
        httpx.ConnectTimeout("x"),
        httpx.PoolTimeout("x"),
        ConnectionRefusedError(),
    ],
)
def test_a_write_that_was_certainly_not_executed_is_repeated(scripted, verb, word):
    on = scripted(word, word, OK)
    WRITES[verb](on.client)
    assert len(on.wire.sent) == 3


@pytest.mark.parametrize("verb", WRITES)
def test_a_write_that_was_never_sent_says_so(scripted, verb):
    on = scripted(httpx.ConnectError("x"))
    with pytest.raises(NotSent):
        WRITES[verb](on.client)
    assert len(on.wire.sent) == 4


@pytest.mark.parametrize(("verb", "result"), [("POST", None), ("PUT", None), ("DELETE", None)])
@pytest.mark.parametrize(
    "word", [httpx.Response(204), httpx.Response(201), httpx.Response(204, content=b'{"x": 1}')]
)
def test_a_write_can_be_answered_with_nothing(scripted, verb, result, word):
    assert WRITES[verb](scripted(word).client) is result


@pytest.mark.parametrize("verb", ["POST", "PUT"])
@pytest.mark.parametrize("body", [b"<html>", b'{"id": ', b"[]"])
def test_a_garbled_answer_to_a_write_leaves_the_outcome_unknown(scripted, verb, body):
    on = scripted(httpx.Response(201, content=body), OK)
    with pytest.raises(ProtocolError):
        WRITES[verb](on.client)
    assert len(on.wire.sent) == 1


def test_a_delete_does_not_care_what_it_is_told(scripted):
    assert scripted(httpx.Response(200, content=b"<html>")).client.delete(ROOM) is None


def test_retry_after_is_kept_to_and_jittered_on_top(scripted):
    on = scripted(status(429, retry_after="7"), status(503, retry_after="9"), OK)
    on.client.get(ROOM)
    assert on.time.slept == [7.25, 9.5]


def test_retry_after_as_a_date_is_read_by_the_spaces_own_clock(scripted):
    on = scripted(
        status(
            429, date="Sun, 06 Nov 1994 08:49:37 GMT", retry_after="Sun, 06 Nov 1994 08:49:42 GMT"
        ),
        OK,
    )
    on.client.get(ROOM)
    assert on.time.slept == [5.25]


def test_nonsense_in_retry_after_is_ignored(scripted):
    on = scripted(status(429, retry_after="1e309"), OK)
    on.client.get(ROOM)
    assert on.time.slept == [0.25]


def test_a_wait_beyond_the_deadline_is_not_begun(scripted):
    on = scripted(status(429, retry_after="100"), timeouts=Timeouts(call=60))
    with pytest.raises(RateLimited):
        on.client.get(ROOM)
    assert (on.time.slept, len(on.wire.sent)) == ([], 1)


def test_one_worker_told_to_wait_holds_the_others(scripted):
    on = scripted(status(429, retry_after="100"), OK, timeouts=Timeouts(call=60))
    with pytest.raises(RateLimited):
        on.client.get(ROOM)
    with pytest.raises(NotSent, match="longer pause than the time limit allows"):
        on.client.post("/rooms", {})
    on.time.now += 50
    assert on.client.get(ROOM) == {"id": ID}
    assert on.time.slept == [50.0]


def test_nobody_sends_before_the_pause_is_over():
    """Workers on one client, a clock moved by sleeping alone: the second round starts after the first's Retry-After."""
    lock, now, sent = threading.Lock(), [0.0], []

    def sleep(seconds):
        with lock:
            now[0] += seconds

    def handler(_request):
        with lock:
            sent.append(now[0])
            if now[0] >= 20.0:
                return httpx.Response(200, json={})
            return httpx.Response(429, headers={"Retry-After": "20"})

    clock = Clock(lambda: now[0], lambda: now[0], sleep, random.Random(1).random)
    with (
        writer(
            target("local", project="p", token="t"),
            clock=clock,
            _transport=httpx.MockTransport(handler),
        ) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        assert list(pool.map(lambda _: client.get("/rooms"), range(16))) == [{}] * 16
    assert [moment for moment in sent if 0.0 < moment < 20.0] == []


def test_a_run_can_have_a_deadline(scripted):
    on = scripted(OK, timeouts=Timeouts(run=100))
    on.client.get(ROOM)
    on.time.now += 100
    with pytest.raises(NotSent, match="not sent: the time for it is over"):
        on.client.get(ROOM)
    assert len(on.wire.sent) == 1


def caused(error, cause):
    error.__cause__ = cause
    return error


def gai(number):
    return socket.gaierror(number, "x")


@pytest.mark.parametrize(
    ("word", "error", "message", "sent"),
    [
        (
            caused(httpx.ConnectError("x"), gai(socket.EAI_NONAME)),
            WrongHost,
            "the name example.signalwire.com cannot be looked up",
            1,
        ),
        (
            caused(httpx.ConnectError("x"), gai(socket.EAI_AGAIN)),
            NotSent,
            "the name example.signalwire.com cannot be looked up",
            4,
        ),
        (
            caused(httpx.ConnectError("x"), ssl.SSLCertVerificationError("x")),
            WrongHost,
            "example.signalwire.com cannot prove its identity",
            1,
        ),
        (
            caused(httpx.ConnectError("x"), ssl.SSLError("x")),
            WrongHost,
            "no TLS connection to example.signalwire.com could be made",
            1,
        ),
        (
            caused(httpx.ConnectError("x"), ConnectionRefusedError()),
            NotSent,
            "example.signalwire.com refuses connections",
            4,
        ),
        (httpx.ConnectTimeout("x"), NotSent, "no connection to example.signalwire.com in time", 4),
        (httpx.ConnectError("x"), NotSent, "no connection to example.signalwire.com", 4),
        (httpx.PoolTimeout("x"), NotSent, "no connection was free in time", 4),
        (
            httpx.ReadTimeout("x"),
            Unreachable,
            "no complete answer from example.signalwire.com in time",
            4,
        ),
        (
            httpx.RemoteProtocolError("x"),
            Unreachable,
            "closed the connection, or its answer is not HTTP",
            4,
        ),
        (httpx.ReadError("x"), Unreachable, "was closed before the answer was complete", 4),
    ],
)
def test_faults_in_plain_words(scripted, word, error, message, sent):
    on = scripted(word)
    with pytest.raises(error, match=message) as caught:
        on.client.get(ROOM)
    assert type(caught.value) is error
    assert (caught.value.__cause__.__cause__, caught.value.request, len(on.wire.sent)) == (
        word,
        f"GET {ROOM}",
        sent,
    )


def test_the_trace_has_one_line_per_request_and_no_query(scripted):
    on = scripted(status(503, X_Request_ID="req-1"), httpx.ReadError("x"), OK)
    on.client.get("/rooms", params={"page_token": "canary"})
    assert on.trace == [
        "GET /rooms -> 503 req-1 in 0 ms",
        "GET /rooms -> Unreachable in 0 ms",
        "GET /rooms -> 200 in 0 ms",
    ]


@pytest.mark.parametrize(
    "word",
    [
        httpx.Response(500, content=f"{TOKEN} canary".encode()),
        httpx.Response(200, content=b"canary"),
        httpx.ReadError("canary"),
    ],
)
def test_no_secret_in_what_is_raised_traced_or_logged(scripted, caplog, word):
    caplog.set_level(logging.DEBUG)
    on = scripted(word)
    with pytest.raises(ApiError) as caught:
        on.client.post("/rooms", {"url": Secret("canary")})
    told = f"{caught.value!r}{caught.value.message}{caught.value.hint}{vars(caught.value)}{on.trace}{caplog.text}{caplog.records}"
    assert "canary" not in told
    assert caplog.records == []


@pytest.mark.parametrize("parallel", [0, -1, 65])
def test_the_number_of_workers_is_bounded(parallel):
    with pytest.raises(UsageError, match="from 1 to 64"):
        reader(
            target("local", project="p", token="t"), application=lambda *_: [], parallel=parallel
        )


def test_the_embedded_space_needs_its_application():
    with pytest.raises(UsageError, match="embedded"):
        reader(target("local", project="p", token="t"))


def embedded(application, build=writer):
    return build(
        target("local", project="p", token="t"),
        application=application,
        clock=Clock(sleep=lambda _: None),
    )


def test_an_embedded_space_is_called_without_a_socket():
    seen = []

    def application(environ, start_response):
        seen.append(
            (
                environ["REQUEST_METHOD"],
                environ["PATH_INFO"],
                environ["QUERY_STRING"],
                environ["wsgi.input"].read(),
            )
        )
        start_response("201 Created", [("Content-Type", "application/json")])
        return [b'{"id"', b": 1}"]

    with embedded(application) as client:
        assert client.post("/rooms", {"name": "x"}) == {"id": 1}
    assert seen == [("POST", "/api/video/rooms", "", b'{"name": "x"}')]


class CutError(ConnectionResetError):
    pass


@pytest.mark.parametrize("late", [False, True])
def test_an_embedded_space_can_cut_the_connection(late):
    calls = []

    def application(_environ, start_response):
        calls.append(1)
        if not late:
            raise CutError
        start_response("200 OK", [])

        def body():
            yield b'{"id":'
            raise CutError

        return body()

    with embedded(application) as client:
        with pytest.raises(Unreachable) as caught:
            client.put(ROOM, {})
        assert (type(caught.value), len(calls)) == (Unreachable, 1)
        with pytest.raises(Unreachable):
            client.get(ROOM)
        assert len(calls) == 5
