"""Decodes responses: strict JSON to values, refusals to errors without secrets."""

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from reconciler.core.errors import (
    ApiError,
    Forbidden,
    Invalid,
    NotFound,
    ProtocolError,
    RateLimited,
    ServerError,
    Unauthorized,
)
from reconciler.core.text import printable
from reconciler.space.redaction import (
    LONGEST_READ,
    excerpt,
    hidden_forms,
    redacted,
    retry_hint,
    with_request,
    without,
)

__all__ = [
    "REQUEST_ID_HEADERS",
    "Answer",
    "Document",
    "document",
    "error_of",
    "hidden_forms",
    "protocol_error",
    "strict_json",
]

Document = dict[str, Any]

DEEPEST = 64
LONGEST_START = 100
MOST_ERRORS = 50
MOST_MENDS = 3
MOST_PARTS = 500_000

REQUEST_ID_HEADERS = ("x-request-id", "x-signalwire-request-id", "x-correlation-id", "request-id")
_NESTS = frozenset((dict, list))
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class _Refusal(NamedTuple):
    error: type[ApiError]
    what: str
    hint: str = ""


_BY_STATUS: dict[int, _Refusal] = {
    400: _Refusal(
        Invalid,
        "the Space cannot make sense of the request",
        "'reconciler explain KIND' tells what may be declared",
    ),
    401: _Refusal(
        Unauthorized,
        "the Space does not take the credentials",
        "check the project id, the API token and its video scope, and that all belong to this space",
    ),
    403: _Refusal(
        Forbidden,
        "the Space does not allow it with these credentials",
        "the token is known but may not do this: has it the video scope?",
    ),
    404: _Refusal(
        NotFound,
        "the Space has nothing there",
        "was it removed meanwhile, or is this the wrong space?",
    ),
    409: _Refusal(
        ProtocolError, "the Space sees a conflict", "plan again and look at what changed"
    ),
    422: _Refusal(
        Invalid, "the Space refuses", "'reconciler explain KIND' tells what may be declared"
    ),
    429: _Refusal(RateLimited, "the Space asks to slow down", "wait a little, or lower --parallel"),
}

_EXPLAIN = "'reconciler explain KIND.FIELD' tells what is allowed"
_BY_CODE: dict[str, str] = {
    "missing_required_parameter": "declare it",
    "invalid_parameter": _EXPLAIN,
    "character_limit_exceeded": "shorten it",
    "not_a_datetime": "write a date and a time with its offset, as 2027-01-31T09:00:00Z",
    "invalid_join_until_date": "join_until must lie after join_from, also after the one that the Space has now",
    "exceeds_platform_stream_limit": "remove a stream there, or ask SignalWire's support for more",
    "not_an_http_url": "write an address that begins with http:// or https://",
    "page_token_is_invalid": "the list changed while it was read: try again",
    "page_token_required_for_next_page": "the list changed while it was read: try again",
}
_TAKEN = re.compile(r"not_unique|taken|already_exists")
_TAKEN_ON_CREATE = (
    "one of that name exists and was not made by this tool: "
    "see it with 'reconciler plan', take it over with --adopt KIND/NAME"
)
_TAKEN_ON_UPDATE = "another one has that name: choose another name, or rename that one first"


class Answer(NamedTuple):
    """A response: status, headers by lower-case name, decoded body; ``request`` is ``PUT
    /rooms/…``.
    """

    request: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str:
        """The Space's request id, printable; empty if it sent none."""
        found = (self.headers[name] for name in REQUEST_ID_HEADERS if self.headers.get(name))
        return printable(next(found, "").partition("\n")[0])[:100]


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
        nested = (node.values() if type(node) is dict else node for node in level)
        level = [
            child for children in nested for child in children if type(child) in _NESTS
        ]  # exact types are enough: the decoder creates no others
        if not level:
            return
    raise ValueError(f"it is nested deeper than {DEEPEST} levels")


_STRICT = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_whole, parse_float=_finite
)


def strict_json(body: bytes) -> Document:
    """Decode a JSON object.

    ValueError for invalid syntax, a repeated key, NaN, excessive depth, or another type.
    """
    try:
        text = body.decode("utf-8")
        nests = text.count("{") + text.count("[")
        if nests + text.count(",") > MOST_PARTS:
            raise ValueError(f"it has more than {MOST_PARTS} parts")
        document = (
            json.loads(text) if text.startswith("\ufeff") else _STRICT.decode(text)
        )  # json.loads explains a byte order mark
    except RecursionError as error:
        raise ValueError(f"it is nested deeper than {DEEPEST} levels") from error
    if not isinstance(document, dict):
        raise ValueError("it is not an object")  # noqa: TRY004  # bad input, not a bad argument
    if nests > DEEPEST:
        _check_depth(document)
    if _ESCAPED_SURROGATE.search(body):
        # A lone surrogate would fail later, wherever the text is written.
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    return document


def _syntax(error: json.JSONDecodeError) -> str:
    length = len(error.doc.rstrip())
    if error.msg.startswith("Unterminated") or error.pos >= length:
        return f"it stops in the middle, after {length} characters"
    if "BOM" in error.msg:
        return "it begins with a byte order mark"
    return f"{error.msg[0].lower()}{error.msg[1:].removesuffix(' at')} at character {error.pos + 1}"


def _reason(error: ValueError, body: bytes) -> str:
    """Why ``strict_json`` refuses ``body``, in plain words."""
    if body.lstrip()[:1] == b"<":
        return "it is a page of HTML"
    if isinstance(error, json.JSONDecodeError):
        return _syntax(error)
    if isinstance(error, UnicodeEncodeError):
        return "there is half a character in it"
    return "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)


def protocol_error(answer: Answer, what: str, *, hidden: Collection[str] = ()) -> ProtocolError:
    """ProtocolError with request, status, request id and up to 100 characters of the body."""
    start = excerpt(answer.body, hidden)[:LONGEST_START]
    return ProtocolError(
        _quoted_item(answer, f"{what}; it starts {start!r}" if start else what),
        hint=f"nothing is concluded from such an answer: {retry_hint(answer.request)}",
        status=answer.status,
        request=answer.request,
        request_id=answer.request_id,
    )


def document(answer: Answer, *, hidden: Collection[str] = ()) -> Document | None:
    """The object in a 2xx ``answer``; None if empty or 204. Raises ProtocolError."""
    if answer.status == 204 or not answer.body.strip():
        return None
    try:
        return strict_json(answer.body)
    except ValueError as error:
        reason = _reason(error, answer.body)
        raise protocol_error(
            answer, f"the answer is not the JSON it should be: {reason}", hidden=hidden
        ) from error


class _ApiErrorItem(NamedTuple):
    attribute: str
    code: str
    message: str

    def __str__(self) -> str:
        code = f" [{self.code}]" if self.code and self.code != self.message else ""
        named = self.message.lower().replace(" ", "_").startswith(self.attribute.lower())
        return f"{self.message}{code}" if named else f"{self.attribute}: {self.message}{code}"

    def mend(self, request: str) -> str:
        """Hint for the error code, if known."""
        if _TAKEN.search(self.code):
            return _TAKEN_ON_CREATE if request.startswith("POST ") else _TAKEN_ON_UPDATE
        return _BY_CODE.get(self.code, "")


def _error_items(body: bytes) -> Mapping[str, Any]:
    """The object in a refusal's body; a bare string becomes its error."""
    try:
        return strict_json(body)
    except ValueError:
        pass
    try:
        return (
            {"error": json.loads(body)}
            if len(body) <= LONGEST_READ and body.lstrip()[:1] == b'"'
            else {}
        )
    except ValueError:
        return {}


def _complaints(answer: Answer, hidden: Collection[str]) -> Iterator[_ApiErrorItem]:
    """The errors in a refusal, by field or as one sentence; none for an unknown shape."""
    said = _error_items(answer.body)

    def words(entry: Mapping[str, Any], key: str) -> str:
        value = entry.get(key)
        return redacted(value, hidden) if isinstance(value, str) else ""

    listed = said.get("errors")
    entries = (
        [entry for entry in listed if isinstance(entry, dict)][:MOST_ERRORS]
        if isinstance(listed, list)
        else []
    )
    found = [
        _ApiErrorItem(
            words(one, "attribute"), words(one, "code"), words(one, "message") or words(one, "code")
        )
        for one in entries
    ]
    yield from (complaint for complaint in found if any(complaint))
    if not any(map(any, found)) and words(said, "error"):
        yield _ApiErrorItem("", "", words(said, "error"))


def _quoted_item(answer: Answer, what: str) -> str:
    return with_request(what, answer.request, status=answer.status, request_id=answer.request_id)


def _redirect(answer: Answer, hidden: Collection[str]) -> ProtocolError:
    try:
        host = urlsplit(without(answer.headers.get("location", ""), hidden)).hostname
    except ValueError:
        host = None
    where = f"to {printable(host)[:100]}" if host else "elsewhere on the same host"
    return ProtocolError(
        _quoted_item(answer, f"the Space redirects {where}, which is not followed"),
        hint="check the space's name: credentials are sent to no other address",
        status=answer.status,
        request=answer.request,
        request_id=answer.request_id,
    )


def _refusal(answer: Answer) -> _Refusal:
    if 500 <= answer.status < 600:
        return _Refusal(ServerError, "the Space failed", retry_hint(answer.request))
    strange = f"the Space answers with a status that is not documented, {answer.status}"
    return _BY_STATUS.get(answer.status) or _Refusal(
        ProtocolError, strange, retry_hint(answer.request)
    )


def error_of(answer: Answer, *, hidden: Collection[str] = ()) -> ApiError | None:
    """The error for ``answer``; None for a 2xx.

    ``attributes`` and ``codes`` have one entry per item; an attribute is empty if the API named
    none. ``hidden`` spellings are redacted.
    """
    if 200 <= answer.status < 300:
        return None
    if 300 <= answer.status < 400:
        return _redirect(answer, hidden)
    refusal, complaints = _refusal(answer), list(_complaints(answer, hidden))
    start = excerpt(answer.body, hidden)
    why = "; ".join(map(str, complaints)) or (start if start.strip("{}[] ") else "no reason given")
    mends = dict.fromkeys(
        mend for complaint in complaints if (mend := complaint.mend(answer.request))
    )
    return refusal.error(
        _quoted_item(answer, f"{refusal.what}: {why}"),
        hint="; ".join(list(mends)[:MOST_MENDS]) or refusal.hint,
        status=answer.status,
        request=answer.request,
        request_id=answer.request_id,
        attributes=[complaint.attribute for complaint in complaints],
        codes=[complaint.code for complaint in complaints],
    )
