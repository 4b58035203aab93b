"""Requests, answers, error answers and routes of the local Space."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from werkzeug.datastructures import MultiDict

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.json_errors import finite, no_constant
from reconciler.core.named_tuple import NamedTuple
from reconciler.localspace.list_lag import Lag
from reconciler.localspace.settings import Settings
from reconciler.localspace.store import Store

_ERROR_CODES = "https://signalwire.com/docs/apis/error-codes"

Picture = Callable[[str], bytes | None]


class FieldError(NamedTuple):
    """One entry of a 422 answer. The message omits the value, which can be a secret."""

    code: str
    attribute: str
    message: str


class Refusal(Exception):
    """Ends a request with an error answer: 422 with complaints, or another status."""

    def __init__(
        self,
        status: int,
        complaints: Sequence[FieldError] = (),
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(HTTPStatus(status).phrase)
        self.status = status
        self.complaints = tuple(complaints)
        self.headers = dict(headers or {})


class Answer(NamedTuple):
    """An answer: a JSON value (None for no body), or bytes of another type."""

    status: int
    content: Any = None
    headers: Mapping[str, str] = {}
    media_type: str = "application/json"

    @property
    def body(self) -> bytes:
        """The content as bytes."""
        if isinstance(self.content, bytes):
            return self.content
        return b"" if self.content is None else json.dumps(self.content).encode()


@dataclass(frozen=True, slots=True)
class Call:
    """One request. ``ids`` are the variables of its path, ``root`` the origin of the server.

    ``project`` is the project id of its credentials, ``picture`` renders a call's preview.
    """

    now: datetime
    knobs: Settings
    store: Store
    lag: Lag
    method: str = ""
    path: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    query: MultiDict[str, str] = field(default_factory=MultiDict)
    body: bytes = b""
    media_type: str = "application/json"
    root: str = ""
    project: str = ""
    picture: Picture | None = None


Endpoint = Callable[[Call], Answer]


class Route(NamedTuple):
    """A documented request: method, path below the base (``/rooms/{id}``), and endpoint."""

    method: str
    template: str
    endpoint: Endpoint


def error_answer(refusal: Refusal) -> Answer:
    """The refusal in the documented form."""
    if not refusal.complaints:
        return Answer(refusal.status, {"error": HTTPStatus(refusal.status).phrase}, refusal.headers)
    errors = [
        {
            "type": "validation_error",
            "code": each.code,
            "message": each.message,
            "attribute": each.attribute,
            "url": f"{_ERROR_CODES}#{each.code}",
        }
        for each in refusal.complaints
    ]
    return Answer(refusal.status, {"errors": errors}, refusal.headers)


def parse_json(body: bytes) -> Any:
    """Strict JSON: UTF-8, finite numbers, no lone surrogates. Raises ValueError otherwise."""
    try:
        parsed = json.loads(body.decode(), parse_constant=no_constant, parse_float=finite)
        json.dumps(parsed, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return parsed


def document(call: Call) -> dict[str, Any]:
    """The body as a JSON object. Raises a Refusal with 400 otherwise."""
    if call.media_type != "application/json" and not call.media_type.endswith("+json"):
        raise Refusal(400)
    try:
        parsed = parse_json(call.body)
    except ValueError as error:
        raise Refusal(400) from error
    if not isinstance(parsed, dict):
        raise Refusal(400)
    return parsed
