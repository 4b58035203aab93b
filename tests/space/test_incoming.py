"""What is taken for an answer, and what for none: the same in one piece and byte by byte."""

import gc
import weakref
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reconciler.space.incoming import LONGEST_HEAD, Incoming

from reconciler.space.http.messages import NotHttp

LENGTH = b"Content-Length: 2\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def answer(*fields, body=b"{}", start=b"HTTP/1.1 200 OK"):
    return b"\r\n".join([start, *(field.rstrip(b"\r\n") for field in fields), b"", b""]) + body


def heard(pieces, *, ended=False):
    """The status, the body, whether the answer came to its end and whether another request can follow; or why it is none."""
    incoming = Incoming()
    incoming.begin()
    try:
        body = b"".join(part for piece in pieces for part in incoming.feed(piece))
        if ended and not incoming.is_whole:
            incoming.end()
    except NotHttp as error:
        return str(error)
    return incoming.has_head and incoming.status, body, incoming.is_whole, incoming.may_go_on


def byte_by_byte(content):
    return [content[at : at + 1] for at in range(len(content))]


GOOD = {
    "a length": (answer(LENGTH), (200, b"{}", True, True)),
    "chunks": (answer(CHUNKED, body=b"1\r\n{\r\n1;x=y\r\n}\r\n0\r\nTrailer: t\r\n\r\n"), (200, b"{}", True, True)),
    "chunks, spelt otherwise": (answer(b"TRANSFER-ENCODING: Chunked", body=b"2\r\n{}\r\n0\r\n\r\n"), (200, b"{}", True, True)),
    "no body": (answer(start=b"HTTP/1.1 204 No Content", body=b""), (204, b"", True, True)),
    "interim answers": (answer(start=b"HTTP/1.1 103 Early Hints", body=b"") * 2 + answer(LENGTH), (200, b"{}", True, True)),
    "it closes after all": (answer(CHUNKED, body=b"2\r\n{}\r\n0\r\nConnection: close\r\n\r\n"), (200, b"{}", True, False)),
    "it closes": (answer(LENGTH, b"Connection: close"), (200, b"{}", True, False)),
    "HTTP/1.0": (answer(LENGTH, start=b"HTTP/1.0 200 OK"), (200, b"{}", True, False)),
    "no reason": (answer(LENGTH, start=b"HTTP/1.1 200"), (200, b"{}", True, True)),
    "more than asked for": (answer(LENGTH) + answer(LENGTH), (200, b"{}", True, False)),
    "rubbish after it": (answer(LENGTH) + b"rubbish", (200, b"{}", True, False)),
    "a body after a 204": (answer(LENGTH, start=b"HTTP/1.1 204 No Content"), (204, b"", True, False)),
    "another protocol": (answer(b"Upgrade: x", b"Connection: upgrade", start=b"HTTP/1.1 101 x"), (101, b"", True, False)),
    "another protocol, unasked": (answer(start=b"HTTP/1.1 101 x"), (101, b"", True, False)),
    "until the connection ends": (answer(), (200, b"{}", True, False)),
}

BAD = {
    "nothing": b"",
    "another server": b"220 mail ready\r\n\r\n",
    "half a head": answer(LENGTH)[:-6],
    "half a body": answer(b"Content-Length: 9"),
    "half of its chunks": answer(CHUNKED, body=b"2\r\n{}\r\n"),
    "an interim answer alone": answer(start=b"HTTP/1.1 103 x", body=b""),
    "two lengths": answer(LENGTH, b"Content-Length: 3"),
    "a length and chunks": answer(LENGTH, CHUNKED, body=b"2\r\n{}\r\n0\r\n\r\n"),
    "a length below zero": answer(b"Content-Length: -2"),
    "an endless length": answer(b"Content-Length: 99999999999999999999999"),
    "a chunk below zero": answer(CHUNKED, body=b"-2\r\n{}\r\n0\r\n\r\n"),
    "an endless chunk": answer(CHUNKED, body=b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
    "a chunk that is longer than it says": answer(CHUNKED, body=b"2\r\n{}{}\r\n0\r\n\r\n"),
    "packed on the way": answer(b"Transfer-Encoding: gzip", body=b"{}"),
    "packed on the way, in chunks": answer(b"Transfer-Encoding: gzip, chunked", body=b"2\r\n{}\r\n0\r\n\r\n"),
    "coded twice": answer(CHUNKED, CHUNKED, body=b"2\r\n{}\r\n0\r\n\r\n"),
    "a null in a field": answer(b"X: a\0b", LENGTH),
    "a field over two lines": answer(b"X: a\r\n b", LENGTH),
    "a field without a name": answer(b": a", LENGTH),
    "a space in a name": answer(b"X : a", LENGTH),
    "bare line feeds": answer(LENGTH).replace(b"\r", b""),
    "HTTP/0.9": answer(LENGTH, start=b"HTTP/0.9 200 OK"),
    "HTTP/2.0": answer(LENGTH, start=b"HTTP/2.0 200 OK"),
    "RTSP": answer(LENGTH, start=b"RTSP/1.1 200 OK"),
    "a line before it": b"\r\n" + answer(LENGTH),
    "HTTP/2": answer(LENGTH, start=b"HTTP/2 200 OK"),
    "a status of no number": answer(LENGTH, start=b"HTTP/1.1 OK"),
    "no such status": answer(LENGTH, start=b"HTTP/1.1 099 OK"),
    "status nought": answer(LENGTH, start=b"HTTP/1.1 000 OK"),
    "a status of four digits": answer(LENGTH, start=b"HTTP/1.1 2000 OK"),
}


@pytest.mark.parametrize("case", GOOD)
@pytest.mark.parametrize("cut", [lambda content: [content], byte_by_byte])
def test_answers(case, cut):
    content, expected = GOOD[case]
    assert heard(cut(content), ended=case.startswith("until")) == expected


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("cut", [lambda content: [content], byte_by_byte])
def test_what_is_no_answer(case, cut):
    why = heard(cut(BAD[case]), ended=True)
    assert why.startswith(("not HTTP/1.1", "the connection was closed", "the answer comes in a transfer coding"))


@pytest.mark.parametrize(
    "endless",
    [
        [b"HTTP/1.1 200 OK\r\n", *[b"X-Field: %s\r\n" % (b"x" * 1000)] * 200],
        [b"HTTP/1.1 200 OK\r\nX-Field: ", *[b"x" * 1000] * 200],
        [answer(CHUNKED, body=b"2\r\n{}\r\n0\r\n"), *[b"X-Field: %s\r\n" % (b"x" * 1000)] * 200],
        [answer(CHUNKED, body=b"2;"), *[b"x" * 1000] * 200],
    ],
)
def test_what_frames_an_answer_is_not_read_for_ever(endless):
    assert sum(map(len, endless)) > LONGEST_HEAD
    assert "too long" in heard(endless)


def test_a_long_head_is_refused_in_one_piece_as_well():
    long = answer(*[b"X-Field: %s" % (b"x" * 1000)] * 110, LENGTH)
    assert (heard([long]), "too long" in heard(byte_by_byte(long))) == ("the head of the answer is too long", True)


@pytest.mark.parametrize("callback", ["on_header", "on_headers_complete", "on_body", "on_message_complete"])
def test_an_interruption_while_an_answer_is_read_is_not_taken_for_a_bad_answer(monkeypatch, callback):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"reconciler.space.incoming._Message.{callback}", interrupted)
    incoming = Incoming()
    incoming.begin()
    with pytest.raises(KeyboardInterrupt):
        incoming.feed(answer(LENGTH))
    assert not incoming.may_go_on


def test_nothing_of_a_closed_connection_is_left():
    incoming = Incoming()
    left = weakref.ref(incoming._message)
    gc.disable()
    try:
        incoming.close()
        del incoming
        assert left() is None
    finally:
        gc.enable()


def test_trailers_are_no_fields_of_the_head():
    incoming = Incoming()
    incoming.begin()
    incoming.feed(answer(CHUNKED, body=b"2\r\n{}\r\n0\r\nX-Request-Id: other\r\n\r\n"))
    assert incoming.headers == [(b"transfer-encoding", b"chunked")]


def test_answers_follow_one_another_on_a_connection():
    incoming = Incoming()
    for number in range(3):
        incoming.begin()
        assert not incoming.has_head
        parts = incoming.feed(answer(LENGTH, b"X-Number: %d" % number))
        assert (parts, incoming.headers[1], incoming.may_go_on) == ([b"{}"], (b"x-number", b"%d" % number), True)


@given(body=st.binary(max_size=300), cuts=st.lists(st.integers(0, 500)), sizes=st.lists(st.integers(1, 40), min_size=1))
def test_wherever_it_is_cut_it_is_the_same_answer(body, cuts, sizes):
    chunks, rest = [], body
    while rest:
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(b"%x\r\n%s\r\n" % (len(rest[:size]), rest[:size]))
        rest = rest[size:]
    content = answer(CHUNKED, body=b"".join([*chunks, b"0\r\n\r\n"]))
    ends = sorted({0, len(content), *(cut for cut in cuts if cut < len(content))})
    pieces = [content[start:end] for start, end in pairwise(ends)]
    assert heard(pieces) == (200, body, True, True)
