"""Every planted bug is found, and the histories that find it are well without it."""

import pytest

from tests.faults.simulation.families import replay
from tests.faults.simulation.mutants import MUTANTS, found


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
@pytest.mark.sampled(12)
def test_a_planted_bug_is_found(mutant):
    caught = found(mutant)
    assert caught is not None, f"{mutant.name}: nothing notices it"
    assert replay(caught[0]) == []


def test_the_bank_is_large_enough():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 20
