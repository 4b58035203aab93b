"""Whatever the Space asks for: nobody sends before a pause is over, nobody crashes, and less is sent at once."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import pairwise

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.errors import ApiError, RateLimited
from reconciler.space.client import writer
from reconciler.space.clock import Clock
from reconciler.space.target import target
from reconciler.space.timeouts import Timeouts
from reconciler.space.transport_errors import NotSent
from tests.effort import examples
from tests.unit.space.conftest import FakeTime

ID = "c22d24f6-5a47-4597-9a23-c7d01e696b92"
ROOM = f"/rooms/{ID}"
WHERE = target("local", project="p", token="t")
START = 1_800_000_000.0


def date(seconds):
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


# A header as the Space may send it at a moment, and the pause that it asks for (None: none that anybody could tell).
FORMS = {
    "seconds": lambda _: (["7"], 7.0),
    "blanks": lambda _: (["  7 "], 7.0),
    "date": lambda now: ([date(int(now) + 9)], int(now) + 9 - now),
    "date in the past": lambda now: ([date(now - 500)], 0.0),
    "far date": lambda now: ([date(now + 10**6)], 120.0),
    "none": lambda _: ([], None),
    "zero": lambda _: (["0"], 0.0),
    "negative": lambda _: (["-5"], None),
    "nan": lambda _: (["nan"], None),
    "overflow": lambda _: (["1e309"], None),
    "infinite": lambda _: (["inf"], None),
    "huge": lambda _: (["9" * 400], 120.0),
    "Arabic digit": lambda _: (["\N{ARABIC-INDIC DIGIT THREE}"], None),
    "fraction": lambda _: (["1.5"], None),
    "words": lambda _: (["soon"], None),
    "empty": lambda _: ([""], None),
    "two": lambda _: (["3", "11"], 11.0),
    "two, one of them nonsense": lambda _: (["nan", "4"], 4.0),
    "a date and seconds": lambda now: ([date(int(now) + 30), "2"], int(now) + 30 - now),
}


class Busy:
    """A Space that answers 429 or 503 as it is told, and then well; it sees who comes too early."""

    def __init__(self, time, troubles, *, tells_time):
        self.time, self.troubles, self.tells_time = time, list(troubles), tells_time
        self.closed_until, self.early, self.requests = 0.0, 0, 0

    def __call__(self, _request):
        self.requests += 1
        self.early += self.time.now < self.closed_until - 1e-6
        headers = [("Date", date(self.time.now))] if self.tells_time else []
        if not self.troubles:
            return httpx.Response(200, json={"id": ID}, headers=headers)
        status, form = self.troubles.pop(0)
        values, pause = FORMS[form](self.time.now)
        self.closed_until = max(self.closed_until, self.time.now + (pause or 0.0))
        return httpx.Response(
            status,
            json={"error": "x"},
            headers=[*headers, *(("Retry-After", value.encode()) for value in values)],
        )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tells_time", [False, True])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_every_form_of_retry_after(form, tells_time, method):
    time = FakeTime(START, chance=0.0)
    space = Busy(time, [(429, form)] * 2, tells_time=tells_time)
    with writer(
        WHERE, clock=time.clock, timeouts=Timeouts(call=1000), _transport=httpx.MockTransport(space)
    ) as client:
        assert (client.get(ROOM) if method == "GET" else client.put(ROOM, {})) == {"id": ID}
    assert (space.early, space.requests) == (0, 3)


CALLS = st.lists(
    st.tuples(st.sampled_from(["GET", "PUT", "POST", "DELETE"]), st.floats(0, 20)),
    min_size=1,
    max_size=12,
)
TROUBLES = st.lists(
    st.tuples(st.sampled_from([429, 429, 503]), st.sampled_from(sorted(FORMS))), max_size=12
)


@settings(max_examples=examples(150), deadline=None)
@given(CALLS, TROUBLES, st.booleans(), st.floats(0, 0.999))
def test_nobody_sends_before_a_pause_is_over(calls, troubles, tells_time, chance):
    time = FakeTime(START, chance=chance)
    space = Busy(time, troubles, tells_time=tells_time)
    with writer(
        WHERE, clock=time.clock, timeouts=Timeouts(call=300), _transport=httpx.MockTransport(space)
    ) as client:
        for method, later in calls:
            time.now += later
            begun, before = time.now, space.requests
            with contextlib.suppress(ApiError):
                client._request(method, ROOM, body=None if method in ("GET", "DELETE") else {})
            assert time.now - begun <= 300
            assert space.requests - before <= 8
    assert space.early == 0


@given(st.floats(-86400, 86400), st.sampled_from(sorted(FORMS)))
def test_a_clock_that_is_wrong_changes_nothing(skew, form):
    """The Space tells its own time, and pauses are measured by a clock that nobody sets."""

    def slept(wrong):
        time = FakeTime(START)
        clock = Clock(lambda: time.now, lambda: time.now + wrong, time.sleep, lambda: time.chance)
        space = Busy(time, [(429, form)], tells_time=True)
        with writer(
            WHERE, clock=clock, timeouts=Timeouts(call=1000), _transport=httpx.MockTransport(space)
        ) as client:
            client.get(ROOM)
        return time.slept

    assert slept(skew) == slept(0.0)


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_the_limit_that_headers_tell_is_kept_to(limit):
    time, moments = FakeTime(START), []

    def answer(_request):
        moments.append(time.now)
        return httpx.Response(
            201,
            json={"id": ID},
            headers={"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": "99"},
        )

    with writer(
        WHERE,
        clock=time.clock,
        timeouts=Timeouts(call=1000),
        _transport=httpx.MockTransport(answer),
    ) as client:
        for _ in range(4 * limit):
            client.post("/rooms", {})
            client.get(ROOM)
            client.delete(ROOM)
    writes = moments[::3]
    assert max(sum(start <= moment < start + 10 for moment in writes) for start in writes) == limit


def test_a_wait_for_the_limit_is_told_and_has_an_end():
    time, told = FakeTime(START), []
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "8"}
    transport = httpx.MockTransport(lambda _: httpx.Response(201, json={"id": ID}, headers=headers))
    with writer(
        WHERE,
        clock=time.clock,
        timeouts=Timeouts(run=15),
        on_wait=told.append,
        _transport=transport,
    ) as client:
        client.post("/rooms", {})
        client.post("/rooms", {})
        with pytest.raises(ApiError, match="a longer pause than the time limit allows"):
            client.post("/rooms", {})
    assert told == ["local accepts no writes for 8 s, continuing at 08:00:08 UTC"]


def test_fewer_are_sent_at_once_after_a_429_and_more_again_later():
    lock, busy, peaks, refuse = threading.Lock(), [0], [], threading.Event()
    together = threading.Barrier(8)

    def answer(_request):
        with lock:
            busy[0] += 1
            peaks.append(busy[0])
        if not refuse.is_set():
            together.wait(5)
            refuse.set()
            with lock:
                busy[0] -= 1
            return httpx.Response(429, headers={"Retry-After": "0"})
        threading.Event().wait(0.002)
        with lock:
            busy[0] -= 1
        return httpx.Response(200, json={"id": ID})

    clock = Clock(random=lambda: 0.0)
    with (
        writer(WHERE, parallel=8, clock=clock, _transport=httpx.MockTransport(answer)) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        assert list(pool.map(lambda _: client.get(ROOM), range(200))) == [{"id": ID}] * 200
        assert client._sender._throttle.concurrency.limit == 8
    first, then = peaks[:8], peaks[8:]
    assert (max(first), max(then[:20])) == (8, 4)
    assert all(later <= 4 + number // 20 + 1 for number, later in enumerate(then))


def test_what_is_told_of_pauses_and_repeats():
    time, told = FakeTime(START), []
    script = [
        httpx.ReadTimeout("x"),
        httpx.Response(503),
        httpx.Response(429, headers={"Retry-After": "30"}),
        httpx.Response(503),
        httpx.Response(503, headers={"Retry-After": "100"}),
        httpx.Response(200, json={"id": ID}),
    ]

    def answer(_request):
        word = script.pop(0)
        if isinstance(word, Exception):
            raise word
        return word

    with writer(
        target("example.signalwire.com", project="p", token="t"),
        clock=time.clock,
        timeouts=Timeouts(call=1000),
        on_wait=told.append,
        _transport=httpx.MockTransport(answer),
    ) as client:
        client.get(ROOM)
    assert told == [
        "example.signalwire.com sent no complete answer: asking again, attempt 2 of 4",
        "example.signalwire.com asks for a pause of 30 s (429), continuing at 08:00:30 UTC",
        "example.signalwire.com answers 503: asking again in 2 s, attempt 5 of 8",
        "example.signalwire.com asks for a pause of 100 s (503), continuing at 08:02:13 UTC",
    ]


def test_a_pause_that_the_space_asked_for_is_no_silence():
    time, told = FakeTime(START), []
    script = [
        httpx.Response(429, headers={"Retry-After": "30"}),
        httpx.Response(200, json={"id": ID}),
    ]

    def answer(_request):
        if len(script) == 1:
            threading.Event().wait(
                0.1
            )  # whoever watches for silence looks meanwhile, several times
        return script.pop(0)

    timeouts = Timeouts(call=1000, silence=0.02)
    with writer(
        WHERE,
        clock=time.clock,
        timeouts=timeouts,
        on_wait=told.append,
        _transport=httpx.MockTransport(answer),
    ) as client:
        client.get(ROOM)
    assert told == ["local asks for a pause of 30 s (429), continuing at 08:00:30 UTC"]


def test_a_space_that_is_down_is_not_said_to_answer_badly():
    told, time = [], FakeTime(START)

    def refused(_request):
        raise httpx.ConnectError("refused")

    with (
        writer(
            target("example.signalwire.com", project="p", token="t"),
            clock=time.clock,
            on_wait=told.append,
            _transport=httpx.MockTransport(refused),
        ) as client,
        pytest.raises(NotSent),
    ):
        client.get(ROOM)
    assert told[0] == "example.signalwire.com cannot be reached: asking again, attempt 2 of 4"


def test_a_run_has_one_deadline_for_all_that_waits():
    """At the gate, between repeats, in the pool: nothing outlasts it, and nothing is sent after it."""
    time, sent = FakeTime(START), []

    def answer(_request):
        sent.append(time.now)
        return httpx.Response(429 if len(sent) % 2 else 503, headers={"Retry-After": "13"})

    with writer(
        WHERE, clock=time.clock, timeouts=Timeouts(run=60), _transport=httpx.MockTransport(answer)
    ) as client:
        for _ in range(10):
            with pytest.raises(ApiError):
                client.get(ROOM)
    assert time.now <= START + 60
    assert all(later - earlier >= 13 for earlier, later in pairwise(sent))


def test_the_last_error_is_what_counts_where_there_is_no_turn_any_more():
    time = FakeTime(START)
    with writer(
        WHERE,
        clock=time.clock,
        timeouts=Timeouts(call=50),
        _transport=httpx.MockTransport(lambda _: httpx.Response(429)),
    ) as client:
        client._sender._throttle.sleep = lambda _: client._sender._throttle.pause_until(
            time.now + 100
        )
        with pytest.raises(RateLimited):
            client.post("/rooms", {})
