"""A few connections to one origin, each in the hands of one thread at a time.

A general pool hands a connection to two threads for a moment and may close it under the one that writes, which would
make the outcome of that write unknown without need; taking turns at a stack of connections cannot.
"""

import queue
import re
import ssl
import threading
from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import urlsplit

from reconciler.space.exchange import Headers, NoneFree, Request, Response, Unsendable
from reconciler.space.transport import Channel, dial, time_left

IDLE_SECONDS = 5.0

_METHOD = re.compile(r"[A-Z]+")
_TARGET = re.compile(rb"/[!-~]*")
_FIELD = re.compile(rb"[A-Za-z-]+: [!-~][ -~]*")


def _tls() -> ssl.SSLContext:
    import certifi  # noqa: PLC0415  # where nobody has to be trusted it is not needed

    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _lines(host: bytes, headers: Mapping[str, str]) -> bytes:
    """The fields that go with every request, as they are sent."""
    fields = [b"Host: %b" % host, *(f"{name}: {value}".encode() for name, value in headers.items())]
    if not all(map(_FIELD.fullmatch, fields)):
        raise Unsendable("a field of the request's head holds what it may not")
    return b"\r\n".join(fields) + b"\r\n"


def _leaves_junk(status: int, headers: Headers) -> bool:
    """Whether a body follows a 204, which would be taken for the head of the next answer."""
    fields = dict(headers) if status == 204 else {}
    return fields.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in fields


class SocketWay:
    """At most ``parallel`` HTTP/1.1 connections to ``origin``; https is verified, TLS 1.2 at least; the environment has no say.

    ``headers`` go with every request, whose times are those of ``clock``.
    """

    def __init__(self, origin: str, headers: Mapping[str, str], *, parallel: int, clock: Callable[[], float]) -> None:
        url = urlsplit(origin)
        self._host = url.hostname or ""
        self._port = url.port or {"http": 80, "https": 443}[url.scheme]
        self._tls = _tls() if url.scheme == "https" else None
        self._lines = _lines(url.netloc.encode("ascii"), headers)
        self._clock = clock
        self._turns: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(parallel):
            self._turns.put(None)
        self._lock = threading.Lock()
        self._idle: list[tuple[Channel, float]] = []
        self._closed = False

    def ask(self, request: Request) -> Response:
        """The answer to ``request``, its body unread; what goes wrong is a WireError or an OSError."""
        said, deadline = self._said(request), request.deadline
        channel = self._taken(deadline, request.connected_by)
        try:
            channel.send(said, deadline=deadline)
            status, headers = channel.head(deadline=deadline)
        except BaseException:
            self._released(channel, again=False)
            raise
        again = not _leaves_junk(status, headers)
        return Response(status, headers, channel.parts(deadline=deadline), partial(self._released, channel, again=again))

    def _said(self, request: Request) -> bytes:
        """The whole request as it is sent."""
        method, target, body = request.method, request.target, request.body
        if _METHOD.fullmatch(method) is None or _TARGET.fullmatch(target) is None:
            raise Unsendable("a request's method or path holds what it may not")
        start = b"%b %b HTTP/1.1\r\n%b" % (method.encode(), target, self._lines)
        if body is None:
            return start + b"\r\n"
        return b"%bContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (start, len(body), body)

    def _taken(self, deadline: float, connected_by: float) -> Channel:
        try:
            self._turns.get(timeout=min(time_left(self._clock, deadline, NoneFree), threading.TIMEOUT_MAX))
        except queue.Empty as error:
            raise NoneFree("every connection is in use") from error
        try:
            self._check_open()  # it may have been closed while this one waited
            return self._kept() or dial(
                self._host, self._port, tls=self._tls, clock=self._clock, deadline=min(deadline, connected_by)
            )  # fmt: skip
        except BaseException:
            self._turns.put(None)
            raise

    def _check_open(self) -> None:
        if self._closed:
            raise NoneFree("every connection was given up")

    def _kept(self) -> Channel | None:
        """The connection that was used last, where it can be used again."""
        with self._lock:
            channel, until = self._idle.pop() if self._idle else (None, 0.0)
        if channel is None or (self._clock() < until and channel.is_quiet):
            return channel
        channel.close()
        return None

    def _released(self, channel: Channel, *, again: bool) -> None:
        kept = again and channel.may_go_on
        with self._lock:
            kept = kept and not self._closed
            if kept:
                self._idle.append((channel, self._clock() + IDLE_SECONDS))
        if not kept:
            channel.close()
        self._turns.put(None)

    def close(self) -> None:
        """Close every connection that is not in use; the others are closed when their answers are. There are no new ones."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for channel, _ in idle:
            channel.close()
