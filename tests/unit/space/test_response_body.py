import gzip
import tracemalloc
import zlib

import pytest

from reconciler.core.errors import ProtocolError, Unreachable
from reconciler.space.http.messages import Response
from reconciler.space.response_body import LARGEST_BODY, head, read_body


def read(*chunks, encoding="", expired=lambda: False):
    headers = [(b"Content-Encoding", encoding.encode())] if encoding else []
    response = Response(200, headers, iter(chunks), lambda: None)
    return read_body(response, answer=head(response, request="GET /rooms"), expired=expired)


PACKED = gzip.compress(b"rooms " * 100)


@pytest.mark.parametrize(
    ("chunks", "encoding", "body"),
    [
        ([], "", b""),
        ([b"a", b"b"], "", b"ab"),
        ([b"ab"], "identity", b"ab"),
        ([PACKED], "gzip", b"rooms " * 100),
        ([bytes([byte]) for byte in PACKED], "GZIP", b"rooms " * 100),
        ([PACKED + b"rest"], "gzip", b"rooms " * 100),
        ([b"x" * LARGEST_BODY], "", b"x" * LARGEST_BODY),
    ],
)
def test_bodies(chunks, encoding, body):
    assert read(*chunks, encoding=encoding) == body


@pytest.mark.parametrize(
    ("chunks", "encoding", "what"),
    [
        ([b"x" * (LARGEST_BODY + 1)], "", "longer than 16 MiB"),
        ([b"x"], "br", "not requested"),
        ([b"x"], "gzip, gzip", "not requested"),
        ([b"plain text"], "gzip", "damaged"),
        ([PACKED[:-9]], "gzip", "incomplete"),
        ([PACKED[:-1]], "gzip", "incomplete"),
        ([PACKED[:-8] + b"\0" * 8], "gzip", "damaged"),
        ([], "gzip", "incomplete"),
    ],
)
def test_bodies_that_cannot_be_trusted(chunks, encoding, what):
    with pytest.raises(ProtocolError, match=what) as caught:
        read(*chunks, encoding=encoding)
    assert (caught.value.request, caught.value.status) == ("GET /rooms", 200)


def test_a_gzip_bomb_is_stopped_before_it_fills_memory():
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    bomb = b"".join([*(packer.compress(bytes(1024 * 1024)) for _ in range(200)), packer.flush()])
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError, match="longer than 16 MiB"):
            read(bomb, encoding="gzip")
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_body_that_trickles_ends_at_the_deadline():
    ticks = iter(range(100))
    with pytest.raises(Unreachable, match="no complete answer in time"):
        read(*[b"x"] * 100, expired=lambda: next(ticks) > 30)
    assert next(ticks) == 32
