"""The nouns of this room: a request as an endpoint sees it, its answer, and the refusal that stands for an error answer."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from werkzeug.datastructures import MultiDict

from reconciler.localspace.knobs import Knobs
from reconciler.localspace.lag import Lag
from reconciler.localspace.store import Store

ERROR_CODES = "https://signalwire.com/docs/apis/error-codes"

Picture = Callable[[str], bytes | None]


class Complaint(NamedTuple):
    """One entry of a 422 answer. The message never repeats the value: it may be a secret."""

    code: str
    attribute: str
    message: str


class Refusal(Exception):
    """Ends a request with an error answer: 422 with its complaints, any other status with the documented word."""

    def __init__(self, status: int, complaints: Sequence[Complaint] = (), *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(HTTPStatus(status).phrase)
        self.status = status
        self.complaints = tuple(complaints)
        self.headers = dict(headers or {})


class Answer(NamedTuple):
    """What goes back: a JSON value (None for no body), or bytes of another type."""

    status: int
    content: Any = None
    headers: Mapping[str, str] = {}
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: ``ids`` are the variable parts of its path, ``root`` is the server's own origin (``http://127.0.0.1:8080``).

    ``project`` is the project id of its credentials, ``picture`` gives the preview of a session in which people really are.
    """

    now: datetime
    knobs: Knobs
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
    """One documented request: its method, its path below the base (``/rooms/{id}``), and what answers it."""

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
            "url": f"{ERROR_CODES}#{each.code}",
        }
        for each in refusal.complaints
    ]
    return Answer(refusal.status, {"errors": errors}, refusal.headers)


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number too large for JSON's readers")
    return number


def parse_json(body: bytes) -> Any:
    """Strict JSON: UTF-8, finite numbers, no lone surrogates. ValueError where it is not."""
    try:
        parsed = json.loads(body.decode(), parse_constant=_no_constant, parse_float=_finite)
        json.dumps(parsed, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return parsed


def document(call: Call) -> dict[str, Any]:
    """The request's body as a JSON object. A Refusal with 400 where it is anything else."""
    if call.media_type != "application/json" and not call.media_type.endswith("+json"):
        raise Refusal(400)
    try:
        parsed = parse_json(call.body)
    except ValueError as error:
        raise Refusal(400) from error
    if not isinstance(parsed, dict):
        raise Refusal(400)
    return parsed
