import queue
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from reconciler.core.errors import ReconcilerError, UsageError
from reconciler.localspace import serve


def talk(port, text):
    """What comes back for ``text`` until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(text)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_one_connection_carries_many_requests(make, served):
    api = served(make(), limits=httpx.Limits(max_connections=1))
    ports = {
        api.get("/rooms").extensions["network_stream"].get_extra_info("client_addr")[1]
        for _ in range(5)
    }
    assert len(ports) == 1
    assert [
        api.post("/rooms", json={"name": "a"}).status_code,
        api.delete("/rooms/a").status_code,
        api.get("/rooms/a").status_code,
    ] == [
        200,
        404,
        200,
    ]


def test_many_clients_at_once(make, served):
    api = served(make())
    with ThreadPoolExecutor(16) as threads:
        statuses = list(
            threads.map(
                lambda number: api.post("/rooms", json={"name": f"r{number}"}).status_code,
                range(64),
            )
        )
    assert statuses == [200] * 64
    assert len(api.get("/rooms?page_size=1000").json()["data"]) == 64


def test_links_and_previews_are_on_this_server(make, served):
    space = make()
    api = served(space)
    api.post("/rooms", json={"name": "a", "enable_room_previews": True})
    session = space.start_session("Room", "a", members=1)
    preview = api.get(f"/room_sessions/{session}").json()["preview_url"]
    assert api.get("/rooms").json()["links"]["self"].startswith(str(api.base_url))
    assert httpx.get(preview).headers["Content-Type"] == "image/webp"


def test_a_body_in_chunks_and_a_next_request(make, served):
    api = served(make())
    made = api.post(
        "/rooms",
        content=iter([b'{"name"', b': "a"}']),
        headers={"Content-Type": "application/json"},
    )
    assert [made.status_code, api.get("/rooms/a").status_code] == [200, 200]


def test_a_body_that_is_too_large_ends_the_connection(make, stack):
    server = stack.enter_context(serve(make(), port=0))
    head = b"POST /api/video/rooms HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic cDp0\r\nContent-Length: 99999999\r\n\r\n"
    assert talk(server.port, head).startswith(b"HTTP/1.1 413 ")


def test_heads_have_no_body(make, served):
    answer = served(make()).head("/rooms")
    assert (answer.status_code, answer.content, int(answer.headers["Content-Length"]) > 0) == (
        200,
        b"",
        True,
    )


@pytest.mark.parametrize("text", [b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
def test_what_is_not_http(make, stack, capfd, text):
    server = stack.enter_context(serve(make(), port=0))
    assert b"400" in talk(server.port, text) or b"505" in talk(server.port, text)
    assert capfd.readouterr() == ("", "")


def test_nothing_is_printed_unless_asked(make, stack, capfd):
    seen = queue.SimpleQueue()
    server = stack.enter_context(
        serve(make(), port=0, on_request=lambda *request: seen.put(request))
    )
    httpx.get(f"http://127.0.0.1:{server.port}/api/video/rooms?page_size=1")
    assert (seen.get(timeout=20), capfd.readouterr()) == (
        ("GET", "/api/video/rooms?page_size=1", 401),
        ("", ""),
    )


def test_only_loopback_is_served(space):
    with pytest.raises(UsageError, match=r"0\.0\.0\.0 is not a loopback address"):
        serve(space, port=0, host="0.0.0.0")  # noqa: S104  # to see it refused


def test_a_port_that_is_taken(space, stack):
    server = stack.enter_context(serve(space, port=0))
    with pytest.raises(ReconcilerError, match=f"cannot listen on 127.0.0.1:{server.port}"):
        serve(space, port=server.port)


def test_a_server_that_never_served_can_be_closed(space):
    server = serve(space, port=0)
    server.close()
    server.close()
    server.serve_forever()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{server.port}/")


def test_closing_hangs_up(space):
    server = serve(space, port=0)
    with server, socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
        server.close()
        assert connection.recv(65536) == b""
