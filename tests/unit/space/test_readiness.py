"""A socket that does not block is waited for, on systems with poll and without."""

import select
import socket
import threading
import time

import pytest

from reconciler.space.http.readiness import Readiness

LONG = 60.0


@pytest.fixture(params=["poll", "select"])
def way(request, monkeypatch):
    """Both ways run where there is poll: Windows has only the second."""
    if request.param == "select":
        monkeypatch.delattr(select, "poll", raising=False)
    elif not hasattr(select, "poll"):
        pytest.skip("this system has no poll")


@pytest.fixture
def pair():
    near, far = socket.socketpair()
    near.settimeout(0)
    with near, far:
        yield near, far


def test_a_wait_ends_with_the_first_byte(way, pair):
    near, far = pair
    waits = Readiness(near)

    sender = threading.Timer(0.05, far.sendall, [b"x"])
    sender.start()
    waits.wait_to_read(LONG)

    assert near.recv(10) == b"x"
    sender.join()


def test_a_wait_ends_with_the_connection(way, pair):
    near, far = pair
    waits = Readiness(near)
    far.close()

    waits.wait_to_read(LONG)

    assert near.recv(10) == b""


def test_a_wait_ends_with_its_time(way, pair):
    near, _ = pair
    begun = time.monotonic()

    Readiness(near).wait_to_read(0.02)

    assert time.monotonic() - begun >= 0.019
    with pytest.raises(BlockingIOError):
        near.recv(10)


def test_a_full_socket_is_waited_for_until_the_other_side_reads(way, pair):
    near, far = pair
    waits = Readiness(near)
    waits.wait_to_write(LONG)  # empty: at once
    with pytest.raises(BlockingIOError):
        near.sendall(b"x" * 16 * 1024**2)
    reader = threading.Timer(0.05, far.recv, [16 * 1024**2])
    reader.start()

    waits.wait_to_write(LONG)

    assert near.send(b"x") == 1
    reader.join()


def test_any_time_limit_is_one_that_the_system_takes(way, pair):
    near, far = pair
    far.sendall(b"x")

    Readiness(near).wait_to_read(threading.TIMEOUT_MAX)

    assert near.recv(1) == b"x"
