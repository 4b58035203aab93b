"""Every file in `journals/` lies beside a good record as what a run that died left: what is said, and that nothing is written."""

import json
from pathlib import Path

import pytest

from reconciler.core.resources import Address
from reconciler.state.backends.local import LocalState
from reconciler.state.record import Entry, checksum
from tests.faults.catalogues.cases import Form, cases, check, check_pairs, put
from tests.faults.catalogues.conftest import RECORD
from tests.faults.catalogues.test_states import outcomes

JOURNALS = Path(__file__).parent / "journals"
JOURNAL = Path(f"{RECORD}.journal")


def _seal(entries):
    for entry in entries:
        entry["checksum"] = checksum(entry)


LINES = Form(
    lambda text: [json.loads(line) for line in text.splitlines()],
    lambda entries: "".join(f"{json.dumps(entry)}\n" for entry in entries),
    _seal,
)


@pytest.fixture
def journal(here):
    """The journal of a run that died after three entries: a deletion, a change and a creation under way."""
    store = LocalState(
        Path(RECORD),
        space=here.environment["SIGNALWIRE_SPACE"],
        project=here.environment["SIGNALWIRE_PROJECT_ID"],
    )
    state = store.read()
    dropped, moved = (state.resources[Address("Room", name)] for name in ("dropped", "moved"))
    store.note(state, Entry(removed=dropped))
    store.note(state, Entry(record=moved))
    store.note(state, Entry(record=state.resources[Address("Room", "same")]))
    return JOURNAL


def test_every_case_has_its_expectation():
    check_pairs(JOURNALS, least=40)


@pytest.mark.parametrize("case", cases(JOURNALS))
def test_a_bad_journal(here, journal, case):
    put(case, journal, LINES)

    code, said = outcomes(here)

    check(case, code, said)
