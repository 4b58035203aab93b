"""A few connections to one origin, each in the hands of one thread at a time.

httpcore's own pool hands a connection to two threads for a moment and may close it under the one that writes, which
would make the outcome of that write unknown without need; taking turns at a stack of connections cannot.
"""

import ssl
import threading
from collections.abc import Callable, Iterator

import httpcore
import httpx

from reconciler.space.transport import Sockets, time_left

IDLE_SECONDS = 5.0


def _tls() -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _leaves_junk(answer: httpcore.Response) -> bool:
    """Whether a body follows a 204, which would be taken for the head of the next answer."""
    declared = {name.lower(): value for name, value in answer.headers}
    return answer.status == 204 and (declared.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in declared)


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response, release: Callable[[], None]) -> None:
        self._answer = answer
        self._release = release

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        try:
            self._answer.close()
        finally:
            self._release()


class SocketTransport(httpx.BaseTransport):
    """At most ``parallel`` HTTP/1.1 connections to ``origin``; https is verified, TLS 1.2 at least; the environment has no say."""

    def __init__(self, origin: httpx.URL, *, parallel: int, clock: Callable[[], float]) -> None:
        port = origin.port or {"http": 80, "https": 443}[origin.scheme]
        self._origin = httpcore.Origin(origin.raw_scheme, origin.raw_host, port)
        self._tls = _tls() if origin.scheme == "https" else None
        self._clock = clock
        self._turns = threading.Semaphore(parallel)
        self._lock = threading.Lock()
        self._idle: list[httpcore.HTTPConnection] = []
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to ``request``, its body unread; exceptions are httpcore's own."""
        url = httpcore.URL(scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path)
        sent = httpcore.Request(request.method, url, headers=request.headers.raw, content=request.content, extensions=request.extensions)
        connection = self._taken(request.extensions["timeout"]["pool"])
        try:
            answer = connection.handle_request(sent)
        except BaseException:
            self._released(connection, again=False)
            raise
        again = not _leaves_junk(answer)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer, lambda: self._released(connection, again=again)))

    def _taken(self, timeout: float) -> httpcore.HTTPConnection:
        if not self._turns.acquire(timeout=time_left(self._clock, timeout, httpcore.PoolTimeout)):
            raise httpcore.PoolTimeout("every connection is in use")
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is not None and not connection.has_expired():
            return connection
        if connection is not None:
            connection.close()
        return httpcore.HTTPConnection(
            self._origin, ssl_context=self._tls, keepalive_expiry=IDLE_SECONDS, network_backend=Sockets(self._clock)
        )

    def _released(self, connection: httpcore.HTTPConnection, *, again: bool) -> None:
        with self._lock:
            kept = again and not self._closed and connection.is_idle()
            if kept:
                self._idle.append(connection)
        if not kept:
            connection.close()
        self._turns.release()

    def close(self) -> None:
        """Close every connection that is not in use; the others are closed when their answers are."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
