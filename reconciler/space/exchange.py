"""What goes over a wire: a request, the head of its answer with the body still to come, the ways that carry them, and what goes wrong."""

from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import NamedTuple, Protocol, Self

Headers = Sequence[tuple[bytes, bytes]]


class WireError(Exception):
    """What goes wrong between a request and the end of its answer."""


class Unsendable(WireError):
    """A request that HTTP could not carry; nothing was sent."""


class NoneFree(WireError):
    """No connection could be had in time; nothing was sent."""


class NotConnected(WireError):
    """No connection came about; nothing was sent."""


class NotConnectedInTime(NotConnected):
    """No connection came about until the deadline; nothing was sent."""


class NotAnsweredInTime(WireError):
    """The request was not sent or its answer not read to the end by the deadline."""


class NotHttp(WireError):
    """What came is no HTTP/1.1, or ends before its end."""


class Cut(WireError):
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
    """The head of an answer, and its body in parts as they come. It is over at the end of the ``with`` that it is used in."""

    __slots__ = ("_over", "headers", "parts", "status")

    def __init__(self, status: int, headers: Headers, parts: Iterable[bytes], over: Callable[[], None]) -> None:
        self.status = status
        self.headers = headers
        self.parts = parts
        self._over = over

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over()


class Way(Protocol):
    """A way to one origin, which sends headers of its own with every request: the credentials among them."""

    def ask(self, request: Request) -> Response:
        """The answer to ``request``, its body unread; what goes wrong is a WireError or an OSError."""
        ...

    def close(self) -> None:
        """Give up all connections."""
        ...
