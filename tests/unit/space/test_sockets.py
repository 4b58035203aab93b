"""The client against a real server on loopback that misbehaves."""

import contextlib
import errno
import json
import os
import queue
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from reconciler.core.errors import ProtocolError, Unreachable
from reconciler.space.client import writer
from reconciler.space.clock import Clock
from reconciler.space.http.messages import InvalidRequest, PoolTimeout, Request
from reconciler.space.http.pool import ConnectionPool
from reconciler.space.target import target
from reconciler.space.timeouts import Timeouts
from reconciler.space.transport_errors import NotSent

ID = "c22d24f6-5a47-4597-9a23-c7d01e696b92"
ROOM = f"/rooms/{ID}"
BODY = b'{"id": "c22d24f6"}'
GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)
QUICK = Timeouts(connect=2.0, request=0.15, call=2.0)


@pytest.fixture
def client():
    with contextlib.ExitStack() as stack:
        yield lambda space, **options: stack.enter_context(
            writer(
                target(space, project="p", token="t"), clock=Clock(sleep=lambda _: None), **options
            )
        )


def test_requests_share_connections(loopback, client):
    connections = set()

    def talk(connection, _head):
        connections.add(connection.fileno())
        connection.sendall(GOOD)

    on = client(loopback(talk), parallel=2)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: on.get(ROOM), range(24))) == [{"id": "c22d24f6"}] * 24
    assert len(connections) <= 2


def test_the_head_of_a_request(loopback, client):
    heads = []
    on = client(loopback(lambda connection, head: (heads.append(head), connection.sendall(GOOD))))
    on.get("/rooms", params={"page_token": "a b+c"})
    assert heads[0].split(b"\r\n")[0] == b"GET /api/video/rooms?page_token=a+b%2Bc HTTP/1.1"


def test_requests_over_one_connection_each_have_the_header_fields_of_their_body(loopback, client):
    heads = []
    on = client(
        loopback(lambda connection, head: (heads.append(head), connection.sendall(GOOD))),
        parallel=1,
    )
    long = "a" * 200
    for name in ("a", long, None, "b", None, long):
        on.get(ROOM) if name is None else on.post("/rooms", {"name": name})
    fields = [head.partition(b"\r\n")[2].lower().split(b"\r\n")[:-2] for head in heads]
    own = [sorted(set(one) - set(fields[2])) for one in fields]
    of_body = [
        [b"content-length: 13", b"content-type: application/json"],
        [b"content-length: 212", b"content-type: application/json"],
    ]
    assert own == [*of_body, [], of_body[0], [], of_body[1]]
    assert all(len(one) == len(set(one)) and set(one) >= set(fields[2]) for one in fields)
    assert fields[2] == fields[4]
    assert any(one.startswith(b"host: 127.0.0.1:") for one in fields[2])


def test_a_connection_that_the_server_gave_up_is_not_used_again(loopback, client):
    heads, closed = [], threading.Event()

    def talk(connection, head):
        heads.append(head.split(b" ")[0])
        connection.sendall(GOOD)
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        closed.set()

    on = client(loopback(talk))
    for _ in range(3):
        assert on.post("/rooms", {}) == {"id": "c22d24f6"}
        assert closed.wait(5)
        closed.clear()
    assert heads == [b"POST"] * 3


def test_a_body_in_chunks_and_an_interim_answer_before_it(loopback, client):
    def talk(connection, _head):
        connection.sendall(
            b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for piece in (BODY[:5], BODY[5:]):
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")

    on = client(loopback(talk))
    assert [on.post("/rooms", {}), on.post("/rooms", {})] == [{"id": "c22d24f6"}] * 2


def test_a_second_answer_is_not_that_to_the_next_request(loopback, client):
    other = GOOD.replace(b"c22d24f6", b"deadbeef")
    first = []

    def talk(connection, _head):
        connection.sendall(GOOD if first else GOOD + other)
        first.append(True)

    on = client(loopback(talk))
    assert [on.post("/rooms", {}) for _ in range(3)] == [{"id": "c22d24f6"}] * 3


def trickle(piece, stop):
    def talk(connection, _head):
        while not stop.wait(0.02):
            connection.sendall(piece)

    return talk


@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"]
)
def test_an_answer_that_trickles_or_hangs_ends_at_the_deadline(loopback, client, start):
    stop = threading.Event()

    def talk(connection, head):
        connection.sendall(start)
        trickle(b"x" if start else b"", stop)(connection, head)

    on = client(loopback(talk), timeouts=QUICK)
    try:
        with pytest.raises(Unreachable, match="in time") as caught:
            on.put(ROOM, {"name": "x"})
        assert type(caught.value) is Unreachable
    finally:
        stop.set()


def test_an_endless_run_of_interim_answers_ends_at_the_deadline(loopback, client):
    stop = threading.Event()
    on = client(loopback(trickle(b"HTTP/1.1 103 Early Hints\r\n\r\n", stop)), timeouts=QUICK)
    try:
        with pytest.raises(Unreachable, match="in time"):
            on.put(ROOM, {})
    finally:
        stop.set()


@pytest.mark.parametrize("cut", range(0, len(GOOD), 7))
def test_wherever_an_answer_is_cut_the_outcome_is_unknown(loopback, client, cut):
    heads = []

    def talk(connection, head):
        heads.append(head)
        connection.sendall(GOOD[:cut])
        connection.close()

    on = client(loopback(talk))
    with pytest.raises(Unreachable) as caught:
        on.post("/rooms", {})
    assert (type(caught.value), len(heads)) == (Unreachable, 1)


def test_an_unframed_answer_that_is_cut_is_no_answer(loopback, client):
    def talk(connection, _head):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + BODY[:-4])
        connection.close()

    with pytest.raises(ProtocolError):
        client(loopback(talk)).post("/rooms", {})


def test_an_answer_that_is_too_long_is_not_read_to_its_end(loopback, client):
    def talk(connection, _head):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            connection.sendall(bytes(1024 * 1024))

    with pytest.raises(ProtocolError, match="longer than 16 MiB"):
        client(loopback(talk)).post("/rooms", {})


def test_something_that_is_not_http(loopback, client):
    with pytest.raises(Unreachable, match="not HTTP"):
        client(
            loopback(lambda connection, _head: connection.sendall(b"220 mail ready\r\n\r\n"))
        ).post("/rooms", {})


def test_a_body_after_a_204_does_not_spoil_the_next_request(loopback, client):
    def talk(connection, head):
        connection.sendall(
            b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}"
            if head.startswith(b"DELETE")
            else GOOD
        )

    on = client(loopback(talk))
    for _ in range(3):
        assert on.delete(ROOM) is None
        assert on.post("/rooms", {}) == {"id": "c22d24f6"}


def test_nobody_listens(client):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        unused = closed.getsockname()[1]
    with pytest.raises(NotSent, match="refuses connections"):
        client(f"127.0.0.1:{unused}").post("/rooms", {})


def test_tls_that_is_none(loopback, client):
    def talk(connection, _head):
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    space = loopback(talk)
    on = client(f"https://{space}", timeouts=Timeouts(connect=0.2, call=0.5))
    with pytest.raises(NotSent):
        on.post("/rooms", {})


def test_a_connection_is_in_one_hand_at_a_time(loopback):
    space = loopback(lambda connection, _head: connection.sendall(GOOD))
    way = ConnectionPool(f"http://{space}/", {}, parallel=1, clock=time.monotonic)

    def ask(seconds):
        until = time.monotonic() + seconds
        return way.ask(Request("GET", b"/", None, until, until))

    with closing(way):
        with ask(5), pytest.raises(PoolTimeout), ask(0.02):
            pass
        with ask(5) as response:
            assert b"".join(response.parts) == BODY


def test_a_request_that_does_not_go_out_in_one_piece(loopback, client):
    heard = []

    def talk(connection, head):
        heard.append(head.lower())
        connection.sendall(GOOD)

    body = {"name": "x" * 8_000_000}
    assert client(loopback(talk)).post("/rooms", body) == {"id": "c22d24f6"}
    assert b"content-length: %d\r\n" % len(json.dumps(body)) in heard[0]


def test_a_request_that_nobody_reads_ends_at_the_deadline(client):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        on = client(f"127.0.0.1:{deaf.getsockname()[1]}", timeouts=QUICK)
        with pytest.raises(Unreachable, match="in time") as caught:
            on.post("/rooms", {"name": "x" * 50_000_000})
    assert type(caught.value) is Unreachable


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", b"/a b"),
        ("GET", b"/\r\nX: y"),
        ("GET", b"rooms"),
        ("GET", b"/\xff"),
        ("get", b"/"),
        ("GET /x", b"/"),
    ],
)
def test_what_would_be_two_requests_is_not_sent(method, path):
    way, until = (
        ConnectionPool("http://127.0.0.1:9/", {}, parallel=1, clock=time.monotonic),
        time.monotonic() + 1,
    )
    with closing(way), pytest.raises(InvalidRequest):
        way.ask(Request(method, path, None, until, until))


@pytest.mark.parametrize("value", ["a\r\nX: y", "", "\u00e9", "a\0b"])
def test_what_would_be_two_fields_is_not_sent(value):
    with pytest.raises(InvalidRequest):
        ConnectionPool("http://127.0.0.1:9/", {"Accept": value}, parallel=1, clock=time.monotonic)


def test_nothing_is_sent_once_it_is_closed(loopback):
    heads = []
    space = loopback(lambda connection, head: (heads.append(head), connection.sendall(GOOD)))
    way, until = (
        ConnectionPool(f"http://{space}/", {}, parallel=1, clock=time.monotonic),
        time.monotonic() + 5,
    )
    with ThreadPoolExecutor(1) as pool:
        with way.ask(Request("GET", b"/", None, until, until)):
            waiting = pool.submit(way.ask, Request("POST", b"/", b"{}", until, until))
            way.close()
        with pytest.raises(PoolTimeout, match="failed"):
            waiting.result(timeout=5)
    assert len(heads) == 1


def test_an_address_that_does_not_answer_leaves_time_for_the_next(loopback, client, monkeypatch):
    port, real, limits = (
        int(loopback(lambda connection, _: connection.sendall(GOOD)).partition(":")[2]),
        socket.create_connection,
        [],
    )

    def silent(address, timeout):
        limits.append(timeout)
        if address[0] != b"127.0.0.1":
            raise TimeoutError
        return real(address, timeout=timeout)

    monkeypatch.setattr(
        "reconciler.space.http.network._look_up",
        lambda *_: ["2001:db8::1", "2001:db8::2", "127.0.0.1"],
    )
    monkeypatch.setattr(socket, "create_connection", silent)
    on = client(f"127.0.0.1:{port}", timeouts=Timeouts(connect=9.0))
    assert on.post("/rooms", {}) == {"id": "c22d24f6"}
    assert [round(limit, 1) for limit in limits] == [3.0, 4.5, 9.0]


def test_a_silence_is_told_while_it_lasts(loopback, client):
    told, stop = queue.SimpleQueue(), threading.Event()
    space = loopback(lambda connection, _head: (stop.wait(5), connection.close()))
    on = client(space, timeouts=Timeouts(request=5.0, silence=0.02), on_wait=told.put)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(on.post, "/rooms", {})
        assert re.fullmatch(rf"waiting for {space}: no answer for \d+ s", told.get(timeout=5))
        stop.set()
        with pytest.raises(Unreachable):
            waiting.result(timeout=5)


def test_a_name_whose_look_up_hangs_ends_at_the_deadline(monkeypatch):
    stop = threading.Event()

    def slow(*_, **__):
        stop.wait(5)
        raise socket.gaierror(socket.EAI_AGAIN, "x")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    where = target("example.signalwire.com", project="p", token="t")
    with (
        writer(
            where, timeouts=Timeouts(connect=0.05, call=0.2), clock=Clock(sleep=lambda _: None)
        ) as on,
        pytest.raises(NotSent, match=r"no connection to example\.signalwire\.com in time"),
    ):
        on.post("/rooms", {})
    stop.set()


def test_a_machine_without_room_for_a_connection_says_so(monkeypatch):
    def full(*_, **__):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(socket, "create_connection", full)
    where = target("127.0.0.1:9", project="p", token="t")
    with writer(where, clock=Clock(sleep=lambda _: None)) as on, pytest.raises(NotSent) as caught:
        on.post("/rooms", {})
    assert (
        caught.value.message
        == "this machine can open no more connections: Too many open files (POST /rooms)"
    )
    assert "ulimit" in caught.value.hint
