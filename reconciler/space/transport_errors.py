"""Translates transport failures into errors with plain explanations."""

import errno
import os
import socket
from collections.abc import Iterator

from reconciler.core.errors import Unreachable
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.text import printable
from reconciler.space.http.messages import (
    AnswerTimeout,
    ConnectFailed,
    ConnectTimeout,
    InvalidRequest,
    PoolTimeout,
    ProtocolError,
    ProxyFailed,
    TransportError,
)
from reconciler.space.redaction import retry_hint, with_request


class NotSent(Unreachable):
    """Nothing was sent, so a write certainly had no effect."""


class WrongHost(NotSent):
    """The host does not exist or cannot prove its identity: a retry would not help."""


def not_sent(why: str, request: str) -> NotSent:
    """Error for a request refused before sending."""
    return NotSent(
        with_request(f"not sent: {why}", request), hint="run it again later", request=request
    )


FAULTS: tuple[type[Exception], ...] = (TransportError, OSError)

_TIMED_OUT = (ConnectTimeout, AnswerTimeout, TimeoutError)
_UNKNOWN_SIGNER = frozenset(
    {18, 19, 20, 21}
)  # OpenSSL error numbers: self-signed, or an untrusted CA
_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})


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


def _first(
    error: BaseException, wanted: type[BaseException] | tuple[type[BaseException], ...]
) -> BaseException | None:
    return next((link for link in _chain(error) if isinstance(link, wanted)), None)


def _exhausted_resource(error: BaseException) -> str:
    """The exhausted resource of this machine; empty if the cause is another."""
    numbers = (
        link.errno
        for link in _chain(error)
        if isinstance(link, OSError) and not isinstance(link, socket.gaierror)
    )
    return next((os.strerror(number) for number in numbers if number in _NO_ROOM), "")


def _not_looked_up(error: Exception, host: str) -> _Words | None:
    unknown = _first(error, socket.gaierror)
    if not isinstance(unknown, socket.gaierror):
        return None
    kind = NotSent if unknown.errno == socket.EAI_AGAIN else WrongHost
    return _Words(
        kind,
        f"the name {host} cannot be looked up",
        "check the space's name and this machine's DNS",
    )


def _not_secure(error: Exception, host: str) -> _Words | None:
    import ssl  # noqa: PLC0415  # slow to import, and --help needs none

    certificate = _first(error, ssl.SSLCertVerificationError)
    if certificate is not None:
        reason = printable(str(getattr(certificate, "verify_message", "") or "bad certificate"))
        return _Words(
            WrongHost, f"{host} cannot prove its identity: {reason}", _mend_of_trust(certificate)
        )
    if _first(error, ssl.SSLError):
        return _Words(
            WrongHost,
            f"no TLS connection to {host} could be made",
            "TLS 1.2 or newer is needed; check the port",
        )
    return None


def _mend_of_trust(certificate: BaseException) -> str:
    if getattr(certificate, "verify_code", 0) not in _UNKNOWN_SIGNER:
        return "certificates are always checked; check whether a proxy or firewall intercepts the connection"
    return (
        "certificates are always checked; if your network has its own CA, name its certificate file: SSL_CERT_FILE, "
        "or connection: {ca_file: FILE} in reconciler.yaml"
    )


def _not_through_proxy(error: Exception, host: str) -> _Words | None:
    failed = _first(error, ProxyFailed)
    if not isinstance(failed, ProxyFailed):
        return None
    proxy = f"the proxy {failed.proxy.shown} ({failed.proxy.source})"
    hint = f"is {failed.proxy.source} right? list hosts that need no proxy in NO_PROXY"
    if failed.status in (401, 407):  # some proxies answer 401 to a wrong password
        asked = (
            "refuses that user and password"
            if failed.proxy.user
            else "asks for a user and password"
        )
        return _Words(
            WrongHost,
            f"{proxy} {asked}",
            f"write them before the host: http://USER:PASSWORD@{failed.proxy.shown}",
        )
    if failed.status:
        kind = NotSent if failed.status >= 500 else WrongHost
        return _Words(kind, f"{proxy} does not connect to {host}: it answers {failed.status}", hint)
    reason = failed.__cause__ or failed
    if isinstance(_first(reason, socket.gaierror), socket.gaierror):
        return _Words(WrongHost, f"the name of {proxy} cannot be looked up", hint)
    what = (
        "refuses connections"
        if _first(reason, ConnectionRefusedError)
        else "does not answer like a proxy"
    )
    return _Words(NotSent, f"{proxy} {what}", hint)


def _no_connection(error: Exception, host: str, within: str) -> _Words:
    found = (
        _not_through_proxy(error, host) or _not_looked_up(error, host) or _not_secure(error, host)
    )
    if found is not None:
        return found
    if _first(error, ConnectionRefusedError):
        return _Words(
            NotSent,
            f"{host} refuses connections",
            "check that the Space is running there, and the port",
        )
    if full := _exhausted_resource(error):
        return _Words(
            NotSent,
            f"this machine can open no more connections: {full}",
            "lower --parallel, or raise the limit (ulimit -n)",
        )
    if _first(error, _TIMED_OUT):
        return _Words(
            NotSent, f"no connection to {host} {within}", "check the network and any firewall"
        )
    return _Words(NotSent, f"no connection to {host}", "check the network")


def _words(error: Exception, host: str, within: str) -> _Words:
    if isinstance(error, (ConnectFailed, ConnectionRefusedError, socket.gaierror)):
        return _no_connection(error, host, within)
    if isinstance(error, InvalidRequest):
        return _Words(NotSent, "the request is not valid HTTP")
    if isinstance(error, PoolTimeout):
        return _Words(NotSent, f"no connection was free {within}", "lower --parallel")
    if isinstance(error, _TIMED_OUT):
        return _Words(Unreachable, f"no complete answer from {host} {within}")
    if isinstance(error, ProtocolError):
        return _Words(Unreachable, f"{host} closed the connection, or its answer is not HTTP")
    return _Words(
        Unreachable, f"the connection to {host} was closed before the answer was complete"
    )


def fault(error: Exception, *, request: str, host: str, seconds: float = 0.0) -> Unreachable:
    """Translate one of FAULTS into Unreachable (NotSent, WrongHost), with ``error`` as cause.

    ``request`` is ``GET /rooms``; ``seconds`` is its duration.
    """
    words = _words(error, host, f"in {seconds:.0f} s" if seconds >= 1 else "in time")
    hint = words.hint or retry_hint(request)
    unreachable = words.error(with_request(words.what, request), hint=hint, request=request)
    unreachable.__cause__ = error
    return unreachable
