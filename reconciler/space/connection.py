"""How requests leave: through verified sockets, into an embedded application, or through a test's transport; logs silenced."""

import logging
from http.cookiejar import DefaultCookiePolicy
from wsgiref.types import WSGIApplication

import httpx

from reconciler import __version__
from reconciler.core.errors import UsageError
from reconciler.space.pool import SocketTransport
from reconciler.space.retry import Clock
from reconciler.space.target import LOCAL_ORIGIN, Target
from reconciler.space.transport import under_way

MOST_PARALLEL = 64

_TALKATIVE = ("httpx", "httpcore", "h11")


def _not_of_ours(_record: logging.LogRecord) -> bool:
    return not under_way()


def _silence_libraries() -> None:
    """Keep whole URLs and headers out of the logs, whatever levels the program around this one sets; its own requests stay in."""
    known = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in _TALKATIVE]
    for name in {*known, *_TALKATIVE, *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))}:
        logging.getLogger(name).addFilter(_not_of_ours)


def _sockets(target: Target, parallel: int, clock: Clock) -> httpx.BaseTransport:
    if target.origin == LOCAL_ORIGIN:
        raise UsageError(f"the space '{target.space}' is embedded in this program and has no address to connect to")
    return SocketTransport(httpx.URL(target.origin), parallel=parallel, clock=clock.monotonic)


def connect(
    target: Target, *, application: WSGIApplication | None, parallel: int, clock: Clock, transport: httpx.BaseTransport | None
) -> httpx.Client:
    """An HTTP client bound to ``target``'s credentials: no redirects, no cookies, nothing from the environment.

    Requests go to ``application`` without a socket where one is given. UsageError for ``parallel`` outside 1 to 64, or
    for the embedded Space without its application.
    """
    if not 1 <= parallel <= MOST_PARALLEL:
        raise UsageError(f"{parallel} requests at once: a whole number from 1 to {MOST_PARALLEL} is wanted")
    _silence_libraries()
    embedded = None if application is None else httpx.WSGITransport(app=application)
    client = httpx.Client(
        auth=(target.project, target.token.value),
        headers={"User-Agent": f"signalwire-reconciler/{__version__}", "Accept": "application/json", "Accept-Encoding": "gzip"},
        transport=transport or embedded or _sockets(target, parallel, clock),
        trust_env=False,
        follow_redirects=False,
    )
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
    return client
