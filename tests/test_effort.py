"""Each extent leaves out what it says, and --long nothing."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.effort import WHOLE, representatives

ROOT = Path(__file__).parent.parent
# No test of these is in the extent between: they take long, and what they hold shows elsewhere in part.
LONG_ALONE = {
    "tests/benchmarks/test_facts.py",
    "tests/benchmarks/test_run.py",
    "tests/commands/test_hostile_texts.py",
    "tests/faults/fuzz/test_worst.py",
    "tests/integration/action/test_real_world.py",
    "tests/integration/ci/test_gitlab.py",
    "tests/integration/editors/test_language_server.py",
    "tests/integration/editors/test_validators.py",
    "tests/integration/end_to_end/test_crashes.py",
    "tests/integration/end_to_end/test_faults.py",
    "tests/integration/end_to_end/test_kill.py",
    "tests/integration/end_to_end/test_settles.py",
    "tests/integration/kubernetes/operator/test_failures.py",
    "tests/integration/kubernetes/operator/test_rights.py",
    "tests/integration/shells/test_completion.py",
    "tests/integration/state_backends/test_interleavings.py",
    "tests/integration/state_backends/test_leases.py",
    "tests/integration/state_backends/test_third_party.py",
    "tests/integration/third_party/test_gitlab_ci_local.py",
    "tests/unit/calls/browser/test_demo.py",
    "tests/unit/calls/browser/test_people.py",
    "tests/unit/calls/browser/test_vendor.py",
    "tests/unit/devtools/test_set_up.py",
    "tests/unit/reports/test_html_browser.py",
}


@pytest.mark.parametrize("every", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("sizes", [(1,), (12,), (3, 4), (2, 1, 5), (6, 6), (7, 2)])
def test_every_value_of_several_parameters_is_tried(sizes, every):
    cases = [()]
    for size in sizes:
        cases = [(*case, value) for case in cases for value in range(size)]

    kept = representatives("name", cases, every)

    assert kept <= set(range(len(cases)))
    assert len(kept) >= len(cases) // every
    assert len(kept) <= max(-(-len(cases) // every), *sizes, sum(sizes[1:]))
    if len(sizes) > 1:
        for axis, size in enumerate(sizes):
            if size > WHOLE:
                continue
            assert {cases[number][axis] for number in kept} == set(range(size))


def test_parameters_that_go_together_are_one():
    assert len(representatives("name", [(one, one) for one in range(12)], 4)) == 3


def test_other_tests_try_other_cases():
    cases = [(one,) for one in range(6)]
    kept = [representatives(name, cases, 6) for name in "abcdefghij"]

    assert set.union(*kept) == set(range(6))


def collected(extent):
    """How many tests of each module an extent has, and what it says at the end."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**os.environ, "RECONCILER_TESTS": extent},
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, last = done.stdout.strip().splitlines()
    return Counter(line.partition("::")[0] for line in lines if "::" in line), last


@pytest.mark.long
def test_long_leaves_out_nothing_and_the_extent_between_no_module():
    (usual, left_out), (long, whole) = collected("usual"), collected("long")

    assert "deselected" in left_out
    assert "deselected" not in whole
    assert set(long) - set(usual) == LONG_ALONE
    assert set(usual) <= set(long)
