"""Reads response bodies as a stream, limited in size and time."""

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator

from reconciler.core.errors import Unreachable
from reconciler.space.http.messages import Response
from reconciler.space.redaction import redacted, retry_hint, with_request
from reconciler.space.responses import REQUEST_ID_HEADERS, Answer, protocol_error

LARGEST_BODY = 16 * 1024 * 1024
_GZIP_WINDOW = zlib.MAX_WBITS | 16


def _plain(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    if encoding == "identity":
        yield from chunks
        return
    if encoding not in ("gzip", "x-gzip"):
        raise ValueError("the answer is compressed in a way that was not requested")
    # Decompressed here in steps: a few kilobytes of gzip can expand to gigabytes.
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    for chunk in chunks:
        packed = chunk
        while packed and not unpacker.eof:
            yield unpacker.decompress(packed, 65_536)
            packed = unpacker.unconsumed_tail
    if not unpacker.eof:
        yield unpacker.flush()
        if not unpacker.eof:
            raise ValueError("the compressed answer is incomplete")


def _late(answer: Answer) -> Unreachable:
    late = with_request(
        "no complete answer in time",
        answer.request,
        status=answer.status,
        request_id=answer.request_id,
    )
    return Unreachable(
        late,
        hint=retry_hint(answer.request),
        request=answer.request,
        request_id=answer.request_id,
    )


def _joined(parts: Iterable[bytes], answer: Answer, expired: Callable[[], bool]) -> bytes:
    """``parts`` as one body: not too long, and complete in time."""
    body = bytearray()
    for part in parts:
        if expired():
            raise _late(answer)
        body += part
        if len(body) > LARGEST_BODY:
            raise ValueError(f"the answer is longer than {LARGEST_BODY // 1024 // 1024} MiB")
    return bytes(body)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def head(response: Response, *, request: str, hidden: Collection[str] = ()) -> Answer:
    """Status and headers of an answer; ``request`` is ``GET /rooms``; ``hidden`` is redacted."""
    # Values hold no line break, so repeated headers are joined by one.
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
        headers[name] = f"{headers[name]}\n{value}" if name in headers else value
    headers |= {
        name: redacted(headers[name], hidden) for name in REQUEST_ID_HEADERS if name in headers
    }
    return Answer(request, response.status, headers, b"")


def read_body(response: Response, *, answer: Answer, expired: Callable[[], bool]) -> bytes:
    """The decoded body of ``response``, up to 16 MiB.

    ``expired`` says whether the deadline has passed. Raises Unreachable then, and ProtocolError
    for a body that is too long, truncated or in an unrequested encoding.
    """
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    try:
        parts = _plain(response.parts, encoding) if encoding else response.parts
        return _joined(parts, answer, expired)
    except (ValueError, zlib.error) as error:
        raise protocol_error(
            answer,
            "the compressed answer is damaged" if isinstance(error, zlib.error) else str(error),
        ) from error
