"""What is taken for an answer, and what for none: the same in one piece and byte by byte.

The library, our stream and our framing are the real ones; only the socket below them plays a part.
"""

import os
import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.space.http.framing import (
    LONGEST_HEAD,
    Framing,
    UpgradeRefused,
    has_bare_line_feed,
    is_length,
)
from reconciler.space.http.library import library
from reconciler.space.http.network import Deadline, SocketStream

ALWAYS_READABLE = os.open(os.devnull, os.O_RDONLY)
LENGTH = b"Content-Length: 2\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def answer(*fields, body=b"{}", start=b"HTTP/1.1 200 OK"):
    return b"\r\n".join([start, *(field.rstrip(b"\r\n") for field in fields), b"", b""]) + body


class Pieces:
    """A socket that receives ``pieces``, and then the end of the connection."""

    def __init__(self, pieces):
        self.pieces = [piece for piece in pieces if piece]
        self.sent = b""

    def settimeout(self, _seconds):
        pass

    def fileno(self):
        return ALWAYS_READABLE

    def send(self, content):
        self.sent += content
        return len(content)

    def recv_into(self, buffer):
        piece = self.pieces.pop(0) if self.pieces else b""
        taken, rest = piece[: len(buffer)], piece[len(buffer) :]
        self.pieces[:0] = [rest] if rest else []
        buffer[: len(taken)] = taken
        return len(taken)

    def close(self):
        pass


class Talk:
    """Requests over one connection of the library, whose socket receives ``pieces``."""

    def __init__(self, pieces):
        deadline = Deadline(time.monotonic)
        deadline.answered_by = time.monotonic() + 60
        self.socket, self.framing = Pieces(pieces), Framing()
        url = library.URL("http://127.0.0.1:9/")
        self.request = library.Request(b"GET", url, headers=[(b"Host", b"127.0.0.1:9")])
        self.connection = library.HTTP11Connection(
            url.origin, SocketStream(self.socket, deadline, self.framing)
        )

    def ask(self):
        """The status, the fields, the body, and whether another request can follow."""
        self.framing.begin()
        response = self.connection.handle_request(self.request)
        body = response.read()
        response.close()
        return (
            response.status,
            response.headers,
            body,
            self.connection.is_idle() and self.framing.is_clean,
        )


def heard(pieces):
    """The status, the body and whether another request can follow; or why it is no answer."""
    try:
        status, _, body, goes_on = Talk(pieces).ask()
    except library.RemoteProtocolError as error:
        return str(error)
    return status, body, goes_on


def whole(content):
    return [content]


def byte_by_byte(content):
    return [content[at : at + 1] for at in range(len(content))]


GOOD = {
    "a length": (answer(LENGTH), (200, b"{}", True)),
    "chunks": (
        answer(CHUNKED, body=b"1\r\n{\r\n1;x=y\r\n}\r\n0\r\nTrailer: t\r\n\r\n"),
        (200, b"{}", True),
    ),
    "chunks, spelt otherwise": (
        answer(b"TRANSFER-ENCODING: Chunked", body=b"2\r\n{}\r\n0\r\n\r\n"),
        (200, b"{}", True),
    ),
    "no body": (answer(start=b"HTTP/1.1 204 No Content", body=b""), (204, b"", True)),
    "interim answers": (
        answer(start=b"HTTP/1.1 103 Early Hints", body=b"") * 2 + answer(LENGTH),
        (200, b"{}", True),
    ),
    "it closes": (answer(LENGTH, b"Connection: close"), (200, b"{}", False)),
    "HTTP/1.0": (answer(LENGTH, start=b"HTTP/1.0 200 OK"), (200, b"{}", False)),
    "no reason": (answer(LENGTH, start=b"HTTP/1.1 200"), (200, b"{}", True)),
    "more than asked for": (answer(LENGTH) + answer(LENGTH), (200, b"{}", False)),
    "rubbish after it": (answer(LENGTH) + b"rubbish", (200, b"{}", False)),
    "a body after a 204": (answer(LENGTH, start=b"HTTP/1.1 204 No Content"), (204, b"", False)),
    "until the connection ends": (answer(), (200, b"{}", False)),
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
    "packed on the way, in chunks": answer(
        b"Transfer-Encoding: gzip, chunked", body=b"2\r\n{}\r\n0\r\n\r\n"
    ),
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
    "status line is not valid": answer(LENGTH, start=b"HTTP/1.1 099 OK"),
    "status nought": answer(LENGTH, start=b"HTTP/1.1 000 OK"),
    "a status of four digits": answer(LENGTH, start=b"HTTP/1.1 2000 OK"),
}


@pytest.mark.parametrize("case", GOOD)
@pytest.mark.parametrize("cut", [whole, byte_by_byte])
def test_answers(case, cut):
    content, expected = GOOD[case]
    status, body, goes_on = heard(cut(content))
    assert (status, body) == expected[:2]
    if (
        cut is whole
    ):  # else what comes after the answer was not received yet, and makes a connection that is not quiet
        assert goes_on == expected[2]


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("cut", [whole, byte_by_byte])
def test_what_is_no_answer(case, cut):
    assert isinstance(heard(cut(BAD[case])), str)


@pytest.mark.parametrize("fields", [[], [b"Upgrade: x", b"Connection: upgrade"]])
def test_another_protocol_is_not_spoken(fields):
    with pytest.raises(UpgradeRefused):
        Talk([answer(*fields, start=b"HTTP/1.1 101 x")]).ask()


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
    talk = Talk(endless)
    with pytest.raises(library.RemoteProtocolError, match="too long"):
        talk.ask()
    assert talk.socket.pieces


def test_a_long_head_is_refused_in_one_piece_as_well():
    long = answer(*[b"X-Field: %s" % (b"x" * 1000)] * 110, LENGTH)
    pieces = [long[start : start + 100] for start in range(0, len(long), 100)]
    assert "too long" in heard([long])
    assert "too long" in heard(pieces)


# Two answers in one piece: however the first one ends, the second belongs to no request.
SECOND = answer(LENGTH, body=b"[]")
ENDINGS = {
    "a length": answer(LENGTH),
    "no body": answer(start=b"HTTP/1.1 204 No Content", body=b""),
    "an empty body": answer(b"Content-Length: 0", body=b""),
    "chunks": answer(CHUNKED, body=b"2\r\n{}\r\n0\r\n\r\n"),
    "chunks of blank lines": answer(CHUNKED, body=b"6\r\n\n\n\r\n\r\n\r\n0\r\n\r\n"),
    "no chunks": answer(CHUNKED, body=b"0\r\n\r\n"),
    "a trailer": answer(CHUNKED, body=b"2\r\n{}\r\n0\r\nX: y\r\n\r\n"),
    "a trailer of bare line feeds": answer(CHUNKED, body=b"2\r\n{}\r\n0\r\nX: y\n\n"),
    "a bare line feed": answer(CHUNKED, body=b"2\r\n{}\r\n0\r\n\n"),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("held_back", range(6))
def test_a_second_answer_never_becomes_that_to_the_next_request(ending, held_back):
    content = ENDINGS[ending]
    cut = len(content) - held_back
    talk = Talk([content[:cut], content[cut:] + SECOND])
    _, _, body, goes_on = talk.ask()
    assert body != b"[]"
    assert not goes_on or talk.socket.pieces == [
        SECOND
    ]  # which makes the connection one that is not quiet


@given(
    content=st.lists(
        st.sampled_from([b"\r", b"\n", b"0", b"1", b";x", b"2\r\n", b"{}", b"X: y"])
    ).map(b"".join)
)
def test_nothing_is_left_inside_the_library(content):
    """Whatever frames a body: once the library has found its end, what it was given is used up."""
    talk = Talk([answer(CHUNKED, body=content + SECOND)])
    try:
        *_, goes_on = talk.ask()
    except library.RemoteProtocolError:
        return
    if goes_on:
        talk.framing.begin()
        with pytest.raises(library.RemoteProtocolError, match="without sending a response"):
            talk.connection.handle_request(talk.request)


def test_an_interruption_while_an_answer_is_read_is_not_taken_for_a_bad_answer():
    class Interrupted(Pieces):
        def recv_into(self, _buffer):
            raise KeyboardInterrupt

    talk = Talk([])
    talk.connection._network_stream._socket = Interrupted([])
    with pytest.raises(KeyboardInterrupt):
        talk.ask()
    assert talk.connection.is_closed()


def test_trailers_are_no_fields_of_the_head():
    _, headers, _, _ = Talk(
        [answer(CHUNKED, body=b"2\r\n{}\r\n0\r\nX-Request-Id: other\r\n\r\n")]
    ).ask()
    assert headers == [(b"Transfer-Encoding", b"chunked")]


def test_answers_follow_one_another_on_a_connection():
    talk = Talk([answer(LENGTH, b"X-Number: %d" % number) for number in range(3)])
    for number in range(3):
        _, headers, body, goes_on = talk.ask()
        assert (headers[1], body, goes_on) == ((b"X-Number", b"%d" % number), b"{}", True)


@given(
    body=st.binary(max_size=300),
    cuts=st.lists(st.integers(0, 500)),
    sizes=st.lists(st.integers(1, 40), min_size=1),
)
def test_wherever_it_is_cut_it_is_the_same_answer(body, cuts, sizes):
    chunks, rest = [], body
    while rest:
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(b"%x\r\n%s\r\n" % (len(rest[:size]), rest[:size]))
        rest = rest[size:]
    content = answer(CHUNKED, body=b"".join([*chunks, b"0\r\n\r\n"]))
    ends = sorted({0, len(content), *(cut for cut in cuts if cut < len(content))})
    pieces = [content[start:end] for start, end in pairwise(ends)]
    assert heard(pieces) == (200, body, True)


BREAKS = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b" "]), max_size=12).map(b"".join)


@given(BREAKS, st.integers(0, 14), st.integers(0, 26))
def test_a_bare_line_feed_is_found_as_by_a_pattern(content, since, end):
    pattern = re.compile(rb"(?<!\r)\n")

    assert has_bare_line_feed(content, since, end) == bool(pattern.search(content, since, end))


@given(st.text("0123456789+-_. ²٣", max_size=20).map(str.encode))
def test_a_length_is_told_as_by_a_pattern(value):
    assert is_length(value) == bool(re.fullmatch(rb"[0-9]{1,18}", value))
