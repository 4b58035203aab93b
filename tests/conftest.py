"""What holds for every test: how many examples are tried, the same ones in CI each time, and how to repeat a failure."""

import os

from hypothesis import settings

from tests.effort import EXTENT, examples

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


def pytest_collection_modifyitems(config, items):
    """What is marked ``long`` is run by --long, or where it is named."""
    if EXTENT == "long" or any(
        "::" in argument or argument.endswith(".py") for argument in config.args
    ):
        return
    skipped = [
        item
        for item in items
        if item.get_closest_marker("long")
        or (EXTENT == "quick" and item.get_closest_marker("slow"))
    ]
    config.hook.pytest_deselected(items=skipped)
    items[:] = [item for item in items if item not in set(skipped)]


def pytest_make_parametrize_id(val, argname):
    """A long text goes by its parameter's name: whole, it may differ from worker to worker, and older releases of pytest keep it whole."""
    return argname if isinstance(val, str) and len(val) > 100 else None
