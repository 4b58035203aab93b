"""Client of the Video API: Reader (GET only), Writer, and pages of lists."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from reconciler.core.errors import ApiError, ReconcilerError
from reconciler.core.network_access import Access
from reconciler.space import pagination
from reconciler.space.attempt import Attempt
from reconciler.space.clock import SYSTEM_CLOCK, Clock
from reconciler.space.http.messages import Transport
from reconciler.space.http.routes import transport_for
from reconciler.space.pagination import Page, Step, elements, invalid_page, next_step
from reconciler.space.paths import checked_item
from reconciler.space.prepared_request import Params
from reconciler.space.response_json import Document
from reconciler.space.sender import Look, RequestSender, Trace
from reconciler.space.target import Target
from reconciler.space.timeouts import Timeouts
from reconciler.space.transport_errors import NotSent
from reconciler.space.wait_notices import OnWait

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    import httpx

_Body = Mapping[str, Any] | Callable[[], Mapping[str, Any]]

_DEFAULT_TIMEOUTS = Timeouts()


class Reader:
    """Reads the Space. Thread-safe; close it or use it in a ``with``."""

    verbs: ClassVar[frozenset[str]] = frozenset({"GET"})

    def __init__(
        self,
        target: Target,
        way: Transport,
        *,
        timeouts: Timeouts,
        clock: Clock,
        trace: Trace | None,
        on_wait: OnWait | None = None,
        parallel: int = 10,
    ) -> None:
        self._monotonic = clock.monotonic
        self._sender = RequestSender(
            target,
            way,
            timeouts=timeouts,
            clock=clock,
            parallel=parallel,
            trace=trace,
            on_wait=on_wait,
        )
        self.hidden = self._sender.hidden

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def server_date(self) -> str:
        """The Space's time from its last answer (an HTTP date); empty if unknown."""
        return self._sender.server_date

    @property
    def server_date_seen(self) -> float:
        """This machine's time (seconds since 1970) when ``server_date`` arrived."""
        return self._sender.server_date_seen

    @contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        """Within it, all requests, repeats and pauses end after ``seconds``.

        A request that would begin later, or wait longer, raises NotSent. Not for two threads.
        """
        before = self._sender.end
        self._sender.end = min(before, self._monotonic() + seconds)
        try:
            yield
        finally:
            self._sender.end = before

    @property
    def signed_by(self) -> str:
        """Issuer of the Space's certificate; empty without TLS or before the first request."""
        return self._sender.signed_by

    @property
    def wall(self) -> Callable[[], float]:
        """This machine's time in seconds since 1970."""
        return self._sender.wall

    def close(self) -> None:
        """Close all connections."""
        self._sender.close()

    def cancel(self) -> None:
        """End every pause and repeat nothing more; requests under way are still awaited.

        Waiting requests raise their own error, or NotSent. A signal handler may call it, and twice.
        """
        self._sender.cancel()

    def get(self, path: str, *, params: Params | None = None) -> Document:
        """The object at ``path`` (``/rooms/…``, relative to the API's base). Raises ApiError."""
        return cast("Document", self._request("GET", path, params=params).content)

    def pages(
        self,
        path: str,
        *,
        params: Params | None = None,
        page_size: int | None = pagination.PAGE_SIZE,
    ) -> Iterator[list[Document]]:
        """Pages of the list at ``path``: lists of objects with an id, possibly empty ones.

        ``page_size`` None omits the parameter, which some lists do not document. An ApiError at any
        page makes the list unusable, as does a list of implausible length.
        """
        asked: dict[str, str | int | bool] = {
            **(params or {}),
            **({} if page_size is None else {"page_size": page_size}),
        }
        seen: set[Step] = set()
        step: Step | None = ()
        size = number_of_elements = 0
        for number in range(1, pagination.MOST_PAGES + 1):
            reply = self._request("GET", path, params={**asked, **dict(step or ())})
            page = Page(f"GET {path}", number, reply.request_id, cast("Document", reply.content))
            listed, step = elements(page), next_step(page)
            size, number_of_elements = size + reply.size, number_of_elements + len(listed)
            if step in seen:
                raise invalid_page(page, "the pages of the list form a loop")
            if (
                size > pagination.LARGEST_LIST
                or number_of_elements > pagination.MOST_ELEMENTS
                or (step is not None and number == pagination.MOST_PAGES)
            ):
                raise invalid_page(
                    page,
                    f"the list is too long: {number} pages, {number_of_elements} elements, {size // 1024 // 1024} MiB",
                )
            yield listed
            if step is None:
                return
            seen.add(step)

    def _request(
        self, method: str, path: str, *, params: Params | None = None, body: Any = None, look: Look | None = None
    ) -> Attempt:  # fmt: skip
        if method not in self.verbs:
            raise ReconcilerError(
                f"{method} {path}: this client may only {', '.join(sorted(self.verbs))}; nothing was sent"
            )
        return self._sender.send(method, path, params=params, body=body, look=look)


class Writer(Reader):
    """Reads and writes. A write is repeated only if it certainly was not executed.

    NotSent and every 4xx mean that nothing happened. After any other Unreachable, ServerError or
    ProtocolError the outcome is unknown. A Secret in a body is sent in clear and kept out of
    messages.

    A ``look`` is called right before the write is sent, and again after every wait: it reads what
    the write depends on. Its exception is raised here, and nothing is sent.
    """

    verbs: ClassVar[frozenset[str]] = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
    write_count = 0  # writes that left, or may have; exact only as to whether it grew

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Any = None,
        look: Look | None = None,
    ) -> Attempt:
        try:
            reply = super()._request(method, path, params=params, body=body, look=look)
        except ApiError as error:
            # A 4xx or an unsent request changed nothing.
            refused = error.status is not None and 400 <= error.status < 500
            if method != "GET" and not refused and not isinstance(error, NotSent):
                self.write_count += 1
            raise
        if method != "GET":
            self.write_count += 1
        return reply

    def post(self, path: str, body: _Body) -> Document | None:
        """Create at ``path``; the created object, or None for an empty answer; otherwise as ``put``."""
        return self._send("POST", path, body)

    def put(self, path: str, body: _Body) -> Document | None:
        """Change the resource at ``path``; the new object, or None. Raises ApiError.

        ``body`` may be a look that returns the body.
        """
        return self._send("PUT", checked_item(path), body)

    def patch(self, path: str, body: _Body) -> Document | None:
        """As ``put``, for kinds whose update is a PATCH."""
        return self._send("PATCH", checked_item(path), body)

    def _send(self, method: str, path: str, body: _Body) -> Document | None:
        if callable(body):
            return self._request(method, path, look=body).content
        return self._request(method, path, body=body).content

    def exchange(
        self, method: str, path: str, *, params: Params | None = None, body: Any = None
    ) -> Attempt:
        """Send one request and return the content with the answer's status and headers.

        For requests whose answer itself is of interest. Raises ApiError.
        """
        if method in ("PUT", "PATCH", "DELETE"):
            checked_item(path)
        return self._request(method, path, params=params, body=body)

    def delete(self, path: str, *, look: Callable[[], object] | None = None) -> None:
        """Delete the resource at ``path``. Raises ApiError; NotFound if already deleted.

        The result of ``look`` is not sent: a DELETE has no body.
        """

        def only_looked() -> None:
            if look is not None:
                look()

        self._request("DELETE", checked_item(path), look=only_looked if look is not None else None)


def reader(
    target: Target,
    *,
    application: "WSGIApplication | None" = None,
    parallel: int = 10,
    timeouts: Timeouts = _DEFAULT_TIMEOUTS,
    clock: Clock = SYSTEM_CLOCK,
    trace: Trace | None = None,
    on_wait: OnWait | None = None,
    access: Access | None = None,
    _transport: "httpx.BaseTransport | None" = None,
) -> Reader:
    """A read-only client of ``target`` with up to ``parallel`` concurrent requests.

    ``application`` is an embedded Space, called without a socket. ``access`` is the proxy and CA;
    None uses the environment's variables. ``trace`` receives a line per request; ``on_wait`` a
    sentence for each wait (no answer yet, a pause, a repeat). Neither receives secrets. Both are
    called from any thread and may raise OSError.
    """
    way = transport_for(
        target,
        application=application,
        parallel=parallel,
        clock=clock,
        transport=_transport,
        access=access,
    )
    return Reader(
        target, way, timeouts=timeouts, clock=clock, trace=trace, on_wait=on_wait, parallel=parallel
    )


def writer(
    target: Target,
    *,
    application: "WSGIApplication | None" = None,
    parallel: int = 10,
    timeouts: Timeouts = _DEFAULT_TIMEOUTS,
    clock: Clock = SYSTEM_CLOCK,
    trace: Trace | None = None,
    on_wait: OnWait | None = None,
    access: Access | None = None,
    _transport: "httpx.BaseTransport | None" = None,
) -> Writer:
    """As ``reader``, with writes."""
    way = transport_for(
        target,
        application=application,
        parallel=parallel,
        clock=clock,
        transport=_transport,
        access=access,
    )
    return Writer(
        target, way, timeouts=timeouts, clock=clock, trace=trace, on_wait=on_wait, parallel=parallel
    )
