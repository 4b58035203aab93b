"""The journal of a run: nobody waits for more than what was done before."""

import threading

import pytest

from reconciler.core.intents import Intent
from reconciler.core.plan_model import Action, Outcome
from reconciler.core.resources import Address, Applied
from reconciler.engine.clock import ServerClock
from reconciler.engine.journal import Journal
from reconciler.executor.results import Result
from reconciler.state.record import Stamp, new_state


class Store:
    """Takes entries; ``waited`` tells for which of its writes somebody waited."""

    def __init__(self):
        self.written, self.waited = [], []

    def noting(self, _state, *entries):
        self.written.append(entries)
        number = len(self.written) - 1
        return lambda: self.waited.append(number)


def result(name):
    address = Address("Room", name)
    return Result(
        Outcome(Action("create", address, None), "done"), Applied(address, f"id of {name}", {})
    )


def intent(name):
    return Intent(Address("Room", name), {})


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def book(store):
    state = new_state("local", "local")
    return Journal(
        store,
        state,
        stop=threading.Event(),
        time=ServerClock(lambda: 1.0),
        stamp=Stamp("2026-01-01T00:00:00Z"),
    )


def test_what_was_done_is_written_with_the_next_intent_and_waited_for_as_that(book, store):
    book.note(result("a"))
    book.intend(intent("b"))
    book.note(result("b"))
    book.intend(intent("c"))

    store.waited.clear()
    book.settle(Address("Room", "a"))

    assert [[type(entry.record).__name__ for entry in entries] for entries in store.written] == [
        ["Applied", "NoneType"]
    ] * 2
    assert store.waited == [0]


def test_what_nobody_wrote_yet_is_written_with_all_that_was_done(book, store):
    for name in ("a", "b"):
        book.note(result(name))

    book.settle(Address("Room", "a"))
    book.settle(Address("Room", "b"))

    assert ([len(entries) for entries in store.written], store.waited) == ([2], [0, 0])


def test_what_left_nothing_to_write_is_not_waited_for(book, store):
    book.settle(Address("Room", "a"))

    assert (store.written, store.waited) == ([], [])


def test_a_worker_that_changes_something_waits_for_what_it_did_itself(book, store):
    other = threading.Thread(target=book.note, args=(result("theirs"),))
    other.start()
    other.join()

    book.ready(Action("update", Address("Room", "mine"), "1"))
    assert store.written == []
    book.note(result("mine"))
    book.ready(Action("update", Address("Room", "next"), "2"))
    assert ([len(entries) for entries in store.written], store.waited) == ([2], [0])


def test_two_notes_of_one_resource_are_both_written(book, store):
    book.note(result("a"))
    book.note(result("a"))

    book.settle(Address("Room", "a"))

    assert [len(entries) for entries in store.written] == [2]
    assert len(book.entries) == 2
