"""A chat channel that is slow, dead or hostile holds nobody up for longer than one deadline."""

import contextlib
import socket
import threading
import time

import pytest

from reconciler.core.errors import CredentialsError, Unreachable
from reconciler.core.resources import Secret
from reconciler.space.webhook import channel

SECONDS = 0.4


@contextlib.contextmanager
def answering(*parts, pause=0.0):
    """The address of a server that answers each request with these parts, ``pause`` seconds before each but the first."""
    ended = threading.Event()
    asked = []

    def answer(connection):
        with connection, contextlib.suppress(OSError):
            asked.append(connection.recv(65536))
            for number, part in enumerate(parts):
                if number and ended.wait(pause):
                    return
                connection.sendall(part)
            ended.wait(5)

    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/canary-path", asked
        ended.set()


DRIP_HEAD = [b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 400]
DRIP_BODY = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", *[b"x"] * 400]


def test_a_text_is_told_without_reading_what_is_answered():
    with answering(*DRIP_BODY, pause=0.02) as (address, asked):
        channel(Secret(address), seconds=5)("<!here> a & b")
    assert b'{"text": "&lt;!here&gt; a &amp; b"}' in asked[0].replace(b'":"', b'": "')


@pytest.mark.parametrize(
    "parts", [(b"",), (b"HTTP/1.1 200 OK\r\n",), DRIP_HEAD], ids=["silent", "cut", "drip"]
)
def test_whatever_the_other_side_does_the_call_ends(parts):
    began = time.monotonic()
    with answering(*parts, pause=0.05) as (address, _), pytest.raises(Unreachable) as failed:
        channel(Secret(address), seconds=SECONDS)("text")
    assert "canary-path" not in failed.value.message
    assert time.monotonic() - began < 10 * SECONDS  # and not as long as it drips


@pytest.mark.parametrize(
    "status", [b"302 Found\r\nLocation: http://127.0.0.1:9/", b"500 No", b"404 No"]
)
def test_a_redirect_is_not_followed_and_counts_as_not_told(status):
    with answering(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n") as (address, asked):
        with pytest.raises(Unreachable, match=status[:3].decode()):
            channel(Secret(address), seconds=5)("text")
        assert len(asked) == 1


@pytest.mark.parametrize("address", ["http://chat.example/x", "ftp://x", "https://", "x"])
def test_what_is_no_address_for_it_is_refused(address):
    with pytest.raises(CredentialsError):
        channel(Secret(address))
