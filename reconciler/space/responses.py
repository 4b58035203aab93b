"""Decodes responses: strict JSON to values, refusals to errors without secrets."""

from collections.abc import Collection, Mapping

from reconciler.core.errors import (
    ProtocolError,
)
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.text import printable
from reconciler.space.redaction import (
    excerpt,
    retry_hint,
    with_request,
)
from reconciler.space.response_json import Document, invalid_json_reason, strict_json

# Enough to recognise a proxy's page; more would flood the terminal.
_LONGEST_START = 100

REQUEST_ID_HEADERS = ("x-request-id", "x-signalwire-request-id", "x-correlation-id", "request-id")


class Answer(NamedTuple):
    """A response: status, headers by lower-case name, body; ``request`` is ``PUT /rooms/…``."""

    request: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str:
        """The Space's request id, printable; empty if it sent none."""
        request_ids = (self.headers[name] for name in REQUEST_ID_HEADERS if self.headers.get(name))
        return printable(next(request_ids, "").partition("\n")[0])[:100]


def with_answer(answer: Answer, what: str) -> str:
    """``what`` with the request, status and request id of ``answer``."""
    return with_request(what, answer.request, status=answer.status, request_id=answer.request_id)


def protocol_error(answer: Answer, what: str, *, hidden: Collection[str] = ()) -> ProtocolError:
    """ProtocolError with request, status, request id and up to 100 characters of the body."""
    start = excerpt(answer.body, hidden)[:_LONGEST_START]
    return ProtocolError(
        with_answer(answer, f"{what}; it starts {start!r}" if start else what),
        hint=retry_hint(answer.request),
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
        reason = invalid_json_reason(error, answer.body)
        raise protocol_error(
            answer, f"the answer is not the expected JSON: {reason}", hidden=hidden
        ) from error
