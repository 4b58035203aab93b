"""What every store must do, wherever it keeps the record: one machine or many, the words are the same."""

import dataclasses
import json
import threading
import time
from pathlib import Path

import pytest

from reconciler.core.errors import Refused, StateError
from reconciler.core.intents import Intent
from reconciler.core.resources import Address
from reconciler.state.decode import decode_state
from reconciler.state.record import Entry, encode_state, new_state
from tests.integration.state_backends.memory import Between
from tests.integration.state_backends.places import PATIENT, made, resource

A, B, C = (resource("ada", number) for number in range(3))


def records(*resources):
    return {one.address: one for one in resources}


# One record


def test_where_there_is_nothing_the_record_is_new_and_nothing_is_written(place):
    state = place.store().read()
    assert (state.serial, dict(state.resources), state.space, state.project) == (
        0,
        {},
        "local",
        "local",
    )
    assert place.store().read().lineage != state.lineage


def test_what_is_written_is_read_on_another_machine(place):
    store = place.store()
    written = store.write(store.read().with_entries(Entry(A)))
    assert (place.store().read(), written.serial) == (written, 1)


def test_each_write_counts_one_up(place):
    store = place.store()
    state = store.read()
    for serial in (1, 2, 3):
        state = store.write(state)
        assert (state.serial, store.read().serial) == (serial, serial)


def test_who_read_an_older_one_may_not_write(place):
    first = place.store().write(place.store().read())
    place.store().write(first)
    with pytest.raises(
        StateError, match=r"was changed by another run \(serial 2, this run read 1\)"
    ):
        place.store().write(first)
    assert place.store().read().serial == 2


def test_two_first_runs_do_not_write_over_each_other(place):
    mine, theirs = place.store(), place.store()
    read, other = mine.read(), theirs.read()
    mine.write(read.with_entries(Entry(A)))
    with pytest.raises(StateError, match="was changed by another run"):
        theirs.write(other.with_entries(Entry(B)))
    assert theirs.read().resources == records(A)


def test_what_was_noted_is_read_and_the_next_write_holds_it(place):
    store = place.store()
    state = store.write(store.read())
    intent = Intent(
        Address("Room", "next"), {"max_members": 3}, "2026-01-01T00:00:00Z", "2026-01-01T00:05:00Z"
    )
    for entry in (Entry(A), Entry(B), Entry(removed=A), Entry(intent=intent)):
        store.note(state, entry)
    found = place.store().read()
    assert (found.resources, found.intents, found.serial) == (records(B), {intent.key: intent}, 1)
    written = store.write(found)
    assert place.store().read() == written == dataclasses.replace(found, serial=2)


def test_any_text_that_a_manifest_can_hold_can_be_kept(place):
    odd = dataclasses.replace(
        A,
        attributes={
            "meta": {"team": "Ünï\u2028\U0001f600 \x7f", "": None},
            "description": "\u0000\u0085\r\n",
        },
    )
    store = place.store()
    state = store.write(store.read())
    store.note(state, Entry(odd))
    assert place.store().read().resources == records(odd)
    written = store.write(store.read())
    assert place.store().read() == written == decode_state(encode_state(written), where="")


@pytest.mark.long
def test_many_notes_come_back_in_their_order(place):
    number = {"git": 5, "postgres": 70}.get(place.kind, 200)
    store = place.store()
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        for turn in range(number):
            store.note(state, Entry(dataclasses.replace(A, attributes={"max_members": turn})))
            store.note(state, made("ada", turn + 1))
        found = place.store().read()
        store.write(found)
    assert len(found.resources) == number + 1
    assert found.resources[A.address].attributes == {"max_members": number - 1}
    assert place.store().read().resources == found.resources


# The lock


def test_one_run_at_a_time_and_the_other_is_told_who(place):
    with place.store(PATIENT._replace(heartbeat=0.2)).lock(
        reason="apply", since="2027-01-01T00:00:00Z"
    ):
        with pytest.raises(Refused) as refusal, place.store().lock(reason="destroy", since="now"):
            pass
        assert "the state is locked by" in refusal.value.message
        assert "since 2027-01-01T00:00:00Z, for apply" in refusal.value.message
        assert "wait until that run has ended" in refusal.value.hint
    with place.store().lock(reason="destroy", since="now"):
        pass


def test_an_error_inside_gives_the_lock_back(place):
    with pytest.raises(KeyError), place.store().lock(reason="apply", since="now"):
        raise KeyError
    assert place.store().unlock() == ""


def test_the_lock_of_a_living_run_is_not_cleared(place):
    store = place.store(PATIENT._replace(heartbeat=0.2))
    with store.lock(reason="apply", since="now"):
        with pytest.raises(Refused, match="which is still running"):
            place.store().unlock()
        store.note(store.write(store.read()), Entry(A))
    assert place.store().read().resources == records(A)


def test_without_the_lock_nothing_is_written_while_somebody_has_it(shared):
    with shared.store().lock(reason="apply", since="now"):
        other = shared.store()
        state = other.read()
        for attempt in (
            lambda: other.write(state),
            lambda: other.push(state),
            lambda: other.note(state, Entry(A)),
        ):
            with pytest.raises(Refused, match="the state is locked by"):
                attempt()
    assert shared.store().read().serial == 0


def test_one_store_cannot_take_its_own_lock_twice(place):
    store = place.store()
    with (
        store.lock(reason="apply", since="now"),
        pytest.raises(Refused),
        store.lock(reason="apply", since="now"),
    ):
        pass
    assert place.store().unlock() == ""


# Races, with a witness that knows no store


def begun(store, witness, who):
    """The record as it is; written first where there is none yet, so that a journal has what it belongs to."""
    state = store.read()
    if state.serial == 0:
        state = store.write(state)
        witness.accepted(state.serial, who)
    return state


@pytest.mark.parametrize("contenders", [2, 4, 8])
@pytest.mark.long
def test_contenders_for_the_lock_never_meet_inside_it(place, witness, contenders):
    rounds = 1 if place.kind == "git" else 3

    def run(who):
        store, number = place.store(), 0
        while number < rounds:
            try:
                with store.lock(reason="apply", since="now"), witness.inside():
                    state = begun(store, witness, who)
                    store.note(state, made(who, number))
                    witness.accepted(store.write(store.read()).serial, who)
                    number += 1
            except Refused:
                time.sleep(0.01)

    together(run, [f"run{number}" for number in range(contenders)])
    total = contenders * rounds
    assert (witness.doubles, witness.serials) == ([], list(range(1, total + 2)))
    assert len(place.store().read().resources) == total


def together(run, names):
    failures = []

    def one(name):
        try:
            run(name)
        except BaseException as error:  # noqa: BLE001  # told below
            failures.append(error)

    threads = [threading.Thread(target=one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@pytest.mark.parametrize("contenders", [2, 8])
def test_of_those_who_read_the_same_one_writes(shared, witness, contenders):
    shared.store().write(shared.store().read())
    outcomes, refusals = [], []

    def run(who):
        store = shared.store()
        state = store.read()
        ready.wait()
        try:
            witness.accepted(store.write(state.with_entries(made(who, 0))).serial, who)
            outcomes.append(who)
        except StateError as error:
            refusals.append(error.message)

    ready = threading.Barrier(contenders)
    together(run, [f"run{number}" for number in range(contenders)])
    assert (len(outcomes), witness.doubles, witness.serials) == (1, [], [2])
    assert all("was changed by another run" in refusal for refusal in refusals)
    assert shared.store().read().resources == records(resource(outcomes[0], 0))


def test_what_threads_of_one_run_note_at_once_is_all_kept(place):
    store = place.store()
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        together(
            lambda who: store.note(state, made(who, 0)), [f"worker{number}" for number in range(8)]
        )
        assert len(place.store().read().resources) == 8


def test_notes_of_one_moment_go_in_one_write(shared):
    writes = []
    inside, go = threading.Event(), threading.Event()

    def slow(backend, held, snapshot):
        writes.append(len(snapshot.journal))
        if len(writes) == 3:
            inside.set()
            go.wait(5)
        return backend.swap(held, snapshot)

    store = shared.store(backend=Between(shared.backend(), on_swap=slow))
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        first = threading.Thread(target=store.note, args=(state, made("first", 0)))
        first.start()
        inside.wait(5)
        rest = [
            threading.Thread(target=store.note, args=(state, made("worker", number)))
            for number in range(6)
        ]
        for thread in rest:
            thread.start()
        while store._group_commit.waiting < 6:
            time.sleep(0.005)
        go.set()
        for thread in (first, *rest):
            thread.join()
        assert writes == [0, 0, 1, 7]
    assert len(shared.store().read().resources) == 7


# Damaged, rolled back, foreign: the words of the local file


def rewritten(place, change):
    """Somebody puts another record in the place of the one there, past the tool; ``change`` gets its text."""
    if place.kind == "local":
        file = Path(place.address)
        text = change(file.read_text())
        file.unlink() if text is None else file.write_bytes(text.encode("utf-8", "surrogateescape"))
        return
    backend = place.backend()
    held = backend.load()
    backend.swap(held, held.snapshot._replace(record=change(held.snapshot.record)))
    backend.close()


def edited(text):
    document = json.loads(text)
    document["resources"][0]["id"] = B.id
    return json.dumps(document)


DAMAGES = {
    "empty": (lambda _: "", "is not a state record"),
    "cut": (lambda text: text[: len(text) // 2], "is not a state record"),
    "not JSON": (lambda _: "not json", "is not a state record"),
    "another thing": (lambda _: "[]", "is not a state record: it has no format_version"),
    "edited": (edited, "was damaged or edited: its checksum does not match"),
    "one letter": (
        lambda text: text.replace("ada-0", "adb-0"),
        "was damaged or edited: its checksum does not match",
    ),
    "merge markers": (
        lambda text: f"<<<<<<< a\n{text}=======\n{text}>>>>>>> b\n",
        "holds unresolved merge markers",
    ),
    "a newer format": (
        lambda text: text.replace('"format_version": 1', '"format_version": 9'),
        "has format 9, and this version",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_was_damaged_is_refused_and_never_written_over(place, damage):
    change, told = DAMAGES[damage]
    store = place.store()
    written = store.write(store.read().with_entries(Entry(A)))
    rewritten(place, change)
    other = place.store()
    for attempt in (other.read, lambda: other.write(written)):
        with pytest.raises(StateError, match=told) as refusal:
            attempt()
        assert other.place in refusal.value.message
        assert f"{other.place}.1" not in refusal.value.hint or place.kind == "local"
    pushed = other.push(written)
    assert (store.read(), pushed.serial) == (pushed, 2)


@pytest.mark.parametrize("back", [1, 2])
def test_what_was_rolled_back_is_refused_until_it_is_put_in_place_on_purpose(place, back):
    store = place.store()
    state = store.write(store.read().with_entries(Entry(A)))
    old = [encode_state(state), encode_state(state := store.write(state))]
    store.write(state)
    rewritten(place, lambda _: old[back - 1])
    other = place.store()
    with pytest.raises(
        StateError, match=rf"was rolled back to an older copy \(serial {back}; the last one had 3\)"
    ):
        other.read()
    pushed = other.push(decode_state(old[back - 1], where="old"))
    assert (store.read(), pushed.serial) == (pushed, 4)


def test_the_record_is_gone_and_that_is_no_beginning(place):
    store = place.store()
    written = store.write(store.read().with_entries(Entry(A)))
    rewritten(place, lambda _: None)
    with pytest.raises(StateError, match="is missing, but its mark is still there"):
        place.store().read()
    pushed = place.store().push(written)
    assert place.store().read() == pushed


@pytest.mark.parametrize(
    ("space", "project"), [("other.signalwire.com", "local"), ("local", "other")]
)
def test_the_record_of_another_space_or_project_is_not_used(place, space, project):
    store = place.store()
    store.write(store.read())
    other = place.store(space=space, project=project)
    with pytest.raises(StateError) as refusal:
        other.read()
    assert (
        f"this state belongs to project local on local, and you are on {space} with project {project}"
        in refusal.value.message
    )
    with pytest.raises(StateError, match="this state belongs to project"):
        other.push(store.read())


def test_a_record_of_another_history_is_not_pushed_over_this_one(place):
    place.store().write(place.store().read())
    with pytest.raises(StateError, match="another history"):
        place.store().push(new_state("local", "local"))


def test_an_entry_of_the_journal_that_is_none_is_refused(shared):
    store = shared.store()
    state = store.write(store.read())
    store.note(state, Entry(A))
    for damage in (
        lambda line: line.replace("ada", "bob"),
        lambda _: "x\n",
        lambda line: line[:-20],
    ):
        backend = shared.backend()
        held = backend.load()
        kept = held.snapshot.journal
        held = backend.swap(held, held.snapshot._replace(journal=(damage(kept[0]),)))
        with pytest.raises(
            StateError, match=r"the journal in .*:1: this line of the journal is damaged"
        ) as refusal:
            store.read()
        assert refusal.value.hint.startswith("restore an earlier version (")
        backend.swap(held, held.snapshot._replace(journal=kept))
        backend.close()
    assert shared.store().read().resources == records(A)


def test_the_journal_of_another_record_is_refused(shared):
    store = shared.store()
    store.note(new_state("local", "local"), Entry(A))
    with pytest.raises(StateError, match="is missing, but its journal is still there"):
        shared.store().read()
    shared.store().push(new_state("local", "local"))
    assert shared.store().read().resources == {}
