"""The body of an answer, read in a stream: never longer than the cap, never later than the deadline."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import cast

import httpx

from reconciler.core.errors import ProtocolError, Unreachable
from reconciler.core.text import printable

LARGEST_BODY = 16 * 1024 * 1024
_GZIP_WINDOW = zlib.MAX_WBITS | 16


def _plain(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in ("gzip", "x-gzip"):
        raise ValueError(f"the answer is packed as {printable(encoding)[:40]!r}, which was not asked for")
    # Unpacked here and in steps: a few kilobytes of gzip can stand for gigabytes.
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    for chunk in chunks:
        packed = chunk
        while packed and not unpacker.eof:
            yield unpacker.decompress(packed, 65_536)
            packed = unpacker.unconsumed_tail
    if not unpacker.eof:
        yield unpacker.flush()
        if not unpacker.eof:
            raise ValueError("the packed answer is cut short")


def _watched(chunks: Iterable[bytes], request: str, expired: Callable[[], bool]) -> Iterator[bytes]:
    for chunk in chunks:
        if expired():
            raise Unreachable(f"{request}: no complete answer in time", request=request)
        yield chunk


def _capped(parts: Iterable[bytes]) -> bytes:
    body = bytearray()
    for part in parts:
        body += part
        if len(body) > LARGEST_BODY:
            raise ValueError(f"the answer is longer than {LARGEST_BODY // 1024 // 1024} MiB")
    return bytes(body)


def read_body(response: httpx.Response, *, request: str, expired: Callable[[], bool]) -> bytes:
    """The decoded body of ``response``, 16 MiB at most.

    ``expired`` tells whether the request's deadline is over. Raises Unreachable where it is, and ProtocolError where
    the body is too long, cut short or packed in a way that was not asked for.
    """
    # The raw stream: httpx would unpack a whole chunk at once, whatever it grows to.
    raw = _watched(cast("Iterable[bytes]", response.stream), request, expired)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    try:
        return _capped(_plain(raw, encoding))
    except (ValueError, zlib.error) as error:
        reason = "the packed answer is damaged" if isinstance(error, zlib.error) else str(error)
        raise ProtocolError(f"{request}: HTTP {response.status_code}: {reason}", request=request, status=response.status_code) from error
