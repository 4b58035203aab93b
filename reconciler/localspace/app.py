"""The local Space as one WSGI application: it routes, refuses, lets faults strike, and remembers what was asked of it."""

import json
import logging
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from reconciler.core.kinds import Kinds
from reconciler.localspace import control, history, resources, sessions, tokens
from reconciler.localspace.attendance import Attendance
from reconciler.localspace.calls import Answer, Call, Endpoint, Picture, Refusal, Route, error_answer, parse_json
from reconciler.localspace.faults import Strikes, cut_short, strike
from reconciler.localspace.gate import Allowance, check_credentials, check_loopback
from reconciler.localspace.knobs import Fault, Knobs
from reconciler.localspace.lag import Lag
from reconciler.localspace.store import REMEMBERED, Mutation, Store

BASE = "/api/video"
LARGEST_BODY = 1 << 20
_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())


class Received(NamedTuple):
    """A request as it came in: the whole path, the query's pairs, the JSON body (None: none, or not JSON), headers but the credentials."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any
    headers: Mapping[str, str]


def _received(request: Request) -> Received:
    try:
        body = parse_json(request.get_data(cache=True))
    except (ValueError, HTTPException):
        body = None
    headers = {name: text for name, text in request.headers.items() if name.lower() != "authorization"}
    return Received(request.method, request.path, tuple(request.args.items(multi=True)), body, headers)


def _rules(routes: Iterable[Route], base: str) -> list[Rule]:
    return [
        Rule(base + route.template.replace("{", "<").replace("}", ">"), methods=[route.method], endpoint=route.endpoint) for route in routes
    ]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class LocalSpace:
    """The embedded Video API, a WSGI application; made by ``create_space``. Several threads may call it at once."""

    def __init__(
        self, store: Store, *, kinds: Kinds, knobs: Knobs, clock: Callable[[], datetime], credentials: tuple[str, str] | None
    ) -> None:
        self._store = store
        self.database = store.database
        self._kinds = kinds
        self._clock = clock
        self._credentials = credentials
        self._lag = Lag()
        self._allowance = Allowance()
        self._numbers = count(1)
        self._requests: deque[Received] = deque(maxlen=REMEMBERED)
        self.knobs = knobs
        self.picture: Picture | None = None
        self.attendance = Attendance(kinds, self._call, credentials)
        api = [*resources.routes(kinds), *tokens.routes(kinds), *history.routes()]
        outside = [*control.routes(kinds, partial(setattr, self, "knobs")), sessions.preview_route()]
        self._paths = Map([*_rules(api, BASE), *_rules(outside, "")], merge_slashes=False).bind("localhost")

    @property
    def knobs(self) -> Knobs:
        """How the Space behaves; setting them starts the counting of faults anew."""
        return self._knobs

    @knobs.setter
    def knobs(self, knobs: Knobs) -> None:
        self._knobs = knobs
        self._strikes = Strikes(knobs.faults)

    @property
    def ledger(self) -> list[Mutation]:
        """Every mutation that this process committed, in the order of the commits; secrets stand in it, it is for tests."""
        return list(self._store.ledger)

    @property
    def requests(self) -> list[Received]:
        """Every request to the Video API that this process received, in order."""
        return list(self._requests)

    def start_session(self, kind_name: str, resource_name: str, *, members: int) -> str:
        """Start a session and give its id. LookupError where there is no such resource, ValueError where one is live already."""
        return control.begin_session(self._kinds, self._call(), kind=kind_name, name=resource_name, members=members).id

    def end_session(self, session_id: str) -> None:
        """End a session. LookupError where there is none of this id."""
        control.finish_session(self._call(), session_id)

    def close(self) -> None:
        """Close the file; the Space is of no use afterwards."""
        self._store.close()

    def _call(self, **asked: Any) -> Call:
        return Call(now=self._clock(), knobs=self._knobs, store=self._store, lag=self._lag, picture=self.picture, **asked)

    def _endpoint(self, request: Request) -> tuple[Endpoint, Mapping[str, str]]:
        try:
            endpoint, ids = self._paths.match(request.path, method=request.method)
        except MethodNotAllowed as error:
            raise Refusal(405, headers={"Allow": ", ".join(sorted(error.valid_methods or ()))}) from error
        except HTTPException as error:
            raise Refusal(404) from error
        return endpoint, ids

    def _admit(self, request: Request) -> None:
        """A Refusal unless this request may be answered; previews and ready rooms are for browsers, which have no credentials."""
        if request.path.startswith("/previews/") or request.path == f"{BASE}{tokens.READY_ROOM}":
            return
        if request.path.startswith("/control/"):
            check_loopback(request)
        check_credentials(request, self._credentials)
        if (request.content_length or 0) > LARGEST_BODY:
            raise Refusal(413)

    def _called(self, request: Request) -> Answer:
        self._admit(request)
        endpoint, ids = self._endpoint(request)
        return endpoint(
            self._call(
                method=request.method,
                path=request.path,
                ids=ids,
                query=request.args,
                body=request.get_data(cache=True),
                media_type=request.mimetype,
                root=request.host_url.rstrip("/"),
                project=(request.authorization.username if request.authorization else None) or "",
            )
        )

    def _answered(self, request: Request) -> Answer:
        """The answer of the endpoint, or the error answer that stands for what went wrong."""
        counted = request.method if request.path.startswith(f"{BASE}/") else "GET"
        passes, headers = self._allowance.take(counted, limit=self._knobs.write_limit, now=self._clock())
        try:
            answer = self._called(request) if passes else error_answer(Refusal(429, headers={"Retry-After": headers["X-RateLimit-Reset"]}))
        except Refusal as refusal:
            answer = error_answer(refusal)
        except HTTPException as error:
            answer = error_answer(Refusal(error.code or 400))
        except Exception:  # noqa: BLE001  # whatever it is, the client gets the documented 500
            _log.exception("%s %s", request.method, request.path)
            answer = error_answer(Refusal(500))
        return answer._replace(headers={**headers, **answer.headers})

    def _request_id(self) -> str:
        seed = self._knobs.seed
        return str(uuid.uuid4() if seed is None else uuid.uuid5(uuid.NAMESPACE_URL, f"{seed}/{next(self._numbers)}"))

    def _struck(self, request: Request) -> tuple[Answer, Fault | None]:
        """The answer, after what latency and faults make of it; outside the Video API there are neither."""
        if not request.path.startswith(f"{BASE}/"):
            return self._answered(request), None
        self._requests.append(_received(request))
        if self._knobs.latency:
            time.sleep(self._knobs.latency)
        fault = self._strikes.next(request.method, request.path)
        return (self._answered(request) if fault is None else strike(fault, partial(self._answered, request))), fault

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request. In process, ConnectionCut and AnswerOverdue leave it as exceptions where a fault says so."""
        request = Request(environ)
        answer, fault = self._struck(request)
        body = (
            answer.content if isinstance(answer.content, bytes) else b"" if answer.content is None else json.dumps(answer.content).encode()
        )
        response = Response(body, status=answer.status, content_type=answer.media_type if answer.status != 204 else None)
        response.headers.extend({"X-Request-ID": self._request_id(), **answer.headers})
        if fault is not None and fault.action == "truncated":
            _, status, headers = response.get_wsgi_response(environ)
            start_response(status, headers)
            return cut_short(body, fault.keep)
        return response(environ, start_response)


def create_space(
    database: str | Path,
    *,
    kinds: Kinds,
    knobs: Knobs | None = None,
    clock: Callable[[], datetime] = _utc_now,
    credentials: tuple[str, str] | None = None,
) -> LocalSpace:
    """A local Space kept in the SQLite file ``database`` (``:memory:``: kept nowhere), for the given kinds.

    ``clock`` gives the time in UTC; ``credentials`` are the project id and token that it takes (None: any that are not
    empty). A ReconcilerError says that the file is something else.
    """
    return LocalSpace(Store(str(database)), kinds=kinds, knobs=knobs or Knobs(), clock=clock, credentials=credentials)
