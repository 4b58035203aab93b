"""A state that machines share, over a store in memory: who may write, what is kept, and what is told."""

import itertools
from dataclasses import replace

import pytest

from reconciler.core.errors import Locked, StateError
from reconciler.state.backends.base import (
    Conflict,
    Snapshot,
    Unavailable,
    VersionedSnapshot,
)
from reconciler.state.conditional_write import write_conditionally
from reconciler.state.lease import Clock, Timing, expired
from reconciler.state.lock_record import Lock, LockRecord, Version
from reconciler.state.record import Entry, encode_state
from reconciler.state.remote import SharedState
from tests.integration.state_backends.memory import Memory, MemoryShelf
from tests.unit.core.worlds import applied

A, B = applied("Room", "a", 1), applied("Room", "b", 2)
TIMING = Timing(lease=60.0, heartbeat=3600.0, poll=3.0)


class Hours:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    @property
    def clock(self):
        return Clock(lambda: self.now, self.sleep)


class Store(MemoryShelf):
    """A store in memory that may have a clock, fail, or be written to by others meanwhile."""

    def __init__(self, memory, *, silent=None, failures=()):
        super().__init__(memory)
        self.silent = silent
        self.failures = list(failures)
        self.loads = self.closed = 0
        self.on_load = lambda: None

    def load(self):
        self.loads += 1
        self.on_load()
        return super().load()

    def swap(self, held, snapshot):
        failure = self.failures.pop(0) if self.failures else None
        if failure == "before":
            raise Unavailable("no answer")
        written = super().swap(held, snapshot)
        if failure == "after":
            raise Unavailable("no answer")
        return written

    def silence(self, _):
        return self.silent

    def close(self):
        self.closed += 1


def shared(memory, *, store=None, hours=None, **options):
    given = {"space": "s", "project": "p"} | options
    return SharedState(
        store or Store(memory), timing=TIMING, clock=(hours or Hours()).clock, **given
    )


@pytest.fixture
def memory():
    return Memory()


def locked(state, *, reason="apply"):
    return state.lock(reason=reason, since="noon")


def test_what_was_never_written_is_new_and_has_no_serial(memory):
    state = shared(memory).read()
    assert (state.space, state.project, state.serial, state.resources) == ("s", "p", 0, {})


def test_a_record_is_written_with_the_next_serial_and_read_by_others(memory):
    one, other = shared(memory), shared(memory)
    with locked(one):
        first = one.write(one.read().with_entries(Entry(A)))
        second = one.write(first.with_entries(Entry(B)))
    assert (first.serial, second.serial) == (1, 2)
    assert other.read() == second
    assert memory.held.snapshot.head.newest == Version(second.lineage, 2)
    assert memory.held.snapshot.head.lock is None


def test_entries_are_in_the_journal_until_the_next_write(memory):
    store = shared(memory)
    with locked(store):
        state = store.write(store.read())
        store.note(state, Entry(A))
        wait = store.noting(state, Entry(B))
        wait()
        assert len(memory.held.snapshot.journal) == 2
        assert shared(memory).read().resources.keys() == {A.address, B.address}
        store.write(store.read())
    assert memory.held.snapshot.journal == ()
    assert shared(memory).read().resources.keys() == {A.address, B.address}


def test_a_record_that_another_run_wrote_since_is_not_overwritten(memory):
    one, other = shared(memory), shared(memory)
    seen = one.read()
    with locked(other):
        written = other.write(other.read())
    with locked(one), pytest.raises(StateError) as found:
        one.write(replace(seen, lineage=written.lineage))
    assert found.value.message == "memory: was changed by another run (serial 1, this run read 0)"


@pytest.mark.parametrize(("space", "project"), [("other", "p"), ("s", "other")])
def test_a_record_of_another_space_is_neither_read_nor_pushed(memory, space, project):
    store, other = shared(memory), shared(memory, space=space, project=project)
    with locked(store):
        state = store.write(store.read())
    with pytest.raises(StateError, match="this state belongs to project p on s"):
        other.read()
    with pytest.raises(StateError, match="this state belongs to project p on s"):
        other.push(state)


def test_a_record_with_a_kind_that_this_run_does_not_have_is_refused(memory):
    store = shared(memory)
    with locked(store):
        store.write(store.read().with_entries(Entry(A)))
    assert shared(memory, kinds=["Room"]).read().resources
    with pytest.raises(StateError, match="there is no kind of resource 'Room'"):
        shared(memory, kinds=["Conference"]).read()


def rolled_back(memory, state, **parts):
    head = memory.held.snapshot.head._replace(**parts)
    memory.held = memory.held._replace(snapshot=Snapshot(head, encode_state(state)))


def test_a_record_that_was_rolled_back_is_refused_and_may_be_pushed(memory):
    store = shared(memory)
    with locked(store):
        first = store.write(store.read())
        store.write(first)
    rolled_back(memory, first)
    with pytest.raises(StateError, match=r"older copy .serial 1; the last one had 2"):
        store.read()
    assert store.push(first).serial == 3
    assert store.read() == replace(first, serial=3)


def test_the_lock_too_knows_the_newest_version(memory):
    store = shared(memory)
    with locked(store):
        first = store.write(store.read())
    lock = Lock("n", newest=Version(first.lineage, 9))
    rolled_back(memory, first, lock=lock)
    with pytest.raises(StateError, match="serial 1; the last one had 9"):
        store.read()


def test_where_the_newest_version_is_unknown_nothing_is_read_until_a_push(memory):
    store = shared(memory)
    with locked(store):
        first = store.write(store.read())
    rolled_back(memory, first, newest=None)
    with pytest.raises(StateError, match="does not say which version of the record is the newest"):
        store.read()
    with locked(store), pytest.raises(StateError, match="does not say which version"):
        store.write(first)
    store.push(first)
    assert store.read().serial == 2


def test_a_record_of_another_history_is_not_pushed_over_this_one(memory):
    store = shared(memory)
    with locked(store):
        written = store.write(store.read())
    with pytest.raises(StateError, match="the record there has another history"):
        store.push(replace(written, lineage="other"))


def test_a_record_that_is_missing_while_its_journal_is_there_is_told(memory):
    store = shared(memory)
    with locked(store):
        store.note(store.write(store.read()), Entry(A))
    memory.held = memory.held._replace(snapshot=memory.held.snapshot._replace(record=None))
    with pytest.raises(StateError) as found:
        store.read()
    assert (found.value.message, found.value.hint) == (
        "memory is missing, but its journal and its mark are still there",
        "restore an earlier version with: reconciler state push",
    )


# The lock


def test_a_lock_says_who_holds_it_and_ends_with_the_run(memory):
    one, other = shared(memory), shared(memory, store=Store(memory, silent=1.0))
    with locked(one, reason="destroy"):
        lock = memory.held.snapshot.head.lock
        assert (lock.reason, lock.since, lock.seconds) == ("destroy", "noon", 60.0)
        with pytest.raises(Locked, match=r"locked by .* for destroy"), locked(other):
            pass
        with pytest.raises(Locked), locked(one):  # a second run in this process
            pass
        for attempt in (lambda: other.write(other.read()), lambda: other.push(other.read())):
            with pytest.raises(Locked):
                attempt()
    assert memory.held.snapshot.head.lock is None
    with locked(other):
        pass


def test_a_lock_is_given_back_after_an_error(memory):
    store = shared(memory)
    with pytest.raises(ZeroDivisionError), locked(store):
        raise ZeroDivisionError
    assert memory.held.snapshot.head.lock is None


@pytest.mark.parametrize(("silent", "free"), [(59.0, False), (60.0, False), (60.5, True)])
def test_a_lock_ends_a_lease_after_its_last_sign_of_life(memory, silent, free):
    holder = shared(memory)
    with locked(holder):
        later = shared(memory, store=Store(memory, silent=silent))
        if not free:
            with pytest.raises(Locked) as found, locked(later):
                pass
            assert found.value.hint == (
                "wait until that run has ended;"
                f" if it died, its lock ends by itself in {max(60 - silent, 1):.0f} s"
            )
            return
        with locked(later), pytest.raises(StateError) as lost:
            holder.write(holder.read())
        assert lost.value.hint == "this run stopped writing; check with: reconciler plan"
        assert "the lock is lost: this run did not renew it for 60 s (holder: " in (
            lost.value.message
        )


def test_a_lost_lock_without_a_holder_was_cleared(memory):
    holder = shared(memory)
    with locked(holder):
        shared(memory, store=Store(memory, silent=61.0)).unlock()
        with pytest.raises(StateError, match=r"\(it was cleared\)"):
            holder.write(holder.read())


def test_unlock_says_whose_lock_it_cleared(memory):
    other = shared(memory, store=Store(memory, silent=75.4))
    assert other.unlock() == ""
    with locked(shared(memory)):
        lock = memory.held.snapshot.head.lock
        assert other.unlock() == f"{lock.holder} (lock {lock.nonce[:8]}, silent for 75 s)"
        assert memory.held.snapshot.head.lock is None


def test_unlock_leaves_a_living_run_alone(memory):
    with locked(shared(memory)):
        with pytest.raises(Locked) as found:
            shared(memory, store=Store(memory, silent=3.0)).unlock()
        assert "which is still running" in found.value.message
        assert found.value.hint.startswith("end that run, or wait for it; if it died")


def test_connections_stay_open_only_while_the_lock_is_held(memory):
    store = Store(memory)
    state = shared(memory, store=store)
    state.read()
    assert store.closed == 1
    with locked(state):
        before = store.closed
        state.write(state.read())
        assert store.closed == before
    assert store.closed > before


def test_within_the_lock_a_write_needs_no_second_look(memory):
    store = Store(memory)
    state = shared(memory, store=store)
    with locked(state):
        current = state.read()
        loads = store.loads
        current = state.write(current)
        state.note(current, Entry(A))
        assert store.loads == loads


# Locks in stores without a clock


def held(memory):
    memory.held = VersionedSnapshot(Snapshot(LockRecord(lock=Lock("n", host="h"))), "1")
    return memory.held


def test_without_a_clock_a_lock_is_watched_for_one_lease(memory):
    hours, told = Hours(), []
    current = held(memory)
    found, silence = expired(
        Store(memory), current, clock=hours.clock, poll=25.0, notify=told.append
    )
    assert (found, silence, hours.slept) == (current, 75.0, [25.0, 25.0, 25.0])
    assert told == [
        (
            f"The state is locked by {current.snapshot.head.lock.holder}."
            " Checking for up to 60 s whether that run is alive."
        )
    ]


def test_a_long_poll_waits_no_longer_than_the_lease(memory):
    hours = Hours()
    expired(Store(memory), held(memory), clock=hours.clock, poll=500.0, notify=lambda _: None)
    assert set(hours.slept) == {60.0}


def after_one_load(memory, lock):
    store = Store(memory)
    moved = VersionedSnapshot(Snapshot(LockRecord(lock=lock)), "2")
    store.on_load = lambda: setattr(memory, "held", moved)
    return store, moved


def test_without_a_clock_a_sign_of_life_is_a_refusal(memory):
    current = held(memory)
    store, _ = after_one_load(memory, Lock("n", host="h"))
    with pytest.raises(Locked, match=r"^the state is locked by [^,]*, for "):
        expired(store, current, clock=Hours().clock, poll=3.0, notify=lambda _: None)


def test_without_a_clock_a_lock_that_was_given_back_is_free(memory):
    current = held(memory)
    store, moved = after_one_load(memory, None)
    found = expired(store, current, clock=Hours().clock, poll=3.0, notify=lambda _: None)
    assert found == (moved, None)


def test_what_is_not_locked_is_free_at_once(memory):
    store = Store(memory)
    found = expired(store, memory.held, clock=Hours().clock, poll=3.0, notify=lambda _: None)
    assert (found, store.loads) == ((memory.held, None), 0)


# Conditional writes


def write(store, hours=None, change=lambda current: current.snapshot, current=None):
    return write_conditionally(store, change, current=current, clock=(hours or Hours()).clock)


def test_a_write_has_an_id_of_its_own_each_time(memory):
    store = Store(memory)
    ids = [write(store).snapshot.head.write_id for _ in range(3)]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(("failure", "writes"), [("before", 1), ("after", 1)])
def test_a_write_whose_answer_was_lost_is_found_or_sent_again(memory, failure, writes):
    hours, store = Hours(), Store(memory, failures=[failure])
    written = write(store, hours)
    assert (written, hours.slept) == (memory.held, [0.5])
    assert next(memory.writes) == writes + 1


def test_after_four_failures_the_store_does_not_answer(memory):
    hours, store = Hours(), Store(memory, failures=["before"] * 9)
    with pytest.raises(Unavailable):
        write(store, hours)
    assert (hours.slept, len(store.failures)) == ([0.5, 1.0, 2.0], 5)


@pytest.mark.parametrize(("seconds", "sent"), [(30.0, 2), (31.0, 1)])
def test_after_a_long_wait_nothing_is_sent_again(memory, seconds, sent):
    hours = Hours()
    store = Store(memory, failures=["before"])
    store.on_load = lambda: setattr(hours, "now", hours.now + seconds)
    if sent == 1:
        with pytest.raises(Unavailable):
            write(store, hours)
    else:
        write(store, hours)
    assert store.loads == sent


def test_a_change_is_made_again_over_what_another_wrote(memory):
    store, seen = Store(memory), []

    def change(current):
        seen.append(current.version)
        if len(seen) == 1:
            write(Store(memory))
        return current.snapshot

    write(store, change=change, current=memory.held)
    assert seen == ["", "1"]


def test_where_others_write_all_the_time_it_is_told(memory):
    attempts = itertools.count()

    class Lost(Store):
        def swap(self, _held, _snapshot):
            next(attempts)
            raise Conflict

    with pytest.raises(StateError) as found:
        write(Lost(memory))
    assert (found.value.message, found.value.hint) == (
        "memory: other runs write there continuously",
        "wait until those runs have ended, and run it again",
    )
    assert next(attempts) == 30
