"""Errors for responses other than 2xx: by status, and by the codes in their body."""

import json
from collections.abc import Collection, Mapping
from typing import Any
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
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
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

# A message is read by a person; an answer may hold any number of errors.
_MAX_ERRORS = 50
_MAX_HINTS = 3


class _Refusal(NamedTuple):
    error: type[ApiError]
    what: str
    hint: str = ""


_BY_STATUS: dict[int, _Refusal] = {
    400: _Refusal(
        Invalid,
        "the Space does not understand the request",
        "'reconciler explain KIND' shows what may be declared",
    ),
    401: _Refusal(
        Unauthorized,
        "the Space does not accept the credentials",
        "check the project id, the API token and its video scope, and that all belong to this space",
    ),
    403: _Refusal(
        Forbidden,
        "the Space does not allow this request with these credentials",
        "the token is valid, but its rights are too few: check in the dashboard that it has the video scope",
    ),
    404: _Refusal(
        NotFound,
        "the Space has no such resource",
        "it may have been deleted meanwhile: run the command again; or the Space is the wrong one: check --space",
    ),
    # A 410 says for good what a 404 says for now.
    410: _Refusal(
        NotFound,
        "the Space has nothing at this path any more",
        "if it is one resource, it was deleted: run 'reconciler plan'; if it is a list, the Space no"
        " longer offers this kind: check the Space's name, or remove the manifests of the kind",
    ),
    409: _Refusal(
        ProtocolError,
        "the Space reports a conflict",
        "run 'reconciler plan' again and check what changed",
    ),
    422: _Refusal(
        Invalid, "the Space refuses", "'reconciler explain KIND' shows what may be declared"
    ),
    429: _Refusal(
        RateLimited,
        "the Space limits the rate of requests",
        "wait a minute and run the command again, with a lower --parallel",
    ),
}


_EXPLAIN = "'reconciler explain KIND.FIELD' shows what is allowed"
_BY_CODE: dict[str, str] = {
    "missing_required_parameter": "declare this field",
    "invalid_parameter": _EXPLAIN,
    "character_limit_exceeded": "shorten this value",
    "not_a_datetime": "write a date and a time with its offset, as 2027-01-31T09:00:00Z",
    "invalid_join_until_date": "join_until must be later than join_from, also later than the join_from that the Space has now",
    "exceeds_platform_stream_limit": "remove a stream in this Space, or ask SignalWire's support for more",
    "not_an_http_url": "write an address that begins with http:// or https://",
    "page_token_is_invalid": "the list changed while it was read: run the command again",
    "page_token_required_for_next_page": "the list changed while it was read: run the command again",
}


# Refusals of what was sent.
_OF_VALUES = (400, 422)
_ASK_SUPPORT = (
    "check the values in the plan; if they are right, show this message to SignalWire's support"
)
_NAME_TAKEN = regex(r"not_unique|taken|already_exists")
_TAKEN_ON_CREATE = (
    "a resource of that name exists and was not created by "
    "this tool: see 'reconciler plan', then adopt it with --adopt KIND/NAME"
)


_TAKEN_ON_UPDATE = "another resource has that name: choose another name, or rename that one first"


class _ApiErrorItem(NamedTuple):
    attribute: str
    code: str
    message: str

    def __str__(self) -> str:
        code = f" [{self.code}]" if self.code and self.code != self.message else ""
        start = self.message.lower().replace(" ", "_")
        if start.startswith(self.attribute.lower()):
            return f"{self.message}{code}"
        return f"{self.attribute}: {self.message}{code}"

    def hint(self, request: str) -> str:
        """Hint for the error code, if known."""
        if _NAME_TAKEN.search(self.code):
            return _TAKEN_ON_CREATE if request.startswith("POST ") else _TAKEN_ON_UPDATE
        return _BY_CODE.get(self.code, "")


def _refusal_document(body: bytes) -> Mapping[str, Any]:
    """The object in a refusal's body; a bare string becomes its error."""
    try:
        return strict_json(body)
    except ValueError:
        pass
    if len(body) > LONGEST_READ or body.lstrip()[:1] != b'"':
        return {}
    try:
        return {"error": json.loads(body)}
    except ValueError:
        return {}


def _text_of(entry: Mapping[str, Any], key: str, hidden: Collection[str]) -> str:
    value = entry.get(key)
    return redacted(value, hidden) if isinstance(value, str) else ""


def _error_item(entry: Mapping[str, Any], hidden: Collection[str]) -> _ApiErrorItem:
    code = _text_of(entry, "code", hidden)
    message = _text_of(entry, "message", hidden) or code
    return _ApiErrorItem(_text_of(entry, "attribute", hidden), code, message)


def _error_items(answer: Answer, hidden: Collection[str]) -> list[_ApiErrorItem]:
    """The errors in a refusal, by field or as one sentence; none for an unknown shape."""
    document = _refusal_document(answer.body)
    errors = document.get("errors")
    entries = errors if isinstance(errors, list) else []
    objects = [entry for entry in entries if isinstance(entry, dict)][:_MAX_ERRORS]
    items = [_error_item(entry, hidden) for entry in objects]
    items = [item for item in items if any(item)]
    sentence = _text_of(document, "error", hidden)
    if not items and sentence:
        return [_ApiErrorItem("", "", sentence)]
    return items


def _redirect(answer: Answer, hidden: Collection[str]) -> ProtocolError:
    try:
        host = urlsplit(without(answer.headers.get("location", ""), hidden)).hostname
    except ValueError:
        host = None
    # A write may have been carried out before the answer was made.
    reads = answer.request.startswith("GET ")
    unknown = "" if reads else "it is not known whether the Space carried out this request; "
    where = f"to {printable(host)[:100]}" if host else "to another path of the same host"
    return ProtocolError(
        with_answer(answer, f"the Space redirects {where}, which is not followed"),
        hint=unknown
        + "check the Space's name, which is a host without a path, and any proxy: reconciler doctor",
        status=answer.status,
        request=answer.request,
        request_id=answer.request_id,
    )


def _refusal(answer: Answer) -> _Refusal:
    if 500 <= answer.status < 600:
        return _Refusal(ServerError, "the Space failed", retry_hint(answer.request))
    strange = f"the Space answers with an undocumented status, {answer.status}"
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
    refusal, items = _refusal(answer), _error_items(answer, hidden)
    start = excerpt(answer.body, hidden)
    silent = not start.strip("{}[] ") or _refusal_document(answer.body).get("errors") == []
    why = "; ".join(map(str, items)) or ("no reason given" if silent else start)
    hints = dict.fromkeys(item.hint(answer.request) for item in items)
    hints.pop("", None)
    if silent and not items and answer.status in _OF_VALUES:
        hints[_ASK_SUPPORT] = None
    return refusal.error(
        with_answer(answer, f"{refusal.what}: {why}"),
        hint="; ".join(list(hints)[:_MAX_HINTS]) or refusal.hint,
        status=answer.status,
        request=answer.request,
        request_id=answer.request_id,
        attributes=[item.attribute for item in items],
        codes=[item.code for item in items],
    )
