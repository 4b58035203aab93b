"""Errors for responses other than 2xx: by status, and by the codes in their body."""

import json
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
    redacted,
    retry_hint,
    without,
)
from reconciler.space.response_json import strict_json
from reconciler.space.responses import Answer, with_answer

MOST_ERRORS = 50
MOST_MENDS = 3


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


def _redirect(answer: Answer, hidden: Collection[str]) -> ProtocolError:
    try:
        host = urlsplit(without(answer.headers.get("location", ""), hidden)).hostname
    except ValueError:
        host = None
    where = f"to {printable(host)[:100]}" if host else "elsewhere on the same host"
    return ProtocolError(
        with_answer(answer, f"the Space redirects {where}, which is not followed"),
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
        with_answer(answer, f"{refusal.what}: {why}"),
        hint="; ".join(list(mends)[:MOST_MENDS]) or refusal.hint,
        status=answer.status,
        request=answer.request,
        request_id=answer.request_id,
        attributes=[complaint.attribute for complaint in complaints],
        codes=[complaint.code for complaint in complaints],
    )
