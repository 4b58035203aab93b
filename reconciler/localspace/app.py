"""WSGI application of the local Space: routing, errors, faults, and a log of requests."""

import logging
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from reconciler.core.kinds import Kinds
from reconciler.core.named_tuple import NamedTuple
from reconciler.localspace import admin_api, history, resources, sessions, tokens
from reconciler.localspace.attendance import Attendance
from reconciler.localspace.auth import Allowance, check_credentials, check_loopback
from reconciler.localspace.faults import Strikes, cut_short, strike
from reconciler.localspace.http import (
    Answer,
    Call,
    Picture,
    Refusal,
    error_answer,
    parse_json,
)
from reconciler.localspace.list_lag import Lag
from reconciler.localspace.routing import API, BASE, Router, below_base
from reconciler.localspace.settings import Fault, Settings
from reconciler.localspace.store import REMEMBERED, Mutation, Store

LARGEST_BODY = 1 << 20
_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())


class Received(NamedTuple):
    """A request: path, query pairs, JSON body (None if absent or not JSON), headers.

    Credentials are not kept.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any
    headers: Mapping[str, str]


def _request_record(request: Request) -> Received:
    try:
        body = parse_json(request.get_data(cache=True))
    except (ValueError, HTTPException):
        body = None
    headers = {
        name: text for name, text in request.headers.items() if name.lower() != "authorization"
    }
    return Received(
        request.method, request.path, tuple(request.args.items(multi=True)), body, headers
    )


def _utc_now() -> datetime:
    return datetime.now(UTC)


class LocalSpace:
    """The embedded Video API, created by ``create_space``. Several threads can call it at once."""

    def __init__(
        self,
        store: Store,
        *,
        kinds: Kinds,
        knobs: Settings,
        clock: Callable[[], datetime],
        credentials: tuple[str, str] | None,
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
        outside = [
            *admin_api.routes(kinds, partial(setattr, self, "knobs")),
            sessions.preview_route(),
        ]
        self._router = Router([*below_base(api), *outside])

    @property
    def knobs(self) -> Settings:
        """The settings. Setting them restarts the counting of faults."""
        return self._knobs

    @knobs.setter
    def knobs(self, knobs: Settings) -> None:
        """The settings. Setting them restarts the counting of faults."""
        self._knobs = knobs
        self._strikes = Strikes(knobs.faults)

    @property
    def ledger(self) -> list[Mutation]:
        """All mutations that this process committed, in order. For tests: it contains secrets."""
        return list(self._store.ledger)

    @property
    def requests(self) -> list[Received]:
        """All requests to the API that this process received, in order."""
        return list(self._requests)

    def start_session(self, kind_name: str, resource_name: str, *, members: int) -> str:
        """Start a session and return its id.

        Raises LookupError if there is no such resource, ValueError if a session is live already.
        """
        return admin_api.begin_session(
            self._kinds, self._call(), kind=kind_name, name=resource_name, members=members
        ).id

    def end_session(self, session_id: str) -> None:
        """End a session. Raises LookupError for an unknown id."""
        admin_api.finish_session(self._call(), session_id)

    def set_fields(self, kind_name: str, resource_name: str, /, **fields: Any) -> None:
        """Set fields that no request can set. Raises LookupError if there is no such resource."""
        admin_api.set_fields(
            self._kinds, self._call(), kind=kind_name, name=resource_name, fields=fields
        )

    def now(self) -> datetime:
        """Current time of this Space, in UTC."""
        return self._clock()

    def close(self) -> None:
        """Close the file. The Space cannot be used afterwards."""
        self._store.close()

    def _call(self, **request_parts: Any) -> Call:
        return Call(
            now=self._clock(),
            knobs=self._knobs,
            store=self._store,
            lag=self._lag,
            picture=self.picture,
            **request_parts,
        )

    def _admit(self, request: Request) -> None:
        """Raises a Refusal without access. Previews and ready rooms are open: browsers have no token."""
        if request.path.startswith("/previews/") or request.path == f"{BASE}{tokens.READY_ROOM}":
            return
        if request.path.startswith("/control/"):
            check_loopback(request)
        check_credentials(request, self._credentials)
        if (request.content_length or 0) > LARGEST_BODY:
            raise Refusal(413)

    def _endpoint_answer(self, request: Request) -> Answer:
        self._admit(request)
        endpoint, ids = self._router.endpoint(request.path, request.method)
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

    def _answer_or_error(self, request: Request) -> Answer:
        """The endpoint's answer, or the error answer of what it raised."""
        try:
            return self._endpoint_answer(request)
        except Refusal as refusal:
            return error_answer(refusal)
        except HTTPException as error:
            return error_answer(Refusal(error.code or 400))
        except Exception:  # noqa: BLE001  # an unknown fault is the documented 500
            _log.exception("%s %s", request.method, request.path)
            return error_answer(Refusal(500))

    def _answer(self, request: Request) -> Answer:
        """The answer, or 429 beyond the limit on writes, which only the API has."""
        method = request.method if request.path.startswith(API) else "GET"
        passes, headers = self._allowance.take(
            method, limit=self._knobs.write_limit, now=self._clock()
        )
        if passes:
            answer = self._answer_or_error(request)
        else:
            after = {"Retry-After": headers["X-RateLimit-Reset"]}
            answer = error_answer(Refusal(429, headers=after))
        return answer._replace(headers={**headers, **answer.headers})

    def _request_id(self) -> str:
        seed = self._knobs.seed
        if seed is None:
            return str(uuid.uuid4())
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{seed}/{next(self._numbers)}"))

    def _answer_with_fault(self, request: Request) -> tuple[Answer, Fault | None]:
        """The answer after latency and faults, which only the API has."""
        if not request.path.startswith(API):
            return self._answer(request), None
        self._requests.append(_request_record(request))
        if self._knobs.latency:
            time.sleep(self._knobs.latency)
        fault = self._strikes.next(request.method, request.path)
        if fault is None:
            return self._answer(request), None
        return strike(fault, partial(self._answer, request)), fault

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request. In process, faults raise ConnectionCut and AnswerOverdue."""
        request = Request(environ)
        answer, fault = self._answer_with_fault(request)
        body = answer.body
        response = Response(
            body,
            status=answer.status,
            content_type=answer.media_type if answer.status != 204 else None,
        )
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
    knobs: Settings | None = None,
    clock: Callable[[], datetime] = _utc_now,
    credentials: tuple[str, str] | None = None,
) -> LocalSpace:
    """A local Space of ``kinds`` in the SQLite file ``database`` (``:memory:`` keeps nothing).

    ``clock`` gives the time in UTC. ``credentials`` are the accepted project id and token; None
    accepts any that are not empty. Raises ReconcilerError if the file is not a Space.
    """
    return LocalSpace(
        Store(str(database)),
        kinds=kinds,
        knobs=knobs or Settings(),
        clock=clock,
        credentials=credentials,
    )
