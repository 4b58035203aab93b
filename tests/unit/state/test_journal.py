import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.errors import StateError
from reconciler.core.intents import Intent
from reconciler.core.resources import Address, Sealed
from reconciler.state.backends.local import LocalState
from reconciler.state.filesystem import SystemDisk
from reconciler.state.journal import Journal, replay
from reconciler.state.journal_codec import encode_line, replayed
from reconciler.state.record import Entry, Stamp, checksum, new_state
from tests.effort import examples
from tests.unit.core.worlds import applied, records

A1, B2, C3 = (
    applied("Room", name, number, layout="3x3") for name, number in (("a", 1), ("b", 2), ("c", 3))
)


@pytest.fixture
def begun(local):
    """A state with Room/a in it, written."""
    return local.write(replace(new_state("local", "local"), resources=records(A1)))


def beside(local):
    return local.path.with_name(f"{local.path.name}.journal")


def put_back(local, journal):
    """As if the run had ended after the state was written and before its journal was taken away."""
    beside(local).touch(mode=0o600)
    beside(local).write_bytes(journal)


def test_what_was_noted_is_there_after_a_crash(local, begun):
    local.note(begun, Entry(B2, None))
    local.note(begun, Entry(None, A1))
    local.note(begun, Entry(applied("Room", "d", 2, streams=[(7, "rtmp://h/x")]), B2))
    assert local.read().resources == records(applied("Room", "d", 2, streams=[(7, "rtmp://h/x")]))


def test_when_and_from_what_it_was_written_is_kept(local, begun):
    local.note(begun, Entry(B2, None, Stamp("2027-01-01T00:00:00Z", "a1b2c3")))
    assert local.read().stamps[B2.address] == Stamp("2027-01-01T00:00:00Z", "a1b2c3")


def test_writing_the_state_ends_the_journal(local, begun):
    local.note(begun, Entry(B2, None))
    written = local.write(local.read())
    assert (beside(local).exists(), local.read(), written.serial) == (
        False,
        written,
        begun.serial + 1,
    )


@pytest.mark.parametrize("kept", range(0, 400, 7))
def test_a_line_that_was_cut_off_never_was(local, begun, kept):
    local.note(begun, Entry(B2, None))
    whole = beside(local).read_bytes()
    local.note(begun, Entry(C3, None))
    line = beside(local).read_bytes()[len(whole) :]
    beside(local).write_bytes(whole + line[: min(kept, len(line) - 1)])
    assert local.read().resources == records(A1, B2)


def test_a_second_kill_after_a_line_was_cut_off_loses_nothing(local, begun):
    local.note(begun, Entry(B2, None))
    with beside(local).open("ab") as journal:
        journal.write(b'{"lineage": "cut o')
    recovered = local.read()
    local.note(recovered, Entry(C3, None))
    assert local.read().resources == records(A1, B2, C3)


def test_a_crash_between_the_state_and_the_end_of_its_journal_changes_nothing(local, begun):
    for record, gone in (
        (applied("Room", "b", 1), A1),
        (applied("Room", "a", 2), None),
        (C3, None),
        (None, C3),
    ):
        local.note(begun, Entry(record, gone))
    journal = beside(local).read_bytes()
    written = local.write(local.read())
    put_back(local, journal)
    assert local.read() == written == local.read()


def test_notes_of_the_next_run_may_follow_what_was_left_over(local, begun):
    local.note(begun, Entry(B2, None))
    journal = beside(local).read_bytes()
    local.write(local.read())
    put_back(local, journal)
    state = local.read()
    local.note(state, Entry(None, B2))
    assert local.read().resources == records(A1)


STEPS = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.integers(1, 4), st.sampled_from(["3x3", "5x5"]), st.booleans()
    ),
    max_size=6,
)


@settings(max_examples=examples(60), deadline=None)
@given(STEPS)
def test_replaying_a_run_twice_is_replaying_it_once(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("journal") / "journal"
    state, seen = new_state("local", "local"), set()
    for name, number, layout, away in steps:
        if name in seen:
            continue
        seen.add(name)
        record = applied("Room", name, number, layout=layout)
        Journal(path).append(
            [encode_line(Entry(removed=record) if away else Entry(record), state=state)]
        )
    once = replay(path, state)
    assert replay(path, once) == once


def test_a_journal_of_many_lines_is_opened_once(tmp_path):
    path, opened = tmp_path / "journal", []

    class Counted(SystemDisk):
        def open(self, path, *, create=False):
            opened.append(path)
            return super().open(path, create=create)

    path.touch(mode=0o600)
    journal = Journal(path, disk=Counted())
    for _ in range(3):
        journal.append(["a line\n", "another one\n"])
    assert opened == [path]
    journal.close()
    assert path.read_text(encoding="utf-8") == "a line\nanother one\n" * 3


def test_a_line_with_a_known_id_in_other_letters_moves_its_resource():
    there = replace(A1, id="00000000-0000-4000-8000-00000000000a")
    again = replace(B2, id=there.id.upper())
    state = replace(new_state("local", "local"), resources=records(there))
    after = replayed([encode_line(Entry(again), state=state)], state, where="here")
    assert after.resources == records(again)


def test_one_id_of_two_resources_is_refused():
    there = replace(A1, id="00000000-0000-4000-8000-00000000000a")
    again = replace(B2, id=there.id.upper())
    state = replace(new_state("local", "local"), resources=records(there, again))
    with pytest.raises(StateError) as refusal:
        replayed([], state, where="here", hint="mend it")
    assert (refusal.value.message, refusal.value.hint) == (
        f"here: Room/a and Room/b have the same id, {again.id}",
        "mend it",
    )


def test_the_journal_of_another_record_is_refused(local, begun):
    Journal(beside(local)).append([encode_line(Entry(B2), state=replace(begun, lineage="another"))])
    with pytest.raises(StateError, match="this journal belongs to another state record"):
        local.read()


def test_a_journal_that_is_ahead_of_its_record_is_refused(local, begun):
    Journal(beside(local)).append(
        [encode_line(Entry(B2), state=replace(begun, serial=begun.serial + 1))]
    )
    with pytest.raises(StateError, match="this journal belongs to another state record"):
        local.read()


def test_what_the_record_holds_already_is_not_done_once_more(local, begun):
    local.note(begun, Entry(B2))
    journal = beside(local).read_bytes()
    local.write(local.write(local.read()).with_entries(Entry(removed=B2)))
    put_back(local, journal)
    assert local.read().resources == records(A1)


def old(line):
    """A line as it was before lines told the serial."""
    document = {
        key: value for key, value in json.loads(line).items() if key not in ("serial", "checksum")
    }
    return json.dumps(document | {"checksum": checksum(document)}).encode() + b"\n"


def test_lines_from_before_they_told_the_serial_are_read(local, begun):
    local.note(begun, Entry(B2))
    beside(local).write_bytes(old(beside(local).read_bytes()))
    assert local.read().resources == records(A1, B2)


@pytest.mark.parametrize(
    "hole", [b"\0" * 600 + b"tail of a line\n", b"\0" * 600, b"\0" * 16 + b"tail\n", b"\0" * 16]
)
def test_zeros_that_a_power_cut_left_for_a_line_are_no_line(local, begun, hole):
    local.note(begun, Entry(B2))
    with beside(local).open("ab") as journal:
        journal.write(hole)
    assert local.read().resources == records(A1, B2)
    local.note(local.read(), Entry(C3))
    assert local.read().resources == records(A1, B2, C3)


def test_fewer_zeros_than_a_power_cut_leaves_are_damage(local, begun):
    local.note(begun, Entry(B2))
    with beside(local).open("ab") as journal:
        journal.write(b"\0" * 15 + b"tail of a line\n")
    with pytest.raises(StateError, match="journal:2"):
        local.read()


SENT = Intent(
    Address("Room", "d"), {"layout": "3x3"}, "2027-01-01T00:00:00Z", "2027-01-01T00:03:00Z"
)
STREAM = Intent(
    Address("Room", "a"),
    {"url": Sealed("0" * 64)},
    "2027-01-01T00:00:00Z",
    "2027-01-01T00:00:35Z",
    "streams",
)


@pytest.mark.parametrize("intent", [SENT, STREAM, Intent(Address("Room", "d"), {})])
def test_an_intent_lasts_through_journal_and_record(local, begun, intent):
    local.note(begun, Entry(intent=intent))
    assert local.read().intents == {intent.key: intent}
    local.write(local.read())
    assert local.read().intents == {intent.key: intent}


def test_an_intent_is_over_when_its_thing_is_recorded_and_all_are_when_it_is_settled(begun):
    open_ = begun.with_entries(
        Entry(intent=SENT), Entry(intent=STREAM), Entry(intent=SENT._replace(child="streams"))
    )
    assert set(open_.with_entries(Entry(applied("Room", "d", 7))).intents) == {
        STREAM.key,
        (SENT.address, "streams"),
    }
    assert set(open_.with_entries(Entry(settled=SENT.address)).intents) == {STREAM.key}


def test_a_journal_without_its_record_is_refused(local, begun):
    local.note(begun, Entry(B2, None))
    local.path.unlink()
    with pytest.raises(
        StateError, match="is missing, but its journal and its mark are still there"
    ):
        local.read()


def entry(lineage, **resource):
    return json.dumps({"lineage": lineage, "gone": None, "resource": resource})


@pytest.mark.parametrize(
    "line",
    [
        lambda _: "{",
        lambda _: "[]",
        lambda _: "null",
        lambda lineage: entry(lineage, id="x"),
        lambda lineage: entry(
            lineage,
            kind="Room",
            name="a",
            id="../x",
            protect=False,
            renamed_from=None,
            attributes={},
            children={},
        ),
        lambda lineage: entry(
            lineage,
            kind="Room",
            name="a",
            id=None,
            protect=False,
            renamed_from=None,
            attributes=[],
            children={},
        ),
        lambda _: "[" * 100_000,
    ],
    ids=["torn", "list", "null", "incomplete", "path", "types", "deep"],
)
def test_a_whole_line_that_is_no_entry_is_refused(local, begun, line):
    local.note(begun, Entry(B2, None))
    with beside(local).open("a") as journal:
        journal.write(line(begun.lineage) + "\n")
    with pytest.raises(StateError, match="journal"):
        local.read()


def test_a_note_that_cannot_be_written_says_so(tmp_path):
    state = LocalState(tmp_path / "none" / "state.json", space="local", project="local")
    with pytest.raises(StateError, match="cannot be written"):
        state.note(new_state("local", "local"), Entry(A1))
