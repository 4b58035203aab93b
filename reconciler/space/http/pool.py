"""Connection pool for one origin: each connection is used by one thread at a time.

A library pool shared by threads may lend a connection to two of them briefly and close it
under the one that writes, which makes that write's outcome unknown. Here each turn has a library
pool of one connection.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from reconciler.core.network_access import Proxy
from reconciler.core.regex import regex
from reconciler.space.http.error_translation import Translated, translations
from reconciler.space.http.framing import SWITCHING_PROTOCOLS, Framing, UpgradeRefused
from reconciler.space.http.library import Unlogged, checked_fields, library
from reconciler.space.http.messages import (
    InvalidRequest,
    PoolTimeout,
    ProxyFailed,
    Request,
    Response,
)
from reconciler.space.http.network import Backend, Deadline
from reconciler.space.http.tls import signer

if TYPE_CHECKING:
    import ssl

# Servers and proxies close idle connections without a word; a request on such a one is lost.
_IDLE_SECONDS = 5.0

_MOST_LENGTHS = 1000  # of bodies whose header fields are kept

_METHOD = regex(r"[A-Z]+")
_TARGET = regex(rb"/[!-~]*")
_NAME = regex(r"[A-Za-z-]+")
_VALUE = regex(r"[!-~](?:[ -~]*[!-~])?")

_TRANSLATED = Translated(translations(library, others=library.NetworkError))
_UNLOGGED = Unlogged()


class _InLibrary(Unlogged):
    """Raises the library's errors as ours, except a refused upgrade, and logs nothing."""

    __slots__ = ()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        # A refused upgrade is a ProtocolError of the library that is handled by the caller.
        if error is not None and not isinstance(error, UpgradeRefused):
            _TRANSLATED.__exit__(kind, error, trace)


_IN_LIBRARY = _InLibrary()


def _parts(stream: Iterable[bytes]) -> Iterator[bytes]:
    rest = iter(stream)
    while True:
        with _IN_LIBRARY:
            part = next(rest, None)
        if part is None:
            return
        yield part


def _theirs(proxy: Proxy | None) -> library.Proxy | None:
    if proxy is None:
        return None
    user, password = proxy.user, proxy.password
    auth = (
        None
        if user is None
        else (user.value.encode(), password.value.encode() if password else b"")
    )
    return library.Proxy(f"http://{proxy.shown}", auth=auth)


def _proxy_failed(error: Exception, proxy: Proxy) -> ProxyFailed:
    status = str(error).partition(" ")[0] if isinstance(error, library.ProxyError) else ""
    return ProxyFailed(str(error), proxy=proxy, status=int(status) if status.isdecimal() else 0)


class _HeaderFields:
    """The header fields of requests: the fixed ones, and those of a body. Thread-safe."""

    def __init__(self, fixed: Sequence[tuple[bytes, bytes]]) -> None:
        self._fixed = fixed
        self._without_body = checked_fields(fixed)
        self._of_length: dict[int, list[tuple[bytes, bytes]]] = {}

    def of(self, body: bytes | None) -> list[tuple[bytes, bytes]]:
        if body is None:
            return self._without_body
        length = len(body)
        kept = self._of_length.get(length)
        if kept is None:
            of_body = (b"Content-Type", b"application/json"), (b"Content-Length", b"%d" % length)
            kept = checked_fields([*self._fixed, *of_body])
            if len(self._of_length) < _MOST_LENGTHS:
                self._of_length[length] = kept
        return kept


class _Turn:
    """One connection, reopened when it can no longer be used."""

    def __init__(
        self,
        origin: library.Origin,
        headers: "_HeaderFields",
        *,
        tls: "ssl.SSLContext | None",
        proxy: Proxy | None,
        clock: Callable[[], float],
    ) -> None:
        self._origin = origin
        self._proxy = proxy
        self._deadline = Deadline(clock)
        self._framing = Framing()
        # The library's pool only opens connections: managing one takes it a fifth of a request's
        # time.
        self._backend = Backend(self._deadline, self._framing)
        self._connections = library.ConnectionPool(
            ssl_context=tls,
            proxy=_theirs(proxy),
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=self._backend,
        )
        self._connection: library.ConnectionInterface | None = None
        self._headers = headers
        # Filled in for each request: the library checks every header field of a new one.
        url = library.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=b"/")
        self._request = library.Request(b"GET", url)

    def ask(self, request: Request) -> library.Response:
        self._deadline.answered_by = request.deadline
        self._deadline.connected_by = request.connected_by
        kept = self._connection
        if kept is None or kept.is_closed() or kept.has_expired():
            self.close()
            kept = self._connection = self._connections.create_connection(self._origin)
        self._framing.begin()
        try:
            return kept.handle_request(self._filled_in(request))
        except BaseException as error:
            self.close()
            opened = self._backend.opened
            is_at_space = opened is not None and opened.is_through
            if self._proxy is not None and not is_at_space and isinstance(error, Exception):
                raise _proxy_failed(error, self._proxy) from error
            raise

    def _filled_in(self, request: Request) -> library.Request:
        body, theirs = request.body, self._request
        theirs.method = request.method.encode("ascii")
        theirs.url.target = request.target
        theirs.headers = self._headers.of(body)
        theirs.stream = () if body is None else (body,)
        return theirs

    def rest(self) -> None:
        """Close the connection if it received bytes that belong to no request."""
        if not self._framing.is_clean:
            self.close()

    def close(self) -> None:
        if self._connection is not None:
            with _UNLOGGED:
                self._connection.close()
            self._connection = None


class ConnectionPool:
    """At most ``parallel`` HTTP/1.1 connections to ``origin``, timed by ``clock``.

    ``headers`` go with every request. ``tls`` verifies an https origin and is shared. ``proxy``
    only tunnels: it sees the origin's name and nothing else.
    """

    def __init__(
        self,
        origin: str,
        headers: Mapping[str, str],
        *,
        parallel: int,
        clock: Callable[[], float],
        tls: "ssl.SSLContext | None" = None,
        proxy: Proxy | None = None,
    ) -> None:
        url = urlsplit(origin)
        if proxy is not None and url.scheme != "https":
            raise InvalidRequest("only TLS connections go through a proxy")
        for name, value in headers.items():
            if _NAME.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
                raise InvalidRequest(
                    "a header field of the request has a character that is not allowed"
                )
        scheme, host = url.scheme.encode(), (url.hostname or "").encode("ascii")
        self._origin = library.URL(scheme=scheme, host=host, port=url.port, target=b"/").origin
        fields = [(b"Host", url.netloc.encode("ascii"))]
        fields += [(name.encode(), value.encode()) for name, value in headers.items()]
        header_fields = _HeaderFields(fields)
        self._tls = tls
        self._clock = clock
        self._closed = False
        self._signed_by = ""
        # Last in, first out: the Space closes the connections first that were idle longest.
        self._free = [
            _Turn(self._origin, header_fields, tls=tls, proxy=proxy, clock=clock)
            for _ in range(parallel)
        ]
        # One permit for each turn: this queue is in C, queue.LifoQueue holds a lock in Python.
        self._permits: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(parallel):
            self._permits.put(None)

    @property
    def signed_by(self) -> str:
        """Issuer of the other end's certificate; empty if unknown."""
        return self._signed_by

    def ask(self, request: Request) -> Response:
        """Return the answer with its body unread. Raises TransportError or OSError."""
        if _METHOD.fullmatch(request.method) is None or _TARGET.fullmatch(request.target) is None:
            raise InvalidRequest(
                "the method or path of the request has a character that is not allowed"
            )
        turn = self._take(request.deadline)
        try:
            with _IN_LIBRARY:
                found = turn.ask(request)
        except UpgradeRefused:  # An answer, which the caller judges; it also ended the connection.
            return Response(SWITCHING_PROTOCOLS, (), (), partial(self._give_back, turn))
        except BaseException:
            self._give_back(turn)
            raise
        if self._tls is not None and not self._signed_by:
            self._signed_by = signer(
                found.extensions["network_stream"].get_extra_info("ssl_object").getpeercert()
            )
        over = partial(self._finish, turn, found)
        stream = cast("Iterable[bytes]", found.stream)  # of a synchronous connection
        return Response(found.status, found.headers, _parts(stream), over)

    def _take(self, deadline: float) -> _Turn:
        left = deadline - self._clock()
        try:
            self._permits.get(timeout=min(max(left, 0.0), threading.TIMEOUT_MAX))
        except queue.Empty as error:
            raise PoolTimeout("every connection is in use") from error
        turn = self._free.pop()
        if self._closed:  # closed while this one waited
            self._give_back(turn)
            raise PoolTimeout("every connection failed")
        return turn

    def _finish(self, turn: _Turn, answer: library.Response) -> None:
        try:
            with _UNLOGGED:
                answer.close()
        finally:
            self._give_back(turn)

    def _give_back(self, turn: _Turn) -> None:
        if self._closed:
            turn.close()
        else:
            turn.rest()
        self._free.append(turn)
        self._permits.put(None)

    def close(self) -> None:
        """Close idle connections now and the others after their answers; open no more."""
        self._closed = True
        idle = []
        with contextlib.suppress(queue.Empty):
            while True:
                self._permits.get_nowait()
                idle.append(self._free.pop())
        for turn in idle:
            self._give_back(turn)
