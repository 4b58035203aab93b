"""Every file in `plans/` is given to `apply --plan`: what is said, and that nothing is written, not even where it is all but right."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from reconciler.engine.saved_plan.document import binding
from tests.faults.catalogues.cases import Form, cases, check, check_pairs, put
from tests.faults.catalogues.conftest import SAVED, kept, ran

WANTED = "(refused for want of --adopt alone)\n"
PLANS = Path(__file__).parent / "plans"


def _seal(document):
    canonical = json.dumps(binding(document), sort_keys=True, separators=(",", ":"))
    document["digest"] = f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


PLAN = Form(json.loads, lambda document: json.dumps(document, indent=2) + "\n", _seal)


def applied(world, *flags):
    """Apply the saved plan, which must write nothing; gives exit code and message."""
    before = world.writes, kept()
    code, out, err = ran("apply", "--plan", SAVED, *flags)
    assert (world.writes, kept()) == before
    return code, world.masked(err), out


def test_every_case_has_its_expectation():
    check_pairs(PLANS, least=40)


@pytest.mark.parametrize("case", cases(PLANS))
def test_a_bad_plan(here, case):
    if case.stem == "file-unreadable" and os.geteuid() == 0:
        pytest.skip("nothing is unreadable to root")
    put(case, Path(SAVED), PLAN)

    code, said, out = applied(here)

    check(case, code, said)
    assert code == (
        3 if any(word in said for word in ("nothing was written", "you are on", WANTED)) else 1
    )
    assert out == "" or said == WANTED


def test_the_plan_that_the_cases_spoil_would_be_applied_with_consent(here):
    code, said, _ = applied(here)

    assert (code, said) == (3, WANTED)
