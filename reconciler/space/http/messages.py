"""HTTP message types, the Transport protocol and its errors."""

from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from reconciler.core.network_access import Proxy

Headers = Sequence[tuple[bytes, bytes]]


class TransportError(Exception):
    """A fault between a request and the end of its answer."""


class InvalidRequest(TransportError):
    """A request that HTTP cannot carry; nothing was sent."""


class PoolTimeout(TransportError):
    """No connection became free in time; nothing was sent."""


class ConnectFailed(TransportError):
    """No connection was opened; nothing was sent."""


class ProxyFailed(ConnectFailed):
    """The proxy gave no way to the other machine; nothing was sent. ``status`` is its answer, 0 where there was none."""

    def __init__(self, message: str, *, proxy: Proxy, status: int = 0) -> None:
        super().__init__(message)
        self.proxy = proxy
        self.status = status


class ConnectTimeout(ConnectFailed):
    """No connection was opened by the deadline; nothing was sent."""


class AnswerTimeout(TransportError):
    """The request was not sent, or its answer not read to the end, by the deadline."""


class ProtocolError(TransportError):
    """The answer is not HTTP/1.1, or ends before its end."""


class ConnectionLost(TransportError):
    """The connection broke."""


class Request(NamedTuple):
    """``target`` is the path with its query as it is sent, ``body`` a JSON text; the times are monotonic seconds.

    It must be over by ``deadline``, and its connection be open by ``connected_by``.
    """

    method: str
    target: bytes
    body: bytes | None
    deadline: float
    connected_by: float

    def __repr__(self) -> str:
        return f"Request({self.method})"  # a path may hold a signature, a body a key


class Response:
    """The head of an answer, and its body in parts as they come. Use it in a ``with``, which gives the connection back."""

    __slots__ = ("_over", "headers", "parts", "status")

    def __init__(
        self, status: int, headers: Headers, parts: Iterable[bytes], over: Callable[[], None]
    ) -> None:
        self.status = status
        self.headers = headers
        self.parts = parts
        self._over = over

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over()


class Transport(Protocol):
    """Sends requests to one origin, with headers of its own on each: the credentials among them."""

    @property
    def signed_by(self) -> str:
        """Who signed the certificate of the other end; empty where none was shown yet."""
        ...

    def ask(self, request: Request) -> Response:
        """Return the answer to ``request``, its body unread; a fault is a TransportError or an OSError."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...
