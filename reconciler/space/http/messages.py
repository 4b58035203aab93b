"""HTTP message types, the Transport protocol and its errors."""

from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Protocol, Self

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.network_access import Proxy

_Headers = Sequence[tuple[bytes, bytes]]


class TransportError(Exception):
    """A failure between sending a request and the end of its answer."""


class InvalidRequest(TransportError):
    """A request that HTTP cannot express; nothing was sent."""


class PoolTimeout(TransportError):
    """No connection became free in time; nothing was sent."""


class ConnectFailed(TransportError):
    """No connection was opened; nothing was sent."""


class ProxyFailed(ConnectFailed):
    """The proxy refused the connection; nothing was sent. ``status`` is its answer, or 0."""

    def __init__(self, message: str, *, proxy: Proxy, status: int = 0) -> None:
        super().__init__(message)
        self.proxy = proxy
        self.status = status


class ConnectTimeout(ConnectFailed):
    """No connection was opened by the deadline; nothing was sent."""


class AnswerTimeout(TransportError):
    """The deadline passed before the answer was complete."""


class ProtocolError(TransportError):
    """The answer is not HTTP/1.1 or is truncated."""


class ConnectionLost(TransportError):
    """The connection broke."""


class Request(NamedTuple):
    """A request: ``target`` is path and query as sent, ``body`` JSON text.

    Times are monotonic seconds: ``deadline`` for the whole request, ``connected_by`` for
    connecting.
    """

    method: str
    target: bytes
    body: bytes | None
    deadline: float
    connected_by: float

    def __repr__(self) -> str:
        return f"Request({self.method})"  # a path may hold a signature, a body a secret


class Response:
    """An answer's head, and its body as a stream. Leaving the ``with`` frees the connection."""

    __slots__ = ("_over", "headers", "parts", "status")

    def __init__(
        self, status: int, headers: _Headers, parts: Iterable[bytes], over: Callable[[], None]
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
    """Sends requests to one origin with fixed headers, credentials among them."""

    @property
    def signed_by(self) -> str:
        """Issuer of the other end's certificate; empty if unknown."""
        ...

    def ask(self, request: Request) -> Response:
        """Return the answer with its body unread. Raises TransportError or OSError."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...
