"""Fakes for the client's tests: a clock that only sleeping moves, a scripted transport, a raw server on loopback."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from reconciler.space.client import Writer, writer
from reconciler.space.clock import Clock
from reconciler.space.target import target
from reconciler.space.timeouts import Timeouts

ID = "c22d24f6-5a47-4597-9a23-c7d01e696b92"
TOKEN = "PTcanary-token-0123456789"
SPACE = "example.signalwire.com"


@dataclass
class FakeTime:
    now: float = 1000.0
    slept: list[float] = field(default_factory=list)
    chance: float = 0.5

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.now, self.sleep, lambda: self.chance)


@dataclass
class Wire:
    """A transport that answers from a script and keeps what was sent; the last word of the script is repeated."""

    script: list[httpx.Response | Exception]
    sent: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        word = self.script[min(len(self.sent), len(self.script) - 1)]
        self.sent.append(request)
        if isinstance(word, Exception):
            raise word
        return httpx.Response(
            word.status_code, headers=word.headers, stream=httpx.ByteStream(word.content)
        )


@dataclass
class Scripted:
    client: Writer
    wire: Wire
    time: FakeTime
    trace: list[str]


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def scripted(time: FakeTime) -> Iterator[Callable[..., Scripted]]:
    with contextlib.ExitStack() as stack:

        def build(
            *script: httpx.Response | Exception, timeouts: Timeouts | None = None
        ) -> Scripted:
            wire, trace = Wire(list(script)), []
            where = target(SPACE, project="project", token=TOKEN)
            client = writer(
                where,
                timeouts=timeouts or Timeouts(),
                clock=time.clock,
                trace=trace.append,
                _transport=httpx.MockTransport(wire),
            )
            return Scripted(stack.enter_context(client), wire, time, trace)

        yield build


Talk = Callable[[socket.socket, bytes], None]


@pytest.fixture
def loopback() -> Iterator[Callable[[Talk], str]]:
    """Start a server whose every request head is handed to ``talk``; returns its HOST:PORT."""
    servers: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def converse(connection: socket.socket, talk: Talk) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            while head := read_head(connection):
                talk(connection, head)

    def serve(server: socket.socket, talk: Talk) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                thread = threading.Thread(target=converse, args=(connection, talk))
                threads.append(thread)
                thread.start()

    def start(talk: Talk) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)
        thread = threading.Thread(target=serve, args=(server, talk))
        threads.append(thread)
        thread.start()
        return f"127.0.0.1:{server.getsockname()[1]}"

    yield start
    for server in servers:
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
    for thread in threads:
        thread.join(timeout=10)


def read_head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            return b""
        head += byte
    # A body left unread would turn the server's close into a reset.
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            left = int(line.partition(b":")[2])
            while left and (piece := connection.recv(min(left, 65536))):
                left -= len(piece)
    return head
