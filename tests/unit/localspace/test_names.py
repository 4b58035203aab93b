"""The served local Space answers to loopback names only: a page whose own name leads to 127.0.0.1 gets nothing."""

import socket

import pytest

from reconciler.localspace import serve

OWN = [
    "localhost",
    "LOCALHOST:80",
    "127.0.0.1",
    "127.0.0.1:18080",
    "127.8.9.1",
    "[::1]",
    "[::1]:8080",
    "localhost.",
]
FOREIGN = [
    "evil.example",
    "evil.example:18080",
    "localhost.evil.example",
    "127.0.0.1.nip.io",
    "10.0.0.1",
    "[::2]",
    "",
    "a b",
]
PATHS = ["/api/video/rooms", "/control/knobs", "/previews/x.webp", "/"]


def status(port, path, *hosts):
    head = "".join(f"Host: {host}\r\n" for host in hosts)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(
            f"GET {path} HTTP/1.1\r\n{head}Authorization: Basic cDp0\r\nConnection: close\r\n\r\n".encode()
        )
        return int(connection.recv(65536).split()[1])


@pytest.mark.parametrize("path", PATHS)
def test_only_this_machines_names_are_answered(space, path):
    with serve(space, port=0) as server:
        assert {host for host in OWN if status(server.port, path, host) == 403} == set()
        assert {host for host in FOREIGN if status(server.port, path, host) != 403} == set()
        assert status(server.port, path, "localhost", "evil.example") == 403
        assert status(server.port, f"http://evil.example{path}", "localhost") == 403
