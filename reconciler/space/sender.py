"""Sends one request to the pinned origin: throttled, checked, and retried where that is safe."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from reconciler.core.errors import ApiError, RateLimited, Unreachable
from reconciler.space.attempt import Attempt, answered
from reconciler.space.clock import Clock
from reconciler.space.hidden_values import HiddenValues
from reconciler.space.http.messages import Request, Transport
from reconciler.space.http.routes import credentials
from reconciler.space.prepared_request import Params, PreparedRequest, request_target
from reconciler.space.rate_limit import WRITES, Allowance
from reconciler.space.request_body import encoded
from reconciler.space.response_body import head, read_body
from reconciler.space.response_json import Document
from reconciler.space.responses import Answer, protocol_error
from reconciler.space.retry import http_date, pause, retry_after, tries
from reconciler.space.send_notices import SendNotices
from reconciler.space.target import LOCAL, SHORTEST_TOKEN, Target
from reconciler.space.throttle import Throttle
from reconciler.space.timeouts import Timeouts
from reconciler.space.transport_errors import FAULTS, NotSent, fault, not_sent
from reconciler.space.wait_notices import OnWait, WaitNotices

Trace = Callable[[str], None]
Look = Callable[[], Any]

_FRESH_SECONDS = 1.0  # A slower read is too old to base a write on, and is repeated.
MOST_LOOKS = 3


class _Turn(threading.local):
    """Per thread: whether it reads for a pending write, and the slowest of these reads in seconds."""

    nested = False
    slowest = 0.0


class RequestSender:
    """Sends requests from many threads; ``server_date`` is the Space's time."""

    def __init__(
        self,
        target: Target,
        transport: Transport,
        *,
        timeouts: Timeouts,
        clock: Clock,
        parallel: int,
        trace: Trace | None,
        on_wait: OnWait | None,
    ) -> None:
        self.server_date, self.server_date_seen = "", 0.0
        self.wall = clock.wall
        self._target = target
        self._transport = transport
        self._timeouts = timeouts
        self._clock = clock
        self._trace = trace
        self.end = clock.monotonic() + timeouts.run
        self._notices = WaitNotices(
            on_wait, host=target.space, silence=timeouts.silence, now=clock.monotonic
        )
        self._send_notices = SendNotices(self._notices, space=target.space, wall=clock.wall)
        self._turn = _Turn()
        self._throttle = Throttle(
            clock, parallel=parallel, allowance=Allowance(), on_limit=self._send_notices.limit
        )
        credentials = _credentials(target)
        long = [word for word in credentials if len(word) >= SHORTEST_TOKEN]
        self._long_secrets = tuple((word, word.encode()) for word in long)
        self.hidden = HiddenValues(credentials)

    @property
    def signed_by(self) -> str:
        """Issuer of the Space's certificate; empty if unknown."""
        return self._transport.signed_by

    def cancel(self) -> None:
        """End every pause and repeat nothing more; requests under way are still awaited."""
        self._throttle.cancel()

    def close(self) -> None:
        """Close all connections and repeat nothing more."""
        self._notices.close()
        self._throttle.cancel()
        self._transport.close()

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
        lets the write through, so that no wait is between read and write. If it raises, nothing
        is sent.
        """
        prepared, begun = self._prepare(method, path, params, body), self._clock.monotonic()
        attempt, silent_since, error = 0, None, None
        while True:
            attempt += 1
            reply, since = self._in_turn(prepared, look, silent_since, error)
            if reply.error is None:
                self._turn.slowest = max(self._turn.slowest, self._clock.monotonic() - begun)
                return reply
            error = reply.error
            self._wait_or_raise(error, attempt, prepared, reply.wait)
            # Any answer ends the silence, also a request to pause; a failed attempt does not.
            silent_since = since if isinstance(error, Unreachable) else None

    def _prepare(self, method: str, path: str, params: Params | None, body: Any) -> PreparedRequest:
        spoken: list[str] = []
        content = None if body is None else encoded(body, spoken)
        hidden = self.hidden.of_request(spoken)
        until = min(self._clock.monotonic() + self._timeouts.call, self.end)
        return PreparedRequest(
            method, request_target(path, params), content, f"{method} {path}", hidden, until
        )

    def _in_turn(
        self,
        prepared: PreparedRequest,
        look: Look | None,
        silent_since: float | None,
        earlier: ApiError | None,
    ) -> tuple[Attempt, float]:
        """Send once when the throttle permits; if it refuses, raise the earlier error.

        Also returns the start of the Space's silence, now if it was not silent before.
        """
        write, nested = prepared.method in WRITES, self._turn.nested
        try:
            turn = self._throttle.enter(
                prepared.label, deadline=prepared.until, write=write, nested=nested
            )
        except NotSent as error:
            raise earlier or error from None
        reply = Attempt()
        try:
            prepared = prepared if look is None else self._with_fresh_body(prepared, look)
            since = self._clock.monotonic() if silent_since is None else silent_since
            self._notices.begin(prepared, since)
            reply = self._attempt(prepared, fresh=look is not None)
        finally:
            self._notices.end(prepared)
            self._throttle.leave(
                turn,
                write=write,
                throttled=isinstance(reply.error, RateLimited),
                rate_limit=reply.rate_limit,
                nested=nested,
            )
        return reply, since

    def _with_fresh_body(self, prepared: PreparedRequest, look: Look) -> PreparedRequest:
        """``prepared`` with the body from ``look``, repeated after a slow read or a pause.

        A Space that is always slow must not be read forever, so the last result counts at any age.
        """
        body = None
        for _ in range(MOST_LOOKS):
            self._turn.nested, self._turn.slowest = True, 0.0
            try:
                body = look()
            finally:
                self._turn.nested = False
            if self._turn.slowest <= _FRESH_SECONDS and not self._throttle.paused:
                break
        spoken: list[str] = []
        content = None if body is None else encoded(body, spoken)
        return prepared._replace(body=content, hidden=self.hidden.of_request(spoken))

    def _attempt(self, prepared: PreparedRequest, *, fresh: bool = False) -> Attempt:
        started = self._clock.monotonic()
        deadline = min(prepared.until, started + self._timeouts.request)
        if started >= deadline:
            return Attempt(error=not_sent("the time for it is over", prepared.label))
        try:
            answer = self._exchange(prepared, deadline, fresh=fresh)
        except FAULTS as error:
            seconds = self._clock.monotonic() - started
            return self._failed(
                prepared,
                started,
                fault(error, request=prepared.label, host=self._target.space, seconds=seconds),
            )
        except ApiError as error:
            return self._failed(prepared, started, error)
        if self._trace is not None:
            self._log(prepared, started, f"{answer.status} {answer.request_id}".rstrip())
        return self._result_of(prepared, answer)

    def _failed(self, prepared: PreparedRequest, started: float, error: ApiError) -> Attempt:
        self._log(prepared, started, type(error).__name__)
        return Attempt(error=error)

    def _exchange(self, prepared: PreparedRequest, deadline: float, *, fresh: bool) -> Answer:
        connect = min(self._timeouts.connect, _FRESH_SECONDS) if fresh else self._timeouts.connect
        request = Request(
            prepared.method,
            prepared.target,
            prepared.body,
            deadline,
            self._clock.monotonic() + connect,
        )
        with self._transport.ask(request) as response:
            answer = head(response, request=prepared.label, hidden=prepared.hidden)
            body = read_body(
                response, answer=answer, expired=lambda: self._clock.monotonic() > deadline
            )
        if "date" in answer.headers:
            self.server_date, self.server_date_seen = answer.headers["date"], self.wall()
        return answer._replace(body=body)

    def _result_of(self, prepared: PreparedRequest, answer: Answer) -> Attempt:
        error = self.hidden.refusal(answer, prepared.hidden)
        if error is not None:
            # A date is relative to the Space's clock; this machine's may be wrong.
            now = http_date(answer.headers.get("date")) or self._clock.wall()
            wait = retry_after(answer.headers.get("retry-after"), now=now)
            return answered(answer, error=error, wait=wait)
        if prepared.method == "DELETE":
            return answered(answer)
        try:
            content = self.hidden.document(answer, prepared.hidden)
        except ApiError as garbled:
            return answered(answer, error=garbled)
        if self._repeats_credentials(answer, content):
            what = "the answer contains the API token, which is therefore no longer secret: reset the token"
            return answered(answer, error=protocol_error(answer._replace(body=b""), what))
        if content is None and prepared.method == "GET":
            return answered(answer, error=protocol_error(answer, "the answer is empty"))
        return answered(answer, content)

    def _repeats_credentials(self, answer: Answer, content: Document | None) -> bool:
        """Whether an answer contains the token, plain or escaped."""
        escaped = (
            json.dumps(content, ensure_ascii=False)
            if self._long_secrets and b"\\u" in answer.body
            else ""
        )
        return any(raw in answer.body or word in escaped for word, raw in self._long_secrets)

    def _wait_or_raise(
        self, error: ApiError, attempt: int, prepared: PreparedRequest, wait: float | None
    ) -> None:
        now = self._clock.monotonic()
        again = now + pause(attempt, wait, self._clock)
        most = tries(prepared.method, error)
        if isinstance(error, RateLimited) or wait is not None:
            opens = again if wait is None else now + wait
            if self._throttle.pause_until(opens):
                self._send_notices.pause(error, opens - now)
        if attempt >= most or again > prepared.until or self._throttle.cancelled:
            raise error
        if wait is None and not isinstance(error, RateLimited):
            self._send_notices.repeat(error, again - now, f"{attempt + 1} of {most}")
        self._throttle.sleep(again - now)
        if self._throttle.cancelled:
            raise error

    def _log(self, prepared: PreparedRequest, started: float, end: str) -> None:
        if self._trace is not None:
            with suppress(OSError, ValueError):  # a closed output must not stop the run
                self._trace(
                    f"{prepared.label} -> {end} in {(self._clock.monotonic() - started) * 1000:.0f} ms"
                )


def _credentials(target: Target) -> tuple[str, ...]:
    """The token, alone and in its header."""
    if target.space == LOCAL:
        return ()  # the embedded Space's placeholder is an ordinary word
    return target.token.value, credentials(target)
