"""The client against a server of TLS on loopback: who cannot prove its identity gets nothing."""

import contextlib
import re
import socket
import ssl
import threading

import pytest
import trustme

from reconciler.core.network_access import access
from reconciler.space.client import writer
from reconciler.space.clock import Clock
from reconciler.space.target import target
from reconciler.space.timeouts import Timeouts
from reconciler.space.transport_errors import WrongHost

ID = "c22d24f6-5a47-4597-9a23-c7d01e696b92"
BODY = b'{"id": "%s"}' % ID.encode()
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def served(authority):
    """Start a server with a certificate for ``name``; its port, and what it heard on each connection."""
    with contextlib.ExitStack() as stack:

        def serve(name, answer=(GOOD,)):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(name).configure_cert(context)
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            heard = []
            thread = threading.Thread(target=answer_all, args=(listening, context, heard, answer))
            thread.start()
            stack.callback(thread.join, 5)
            stack.callback(listening.shutdown, socket.SHUT_RDWR)
            return listening.getsockname()[1], heard

        yield serve


def received(secure):
    """The method of the next request, once all of it came; empty at the end."""
    head, _, body = secure.recv(65536).partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    left = int(length[1]) - len(body) if length else 0
    while left:
        left -= len(secure.recv(min(left, 65536)))
    return head.split(b" ")[0]


def answer_all(listening, context, heard, answer):
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listening.accept()
            with (
                contextlib.suppress(OSError),
                context.wrap_socket(connection, server_side=True) as secure,
            ):
                requests = []
                heard.append(requests)
                while request := received(secure):
                    requests.append(request)
                    for piece in answer:
                        secure.sendall(piece)


@pytest.fixture
def client(tmp_path):
    with contextlib.ExitStack() as stack:

        def connect(port, *, trusted=None):
            timeouts = Timeouts(connect=2, call=5)
            where = target(f"https://127.0.0.1:{port}", project="p", token="t")
            names = {} if trusted is None else {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}
            if trusted is not None:
                trusted.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
            on = writer(
                where, timeouts=timeouts, clock=Clock(sleep=lambda _: None), access=access(names)
            )
            return stack.enter_context(on)

        yield connect


def test_requests_share_a_verified_connection(served, client, authority):
    port, heard = served("127.0.0.1")
    on = client(port, trusted=authority)
    assert [
        on.post("/rooms", {"name": "a"}),
        on.get(f"/rooms/{ID}"),
        on.put(f"/rooms/{ID}", {}),
    ] == [{"id": ID}] * 3
    assert heard == [[b"POST", b"GET", b"PUT"]]


def test_what_is_long_goes_both_ways_in_many_records(served, client, authority):
    body = b'{"id": "%s", "text": "%s"}' % (ID.encode(), b"x" * 3_000_000)
    long = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    port, heard = served(
        "127.0.0.1", [long[start : start + 9_999] for start in range(0, len(long), 9_999)]
    )
    on = client(port, trusted=authority)
    assert [len(on.post("/rooms", {"name": "x" * 8_000_000})["text"]) for _ in range(2)] == [
        3_000_000
    ] * 2
    assert heard == [[b"POST", b"POST"]]


@pytest.mark.parametrize("name", ["127.0.0.2", "localhost"])
def test_a_certificate_for_another_host_gets_nothing(served, client, authority, name):
    port, heard = served(name)
    with pytest.raises(WrongHost, match="cannot prove its identity"):
        client(port, trusted=authority).post("/rooms", {})
    assert [request for requests in heard for request in requests] == []


def test_a_certificate_of_somebody_gets_nothing(served, client):
    port, heard = served("127.0.0.1")
    with pytest.raises(WrongHost, match="cannot prove its identity"):
        client(port).post("/rooms", {})
    assert [request for requests in heard for request in requests] == []
