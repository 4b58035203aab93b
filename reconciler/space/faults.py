"""What can go wrong on the wire, in plain words: foreign exceptions become errors of our own at this door."""

import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

import httpcore
import httpx

from reconciler.core.errors import Unreachable
from reconciler.core.text import printable


class NotSent(Unreachable):
    """No connection came about: nothing was sent, so a write certainly did not take effect."""


class WrongHost(NotSent):
    """The host does not exist or cannot prove who it is: sending again would not help."""


FAULTS: tuple[type[Exception], ...] = (
    httpx.HTTPError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    OSError,
)

_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpcore.ConnectError, httpcore.ConnectTimeout)
_NO_SLOT = (httpx.PoolTimeout, httpcore.PoolTimeout)
_TIMED_OUT = (httpx.TimeoutException, httpcore.TimeoutException, TimeoutError)
_NOT_HTTP = (httpx.ProtocolError, httpcore.ProtocolError)


class _Words(NamedTuple):
    error: type[Unreachable]
    what: str
    hint: str = ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


def _first(error: BaseException, wanted: type[BaseException] | tuple[type[BaseException], ...]) -> BaseException | None:
    return next((link for link in _chain(error) if isinstance(link, wanted)), None)


def _no_connection(error: Exception, host: str) -> _Words:
    unknown = _first(error, socket.gaierror)
    if isinstance(unknown, socket.gaierror):
        kind = NotSent if unknown.errno == socket.EAI_AGAIN else WrongHost
        return _Words(kind, f"the name {host} cannot be looked up", "check the space's name and this machine's DNS")
    certificate = _first(error, ssl.SSLCertVerificationError)
    if certificate is not None:
        reason = printable(str(getattr(certificate, "verify_message", "") or "bad certificate"))
        return _Words(
            WrongHost,
            f"{host} cannot prove who it is ({reason})",
            "the check is never switched off; is something between here and the Space?",
        )
    if _first(error, ssl.SSLError):
        return _Words(WrongHost, f"no TLS connection to {host} came about", "TLS 1.2 or newer is needed; does this port speak it?")
    if _first(error, ConnectionRefusedError):
        return _Words(NotSent, f"{host} refuses connections", "is the Space running there, and is the port right?")
    if _first(error, _TIMED_OUT):
        return _Words(NotSent, f"no connection to {host} in time", "check the network and any firewall")
    return _Words(NotSent, f"no connection to {host}", "check the network")


def _words(error: Exception, host: str) -> _Words:
    if isinstance(error, (*_NOT_CONNECTED, ConnectionRefusedError, socket.gaierror)):
        return _no_connection(error, host)
    if isinstance(error, _NO_SLOT):
        return _Words(NotSent, "no connection was free in time", "lower --parallel")
    if isinstance(error, _TIMED_OUT):
        return _Words(Unreachable, f"no complete answer from {host} in time")
    if isinstance(error, _NOT_HTTP):
        return _Words(Unreachable, f"{host} cut the connection, or answered in something that is not HTTP")
    return _Words(Unreachable, f"the connection to {host} was cut before the answer was complete")


def fault(error: Exception, *, request: str, host: str) -> Unreachable:
    """One of FAULTS as an Unreachable (NotSent, WrongHost) with ``error`` as its cause; ``request`` is ``GET /rooms``."""
    words = _words(error, host)
    unreachable = words.error(f"{request}: {words.what}", hint=words.hint, request=request)
    unreachable.__cause__ = error
    return unreachable
