"""The Video API's client: one request function owns the pinned origin, deadlines, repeats and errors; verbs are one-liners."""

import base64
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from typing import Any, ClassVar, NamedTuple, Self, cast
from wsgiref.types import WSGIApplication

import httpx

from reconciler.core.errors import ApiError, RateLimited, ReconcilerError
from reconciler.core.model import Secret
from reconciler.space.answers import Answer, Document, document, failure, hidden_forms, protocol_error
from reconciler.space.body import read_body
from reconciler.space.connection import connect
from reconciler.space.faults import FAULTS, NotSent, fault
from reconciler.space.pages import MOST_PAGES, PAGE_SIZE, Page, Step, elements, next_step, unusable
from reconciler.space.paths import BASE, checked, checked_item
from reconciler.space.retry import SYSTEM_CLOCK, Clock, Gate, http_date, pause, retry_after, tries
from reconciler.space.target import Target
from reconciler.space.transport import within

Params = Mapping[str, str | int | bool]
Trace = Callable[[str], None]


class Timeouts(NamedTuple):
    """Seconds: to connect, for one request with its answer, for one call with all its repeats, for the client's whole life."""

    connect: float = 10.0
    request: float = 30.0
    call: float = 150.0
    run: float = float("inf")


DEFAULT_TIMEOUTS = Timeouts()


class _Asked(NamedTuple):
    http: httpx.Request
    label: str
    hidden: Collection[str]
    until: float

    def __repr__(self) -> str:
        return self.label  # never what is hidden


class _Reply(NamedTuple):
    content: Document | None = None
    error: ApiError | None = None
    wait: float | None = None
    request_id: str = ""


class Reader:
    """Reads the Space and can do nothing else. Safe to share between threads; close it, or use it in a ``with``.

    ``server_date`` is the Space's own time as its last answer told it (an HTTP date, or empty).
    """

    verbs: ClassVar[frozenset[str]] = frozenset({"GET"})

    def __init__(self, target: Target, http: httpx.Client, *, timeouts: Timeouts, clock: Clock, trace: Trace | None) -> None:
        self._target = target
        self._http = http
        self._timeouts = timeouts
        self._clock = clock
        self._gate = Gate(clock)
        self._trace = trace
        self._over = clock.monotonic() + timeouts.run
        credentials = base64.b64encode(f"{target.project}:{target.token.value}".encode()).decode()
        self.server_date = ""
        self._hidden = frozenset(hidden_forms(target.token.value) | hidden_forms(credentials))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up all connections."""
        self._http.close()

    def get(self, path: str, *, params: Params | None = None) -> Document:
        """The object at ``path`` (``/rooms/…``, below the API's base). Raises an ApiError, never returns nothing."""
        return cast("Document", self._request("GET", path, params=params).content)

    def pages(self, path: str, *, params: Params | None = None, page_size: int | None = PAGE_SIZE) -> Iterator[list[Document]]:
        """The pages of the list at ``path``, each a list of objects with an id; a page may be empty and not be the last.

        ``page_size`` None leaves it to the Space (some lists document no such parameter). An ApiError, at whichever page,
        makes the whole list unusable.
        """
        asked: dict[str, str | int | bool] = {**(params or {}), **({} if page_size is None else {"page_size": page_size})}
        seen: set[Step] = set()
        step: Step | None = ()
        for number in range(1, MOST_PAGES + 1):
            reply = self._request("GET", path, params={**asked, **dict(step or ())})
            page = Page(f"GET {path}", number, reply.request_id, cast("Document", reply.content))
            listed, step = elements(page), next_step(page)
            if step in seen:
                raise unusable(page, "the pages go round in a circle")
            if step is not None and number == MOST_PAGES:
                raise unusable(page, f"the list has more than {MOST_PAGES} pages")
            yield listed
            if step is None:
                return
            seen.add(step)

    def _request(self, method: str, path: str, *, params: Params | None = None, body: Any = None) -> _Reply:
        """Send, and where it is safe send again: a reply without error; a GET's has an object. Raises an ApiError."""
        asked = self._asked(method, path, params, body)
        attempt = 0
        while True:
            attempt += 1
            if not self._gate.passed(asked.until):
                raise NotSent(f"{asked.label}: the Space asks for a longer pause than there is time for", request=asked.label)
            reply = self._once(asked)
            if reply.error is None:
                return reply
            self._wait_or_raise(reply.error, attempt, asked, reply.wait)

    def _asked(self, method: str, path: str, params: Params | None, body: Any) -> _Asked:
        if method not in self.verbs:
            raise ReconcilerError(f"{method} {path}: this client may only {', '.join(sorted(self.verbs))}; nothing was sent")
        spoken: list[str] = []
        http = self._http.build_request(
            method,
            f"{self._target.origin}{BASE}{checked(path)}",
            params=params,
            content=None if body is None else _encoded(body, spoken),
            headers=None if body is None else {"Content-Type": "application/json"},
            timeout=httpx.Timeout(self._timeouts.request, connect=self._timeouts.connect),
        )
        _check_pinned(http.url, self._target, path)
        until = min(self._clock.monotonic() + self._timeouts.call, self._over)
        return _Asked(http, f"{method} {path}", self._hidden.union(*map(hidden_forms, spoken)), until)

    def _once(self, asked: _Asked) -> _Reply:
        started = self._clock.monotonic()
        deadline = min(asked.until, started + self._timeouts.request)
        if started >= deadline:
            return _Reply(error=NotSent(f"{asked.label}: the time for this run is over", request=asked.label))
        try:
            with within(deadline):
                answer = self._exchange(asked, deadline)
        except FAULTS as error:
            return self._failed(asked, started, fault(error, request=asked.label, host=self._target.space))
        except ApiError as error:
            return self._failed(asked, started, error)
        self._note(asked, started, f"{answer.status} {answer.request_id}".rstrip())
        return self._judged(asked, answer)

    def _failed(self, asked: _Asked, started: float, error: ApiError) -> _Reply:
        self._note(asked, started, type(error).__name__)
        return _Reply(error=error)

    def _exchange(self, asked: _Asked, deadline: float) -> Answer:
        with closing(self._http.send(asked.http, stream=True)) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = read_body(response, request=asked.label, expired=lambda: self._clock.monotonic() > deadline)
        self.server_date = headers.get("date", self.server_date)
        return Answer(asked.label, response.status_code, headers, body)

    def _judged(self, asked: _Asked, answer: Answer) -> _Reply:
        error = failure(answer, hidden=asked.hidden)
        if error is not None:
            # The Space's own clock, where it tells it, so that a wrong one here neither hurries nor delays.
            now = http_date(answer.headers.get("date")) or self._clock.wall()
            return _Reply(error=error, wait=retry_after(answer.headers.get("retry-after"), now=now))
        if asked.http.method == "DELETE":
            return _Reply()
        try:
            content = document(answer, hidden=asked.hidden)
        except ApiError as garbled:
            return _Reply(error=garbled)
        if content is None and asked.http.method == "GET":
            return _Reply(error=protocol_error(answer, "the answer is empty"))
        return _Reply(content, request_id=answer.request_id)

    def _wait_or_raise(self, error: ApiError, attempt: int, asked: _Asked, wait: float | None) -> None:
        now = self._clock.monotonic()
        again = now + pause(attempt, wait, self._clock)
        if isinstance(error, RateLimited):
            self._gate.hold(again if wait is None else now + wait)
        if attempt >= tries(asked.http.method, error) or again > asked.until:
            raise error
        self._clock.sleep(again - now)

    def _note(self, asked: _Asked, started: float, end: str) -> None:
        if self._trace is not None:
            self._trace(f"{asked.label} -> {end} in {(self._clock.monotonic() - started) * 1000:.0f} ms")


class Writer(Reader):
    """Reads and writes. A write is sent once: only where it certainly was not executed is it sent again.

    NotSent and every 4xx mean that nothing happened; any other Unreachable, ServerError and ProtocolError that nobody
    knows. A Secret in a body is sent in clear and kept out of every message.
    """

    verbs: ClassVar[frozenset[str]] = frozenset({"GET", "POST", "PUT", "DELETE"})

    def post(self, path: str, body: Mapping[str, Any]) -> Document | None:
        """Create at ``path``: the object that the Space made of it, None where it answers without one. Raises an ApiError."""
        return self._request("POST", path, body=body).content

    def put(self, path: str, body: Mapping[str, Any]) -> Document | None:
        """Change the one resource at ``path``: the object as it is now, None where it is not told. Raises an ApiError."""
        return self._request("PUT", checked_item(path), body=body).content

    def delete(self, path: str) -> None:
        """Delete the one resource at ``path``. Raises an ApiError: NotFound where it is gone already."""
        self._request("DELETE", checked_item(path))


def _encoded(body: Any, spoken: list[str]) -> bytes:
    def reveal(value: object) -> str:
        if not isinstance(value, Secret):
            raise TypeError(f"{type(value).__name__} is not a JSON value")
        spoken.append(value.value)
        return value.value

    return json.dumps(body, default=reveal, allow_nan=False).encode()


def _check_pinned(url: httpx.URL, target: Target, path: str) -> None:
    pinned = httpx.URL(target.origin)
    same_origin = (url.scheme, url.host, url.port, url.userinfo) == (pinned.scheme, pinned.host, pinned.port, b"")
    if not same_origin or url.raw_path.partition(b"?")[0] != f"{BASE}{path}".encode():
        raise ReconcilerError(f"the request for {path} would not go to {target.space}; nothing was sent")


def reader(
    target: Target,
    *,
    application: WSGIApplication | None = None,
    parallel: int = 10,
    timeouts: Timeouts = DEFAULT_TIMEOUTS,
    clock: Clock = SYSTEM_CLOCK,
    trace: Trace | None = None,
    _transport: httpx.BaseTransport | None = None,
) -> Reader:
    """A client of ``target`` that can only GET, for up to ``parallel`` requests at once.

    ``application`` is an embedded Space, called without a socket. ``trace`` gets one line per request sent, free of secrets.
    """
    http = connect(target, application=application, parallel=parallel, clock=clock, transport=_transport)
    return Reader(target, http, timeouts=timeouts, clock=clock, trace=trace)


def writer(
    target: Target,
    *,
    application: WSGIApplication | None = None,
    parallel: int = 10,
    timeouts: Timeouts = DEFAULT_TIMEOUTS,
    clock: Clock = SYSTEM_CLOCK,
    trace: Trace | None = None,
    _transport: httpx.BaseTransport | None = None,
) -> Writer:
    """As ``reader``, and able to write."""
    http = connect(target, application=application, parallel=parallel, clock=clock, transport=_transport)
    return Writer(target, http, timeouts=timeouts, clock=clock, trace=trace)
