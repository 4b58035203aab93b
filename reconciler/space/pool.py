"""A few connections to one origin, each in the hands of one thread at a time.

A general pool hands a connection to two threads for a moment and may close it under the one that writes, which would
make the outcome of that write unknown without need; taking turns at a stack of connections cannot.
"""

import ssl
import threading
from collections.abc import Callable, Iterator

import h11
import httpx

from reconciler.space.transport import Channel, dial, time_left

IDLE_SECONDS = 5.0


def _tls() -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _leaves_junk(answer: h11.Response | h11.InformationalResponse) -> bool:
    """Whether a body follows a 204, which would be taken for the head of the next answer."""
    declared = dict(answer.headers)
    return answer.status_code == 204 and (declared.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in declared)


class _Body(httpx.SyncByteStream):
    def __init__(self, parts: Iterator[bytes], release: Callable[[], None]) -> None:
        self._parts = parts
        self._release = release

    def __iter__(self) -> Iterator[bytes]:
        return self._parts

    def close(self) -> None:
        self._release()


class SocketTransport(httpx.BaseTransport):
    """At most ``parallel`` HTTP/1.1 connections to ``origin``; https is verified, TLS 1.2 at least; the environment has no say.

    A request says in its extensions by when it must be over (``deadline``) and connected (``connected_by``), by ``clock``.
    """

    def __init__(self, origin: httpx.URL, *, parallel: int, clock: Callable[[], float]) -> None:
        self._host = origin.raw_host.decode("ascii")
        self._port = origin.port or {"http": 80, "https": 443}[origin.scheme]
        self._tls = _tls() if origin.scheme == "https" else None
        self._clock = clock
        self._turns = threading.Semaphore(parallel)
        self._lock = threading.Lock()
        self._idle: list[tuple[Channel, float]] = []
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to ``request``, its body unread; what goes wrong is one of httpx's exceptions."""
        deadline: float = request.extensions["deadline"]
        channel = self._taken(deadline, request.extensions["connected_by"])
        try:
            channel.send(request, deadline=deadline)
            head = channel.head(deadline=deadline)
        except BaseException:
            self._released(channel, again=False)
            raise
        body = _Body(channel.parts(deadline=deadline), lambda: self._released(channel, again=not _leaves_junk(head)))
        return httpx.Response(head.status_code, headers=list(head.headers), stream=body)

    def _taken(self, deadline: float, connected_by: float) -> Channel:
        if self._closed:
            raise httpx.PoolTimeout("every connection was given up")
        if not self._turns.acquire(timeout=min(time_left(self._clock, deadline, httpx.PoolTimeout), threading.TIMEOUT_MAX)):
            raise httpx.PoolTimeout("every connection is in use")
        try:
            return self._kept() or dial(
                self._host, self._port, tls=self._tls, clock=self._clock, deadline=min(deadline, connected_by)
            )  # fmt: skip
        except BaseException:
            self._turns.release()
            raise

    def _kept(self) -> Channel | None:
        """The connection that was used last, where it can be used again."""
        with self._lock:
            channel, until = self._idle.pop() if self._idle else (None, 0.0)
        if channel is None or (self._clock() < until and channel.is_quiet):
            return channel
        channel.close()
        return None

    def _released(self, channel: Channel, *, again: bool) -> None:
        kept = again and channel.again()
        with self._lock:
            kept = kept and not self._closed
            if kept:
                self._idle.append((channel, self._clock() + IDLE_SECONDS))
        if not kept:
            channel.close()
        self._turns.release()

    def close(self) -> None:
        """Close every connection that is not in use; the others are closed when their answers are. There are no new ones."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for channel, _ in idle:
            channel.close()
