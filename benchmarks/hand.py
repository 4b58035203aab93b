"""Creations by hand: ``hand.py sockets|httpx N WORKERS SPACE`` sends N POSTs, as many at a time as there are workers, and nothing else."""

import contextlib
import json
import re
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import rooms

PATH = "/api/video/rooms"


def _body(number):
    return json.dumps({"name": rooms.name(number), **rooms.fields(number)}).encode()


def _answered(connection):
    """Read one answer to its end."""
    received = b""
    while (end := received.find(b"\r\n\r\n") + 4) < 4:
        received += connection.recv(65_536)
    missing = int(re.search(rb"Content-Length: ([0-9]+)", received).group(1)) - (
        len(received) - end
    )
    while missing > 0:
        missing -= len(connection.recv(missing))
    if not received.startswith(b"HTTP/1.1 201 "):
        sys.exit(received.decode())


def by_sockets(bodies, workers, where):
    """A socket for each thread, and requests that are whole before the first one is sent."""
    host, _, port = where.partition(":")
    head = f"POST {PATH} HTTP/1.1\r\nHost: {where}\r\nContent-Type: application/json\r\nContent-Length: "
    requests = iter([f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies])
    lock = threading.Lock()

    def work():
        with socket.create_connection((host, int(port))) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                with lock:
                    request = next(requests, None)
                if request is None:
                    return
                connection.sendall(request)
                _answered(connection)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def by_httpx(bodies, workers, where):
    """One client for all threads, which keeps as many connections as there are threads."""
    import httpx  # noqa: PLC0415  # the sockets do without

    limits = httpx.Limits(max_connections=workers, max_keepalive_connections=workers)
    headers = {"Content-Type": "application/json"}
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(
            httpx.Client(
                base_url=f"http://{where}",
                auth=("p", "t"),
                headers=headers,
                limits=limits,
                timeout=60,
            )
        )
        pool = stack.enter_context(ThreadPoolExecutor(workers))
        for answer in pool.map(lambda body: client.post(PATH, content=body), bodies):
            answer.raise_for_status()


if __name__ == "__main__":
    way, size, threads, space = sys.argv[1:]
    {"sockets": by_sockets, "httpx": by_httpx}[way](
        [_body(number) for number in range(int(size))], int(threads), space
    )
