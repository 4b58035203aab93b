import itertools
import queue
import re

import pytest

from reconciler.space.wait_notices import WaitNotices


@pytest.fixture
def heard():
    return queue.SimpleQueue()


def test_the_same_is_told_once(time):
    told = []
    voice = WaitNotices(told.append, host="h", silence=10.0, now=lambda: time.now)
    for topic in ("a", "a", "b"):
        voice.notify(topic, topic)
    time.now += 5
    voice.notify("a", "again")
    assert told == ["a", "b", "again"]


@pytest.mark.parametrize("fault", [BrokenPipeError(), ValueError("I/O operation on closed file")])
def test_that_nobody_listens_stops_nothing(time, fault):
    def deaf(_text):
        raise fault

    WaitNotices(deaf, host="h", silence=10.0, now=lambda: time.now).notify("a", "a")


def test_without_a_thread_nothing_is_told_and_nothing_stopped(time, monkeypatch):
    def full(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", full)
    told = []
    voice = WaitNotices(told.append, host="h", silence=10.0, now=lambda: time.now)
    voice.begin("GET", 0.0)
    voice.end("GET")
    assert told == []


def test_without_a_listener_there_is_no_watch():
    voice = WaitNotices(None, host="h", silence=0.01, now=lambda: 0.0)
    voice.begin("GET", 0.0)
    voice.notify("a", "a")
    voice.end("GET")
    assert not voice._watching


def test_a_silence_is_told_again_when_it_has_doubled(heard):
    seconds = itertools.count()
    voice = WaitNotices(
        heard.put, host="example.signalwire.com", silence=0.01, now=lambda: float(next(seconds))
    )
    voice.begin("GET", 0.0)
    told = [heard.get(timeout=5) for _ in range(3)]
    voice.close()
    figures = [
        int(re.fullmatch(r"waiting for example\.signalwire\.com: no answer for (\d+) s", text)[1])
        for text in told
    ]
    assert figures == sorted(figures)


def test_what_was_answered_is_no_silence(heard):
    now = [0.0]
    voice = WaitNotices(heard.put, host="h", silence=10.0, now=lambda: now[0])
    voice.begin("GET", 0.0)
    now[0] = 9.0
    assert voice._longest() == 9.0
    voice.end("GET")
    assert voice._longest() == 0.0
    voice.close()
    assert voice._silence_until(10.0) is None
    assert heard.empty()
