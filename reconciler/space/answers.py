"""What the Space said: strict JSON into plain values, refusals into errors of our own, nothing secret in either."""

import json
import math
import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from reconciler.core.errors import ApiError, Forbidden, Invalid, NotFound, ProtocolError, RateLimited, ServerError, Unauthorized
from reconciler.core.text import printable

Document = dict[str, Any]

DEEPEST = 64
LONGEST_EXCERPT = 200
MOST_ERRORS = 50

_REQUEST_ID_HEADERS = ("x-request-id", "x-signalwire-request-id", "x-correlation-id", "request-id")
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"(\s*:)?|$)', re.DOTALL)
_SHY = re.compile(r"[a-z][a-z0-9+.-]{0,20}:(?:\\?/){2}[^\s\"'<>]+|\bbasic\s+[a-z0-9+/=]+|\bvpt_\w+|\beyJ[\w.-]+", re.IGNORECASE)
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")

_BY_STATUS: dict[int, tuple[type[ApiError], str]] = {
    400: (Invalid, ""),
    401: (Unauthorized, "check the project id, the API token and its video scope, and that all belong to this space"),
    403: (Forbidden, "the token is known but may not do this: does it have the video scope?"),
    404: (NotFound, ""),
    422: (Invalid, ""),
    429: (RateLimited, "the Space asks to slow down: wait a little, or lower --parallel"),
}


class Answer(NamedTuple):
    """One answer of the Space: HTTP status, headers by lower-case name, decoded body; ``request`` is ``PUT /rooms/…``."""

    request: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str:
        """The Space's own id of the request, made harmless; empty where it gave none."""
        found = (self.headers[name] for name in _REQUEST_ID_HEADERS if self.headers.get(name))
        return printable(next(found, ""))[:100]


def hidden_forms(secret: str) -> set[str]:
    """The spellings in which ``secret`` might come back: as it is, JSON-escaped, percent-encoded."""
    escaped = json.dumps(secret)[1:-1]
    return {secret, escaped, escaped.replace("/", "\\/"), quote(secret, safe="")} if secret else set()


def _discreet(text: str, hidden: Collection[str]) -> str:
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, "(secret)")
    return printable(_SHY.sub("(hidden)", text))[:LONGEST_EXCERPT]


def _only_keys(match: re.Match[str]) -> str:
    return match[0] if match[1] is not None else '"…"'


def excerpt(body: bytes, hidden: Collection[str] = ()) -> str:
    """The start of ``body`` for a message: of JSON its shape alone, of other text what cannot be a secret; 200 characters."""
    text = body[:4000].decode("utf-8", errors="replace").strip()
    if text.startswith(("{", "[", '"')):
        text = _JSON_STRING.sub(_only_keys, text)
    return _discreet(text, hidden)


def _unique(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not a JSON number")


def _whole(text: str) -> int:
    if len(text) > 400:
        raise ValueError("a number is too long")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _check_depth(document: Any) -> None:
    level = [document]
    for _ in range(DEEPEST):
        nested = (node.values() if isinstance(node, dict) else node for node in level)
        level = [child for children in nested for child in children if isinstance(child, (dict, list))]
        if not level:
            return
    raise ValueError(f"it is nested deeper than {DEEPEST} levels")


def strict_json(body: bytes) -> Document:
    """The JSON object in ``body``. ValueError says why it is none: syntax, a key given twice, NaN, depth, not an object."""
    try:
        text = body.decode("utf-8")
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_whole, parse_float=_finite)
    except RecursionError as error:
        raise ValueError(f"it is nested deeper than {DEEPEST} levels") from error
    if not isinstance(document, dict):
        raise ValueError("it is not an object")  # noqa: TRY004  # bad input, not a bad argument
    _check_depth(document)
    if _ESCAPED_SURROGATE.search(body):
        # Half a surrogate pair is no character: it would fail wherever this is written later.
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    return document


def _named(answer: Answer, what: str) -> str:
    by = f" (request id {answer.request_id})" if answer.request_id else ""
    return f"{answer.request}: HTTP {answer.status}: {what}{by}"


def protocol_error(answer: Answer, what: str, *, hidden: Collection[str] = ()) -> ProtocolError:
    """A ProtocolError that names request, status, request id and at most 200 harmless characters of the body."""
    start = excerpt(answer.body, hidden)
    return ProtocolError(
        _named(answer, f"{what}; it starts {start!r}" if start else what),
        hint="nothing is concluded from such an answer; if it stays so, tell SignalWire's support",
        status=answer.status,
        request=answer.request,
        request_id=answer.request_id,
    )


def document(answer: Answer, *, hidden: Collection[str] = ()) -> Document | None:
    """The object in a 2xx ``answer``; None where the body is empty or the status is 204. Raises ProtocolError."""
    if answer.status == 204 or not answer.body.strip():
        return None
    try:
        return strict_json(answer.body)
    except ValueError as error:
        reason = f"{error.msg} at character {error.pos}" if isinstance(error, json.JSONDecodeError) else _reason(error)
        raise protocol_error(answer, f"the answer is not the JSON it should be: {reason}", hidden=hidden) from error


def _reason(error: ValueError) -> str:
    return "it is not UTF-8 text" if isinstance(error, UnicodeError) else str(error)


class _Complaint(NamedTuple):
    attribute: str
    code: str
    message: str

    def __str__(self) -> str:
        code = f" ({self.code})" if self.code and self.code != self.message else ""
        return f"{self.attribute}: {self.message}{code}" if self.attribute else f"{self.message}{code}"


def _complaints(answer: Answer, hidden: Collection[str]) -> list[_Complaint]:
    try:
        said = strict_json(answer.body)
    except ValueError:
        return []

    def words(entry: Mapping[str, Any], key: str) -> str:
        value = entry.get(key)
        return _discreet(value, hidden) if isinstance(value, str) else ""

    listed = said.get("errors")
    entries = [entry for entry in listed if isinstance(entry, dict)][:MOST_ERRORS] if isinstance(listed, list) else []
    found = [
        _Complaint(words(entry, "attribute"), words(entry, "code"), words(entry, "message") or words(entry, "code")) for entry in entries
    ]
    alone = words(said, "error")
    found = [complaint for complaint in found if any(complaint)]
    return found or ([_Complaint("", "", alone)] if alone else [])


def _redirect(answer: Answer) -> ProtocolError:
    try:
        host = urlsplit(answer.headers.get("location", "")).hostname
    except ValueError:
        host = None
    where = f"to {printable(host)[:100]}" if host else "elsewhere on the same host"
    return ProtocolError(
        _named(answer, f"a redirect {where}, which is not followed"),
        hint="check the space's name: credentials are sent to no other address",
        status=answer.status,
        request=answer.request,
        request_id=answer.request_id,
    )


def failure(answer: Answer, *, hidden: Collection[str] = ()) -> ApiError | None:
    """The error that ``answer`` is, or None for a 2xx.

    ``attributes`` and ``codes`` run in step, one pair per complaint; an attribute is empty where the API named none.
    ``hidden`` are spellings that must not come back in a message.
    """
    if 200 <= answer.status < 300:
        return None
    if 300 <= answer.status < 400:
        return _redirect(answer)
    error, hint = (ServerError, "") if 500 <= answer.status < 600 else _BY_STATUS.get(answer.status, (ProtocolError, ""))
    complaints = _complaints(answer, hidden)
    what = "; ".join(map(str, complaints)) or excerpt(answer.body, hidden) or "no reason given"
    return error(
        _named(answer, what),
        hint=hint,
        status=answer.status,
        request=answer.request,
        request_id=answer.request_id,
        attributes=[complaint.attribute for complaint in complaints],
        codes=[complaint.code for complaint in complaints],
    )
