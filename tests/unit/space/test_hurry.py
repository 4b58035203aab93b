"""The first signal of a run: whoever waits stops waiting, whoever would repeat does not, what is on its way is finished."""

import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from reconciler.core.errors import ApiError, RateLimited, ServerError, Unreachable
from reconciler.space.client import writer
from reconciler.space.clock import Clock
from reconciler.space.target import target
from reconciler.space.transport_errors import NotSent

ID = "c22d24f6-5a47-4597-9a23-c7d01e696b92"
ROOM = f"/rooms/{ID}"


@pytest.fixture
def client():
    """A client in real time whose pauses are as long as they can be; ``answers`` maps a method to what the Space says."""
    made = []

    def build(answers, on_wait=None):
        clock = Clock(random=lambda: 0.999)
        handler = httpx.MockTransport(
            lambda request: answers(request) if callable(answers) else answers
        )
        made.append(
            writer(
                target("local", project="p", token="t"),
                clock=clock,
                on_wait=on_wait,
                _transport=handler,
            )
        )
        return made[-1]

    yield build
    for one in made:
        one.close()


def slow_down(seconds):
    return httpx.Response(429, headers={"Retry-After": str(seconds)}, json={"error": "Too many"})


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (slow_down(100), RateLimited),
        (httpx.Response(503, headers={"Retry-After": "100"}), ServerError),
    ],
)
def test_a_pause_under_way_ends_with_the_requests_own_error(client, answer, error):
    pausing = threading.Event()
    on = client(answer, on_wait=lambda _: pausing.set())
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(on.get, ROOM)
        assert pausing.wait(5)
        on.cancel()
        with pytest.raises(error):
            waiting.result(timeout=5)


def test_whoever_was_not_sent_says_so(client):
    pausing, asked = threading.Event(), []

    def answer(request):
        asked.append(request.method)
        return slow_down(100)

    on = client(answer, on_wait=lambda _: pausing.set())
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(on.get, ROOM)
        assert pausing.wait(5)
        others = [pool.submit(on.put, ROOM, {}), pool.submit(on.post, "/rooms", {})]
        on.cancel()
        with pytest.raises(RateLimited):
            first.result(timeout=5)
        for other in others:
            with pytest.raises(NotSent):
                other.result(timeout=5)
    assert asked == ["GET"]


@pytest.mark.parametrize(
    "answer", [httpx.Response(503), httpx.Response(429), httpx.Response(200, content=b"<html>")]
)
def test_nothing_is_repeated_afterwards(client, answer):
    asked = []
    on = client(lambda request: (asked.append(request), answer)[1])
    on.cancel()
    with pytest.raises(ApiError):
        on.get(ROOM)
    assert len(asked) == 1


def test_what_needs_no_waiting_is_still_sent(client):
    on = client(httpx.Response(200, json={"id": ID}))
    on.cancel()
    on.cancel()
    assert on.put(ROOM, {"name": "x"}) == {"id": ID}


def test_what_is_on_its_way_is_waited_for(client):
    arrived, answered = threading.Event(), threading.Event()

    def answer(_request):
        arrived.set()
        assert answered.wait(5)
        return httpx.Response(200, json={"id": ID})

    on = client(answer)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(on.post, "/rooms", {})
        assert arrived.wait(5)
        on.cancel()
        answered.set()
        assert waiting.result(timeout=5) == {"id": ID}


def test_a_repeat_after_a_fault_is_not_begun(client):
    asked, resting = [], threading.Event()

    def answer(request):
        asked.append(request)
        raise httpx.ReadError("x")

    on = client(answer, on_wait=lambda _: resting.set())
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(on.get, ROOM)
        assert resting.wait(5)
        on.cancel()
        with pytest.raises(Unreachable):
            waiting.result(timeout=5)
    assert len(asked) <= 2


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no alarm on this system")
def test_a_signal_ends_the_pause_of_the_very_thread_that_it_interrupts(client):
    on = client(slow_down(100))
    before = signal.signal(signal.SIGALRM, lambda *_: on.cancel())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(RateLimited):
            on.get(ROOM)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
