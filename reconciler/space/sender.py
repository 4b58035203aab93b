"""One request: bound to the pinned origin, sent when its turn comes, judged, and sent again only where that is safe."""

import json
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlencode

from reconciler.core.errors import ApiError, RateLimited, ServerError, Unreachable
from reconciler.space.http.messages import Request, Transport
from reconciler.space.http.routes import credentials
from reconciler.space.paths import BASE, checked
from reconciler.space.rate_limit import WRITES, Allowance, RateLimit, rate_limit_of
from reconciler.space.redaction import hidden_forms
from reconciler.space.request_body import encoded
from reconciler.space.response_body import head, read_body
from reconciler.space.responses import Answer, Document, document, error_of, protocol_error
from reconciler.space.retry import Clock, http_date, pause, retry_after, tries
from reconciler.space.target import LOCAL, SHORTEST_TOKEN, Target
from reconciler.space.throttle import Throttle
from reconciler.space.transport_errors import FAULTS, NotSent, fault, not_sent
from reconciler.space.wait_notices import OnWait, WaitNotices

Params = Mapping[str, str | int | bool]
Trace = Callable[[str], None]
Look = Callable[[], Any]

LONG_SECONDS = 1.0
FRESH_SECONDS = 1.0  # a reading that takes longer is not what a write goes by: it is made again
MOST_LOOKS = 3


class Timeouts(NamedTuple):
    """Seconds: to connect, for one request with its answer, for one call with all its repeats, for the client's whole life.

    After ``silence`` seconds without an answer, and again after twice as many, the hook ``on_wait`` is told.
    """

    connect: float = 10.0
    request: float = 30.0
    call: float = 150.0
    run: float = float("inf")
    silence: float = 10.0


class Attempt(NamedTuple):
    """What came of sending once: the object of a good answer, or the error and the pause that the Space asks for."""

    content: Document | None = None
    error: ApiError | None = None
    wait: float | None = None
    request_id: str = ""
    said: RateLimit | None = None
    size: int = 0


class _PreparedRequest(NamedTuple):
    method: str
    target: bytes
    body: bytes | None
    label: str
    hidden: Collection[str]
    until: float

    def __repr__(self) -> str:
        return self.label  # never what is hidden


class _Turn(threading.local):
    """What one thread is at: whether it reads within the turn of a write, and how long the slowest of these readings took."""

    within = False
    slowest = 0.0


class RequestSender:
    """Sends requests for many threads at once; ``server_date`` is the Space's own time as its last answer told it."""

    def __init__(
        self,
        target: Target,
        way: Transport,
        *,
        timeouts: Timeouts,
        clock: Clock,
        parallel: int,
        trace: Trace | None,
        on_wait: OnWait | None,
    ) -> None:
        self.server_date = ""
        self.wall = clock.wall
        self._target = target
        self._way = way
        self._timeouts = timeouts
        self._clock = clock
        self._trace = trace
        self._over = clock.monotonic() + timeouts.run
        self._voice = WaitNotices(
            on_wait, host=target.space, silence=timeouts.silence, now=clock.monotonic
        )
        self._turn = _Turn()
        self._gate = Throttle(
            clock, parallel=parallel, allowance=Allowance(), full=self._tell_limit
        )
        credentials = _credentials(target)
        self._long = tuple(word for word in credentials if len(word) >= SHORTEST_TOKEN)
        self._hidden = frozenset(form for word in credentials for form in hidden_forms(word))

    @property
    def signed_by(self) -> str:
        """Who signed the Space's certificate; empty where there is none or nothing was asked yet."""
        return self._way.signed_by

    def hurry(self) -> None:
        """End every pause and let nothing be repeated; what is on its way is still waited for."""
        self._gate.hurry()

    def close(self) -> None:
        """Give up all connections; nothing that is still asked for is repeated."""
        self._voice.close()
        self._gate.hurry()
        self._way.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Any = None,
        look: Look | None = None,
    ) -> Attempt:
        """Send, and where it is safe send again: a reply without error; a GET's has an object. Raises an ApiError.

        ``look`` reads what a write depends on and gives its body. It is called each time that the write has its turn, so
        that no wait lies between reading and writing; what it raises ends the call, and nothing is sent.
        """
        asked, begun = self._asked(method, path, params, body), self._clock.monotonic()
        attempt, silent_since, error = 0, None, None
        while True:
            attempt += 1
            reply, since = self._in_turn(asked, look, silent_since, error)
            if reply.error is None:
                self._turn.slowest = max(self._turn.slowest, self._clock.monotonic() - begun)
                return reply
            error = reply.error
            self._wait_or_raise(error, attempt, asked, reply.wait)
            # What it says, a pause that it asks for too, ends its silence; an attempt that came to nothing does not.
            silent_since = since if isinstance(error, Unreachable) else None

    def _asked(self, method: str, path: str, params: Params | None, body: Any) -> _PreparedRequest:
        spoken: list[str] = []
        content = None if body is None else encoded(body, spoken)
        hidden = self._hidden.union(*map(hidden_forms, spoken)) if spoken else self._hidden
        until = min(self._clock.monotonic() + self._timeouts.call, self._over)
        return _PreparedRequest(
            method, _pinned(path, params), content, f"{method} {path}", hidden, until
        )

    def _in_turn(
        self,
        asked: _PreparedRequest,
        look: Look | None,
        silent_since: float | None,
        earlier: ApiError | None,
    ) -> tuple[Attempt, float]:
        """Send once, when the gate lets it in; where it will not, the error of the attempt before is what counts.

        Returns since when the Space is silent as well: from here on, where it was not already.
        """
        write, within = asked.method in WRITES, self._turn.within
        try:
            turn = self._gate.enter(asked.label, deadline=asked.until, write=write, within=within)
        except NotSent as error:
            raise earlier or error from None
        reply = Attempt()
        try:
            asked = asked if look is None else self._looked(asked, look)
            since = self._clock.monotonic() if silent_since is None else silent_since
            self._voice.asked(asked, since)
            reply = self._once(asked, fresh=look is not None)
        finally:
            self._voice.answered(asked)
            self._gate.leave(
                turn,
                write=write,
                slowed=isinstance(reply.error, RateLimited),
                said=reply.said,
                within=within,
            )
        return reply, since

    def _looked(self, asked: _PreparedRequest, look: Look) -> _PreparedRequest:
        """``asked`` with the body that ``look`` gives, which is called again where one of its readings took long or a pause began.

        A Space that answers each reading late is not asked for ever: the last look counts, as old as it is.
        """
        body = None
        for _ in range(MOST_LOOKS):
            self._turn.within, self._turn.slowest = True, 0.0
            try:
                body = look()
            finally:
                self._turn.within = False
            if self._turn.slowest <= FRESH_SECONDS and not self._gate.paused:
                break
        spoken: list[str] = []
        content = None if body is None else encoded(body, spoken)
        return asked._replace(body=content, hidden=self._hidden.union(*map(hidden_forms, spoken)))

    def _once(self, asked: _PreparedRequest, *, fresh: bool = False) -> Attempt:
        started = self._clock.monotonic()
        deadline = min(asked.until, started + self._timeouts.request)
        if started >= deadline:
            return Attempt(error=not_sent("the time for it is over", asked.label))
        try:
            answer = self._exchange(asked, deadline, fresh=fresh)
        except FAULTS as error:
            seconds = self._clock.monotonic() - started
            return self._failed(
                asked,
                started,
                fault(error, request=asked.label, host=self._target.space, seconds=seconds),
            )
        except ApiError as error:
            return self._failed(asked, started, error)
        self._note(asked, started, f"{answer.status} {answer.request_id}".rstrip())
        return self._judged(asked, answer)._replace(
            said=rate_limit_of(answer.headers), size=len(answer.body)
        )

    def _failed(self, asked: _PreparedRequest, started: float, error: ApiError) -> Attempt:
        self._note(asked, started, type(error).__name__)
        return Attempt(error=error)

    def _exchange(self, asked: _PreparedRequest, deadline: float, *, fresh: bool) -> Answer:
        connect = min(self._timeouts.connect, FRESH_SECONDS) if fresh else self._timeouts.connect
        request = Request(
            asked.method, asked.target, asked.body, deadline, self._clock.monotonic() + connect
        )
        with self._way.ask(request) as response:
            answer = head(response, request=asked.label, hidden=asked.hidden)
            body = read_body(
                response, answer=answer, expired=lambda: self._clock.monotonic() > deadline
            )
        self.server_date = answer.headers.get("date", self.server_date)
        return answer._replace(body=body)

    def _judged(self, asked: _PreparedRequest, answer: Answer) -> Attempt:
        error = error_of(answer, hidden=asked.hidden)
        if error is not None:
            # The Space's own clock, where it tells it, so that a wrong one here neither hurries nor delays.
            now = http_date(answer.headers.get("date")) or self._clock.wall()
            return Attempt(
                error=error, wait=retry_after(answer.headers.get("retry-after"), now=now)
            )
        if asked.method == "DELETE":
            return Attempt()
        try:
            content = document(answer, hidden=asked.hidden)
        except ApiError as garbled:
            return Attempt(error=garbled)
        if self._repeats_credentials(answer, content):
            what = (
                "the answer repeats the API token, which is known where it should not be: reset it"
            )
            return Attempt(error=protocol_error(answer._replace(body=b""), what))
        if content is None and asked.method == "GET":
            return Attempt(error=protocol_error(answer, "the answer is empty"))
        return Attempt(content, request_id=answer.request_id)

    def _repeats_credentials(self, answer: Answer, content: Document | None) -> bool:
        """Whether a good answer would bring the token into what is shown, as it is or with its characters escaped."""
        escaped = (
            json.dumps(content, ensure_ascii=False) if self._long and b"\\u" in answer.body else ""
        )
        return any(word.encode() in answer.body or word in escaped for word in self._long)

    def _wait_or_raise(
        self, error: ApiError, attempt: int, asked: _PreparedRequest, wait: float | None
    ) -> None:
        now = self._clock.monotonic()
        again = now + pause(attempt, wait, self._clock)
        most = tries(asked.method, error)
        if isinstance(error, RateLimited) or wait is not None:
            opens = again if wait is None else now + wait
            if self._gate.hold(opens):
                self._tell_pause(error, opens - now)
        if attempt >= most or again > asked.until or self._gate.hurried:
            raise error
        if wait is None and not isinstance(error, RateLimited):
            self._tell_repeat(error, again - now, f"{attempt + 1} of {most}")
        self._gate.rest(again - now)
        if self._gate.hurried:
            raise error

    def _tell_pause(self, error: ApiError, seconds: float) -> None:
        if seconds >= LONG_SECONDS:
            self._voice.say(
                "pause",
                f"{self._target.space} asks for a pause of {seconds:.0f} s ({error.status}), {self._on_at(seconds)}",
            )

    def _tell_limit(self, seconds: float) -> None:
        if seconds >= LONG_SECONDS:
            self._voice.say(
                "limit",
                f"{self._target.space} takes no more writes for {seconds:.0f} s, {self._on_at(seconds)}",
            )

    def _tell_repeat(self, error: ApiError, seconds: float, attempt: str) -> None:
        if seconds >= LONG_SECONDS or isinstance(error, Unreachable):
            silent = (
                "cannot be reached" if isinstance(error, NotSent) else "gives no complete answer"
            )
            what = f"answers {error.status}" if isinstance(error, ServerError) else silent
            when = f" in {seconds:.0f} s" if seconds >= LONG_SECONDS else ""
            self._voice.say(
                f"repeat {attempt}",
                f"{self._target.space} {what}: asking again{when}, attempt {attempt}",
            )

    def _on_at(self, seconds: float) -> str:
        return f"going on at {time.strftime('%H:%M:%S', time.gmtime(self._clock.wall() + seconds))} UTC"

    def _note(self, asked: _PreparedRequest, started: float, end: str) -> None:
        if self._trace is not None:
            with suppress(OSError, ValueError):  # that nobody listens stops nothing
                self._trace(
                    f"{asked.label} -> {end} in {(self._clock.monotonic() - started) * 1000:.0f} ms"
                )


def _pinned(path: str, params: Params | None) -> bytes:
    """What is asked for: below the API's base, where a path that is checked cannot lead out of, nor become its own query."""
    query = (
        ""
        if not params
        else "?" + urlencode({name: _quoted(value) for name, value in params.items()})
    )
    return f"{BASE}{checked(path)}{query}".encode("ascii")


def _quoted(value: str | int | bool) -> str:  # noqa: FBT001  # any value of a query
    return str(value).lower() if isinstance(value, bool) else str(value)


def _credentials(target: Target) -> tuple[str, ...]:
    """The token, alone and as it is sent."""
    if target.space == LOCAL:
        return ()  # the embedded Space has none, and its word for them is an everyday one
    return target.token.value, credentials(target)
