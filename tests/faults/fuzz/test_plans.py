"""Whatever stands in the file of a saved plan: it is the plan that is made now, or it is refused in words that are harmless."""

import json
import tempfile
from pathlib import Path

from hypothesis import strategies as st

from reconciler.core.errors import ReconcilerError
from reconciler.engine.saved_plan.check import check_same, read_saved, selection_of
from reconciler.engine.saved_plan.document import binding, plan_document, plan_json
from reconciler.reports.text.plan import PlanReport
from reconciler.reports.text.problems import error_text
from tests.faults.catalogues.test_plans import PLAN
from tests.faults.fuzz.mutations import UNWANTED, fuzzed, spoilt_bytes, spoilt_values
from tests.unit.reports.cases import EVERYTHING, NOW

CATALOGUE = Path(__file__).parents[2] / "faults" / "catalogues" / "plans"
REPORT = PlanReport(plan=EVERYTHING, created_at=NOW)
TEXT = plan_json(REPORT).encode()
OTHERS = [
    path.read_bytes()
    for path in sorted(CATALOGUE.iterdir())
    if path.suffix not in (".edit", ".expected")
]


def refused(content):
    """Whether ``content`` is refused as a saved plan of ``EVERYTHING``; a ReconcilerError is the one way to do that."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "plan.json")
        file.write_bytes(content)
        try:
            document = read_saved(str(file))
            check_same(document, EVERYTHING, selection=selection_of(document))
        except ReconcilerError as error:
            said = error_text(error)
            assert UNWANTED.search(said) is None
            assert len(said) < 10_000
            return True
    assert binding(document) == binding(plan_document(REPORT))
    return False


def test_the_plan_itself_is_not_refused():
    assert not refused(TEXT)


@fuzzed(spoilt_bytes([TEXT, *OTHERS]))
def test_other_bytes(content):
    refused(content)


@fuzzed(st.tuples(spoilt_values([json.loads(TEXT)]), st.booleans()), examples=150)
def test_other_values_even_with_a_digest_that_fits(given):
    document, sealed = given
    if (
        sealed
        and isinstance(document.get("actions"), list)
        and all(isinstance(action, dict) for action in document["actions"])
    ):
        PLAN.seal(document)
    refused(PLAN.dump(document).encode())


def test_no_flipped_bit_makes_it_another_plan():
    for place in range(0, len(TEXT), 17):
        refused(TEXT[:place] + bytes([TEXT[place] ^ (1 << place % 8)]) + TEXT[place + 1 :])
