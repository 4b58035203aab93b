import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.space.clock import Clock
from reconciler.space.rate_limit import WINDOW_SECONDS, Allowance, RateLimit
from reconciler.space.throttle import GOOD_RUN, AdaptiveConcurrency, Throttle
from reconciler.space.transport_errors import NotSent

FOREVER = float("inf")


@pytest.fixture
def gate(time):
    return Throttle(time.clock, parallel=4, allowance=Allowance(3))


def passes(gate, time, *, write=False):
    """Whether a request gets in at this very moment."""
    try:
        gate.enter("GET /rooms", deadline=time.now, write=write)
    except NotSent:
        return False
    return True


def test_the_width_is_halved_once_for_all_that_were_under_way_together():
    width = AdaptiveConcurrency(10)
    for _ in range(7):
        width.throttled(0)
    assert (width.limit, width.round) == (5, 1)
    width.throttled(1)
    width.throttled(2)
    width.throttled(3)
    assert width.limit == 1


def test_the_width_recovers_by_one_after_a_run_of_good_answers():
    width, seen = AdaptiveConcurrency(4), []
    width.throttled(0)
    for number in range(5 * GOOD_RUN):
        width.succeeded()
        if number % GOOD_RUN == GOOD_RUN - 1:
            seen.append(width.limit)
    assert seen == [3, 4, 4, 4, 4]


def test_a_run_of_good_answers_is_broken_by_a_429():
    width = AdaptiveConcurrency(4)
    width.throttled(0)
    for _ in range(GOOD_RUN - 1):
        width.succeeded()
    width.throttled(0)
    width.succeeded()
    assert width.limit == 2


def test_no_more_are_let_in_than_may_be_under_way(gate, time):
    assert [passes(gate, time) for _ in range(5)] == [True] * 4 + [False]
    gate.leave(0, write=False, throttled=True, rate_limit=RateLimit())
    assert not passes(gate, time)
    for _ in range(2):
        gate.leave(0, write=False, throttled=False, rate_limit=RateLimit())
    assert [passes(gate, time) for _ in range(2)] == [True, False]


def test_whoever_waits_for_a_turn_gets_it_when_somebody_leaves():
    gate = Throttle(Clock(), parallel=1, allowance=Allowance())
    gate.enter("a", deadline=FOREVER, write=False)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(gate.enter, "b", deadline=FOREVER, write=False)
        gate.leave(0, write=False, throttled=False, rate_limit=None)
        assert waiting.result(timeout=5) == 0


def test_a_gate_holds_everybody_and_never_opens_early(gate, time):
    assert (
        gate.pause_until(1007.0),
        gate.pause_until(1003.0),
        gate.pause_until(1007.5),
        gate.pause_until(1009.0),
    ) == (
        True,
        False,
        False,
        True,
    )
    gate.enter("x", deadline=1010.0, write=False)
    assert (time.now, time.slept) == (1009.0, [9.0])


def test_a_gate_tells_at_once_that_it_will_be_too_late(gate, time):
    gate.pause_until(1050.0)
    with pytest.raises(
        NotSent,
        match=r"not sent: the Space asks for a longer pause than the time limit allows \(GET /rooms\)",
    ):
        gate.enter("GET /rooms", deadline=1030.0, write=False)
    assert time.slept == []


def test_only_writes_wait_for_the_allowance(gate, time):
    assert [passes(gate, time, write=True) for _ in range(3)] == [True] * 3
    for _ in range(3):
        gate.leave(0, write=True, throttled=False, rate_limit=None)
    assert (passes(gate, time, write=True), passes(gate, time)) == (False, True)
    gate.enter("x", deadline=FOREVER, write=True)
    assert time.now >= 1000.0 + WINDOW_SECONDS


def test_a_full_allowance_is_told(time):
    told = []
    gate = Throttle(time.clock, parallel=4, allowance=Allowance(1), on_limit=told.append)
    for _ in range(2):
        gate.enter("x", deadline=FOREVER, write=True)
    assert told == [10.5]


def test_what_a_get_tells_of_the_limit_says_nothing_of_writes(gate, time):
    gate.enter("x", deadline=FOREVER, write=False)
    gate.leave(0, write=False, throttled=False, rate_limit=RateLimit(left=0))
    assert passes(gate, time, write=True)


def test_whoever_is_hurried_is_turned_away_where_there_is_a_pause(gate, time):
    gate.pause_until(1001.0)
    gate.cancel()
    gate.cancel()
    with pytest.raises(NotSent, match=r"not sent: the run is being stopped \(PUT /x\)"):
        gate.enter("PUT /x", deadline=FOREVER, write=True)
    gate.sleep(60.0)
    assert time.slept == []


def test_whoever_is_hurried_need_not_wait_for_the_others(gate, time):
    for _ in range(4):
        gate.enter("x", deadline=FOREVER, write=False)
    gate.cancel()
    assert passes(gate, time)


def test_hurry_wakes_whoever_waits():
    gate = Throttle(Clock(), parallel=1, allowance=Allowance())
    gate.enter("x", deadline=FOREVER, write=False)
    begun = threading.Barrier(3)

    def waits(wait):
        begun.wait(5)
        wait()

    def enters():
        gate.enter("y", deadline=FOREVER, write=False)

    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(waits, wait) for wait in (enters, lambda: gate.sleep(1000.0))]
        begun.wait(5)
        gate.cancel()
        assert [one.result(timeout=5) for one in waiting] == [None, None]


def test_hurry_may_come_from_a_signal_handler_whoever_holds_the_gate(gate):
    with ThreadPoolExecutor(1) as pool, gate._changed:
        assert pool.submit(gate.cancel).result(timeout=5) is None
    assert gate.cancelled
