"""Whatever stands in the record and in its journal: it is what was written, or a StateError says that it is not."""

import json
import tempfile
from pathlib import Path

from hypothesis import strategies as st

from reconciler.core.errors import StateError
from reconciler.core.intents import Intent
from reconciler.core.resources import Address, Applied, AppliedChild, Secret
from reconciler.reports.text.problems import error_text
from reconciler.state.backends.local import LocalState
from reconciler.state.record import Entry, Stamp, State
from tests.faults.catalogues.test_journals import LINES
from tests.faults.catalogues.test_states import STATE
from tests.faults.fuzz.mutations import UNWANTED, fuzzed, spoilt_bytes, spoilt_values

CATALOGUES = Path(__file__).parents[2] / "faults" / "catalogues"
OWNER = {"space": "example.signalwire.com", "project": "p"}
KEY = b"k" * 32


def _id(number):
    return f"{number:08x}-0000-4000-8000-000000000000"


def _record(name, number, **attributes):
    return Applied(Address("Room", name), _id(number), attributes)


HALL = Applied(
    Address("Conference", "hall"),
    _id(1),
    {"display_name": "Hall", "meta": {"a": [1, 2.5, None, True]}},
    {"streams": (AppliedChild(_id(2), {"url": Secret("rtmp://x/y").sealed(KEY)}),)},
    protect=True,
)
WRITTEN = {
    record.address: record
    for record in (HALL, _record("a", 3, layout="2x2"), _record("b", 4, description="é"))
}
STAMPS = dict.fromkeys(WRITTEN, Stamp("2027-01-01T00:00:00Z", "0123abcd"))
ENTRIES = (
    Entry(intent=Intent(Address("Room", "new"), {"layout": "3x3"})),
    Entry(record=_record("new", 5, layout="3x3"), stamp=Stamp("2027-01-02T00:00:00Z")),
    Entry(removed=WRITTEN[Address("Room", "a")]),
    Entry(record=_record("b", 4, description="other")),
)


def _written(folder):
    store = LocalState(folder / "record.json", **OWNER)
    state = store.write(
        State(
            "11111111-2222-4333-8444-555555555555",
            0,
            **OWNER,
            key=KEY,
            resources=WRITTEN,
            stamps=STAMPS,
        )
    )
    readings = [store.read()]
    for entry in ENTRIES:
        store.note(state, entry)
        readings.append(store.read())
    return {path.name: path.read_bytes() for path in folder.iterdir()}, readings


with tempfile.TemporaryDirectory() as _folder:
    GOOD, READINGS = _written(Path(_folder).resolve())
RECORD, JOURNAL, MARK = (GOOD[f"record.json{word}"] for word in ("", ".journal", ".mark"))


def _others(name):
    return [
        path.read_bytes()
        for path in sorted((CATALOGUES / name).iterdir())
        if path.suffix not in (".edit", ".expected", ".reported")
    ]


def read(**contents):
    """What is read where the files have these contents; None where a StateError says, in harmless words, why not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder).resolve() / "record.json"
        for word, content in {"": RECORD, "mark": MARK, **contents}.items():
            file = path.with_name(f"{path.name}.{word}".rstrip("."))
            file.write_bytes(content)
            file.chmod(0o600)
        try:
            return LocalState(path, **OWNER).read()
        except StateError as error:
            said = error_text(error)
            assert UNWANTED.search(said) is None
            assert len(said) < 10_000
            return None


def flipped(content, step):
    """The content with one bit flipped, at every ``step``-th byte."""
    for place in range(0, len(content), step):
        yield content[:place] + bytes([content[place] ^ (1 << place % 8)]) + content[place + 1 :]


def test_the_record_itself_is_read():
    assert read() == READINGS[0]
    assert read(journal=JOURNAL) == READINGS[-1]


def test_no_flipped_bit_makes_it_another_record():
    assert [
        other
        for content in flipped(RECORD, 3)
        if (other := read(**{"": content})) not in (None, READINGS[0])
    ] == []


def test_no_flipped_bit_makes_it_another_journal():
    """At most the last line is lost, where its end was hit: a line without an end never was."""
    assert [
        other
        for content in flipped(JOURNAL, 3)
        if (other := read(journal=content)) not in (None, *READINGS[-2:])
    ] == []


def test_no_cut_makes_it_another_journal():
    for size in range(0, len(JOURNAL), 7):
        assert read(journal=JOURNAL[:size]) == READINGS[JOURNAL[:size].count(b"\n")]


def test_no_flipped_bit_in_the_mark_lets_an_older_record_pass():
    assert [
        other
        for content in flipped(MARK, 1)
        if (other := read(mark=content)) not in (None, READINGS[0])
    ] == []


@fuzzed(spoilt_bytes([RECORD, *_others("states")]))
def test_other_bytes_in_the_record(content):
    assert read(**{"": content}) in (None, READINGS[0])


@fuzzed(spoilt_bytes([JOURNAL, *_others("journals")]))
def test_other_bytes_in_the_journal(content):
    state = read(journal=content)
    assert state is None or state.lineage == READINGS[0].lineage


@fuzzed(spoilt_bytes([MARK]))
def test_other_bytes_in_the_mark(content):
    assert read(mark=content) in (None, READINGS[0])


@fuzzed(st.tuples(spoilt_values([json.loads(RECORD)]), st.booleans()), examples=150)
def test_other_values_in_the_record_even_with_a_checksum_that_fits(given):
    document, sealed = given
    if sealed:
        STATE.seal(document)
    read(**{"": STATE.dump(document).encode()})


@fuzzed(st.tuples(spoilt_values([LINES.load(JOURNAL.decode())]), st.booleans()), examples=150)
def test_other_values_in_the_journal_even_with_checksums_that_fit(given):
    entries, sealed = given
    if sealed:
        LINES.seal([entry for entry in entries if isinstance(entry, dict)])
    read(journal=LINES.dump(entries).encode())
