"""What holds for every test: how many examples are tried, the same ones in CI each time, and how to repeat a failure."""

import gc
import os
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import settings

from tests.effort import EXTENT, examples, representatives

settings.register_profile(
    "ci", derandomize=True, print_blob=True, deadline=None, max_examples=examples(100)
)
settings.register_profile("default", print_blob=True, deadline=None, max_examples=examples(100))
settings.load_profile("ci" if os.environ.get("CI") else "default")

# What --quick leaves out: processes, browsers, servers, sweeps.
SLOW_FOLDERS = {
    "benchmarks",
    "devtools",
    "docs",
    "end_to_end",
    "examples",
    "fuzz",
    "safety",
    "simulation",
    "state_backends",
}
TESTS = Path(__file__).parent
# A case is a run of the program there, which takes a tenth of a second and more.
FOLDERS_OF_RUNS = {"commands", "faults", "integration"}


def pytest_ignore_collect(collection_path, config):
    """With --quick the folders that take long are not even read, unless they are named."""
    named = any(part in argument.split("/") for argument in config.args for part in SLOW_FOLDERS)
    return (
        True
        if EXTENT == "quick"
        and not named
        and collection_path.name in SLOW_FOLDERS
        and collection_path.is_dir()
        else None
    )


def every(cases):
    """Of how many cases of a sweep one is tried: as its mark says; of six in the folders of runs."""
    mark = cases[0].get_closest_marker("sampled")
    if mark:
        return mark.args[0]
    runs = cases[0].path.relative_to(TESTS).parts[0] in FOLDERS_OF_RUNS
    return 6 if runs else 1


def values(case):
    """What ``case`` is a case of: its value of each parameter, where those of one mark are one parameter.

    pytest's own indices count the cases where a mark has the values, so they are another one in each case.
    """
    given = case.callspec.params
    marked = [
        [name.strip() for name in (names.split(",") if isinstance(names, str) else names)]
        for names in (mark.args[0] for mark in case.iter_markers("parametrize"))
    ]
    alone = given.keys() - {name for names in marked for name in names}
    return tuple(
        tuple(id(given[name]) for name in names)
        for names in (*marked, *([name] for name in sorted(alone)))
    )


def left_out(items):
    """Cases of sweeps for which others stand."""
    sweeps = defaultdict(list)
    for item in items:
        if hasattr(item, "callspec") and not item.get_closest_marker("long"):
            sweeps[item.nodeid.partition("[")[0]].append(item)
    left = set()
    for name, cases in sweeps.items():
        kept = representatives(name, [values(case) for case in cases], every(cases))
        left.update(case for number, case in enumerate(cases) if number not in kept)
    return left


def pytest_collection_modifyitems(config, items):
    """What is marked ``long``, and every case of a sweep, is run by --long, or where it is named."""
    named = any("::" in argument or argument.endswith(".py") for argument in config.args)
    # Expected files are renewed whole, also where only a part of them is compared.
    renewing = any(name.startswith("RECONCILER_UPDATE_") for name in os.environ)
    if EXTENT == "long" or named or renewing:
        return
    skipped = left_out(items) | {
        item
        for item in items
        if item.get_closest_marker("long")
        or (EXTENT == "quick" and item.get_closest_marker("slow"))
    }
    config.hook.pytest_deselected(items=[item for item in items if item in skipped])
    items[:] = [item for item in items if item not in skipped]


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Nothing of what is made while tests are collected becomes garbage soon."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish():
    """Thousands of tests stay until the end: collections of garbage need not look at them again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """A third of what a worker sends of a test that passed are its keywords, and nothing reads them."""
    report = yield
    if report.passed:
        report.keywords = {}
    return report


def pytest_make_parametrize_id(val, argname):
    """A long text goes by its parameter's name: whole, it may differ from worker to worker, and older releases of pytest keep it whole."""
    return argname if isinstance(val, str) and len(val) > 100 else None
