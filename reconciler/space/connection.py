"""How requests leave: through verified sockets, into an embedded application, or through a test's transport."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple
from wsgiref.types import WSGIApplication

import httpx

from reconciler import __version__
from reconciler.core.errors import UsageError
from reconciler.space.pool import SocketTransport
from reconciler.space.retry import Clock
from reconciler.space.target import LOCAL_ORIGIN, Target

MOST_PARALLEL = 64
AGENT = f"signalwire-reconciler/{__version__}"


class Wire(NamedTuple):
    """A way to one origin, with the headers that go with every request: the credentials among them.

    Requests go to the transport itself. A client above it would add what is not wanted here, redirects, cookies and a log
    that holds whole URLs, and take as long as all the rest of a request.
    """

    transport: httpx.BaseTransport
    headers: httpx.Headers

    def __repr__(self) -> str:
        return "Wire(…)"  # never the credentials

    def close(self) -> None:
        """Give up all connections."""
        self.transport.close()


@contextmanager
def exchanged(
    transport: httpx.BaseTransport, request: httpx.Request, *, deadline: float, connected_by: float
) -> Iterator[httpx.Response]:  # fmt: skip
    """The answer to ``request``, its body unread; both times are monotonic seconds."""
    request.extensions |= {"deadline": deadline, "connected_by": connected_by}
    response = transport.handle_request(request)
    try:
        yield response
    finally:
        response.close()


def credentials(target: Target) -> str:
    """The project and the token as a request brings them."""
    return base64.b64encode(f"{target.project}:{target.token.value}".encode()).decode()


def _headers(target: Target) -> Mapping[str, str]:
    return {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Authorization": f"Basic {credentials(target)}",
        "User-Agent": AGENT,
    }


def _sockets(target: Target, parallel: int, clock: Clock) -> httpx.BaseTransport:
    if target.origin == LOCAL_ORIGIN:
        raise UsageError(f"the space '{target.space}' is embedded in this program and has no address to connect to")
    return SocketTransport(httpx.URL(target.origin), parallel=parallel, clock=clock.monotonic)


def connect(
    target: Target, *, application: WSGIApplication | None, parallel: int, clock: Clock, transport: httpx.BaseTransport | None
) -> Wire:
    """A way to ``target`` with its credentials: no redirects, no cookies, nothing from the environment.

    Requests go to ``application`` without a socket where one is given. UsageError for ``parallel`` outside 1 to 64, or
    for the embedded Space without its application.
    """
    if not 1 <= parallel <= MOST_PARALLEL:
        raise UsageError(f"{parallel} requests at once: a whole number from 1 to {MOST_PARALLEL} is wanted")
    embedded = None if application is None else httpx.WSGITransport(app=application)
    return Wire(transport or embedded or _sockets(target, parallel, clock), httpx.Headers(_headers(target)))
