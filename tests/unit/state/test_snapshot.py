"""The record within a snapshot: read, replaced, counted on, and missed where traces are left."""

from dataclasses import replace

import pytest

from reconciler.core.errors import StateError
from reconciler.state.backends.base import Snapshot, VersionedSnapshot
from reconciler.state.lock_record import Lock, LockRecord, Version
from reconciler.state.record import encode_state, new_state
from reconciler.state.snapshot import decode_record, newest_versions, serial_after, with_record
from tests.unit.core.worlds import applied, records

STATE = replace(new_state("s", "p"), lineage="line", serial=3)
LOCK = Lock("n", newest=Version("line", 2))


class Store:
    """What messages call a backend."""

    place, earlier = "the store", "an earlier version"


def stored(record=None, *, head=None, journal=(), remains=""):
    return VersionedSnapshot(Snapshot(head or LockRecord(), record, journal), "1", remains)


def test_a_record_comes_back_without_its_journal():
    there = stored(encode_state(STATE), journal=("{}",))
    assert decode_record(there, Store()) == STATE


def test_where_there_never_was_a_record_there_is_none():
    assert decode_record(stored(), Store()) is None
    assert decode_record(stored(head=LockRecord("w", Version(), LOCK)), Store()) is None


@pytest.mark.parametrize(
    ("there", "told"),
    [
        (stored(journal=("{}",)), "its journal is still there"),
        (stored(head=LockRecord("w", Version("line", 1))), "its mark is still there"),
        (stored(head=LockRecord("w", None)), "its mark is still there"),
        (stored(remains="record"), "its record is still there"),
        (stored(remains="records"), "its records are still there"),
        (stored(journal=("{}",), remains="record"), "its journal and its record are still there"),
    ],
)
def test_a_record_that_went_while_traces_stayed_is_missed(there, told):
    with pytest.raises(StateError) as found:
        decode_record(there, Store())
    assert found.value.message == f"the store is missing, but {told}"
    assert found.value.hint == "restore an earlier version with: reconciler state push"


def test_a_damaged_record_is_restored_from_what_the_store_has():
    text = encode_state(STATE)
    damaged = stored(text.replace('"serial": 3', '"serial": 4'))
    assert damaged.snapshot.record != text
    with pytest.raises(StateError, match="damaged or edited") as found:
        decode_record(damaged, Store())
    assert "the store.1" not in found.value.hint
    assert decode_record(damaged, Store(), edited=True).serial == 4


def test_the_newest_versions_are_that_of_the_head_and_that_of_the_lock():
    newest = Version("line", 3)
    assert newest_versions(LockRecord("w", newest), where="x") == (newest,)
    assert newest_versions(LockRecord("w", newest, LOCK), where="x") == (newest, LOCK.newest)
    with pytest.raises(StateError, match="does not say which version of the record is the newest"):
        newest_versions(LockRecord("w", None, LOCK), where="x")


@pytest.mark.parametrize(
    ("there", "own", "serial"),
    [
        (None, 3, 4),
        (None, 7, 8),
        (replace(STATE, serial=5), 3, 6),
        (replace(STATE, serial=5), 9, 10),
    ],
)
def test_the_serial_of_what_is_pushed_is_above_all_that_there_was(there, own, serial):
    current = stored(encode_state(there) if there else None)
    assert serial_after(current, replace(STATE, serial=own), Store()) == serial


@pytest.mark.parametrize("record", ["", "{", "5"])
def test_a_record_that_cannot_be_read_is_replaced(record):
    current = stored(record, head=LockRecord("w", Version("line", 8)))
    assert serial_after(current, STATE, Store()) == 9
    unknown = stored(record, head=LockRecord("w", None))
    assert serial_after(unknown, STATE, Store()) == 4


def test_a_record_of_another_lineage_is_not_replaced():
    other = stored(encode_state(replace(STATE, lineage="other")))
    head = stored("{", head=LockRecord("w", Version("other", 1)))
    for current in (other, head):
        with pytest.raises(StateError, match="lineage other, not line"):
            serial_after(current, STATE, Store())


def test_a_new_record_ends_the_journal_and_marks_the_newest_in_head_and_lock():
    before = Snapshot(LockRecord("w", Version("line", 2), LOCK), "old", ("{}",))
    after = with_record(before, STATE, where="x")
    assert after == Snapshot(
        LockRecord("w", Version("line", 3), LOCK._replace(newest=Version("line", 3))),
        encode_state(STATE),
    )
    unlocked = before._replace(head=before.head._replace(lock=None))
    assert with_record(unlocked, STATE, where="x").head == LockRecord("w", Version("line", 3))


def test_a_record_that_is_larger_than_a_store_may_hold_is_refused(monkeypatch):
    state = replace(STATE, resources=records(applied("Room", "a", 1, description="d" * 500)))
    size = len(encode_state(state).encode())
    monkeypatch.setattr("reconciler.state.record_size.MAX_BYTES", size)
    assert with_record(Snapshot(), state, where="x").record
    monkeypatch.setattr("reconciler.state.record_size.MAX_BYTES", size - 1)
    with pytest.raises(StateError, match="x: would be too large for a state") as found:
        with_record(Snapshot(), state, where="x")
    assert found.value.hint == "split the resources into several environments"
