"""Chooses the transport: verified sockets, an embedded application, or a test's."""

import binascii
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reconciler import __version__
from reconciler.core.errors import UsageError
from reconciler.core.network_access import Access
from reconciler.core.network_access import access as access_from
from reconciler.space.clock import Clock
from reconciler.space.http.messages import Transport
from reconciler.space.target import LOCAL_ORIGIN, Target, is_loopback

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    import httpx

_MOST_PARALLEL = 64
AGENT = f"signalwire-reconciler/{__version__}"


def credentials(target: Target) -> str:
    """The Authorization header's value."""
    pair = f"{target.project}:{target.token.value}".encode()
    return binascii.b2a_base64(pair, newline=False).decode()


def transport_for(
    target: Target,
    *,
    application: "WSGIApplication | None",
    parallel: int,
    clock: Clock,
    transport: "httpx.BaseTransport | None",
    accept: str = "application/json",
    access: Access | None = None,
) -> Transport:
    """Return the transport to ``target`` with its credentials: no redirects, cookies or logs.

    ``application`` receives the requests without a socket. UsageError if ``parallel`` is outside 1
    to 64, or the embedded Space has no application.
    """
    if not 1 <= parallel <= _MOST_PARALLEL:
        raise UsageError(
            f"{parallel} requests at once: a whole number from 1 to {_MOST_PARALLEL} is expected"
        )
    headers = {
        "Accept": accept,
        "Accept-Encoding": "gzip",
        "Authorization": f"Basic {credentials(target)}",
        "User-Agent": AGENT,
    }
    door = transport or application
    if door is not None:
        from reconciler.space.http.httpx_adapter import httpx_transport  # noqa: PLC0415  # its library takes as long to import as a small plan

        return httpx_transport(door, target.origin, headers)
    if target.origin == LOCAL_ORIGIN:
        raise UsageError(
            f"the space '{target.space}' is embedded in this program and has no address to connect to",
            hint="serve a local Space with 'reconciler space serve', and name its HOST:PORT",
        )
    return connections_to(target.origin, headers, parallel=parallel, clock=clock, access=access)


def connections_to(
    origin: str,
    headers: Mapping[str, str],
    *,
    parallel: int,
    clock: Clock,
    access: Access | None = None,
) -> Transport:
    """Return connections to any origin by ``access``, or by the environment's variables.

    Loopback addresses and plain HTTP never go through a proxy.
    """
    from reconciler.space.http.pool import ConnectionPool  # noqa: PLC0415  # its library takes as long to import as reading ten manifests

    url = urlsplit(origin)
    if url.scheme != "https":
        return ConnectionPool(origin, headers, parallel=parallel, clock=clock.monotonic)
    from reconciler.space.http.tls import client_context  # noqa: PLC0415  # plain HTTP does not need it

    ways = access_from(os.environ) if access is None else access
    host = url.hostname or ""
    proxy = None if is_loopback(host) else ways.proxy_to(host, url.port or 443)
    tls = client_context(ways.trust)
    return ConnectionPool(
        origin, headers, parallel=parallel, clock=clock.monotonic, tls=tls, proxy=proxy
    )
