"""Many threads, few writes: each line is written once, in order, and each thread learns what became of its own."""

import contextlib
import inspect
import itertools
import linecache
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

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


def test_a_failure_is_that_of_all_who_were_in_the_write_and_of_no_other():
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


def held_up(thread):
    """Wait until ``thread`` stands in a call that does not return."""
    seen = []
    # Under load a thread may stand still between two looks without waiting for anything.
    while len(seen) < 10 or len(set(seen[-10:])) > 1:
        seen.append(sys._current_frames()[thread.ident].f_lasti)
        time.sleep(0.005)


@pytest.fixture
def on_alarm():
    """Set what a signal does: it comes to the main thread, whatever that is doing."""
    before = signal.getsignal(signal.SIGALRM)
    yield partial(signal.signal, signal.SIGALRM)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="signals are POSIX")
@pytest.mark.parametrize("turn_is_given", [False, True])
def test_a_thread_that_is_interrupted_while_waiting_lets_the_others_write(on_alarm, turn_is_given):
    place, raised = Held(), {}
    together = GroupCommit(place.write, exclusive=threading.Lock())

    def add(text):
        raised[text] = together.put([text], interrupted="")()

    first = threading.Thread(target=add, args=("a",))
    last = threading.Thread(target=add, args=("c",))

    def interrupt(*_):
        if turn_is_given:  # to this thread: the lines of the last one come after its own
            place.go.set()
            first.join(5)
        raise KeyboardInterrupt

    def signal_once_all_wait():
        held_up(threading.main_thread())
        last.start()
        held_up(last)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)

    on_alarm(interrupt)
    first.start()
    place.inside.wait(5)
    kept = together.put(["b"], interrupted="")
    sender = threading.Thread(target=signal_once_all_wait)
    sender.start()
    with pytest.raises(KeyboardInterrupt):
        kept()
    place.go.set()
    for thread in (sender, first, last):
        thread.join(5)
    assert (raised, place.written) == ({"a": None, "c": None}, [["a"], ["b", "c"]])


class Interrupting:
    """What is held during a write: the first to take it is interrupted, on the way in or out."""

    def __init__(self, *, on):
        self.on = [on]

    def __enter__(self):
        self.come("in")

    def __exit__(self, *_):
        self.come("out")

    def come(self, way):
        if self.on == [way]:
            self.on.clear()
            raise KeyboardInterrupt


@pytest.mark.parametrize(("way", "written"), [("in", [["c"]]), ("out", [["a", "b"], ["c"]])])
def test_a_writer_that_is_interrupted_gives_its_turn_back(way, written):
    place = Held()
    place.go.set()
    together = GroupCommit(place.write, exclusive=Interrupting(on=way))
    first, second = (together.put([text], interrupted="it was interrupted") for text in "ab")
    with pytest.raises(KeyboardInterrupt):
        first()
    with pytest.raises(StateError, match="it was interrupted"):
        second()
    together.put(["c"], interrupted="")()
    assert place.written == written


@contextlib.contextmanager
def interrupted_at(line):
    """This thread is interrupted before the n-th line that it runs in the module, as by a signal."""
    module, left = inspect.getfile(GroupCommit), [line]

    def follow(frame, event, _):
        if frame.f_code.co_filename != module:
            return None
        code = linecache.getline(module, frame.f_lineno).strip()
        # The line of a ``with`` comes once more on the way out, where no signal is ever handled.
        if event == "line" and not code.startswith("with "):
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
        return follow

    before = sys.gettrace()
    sys.settrace(follow)
    try:
        yield left
    finally:
        sys.settrace(before)


def written_after_an_interruption(line):
    """The first of two callers is interrupted before its n-th line; None if it has fewer lines."""
    place, came = Held(), []
    place.go.set()
    together = GroupCommit(place.write, exclusive=threading.Lock())
    first, second = (together.put([text], interrupted="interrupted") for text in "ab")
    with contextlib.suppress(KeyboardInterrupt), interrupted_at(line) as left:
        first()
    if left[0] > 0:
        return None

    def go_on():
        with contextlib.suppress(StateError):
            second()
        came.append(together.put(["c"], interrupted="")())

    other = threading.Thread(target=go_on, daemon=True)
    other.start()
    other.join(5)
    return came, [text for texts in place.written for text in texts][-1]


def test_an_interruption_at_any_line_of_a_write_lets_the_others_write():
    lines = itertools.count(1)
    found = list(iter(lambda: written_after_an_interruption(next(lines)), None))
    assert len(found) > 20
    assert found == [([None], "c")] * len(found)


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
