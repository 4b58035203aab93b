"""Sends one request to the pinned origin: throttled, checked, and retried where that is safe."""

import json
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlencode

from reconciler.core.errors import ApiError, RateLimited, ServerError, Unreachable
from reconciler.space.api_errors import error_of
from reconciler.space.http.messages import Request, Transport
from reconciler.space.http.routes import credentials
from reconciler.space.paths import BASE, checked
from reconciler.space.rate_limit import WRITES, Allowance, RateLimit, rate_limit_of
from reconciler.space.redaction import hidden_forms
from reconciler.space.request_body import encoded
from reconciler.space.response_body import head, read_body
from reconciler.space.response_json import Document
from reconciler.space.responses import Answer, document, protocol_error
from reconciler.space.retry import Clock, http_date, pause, retry_after, tries
from reconciler.space.target import LOCAL, SHORTEST_TOKEN, Target
from reconciler.space.throttle import Throttle
from reconciler.space.transport_errors import FAULTS, NotSent, fault, not_sent
from reconciler.space.wait_notices import OnWait, WaitNotices

Params = Mapping[str, str | int | bool]
Trace = Callable[[str], None]
Look = Callable[[], Any]

LONG_SECONDS = 1.0
FRESH_SECONDS = 1.0  # A slower read is too old to base a write on, and is repeated.
MOST_LOOKS = 3


class Timeouts(NamedTuple):
    """Timeouts in seconds: connect, one request, one call with retries, the client's lifetime.

    ``silence`` is the wait for an answer before ``on_wait`` is notified, and again after twice as
    long.
    """

    connect: float = 10.0
    request: float = 30.0
    call: float = 150.0
    run: float = float("inf")
    silence: float = 10.0


class Attempt(NamedTuple):
    """Result of one attempt: an object, or an error with the pause the Space asks for."""

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
        return self.label  # without the hidden spellings


class _Turn(threading.local):
    """Per thread: whether it reads for a pending write, and the slowest of these reads in seconds."""

    within = False
    slowest = 0.0


class RequestSender:
    """Sends requests from many threads; ``server_date`` is the Space's time."""

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
        """Issuer of the Space's certificate; empty if unknown."""
        return self._way.signed_by

    def hurry(self) -> None:
        """End every pause and repeat nothing more; requests under way are still awaited."""
        self._gate.hurry()

    def close(self) -> None:
        """Close all connections and repeat nothing more."""
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
        """Send with safe retries. A GET's reply has an object. Raises ApiError.

        ``look`` reads what a write depends on and returns its body. It is called when the throttle
        lets the write through, so that no wait lies between read and write. If it raises, nothing
        is sent.
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
            # Any answer ends the silence, also a request to pause; a failed attempt does not.
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
        """Send once when the throttle permits; if it refuses, raise the earlier error.

        Also returns the start of the Space's silence, now if it was not silent before.
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
        """``asked`` with the body from ``look``, repeated after a slow read or a pause.

        A Space that is always slow must not be read forever, so the last result counts at any age.
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
            # A date is relative to the Space's clock; this machine's may be wrong.
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
        """Whether an answer contains the token, plain or escaped."""
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
            with suppress(OSError, ValueError):  # a closed output must not stop the run
                self._trace(
                    f"{asked.label} -> {end} in {(self._clock.monotonic() - started) * 1000:.0f} ms"
                )


def _pinned(path: str, params: Params | None) -> bytes:
    """Path and query below the API's base. A checked path cannot leave it or add a query."""
    query = (
        ""
        if not params
        else "?" + urlencode({name: _quoted(value) for name, value in params.items()})
    )
    return f"{BASE}{checked(path)}{query}".encode("ascii")


def _quoted(value: str | int | bool) -> str:  # noqa: FBT001  # a query value of any type
    return str(value).lower() if isinstance(value, bool) else str(value)


def _credentials(target: Target) -> tuple[str, ...]:
    """The token, alone and in its header."""
    if target.space == LOCAL:
        return ()  # the embedded Space's placeholder is an ordinary word
    return target.token.value, credentials(target)
