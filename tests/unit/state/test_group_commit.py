"""Many threads, few writes: each line is written once, in order, and each thread learns what became of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.core.errors import StateError
from reconciler.state.group_commit import GroupCommit


class Held:
    """A place to write to that waits until it is let go on."""

    def __init__(self, *failures):
        self.written = []
        self.failures = list(failures)
        self.inside, self.go = threading.Event(), threading.Event()

    def write(self, lines):
        self.inside.set()
        self.go.wait(5)
        self.written.append(list(lines))
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure


def one_after_the_other(place, together, add, texts):
    """``add`` each text in a thread of its name: the first is being written while the others come, in their order."""
    threads = []
    for number, text in enumerate(texts):
        threads.append(threading.Thread(target=add, args=(text,), name=text))
        threads[-1].start()
        place.inside.wait(5)
        while together.waiting < number:
            pass
    place.go.set()
    for thread in threads:
        thread.join(5)


def added_at_once(place, texts):
    """What became of each text: None, or what was raised."""
    together, raised = GroupCommit(place.write, exclusive=threading.Lock()), {}

    def add(text):
        try:
            raised[text] = together.put([text], interrupted="it was interrupted")()
        except (StateError, KeyboardInterrupt) as error:
            raised[text] = error

    one_after_the_other(place, together, add, texts)
    return raised


def test_what_comes_while_a_write_is_under_way_is_written_together():
    place = Held()
    raised = added_at_once(place, ["a", "b", "c", "d"])
    assert (place.written, raised) == ([["a"], ["b", "c", "d"]], dict.fromkeys("abcd"))


def test_a_failure_is_that_of_all_who_were_in_the_write_and_of_nobody_else():
    full = StateError("full")
    raised = added_at_once(Held(None, full), ["a", "b", "c"])
    assert raised == {"a": None, "b": full, "c": full}


def test_who_is_interrupted_gets_that_and_the_others_a_state_error():
    stopped = KeyboardInterrupt()
    raised = added_at_once(Held(None, stopped), ["a", "b", "c"])
    others = [error for error in (raised["b"], raised["c"]) if error is not stopped]
    assert (raised["a"], stopped in raised.values(), [str(error) for error in others]) == (
        None,
        True,
        ["it was interrupted"],
    )


def test_after_a_failure_the_next_line_is_written():
    place = Held(StateError("full"))
    place.go.set()
    together = GroupCommit(place.write, exclusive=threading.Lock())
    with pytest.raises(StateError, match="full"):
        together.put(["a"], interrupted="")()
    together.put(["b", "c"], interrupted="")()
    assert place.written == [["a"], ["b", "c"]]


class Interrupted:
    """A lock: whoever waits for it is interrupted, before it is given away or just as it is."""

    def __init__(self, *, given):
        self.lock = threading.Lock()
        self.given = given

    def acquire(self, *, blocking=True):
        if not blocking:
            return self.lock.acquire(blocking=False)
        if self.given:
            self.lock.acquire(timeout=5)
        raise KeyboardInterrupt

    def release(self):
        self.lock.release()


@pytest.mark.parametrize("given", [False, True])
def test_who_is_interrupted_while_waiting_keeps_nobody_from_writing(monkeypatch, given):
    place, locks = Held(), {"b": Interrupted(given=given)}

    class Threading:
        get_ident = threading.get_ident
        Lock = staticmethod(
            lambda real=threading.Lock: locks.pop(threading.current_thread().name, None) or real()
        )

    monkeypatch.setattr("reconciler.state.group_commit.threading", Threading)
    raised = added_at_once(place, "abc")
    assert (raised["a"], type(raised["b"]), raised["c"]) == (None, KeyboardInterrupt, None)
    assert place.written == [["a"], ["b", "c"]]


@pytest.mark.parametrize("spot", ["_write_all", "_finish"])
def test_who_is_interrupted_with_the_turn_in_hand_gives_it_back(monkeypatch, spot):
    place, lost = Held(), []
    place.go.set()
    together = GroupCommit(place.write, exclusive=threading.Lock())
    real = getattr(together, spot)

    def interrupted(*arguments):
        monkeypatch.setattr(together, spot, real)
        raise KeyboardInterrupt

    monkeypatch.setattr(together, spot, interrupted)
    first, second = together.put(["a"], interrupted=""), together.put(["b"], interrupted="")
    with pytest.raises(KeyboardInterrupt):
        first()
    with pytest.raises(StateError, match="the journal was interrupted"):
        second()
    thread = threading.Thread(target=lambda: lost.append(together.put(["c"], interrupted="")()))
    thread.start()
    thread.join(5)
    assert (lost, place.written[-1]) == ([None], ["c"])


def test_a_turn_that_was_lost_to_an_interruption_is_found_by_the_thread_that_had_it():
    place = Held()
    place.go.set()
    together = GroupCommit(place.write, exclusive=threading.Lock())
    lost = together.put(["a"], interrupted="")
    together._writer, together._written, together._lines = (
        threading.get_ident(),
        together._lines,
        [],
    )
    together.put(["b"], interrupted="")()
    with pytest.raises(StateError, match="the journal was interrupted"):
        lost()
    assert place.written == [["b"]]


def test_several_can_wait_for_the_same_lines():
    place, told = Held(), []
    together = GroupCommit(place.write, exclusive=threading.Lock())
    threads = [threading.Thread(target=together.put(["a"], interrupted=""))]
    threads[0].start()
    place.inside.wait(5)
    kept = together.put(["b"], interrupted="")
    threads += [threading.Thread(target=lambda: told.append(kept())) for _ in range(4)]
    for thread in threads[1:]:
        thread.start()
    place.go.set()
    for thread in threads:
        thread.join(5)
    assert (kept(), told, place.written) == (None, [None] * 4, [["a"], ["b"]])


def test_nothing_is_lost_among_many():
    written, there = [], set()

    def write(lines):
        written.append(list(lines))
        there.update(lines)

    together = GroupCommit(write, exclusive=threading.Lock())

    def work(worker):
        for number in range(200):
            together.put([f"{worker} {number}"], interrupted="")()
            assert f"{worker} {number}" in there

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    lines = [line for lines in written for line in lines]
    assert sorted(lines) == sorted(
        f"{worker} {number}" for worker in range(16) for number in range(200)
    )
    for worker in range(16):
        assert [line for line in lines if line.startswith(f"{worker} ")] == [
            f"{worker} {number}" for number in range(200)
        ]
