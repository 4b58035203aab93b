"""Many threads, few writes: each line is written once, in order, and each thread learns what became of its own."""

import threading

import pytest

from reconciler.core.errors import StateError
from reconciler.state.together import Together


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


def added_at_once(place, texts):
    """What ``add`` raised for each text: the first is being written while the others come, one after the other."""
    together, raised, threads = Together(place.write, turn=threading.Lock()), {}, []

    def add(text):
        try:
            raised[text] = together.put([text], interrupted="it was interrupted")()
        except (StateError, KeyboardInterrupt) as error:
            raised[text] = error

    for number, text in enumerate(texts):
        threads.append(threading.Thread(target=add, args=(text,)))
        threads[-1].start()
        place.inside.wait(5)
        while together.waiting < number:
            pass
    place.go.set()
    for thread in threads:
        thread.join(5)
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
    assert (raised["a"], stopped in raised.values(), [str(error) for error in others]) == (None, True, ["it was interrupted"])


def test_after_a_failure_the_next_line_is_written():
    place = Held(StateError("full"))
    place.go.set()
    together = Together(place.write, turn=threading.Lock())
    with pytest.raises(StateError, match="full"):
        together.put(["a"], interrupted="")()
    together.put(["b", "c"], interrupted="")()
    assert place.written == [["a"], ["b", "c"]]
