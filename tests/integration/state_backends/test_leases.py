"""The lock as a lease: holders that die or are paused, answers that are lost, clocks that are wrong; a witness counts."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from reconciler.core.errors import Refused, StateError
from reconciler.state.backends.base import Conflict, Unavailable
from reconciler.state.lease import Clock
from reconciler.state.lock_record import (
    Lock,
    LockRecord,
    Version,
    decode_lock_record,
    encode_lock_record,
)
from reconciler.state.record import Entry
from reconciler.state.remote import SharedState
from tests.integration.state_backends.memory import Between, Memory, MemoryShelf
from tests.integration.state_backends.places import BRIEF, PATIENT, made, resource

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[3]
A, B = (resource("ada", number) for number in range(2))


def names(store):
    return sorted(address.name for address in store.read().resources)


# A holder that is paused, or dead


def test_a_holder_that_was_paused_for_longer_than_its_lease_writes_nothing_more(
    shared, frozen, let_the_lease_end
):
    old = frozen(shared)
    state = old.write(old.read())
    old.note(state, made("old", 0))
    let_the_lease_end(shared.kind)
    new = shared.store(BRIEF._replace(lease=60.0, heartbeat=10.0))
    with new.lock(reason="apply", since="now"):
        mine = new.read()
        for attempt in (
            lambda: old.note(state, made("old", 1)),
            lambda: old.write(state.with_entries(made("old", 2))),
            lambda: old.push(state),
            old.read,
        ):
            with pytest.raises(
                StateError,
                match=r"the lock is lost: this run did not renew it for 0 s \(holder: .*",
            ):
                attempt()
        new.write(mine.with_entries(made("new", 0)))
    with pytest.raises(StateError, match=r"the lock is lost: .* \(it was cleared"):
        old.note(state, made("old", 3))
    assert names(shared.store()) == ["new-0", "old-0"]


def test_a_holder_that_can_start_no_thread_gives_the_lock_back(shared, monkeypatch):
    start = threading.Thread.start

    def full(thread):
        if thread.name == "state-lock":  # the stand-in for a store, in this process, needs its own
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as limited:
        limited.setattr(threading.Thread, "start", full)
        with pytest.raises(RuntimeError), shared.store().lock(reason="apply", since="now"):
            pass
    with shared.store().lock(reason="apply", since="now"):
        pass


def test_what_a_dead_holder_noted_is_there_for_the_next_on_another_machine(
    shared, frozen, let_the_lease_end
):
    dead = frozen(shared)
    state = dead.write(dead.read())
    dead.note(state, Entry(A))
    dead.note(state, Entry(B))
    let_the_lease_end(shared.kind)
    new = shared.store(BRIEF)
    with new.lock(reason="apply", since="now"):
        assert (new.read().resources, new.read().serial) == ({A.address: A, B.address: B}, 1)
        new.write(new.read())
    assert (shared.store().read().serial, names(shared.store())) == (2, ["ada-0", "ada-1"])


def test_a_paused_holder_whose_lock_nobody_took_goes_on(shared, frozen, let_the_lease_end):
    old = frozen(shared)
    state = old.write(old.read())
    let_the_lease_end(shared.kind)
    old.note(state, Entry(A))
    old.write(old.read())
    assert names(shared.store()) == ["ada-0"]


def test_a_living_holder_keeps_its_lock_for_longer_than_a_lease(shared, let_the_lease_end):
    holder = shared.store(BRIEF._replace(lease=0.6, heartbeat=0.1))
    with holder.lock(reason="apply", since="now"):
        state = holder.write(holder.read())
        for _ in range(2):
            time.sleep(0.2)
            with (
                pytest.raises(Refused, match=r"is locked by .* for apply"),
                shared.store(BRIEF).lock(reason="destroy", since="now"),
            ):
                pass
        holder.note(state, Entry(A))
    assert names(shared.store()) == ["ada-0"]


def test_unlock_names_whom_it_cleared_and_how_long_that_was_silent(
    shared, frozen, let_the_lease_end
):
    old = frozen(shared)
    let_the_lease_end(shared.kind)
    told = shared.store(BRIEF).unlock()
    assert f"(process {os.getpid()}) since then, for apply (lock " in told
    assert "silent for " in told
    assert shared.store(BRIEF).unlock() == ""
    with pytest.raises(StateError, match=r"\(it was cleared"):
        old.write(old.read())


def test_where_there_is_no_clock_people_are_told_what_is_waited_for():
    memory, told = Memory(), []
    place = Remembered(memory)
    with contextlib.ExitStack() as stack:
        stack.enter_context(
            place.store(BRIEF._replace(heartbeat=3600)).lock(reason="apply", since="then")
        )
        with place.store(BRIEF, notify=told.append).lock(reason="apply", since="now"):
            pass
    (sentence,) = told
    assert sentence.endswith("Checking for up to 0 s whether that run is alive.")
    assert "since then, for apply" in sentence


class Remembered:
    """A place in memory, as Place is."""

    kind = "memory"

    def __init__(self, memory):
        self.memory = memory

    def backend(self):
        return MemoryShelf(self.memory)

    def store(self, timing=PATIENT, *, backend=None, **options):
        return SharedState(
            backend or self.backend(), space="local", project="local", timing=timing, **options
        )


# Two that want the same


def test_who_clears_a_lock_clears_no_other_one(shared, frozen, let_the_lease_end):
    """Between the look and the write somebody else took the dead run's lock: it stays."""
    frozen(shared)
    let_the_lease_end(shared.kind)
    with contextlib.ExitStack() as stack:
        alive = []

        def taken_first(backend, held, snapshot):
            if not alive:
                alive.append(shared.store(BRIEF._replace(lease=60.0, heartbeat=0.05)))
                stack.enter_context(alive[0].lock(reason="destroy", since="now"))
            return backend.swap(held, snapshot)

        with pytest.raises(Refused, match=r"for destroy, which is still running"):
            shared.store(BRIEF, backend=Between(shared.backend(), on_swap=taken_first)).unlock()
        alive[0].write(alive[0].read().with_entries(Entry(A)))
    assert names(shared.store()) == ["ada-0"]


def test_of_those_who_find_a_dead_lock_one_gets_it(shared, frozen, witness, let_the_lease_end):
    frozen(shared)
    let_the_lease_end(shared.kind)
    got = []

    def run():
        store = shared.store(BRIEF._replace(lease=60.0, heartbeat=0.05))
        try:
            with store.lock(reason="apply", since="now"), witness.inside():
                got.append(witness.accepted(store.write(store.read()).serial, "x"))
                time.sleep(0.2)
        except Refused:
            pass

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert witness.doubles == []
    assert witness.serials == list(range(1, len(got) + 1)) != []


# Answers that are lost


def lost(error, *, every=1):
    """Every write is carried out, and every ``every``-th answer is lost."""
    number = 0

    def swap(backend, held, snapshot):
        nonlocal number
        done = backend.swap(held, snapshot)
        number += 1
        if number % every == 0:
            raise error
        return done

    return swap


@pytest.mark.parametrize(
    "error", [Unavailable("no answer"), Conflict()], ids=["no answer", "met itself"]
)
def test_a_write_whose_answer_was_lost_is_known_as_ours(shared, error):
    clock = Clock(sleep=lambda _: None)
    store = shared.store(clock=clock, backend=Between(shared.backend(), on_swap=lost(error)))
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        store.note(state, Entry(A))
        store.note(state, Entry(B))
        backend = shared.backend()
        assert len(backend.load().snapshot.journal) == 2
        backend.close()
        assert store.write(store.read()).serial == 2
    assert (shared.store().unlock(), shared.store().read().serial, names(shared.store())) == (
        "",
        2,
        ["ada-0", "ada-1"],
    )


def test_a_request_that_got_lost_is_sent_again(shared):
    failures = iter([True, False] * 50)

    def swap(backend, held, snapshot):
        if next(failures):
            raise Unavailable("no way")
        return backend.swap(held, snapshot)

    store = shared.store(
        clock=Clock(sleep=lambda _: None), backend=Between(shared.backend(), on_swap=swap)
    )
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        store.note(state, Entry(A))
    assert names(shared.store()) == ["ada-0"]


def test_a_store_that_does_not_answer_any_more_is_told_after_a_few_attempts(shared):
    attempts = []

    def swap(backend, held, snapshot):
        if snapshot.journal:
            attempts.append(snapshot)
            raise Unavailable("nobody there")
        return backend.swap(held, snapshot)

    store = shared.store(
        clock=Clock(sleep=lambda _: None), backend=Between(shared.backend(), on_swap=swap)
    )
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        with pytest.raises(StateError, match="nobody there"):
            store.note(state, Entry(A))
    assert (len(attempts), shared.store().unlock()) == (4, "")


def test_a_write_that_comes_late_is_taken_for_what_it_is(shared):
    """A request is given up as lost and lands after the next one was begun: nothing is lost, nothing is there twice."""
    waiting = []

    def swap(backend, held, snapshot):
        if len(snapshot.journal) == 1 and not waiting:
            waiting.append((held, snapshot))
            raise Unavailable("late")
        if waiting and waiting[0] is not None:
            late, waiting[0] = waiting[0], None
            backend.swap(*late)
        return backend.swap(held, snapshot)

    store = shared.store(
        clock=Clock(sleep=lambda _: None), backend=Between(shared.backend(), on_swap=swap)
    )
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        store.note(state, Entry(A))
        store.note(state, Entry(B))
        assert names(shared.store()) == ["ada-0", "ada-1"]
        backend = shared.backend()
        assert len(backend.load().snapshot.journal) == 2
        backend.close()


# Clocks


@pytest.mark.parametrize("off", [-86400.0, "jumping"])
def test_what_this_machines_clock_says_decides_nothing(
    shared, monkeypatch, frozen, let_the_lease_end, off
):
    true = time.time
    jumps = iter([86400.0, -86400.0] * 100_000)
    monkeypatch.setattr(time, "time", lambda: true() + (next(jumps) if off == "jumping" else off))
    dead = frozen(shared)
    dead.note(dead.write(dead.read()), Entry(A))
    patient = shared.store(BRIEF._replace(lease=60.0, heartbeat=0.05))
    let_the_lease_end(shared.kind)
    with patient.lock(reason="apply", since="now"):
        patient.write(patient.read())
        with (
            pytest.raises(Refused, match="is locked by"),
            shared.store(BRIEF).lock(reason="apply", since="now"),
        ):
            pass
    with pytest.raises(StateError, match="the lock is lost"):
        dead.write(dead.read())
    assert names(shared.store()) == ["ada-0"]


# Lock records that nobody here wrote


def in_place_of_the_lock(shared, lock):
    backend = shared.backend()
    held = backend.load()
    backend.swap(held, held.snapshot._replace(head=held.snapshot.head._replace(lock=lock)))
    backend.close()


def test_a_hostile_lock_is_made_harmless_before_it_is_shown(shared):
    store = shared.store()
    store.write(store.read())
    hostile = Lock("n", "\x1b[31mroot", "h\u202e", 7, "now\r\n::error::x", "y" * 200, 60.0)
    in_place_of_the_lock(shared, hostile)
    with pytest.raises(Refused) as refusal:
        shared.store(BRIEF._replace(lease=60.0)).write(store.read())
    assert refusal.value.message.isprintable()
    assert len(refusal.value.message) < 300
    assert "\\x1b[31mroot on h\\u202e (process 7)" in refusal.value.message


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda _: "",
        lambda _: "[]",
        lambda text: text.replace('"serial": 1', '"serial": 9'),
        lambda _: "x" * 70_000,
        lambda text: text.replace('"nonce": "n"', '"nonce": 5'),
    ],
)
def test_a_head_that_is_none_is_somebody_elses_lock_and_no_newest_version(spoilt):
    text = encode_lock_record(LockRecord("t", Version("l", 1), Lock("n", "u", "h"))).decode()
    found = decode_lock_record(spoilt(text).encode(), where="x")
    assert (found.newest, found.lock.holder) == (None, "another run")
    assert decode_lock_record(text.encode(), where="x") == LockRecord(
        "t", Version("l", 1), Lock("n", "u", "h")
    )


def test_a_lock_that_claims_a_lease_for_ever_has_an_hour():
    text = encode_lock_record(LockRecord("t", Version(), Lock("n", "u", "h", seconds=1e300)))
    assert decode_lock_record(text, where="x").lock.seconds == 3600.0


def test_a_head_of_a_newer_version_is_left_alone():
    with pytest.raises(StateError, match="format 2, and this version of the tool reads format 1"):
        decode_lock_record(json.dumps({"format_version": 2}).encode(), where="x")


def test_where_nobody_knows_the_newest_version_nothing_is_read_until_one_is_pushed(shared):
    store = shared.store()
    state = store.write(store.read().with_entries(Entry(A)))
    backend = shared.backend()
    held = backend.load()
    backend.swap(held, held.snapshot._replace(head=LockRecord("t", None, None)))
    backend.close()
    for attempt in (shared.store().read, lambda: shared.store().write(state)):
        with pytest.raises(
            StateError, match="does not say which version of the record is the newest"
        ):
            attempt()
    pushed = shared.store().push(state)
    assert shared.store().read() == pushed


# Real processes: killed, and paused by the system


@contextlib.contextmanager
def another(place, *words):
    """A process of its own that does what ``contender`` says."""
    command = [
        sys.executable,
        "-m",
        "tests.integration.state_backends.contender",
        place.out(),
        *map(str, words),
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def said(process):
    return process.stdout.readline().strip()


def told(process, word):
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_a_run_that_was_killed_between_lock_and_write_loses_nothing(shared, let_the_lease_end):
    with another(shared, "hold", "dead", BRIEF.lease) as process:
        assert said(process) == "locked"
        process.send_signal(signal.SIGKILL)
        process.wait()
    let_the_lease_end(shared.kind)
    store = shared.store(BRIEF)
    with store.lock(reason="apply", since="now"):
        assert (store.write(store.read()).serial, names(store)) == (2, ["dead-0"])


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_a_run_that_the_system_paused_finds_its_lock_gone(shared, let_the_lease_end):
    with another(shared, "hold", "old", 0.6) as process:
        assert said(process) == "locked"
        told(process, "note")
        assert said(process) == "accepted"
        process.send_signal(signal.SIGSTOP)
        deadline = time.monotonic() + 20
        while True:
            let_the_lease_end(shared.kind)
            try:
                store = shared.store(BRIEF._replace(lease=60.0, heartbeat=10.0))
                with store.lock(reason="apply", since="now"):
                    store.write(store.read().with_entries(made("new", 0)))
                    break
            except Refused:
                assert time.monotonic() < deadline
        process.send_signal(signal.SIGCONT)
        for word in ("note", "write"):
            told(process, word)
            assert "the lock is lost" in said(process)
    assert names(shared.store()) == ["new-0", "old-0", "old-1"]


def test_processes_that_race_for_the_lock_lose_nothing(place, witness):
    rounds = 2 if place.kind == "git" else 5
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(another(place, "race", f"run{number}", rounds, witness.folder))
            for number in range(3)
        ]
        assert [said(process) for process in processes] == ["done"] * 3
    assert (witness.doubles, witness.serials) == ([], list(range(1, 3 * rounds + 2)))
    assert len(place.store().read().resources) == 3 * rounds
