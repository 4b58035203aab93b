"""Fetches the preview picture of a live session."""

from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from wsgiref.types import WSGIApplication

import httpx

from reconciler.core.errors import ProtocolError
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.network_access import Access
from reconciler.core.regex import regex
from reconciler.core.resources import Secret
from reconciler.core.session_urls import is_plain
from reconciler.core.text import printable
from reconciler.space.api_errors import error_of
from reconciler.space.clock import SYSTEM_CLOCK, Clock
from reconciler.space.http.httpx_adapter import HttpxTransport
from reconciler.space.http.messages import Request, Transport
from reconciler.space.http.routes import AGENT, connections_to, transport_for
from reconciler.space.redaction import hidden_forms, redacted
from reconciler.space.response_body import head, read_body
from reconciler.space.responses import Answer, protocol_error
from reconciler.space.target import LOCAL, Target
from reconciler.space.transport_errors import FAULTS, fault

LARGEST_PREVIEW = 8 * 1024 * 1024
_SECONDS = 20.0
_MEDIA_TYPE = "image/webp"

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# A public host name: no IP address, no bare name of a local machine.
_HOST = regex(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
_CHUNKS = (b"VP8 ", b"VP8L", b"VP8X")
_HEADERS = {"Accept": _MEDIA_TYPE, "Accept-Encoding": "gzip", "User-Agent": AGENT}

Fetch = Callable[[Secret | str], bytes]
_ConnectElsewhere = Callable[[httpx.URL], Transport]


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


class _Source(NamedTuple):
    url: httpx.URL
    own: bool

    @property
    def label(self) -> str:
        """The request as shown in messages; without the path, which may hold a signature."""
        return f"GET the preview at {self.url.host}"


class _Door(NamedTuple):
    target: Target
    way: Transport
    clock: Clock
    elsewhere: _ConnectElsewhere


def _refused(what: str) -> ProtocolError:
    """Refusal without the address, which may hold a signature."""
    return ProtocolError(
        f"the preview's address {what}; nothing was sent",
        hint="previews come from the Space or by https",
    )


def _source(url: str, target: Target) -> _Source:
    if not is_plain(url):
        raise _refused("is not a plain URL")
    try:
        pinned = httpx.URL(target.origin)
        asked = pinned.join(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise _refused("is no URL") from error
    if asked.userinfo:
        raise _refused("holds a user or password")
    if (asked.scheme, asked.host, asked.port) == (pinned.scheme, pinned.host, pinned.port):
        return _Source(asked, own=True)
    if (
        asked.scheme != "https"
        or asked.port not in (None, 443)
        or _HOST.fullmatch(asked.raw_host.decode("ascii")) is None
    ):
        raise _refused("is neither on the Space nor an https URL")
    return _Source(asked, own=False)


def picture(body: bytes) -> bytes:
    """The WebP file at the start of ``body``. ValueError if there is none or it is truncated."""
    if len(body) < 16 or body[:4] != b"RIFF" or body[8:12] != b"WEBP" or body[12:16] not in _CHUNKS:
        raise ValueError("it is not a WebP picture")
    size = int.from_bytes(body[4:8], "little")
    if 8 + size > len(body):
        raise ValueError("the picture is incomplete")
    return body[: 8 + size]


def _fault_of(answer: Answer) -> str:
    """Why the answer is not an acceptable picture; empty if it is."""
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _MEDIA_TYPE:
        return (
            f"the answer is {printable(media_type)[:60] or 'of no known type'}, not {_MEDIA_TYPE}"
        )
    if len(answer.body) > LARGEST_PREVIEW:
        return f"the picture is larger than {LARGEST_PREVIEW // 1024 // 1024} MiB"
    return ""


def _judged(answer: Answer, hidden: Collection[str]) -> bytes:
    error = error_of(answer, hidden=hidden)
    if error is not None:
        raise error
    fault_of_it = _fault_of(answer)
    if fault_of_it:
        raise protocol_error(answer._replace(body=b""), fault_of_it)
    try:
        return picture(answer.body)
    except ValueError as wrong:
        raise protocol_error(answer._replace(body=b""), str(wrong)) from wrong


def _exchanged(way: Transport, source: _Source, clock: Clock, hidden: Collection[str]) -> Answer:
    until = clock.monotonic() + _SECONDS
    try:
        with way.ask(Request("GET", source.url.raw_path, None, until, until)) as response:
            answer = head(response, request=source.label)
            answer = answer._replace(
                headers={name: redacted(value, hidden) for name, value in answer.headers.items()}
            )
            return answer._replace(
                body=read_body(response, answer=answer, expired=lambda: clock.monotonic() > until)
            )
    except FAULTS as error:
        raise fault(error, request=source.label, host=source.url.host) from error


def _fetched(door: _Door, url: Secret | str) -> bytes:
    source = _source(url.value if isinstance(url, Secret) else url, door.target)
    hidden = frozenset() if door.target.space == LOCAL else hidden_forms(door.target.token.value)
    if source.own:
        return _judged(_exchanged(door.way, source, door.clock, hidden), hidden)
    # A separate transport that never saw the credentials.
    with closing(door.elsewhere(source.url)) as elsewhere:
        return _judged(_exchanged(elsewhere, source, door.clock, hidden), hidden)


@contextmanager
def preview_door(
    target: Target,
    *,
    application: WSGIApplication | None = None,
    parallel: int = 4,
    clock: Clock = SYSTEM_CLOCK,
    access: Access | None = None,
    _transport: httpx.BaseTransport | None = None,
    _elsewhere: Callable[[httpx.URL], httpx.BaseTransport] | None = None,
) -> Iterator[Fetch]:
    """A function from ``preview_url`` to picture bytes, for up to ``parallel`` threads.

    Credentials go only to the Space's own origin. Other hosts are asked by https, by name, on the
    default port and without credentials. No redirect is followed. It raises ApiError: NotFound
    after the session; ProtocolError for a refused address or anything but WebP of at most 8 MiB.
    """

    def elsewhere(url: httpx.URL) -> Transport:
        if _elsewhere is not None:
            return HttpxTransport(_elsewhere(url), _origin(url), _HEADERS)
        return connections_to(_origin(url), _HEADERS, parallel=1, clock=clock, access=access)

    way = transport_for(
        target,
        application=application,
        parallel=parallel,
        clock=clock,
        transport=_transport,
        accept=_MEDIA_TYPE,
        access=access,
    )
    with closing(way):
        yield lambda url: _fetched(_Door(target, way, clock, elsewhere), url)
