"""What httpx calls what goes wrong, and what we do; and that nothing of it is lost on the way."""

from contextlib import closing

import httpx
import pytest

from reconciler.space.http.httpx_adapter import HttpxTransport, httpx_transport
from reconciler.space.http.messages import (
    AnswerTimeout,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    InvalidRequest,
    PoolTimeout,
    ProtocolError,
    Request,
)

ORIGIN = "https://example.signalwire.com"
WORDS = {
    httpx.ConnectTimeout: ConnectTimeout,
    httpx.ConnectError: ConnectFailed,
    httpx.PoolTimeout: PoolTimeout,
    httpx.ReadTimeout: AnswerTimeout,
    httpx.WriteTimeout: AnswerTimeout,
    httpx.LocalProtocolError: InvalidRequest,
    httpx.RemoteProtocolError: ProtocolError,
    httpx.ReadError: ConnectionLost,
    httpx.WriteError: ConnectionLost,
    httpx.DecodingError: ConnectionLost,
}


def asked(method="GET", body=None):
    return Request(method, b"/api/video/rooms?page_size=2", body, 0.0, 0.0)


def way(handler):
    return HttpxTransport(httpx.MockTransport(handler), ORIGIN, {"Accept": "application/json"})


class Torn(httpx.SyncByteStream):
    """A body that breaks after its first part."""

    def __init__(self, error):
        self.error = error

    def __iter__(self):
        yield b"{"
        raise self.error


@pytest.mark.parametrize(("theirs", "ours"), WORDS.items(), ids=lambda one: one.__name__)
def test_what_goes_wrong_has_our_name_and_theirs_as_its_cause(theirs, ours):
    reason = OSError("why")
    error = theirs("words")
    error.__cause__ = reason

    def fail(_request):
        raise error

    with pytest.raises(ours, match="words") as caught:
        way(fail).ask(asked())

    assert (type(caught.value), caught.value.__cause__, error.__cause__) == (ours, error, reason)


@pytest.mark.parametrize(("theirs", "ours"), WORDS.items(), ids=lambda one: one.__name__)
def test_so_has_what_goes_wrong_in_the_middle_of_a_body(theirs, ours):
    heard = []

    with (
        way(lambda _request: httpx.Response(200, stream=Torn(theirs("words")))).ask(
            asked()
        ) as response,
        pytest.raises(ours, match="words"),
    ):
        heard.extend(iter(response.parts.__next__, None))

    assert heard == [b"{"]


def test_what_is_no_fault_of_the_wire_stays_what_it_is():
    def fail(_request):
        raise ConnectionResetError("by an embedded Space")

    with pytest.raises(ConnectionResetError):
        way(fail).ask(asked())


def test_the_request_arrives_as_it_was_made():
    seen = []

    def take(request):
        seen.append(
            (
                request.method,
                str(request.url),
                request.headers["Accept"],
                request.headers.get("Content-Type"),
                request.content,
            )
        )
        return httpx.Response(200, content=b'{"id": "1"}')

    with way(take).ask(asked("POST", b"{}")) as response:
        assert (response.status, b"".join(response.parts)) == (200, b'{"id": "1"}')

    assert seen == [
        (
            "POST",
            f"{ORIGIN}/api/video/rooms?page_size=2",
            "application/json",
            "application/json",
            b"{}",
        )
    ]


def test_an_application_is_called_without_a_socket():
    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode()]

    with (
        closing(httpx_transport(application, ORIGIN, {})) as inside,
        inside.ask(asked()) as response,
    ):
        assert (response.status, b"".join(response.parts)) == (200, b"/api/video/rooms")
