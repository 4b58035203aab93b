import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.line_map import MAP, OUTSIDE

ROOT = Path(__file__).parents[3]
MODULE = """LIMIT = 5


def fits(people):
    if people < LIMIT:
        return True
    return False


def unused():
    return 1
"""
TESTS = """import threading

import pytest

from reconciler.small import fits


def test_few():
    assert fits(1)


def test_many_in_a_thread():
    thread = threading.Thread(target=fits, args=(9,))
    thread.start()
    thread.join()


def test_both():
    assert fits(1)
    assert not fits(9)


def test_failing():
    assert fits(9)


@pytest.mark.skip(reason="no")
def test_skipped():
    fits(1)
"""


@pytest.fixture(scope="module")
def line_map(tmp_path_factory):
    """What a run of pytest over a small package writes."""
    folder = tmp_path_factory.mktemp("mapped")
    (folder / "reconciler").mkdir()
    (folder / "reconciler" / "__init__.py").touch()
    (folder / "reconciler" / "small.py").write_text(MODULE)
    (folder / "test_small.py").write_text(TESTS)
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "devtools.line_map", "."],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"},
        check=False,
        stdout=subprocess.DEVNULL,
    )
    return json.loads((folder / MAP).read_text())


def run_by(line_map, line):
    numbers = line_map["lines"].get(f"reconciler/small.py:{line}", ())
    return {line_map["tests"][number].rpartition("::")[2] for number in numbers}


@pytest.mark.long
def test_each_line_has_the_tests_that_run_it(line_map):
    everything = {"test_few", "test_many_in_a_thread", "test_both", "test_failing"}
    assert run_by(line_map, 5) == everything
    assert run_by(line_map, 6) == {"test_few", "test_both"}
    assert run_by(line_map, 7) == everything - {"test_few"}


def test_what_an_import_runs_is_run_outside_and_what_nothing_runs_is_not_there(line_map):
    assert run_by(line_map, 1) == {OUTSIDE}
    assert run_by(line_map, 11) == set()


def test_what_a_test_costs_and_whether_it_can_tell_anything(line_map):
    assert len(line_map["seconds"]) == len(line_map["tests"]) == 6
    assert all(cost >= 0 for cost in line_map["seconds"])
    failed = {line_map["tests"][number].rpartition("::")[2] for number in line_map["failed"]}
    assert failed == {"test_failing", "test_skipped"}
