"""Transport over httpx, for the embedded Space and for tests."""

from collections.abc import Iterable, Iterator, Mapping
from typing import cast
from wsgiref.types import WSGIApplication

import httpx

from reconciler.space.http.error_translation import Translated, translations
from reconciler.space.http.messages import Request, Response

_TRANSLATED = Translated(translations(httpx, others=httpx.HTTPError))


def _parts(stream: Iterable[bytes]) -> Iterator[bytes]:
    with _TRANSLATED:
        yield from stream


class HttpxTransport:
    """Sends requests through ``transport`` to ``origin``, with ``headers`` on each."""

    def __init__(
        self, transport: httpx.BaseTransport, origin: str, headers: Mapping[str, str]
    ) -> None:
        self._transport = transport
        self._origin = httpx.URL(origin)
        self._headers = headers

    @property
    def signed_by(self) -> str:
        """See Transport; empty, without TLS."""
        return ""

    def ask(self, request: Request) -> Response:
        """See Transport; httpx transports know no deadline."""
        headers = (
            dict(self._headers)
            if request.body is None
            else {**self._headers, "Content-Type": "application/json"}
        )
        url = self._origin.copy_with(raw_path=request.target)
        with _TRANSLATED:
            response = self._transport.handle_request(
                httpx.Request(request.method, url, headers=headers, content=request.body)
            )
        raw = cast(
            "Iterator[bytes]", response.stream
        )  # Not decoded: httpx would decompress a whole part at once, of any size.
        return Response(response.status_code, response.headers.raw, _parts(raw), response.close)

    def close(self) -> None:
        """See Transport."""
        self._transport.close()


def httpx_transport(
    door: httpx.BaseTransport | WSGIApplication, origin: str, headers: Mapping[str, str]
) -> HttpxTransport:
    """Return a Transport through ``door``, an httpx transport or a WSGI application."""
    transport = door if isinstance(door, httpx.BaseTransport) else httpx.WSGITransport(app=door)
    return HttpxTransport(transport, origin, headers)
