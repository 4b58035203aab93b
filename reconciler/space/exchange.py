"""What goes over a wire: a request, the head of its answer with the body still to come, and the ways that carry them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Protocol, Self, cast

import httpx

Headers = Sequence[tuple[bytes, bytes]]


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
        """The answer to ``request``, its body unread; what goes wrong is one of httpx's exceptions, or an OSError."""
        ...

    def close(self) -> None:
        """Give up all connections."""
        ...


class ForeignWay:
    """A way through a transport of httpx: the one into an embedded application, or a test's."""

    def __init__(self, transport: httpx.BaseTransport, origin: httpx.URL, headers: Mapping[str, str]) -> None:
        self._transport = transport
        self._origin = origin
        self._headers = headers

    def ask(self, request: Request) -> Response:
        """As a Way does, but that the transport knows no deadline."""
        headers = dict(self._headers) if request.body is None else {**self._headers, "Content-Type": "application/json"}
        url = self._origin.copy_with(raw_path=request.target)
        response = self._transport.handle_request(httpx.Request(request.method, url, headers=headers, content=request.body))
        parts = cast("Iterator[bytes]", response.stream)  # the raw body: httpx would unpack a whole part at once, whatever it grows to
        return Response(response.status_code, response.headers.raw, parts, response.close)

    def close(self) -> None:
        """As a Way does."""
        self._transport.close()
