"""``--profile``: CPU seconds of each stage of a run, on stderr."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.cli.console import info
from reconciler.timing import Stopwatch, measured

# In the order of a run. Stages that a command does not have take no time.
_STAGES = (
    "load",
    "validate",
    "compose",
    "state",
    "observe",
    "canon",
    "diff",
    "plan",
    "report",
    "apply",
)


@contextmanager
def profiled() -> Iterator[None]:
    """Measures the stages of the block, and prints them at its end."""
    before = time.process_time()
    watch = Stopwatch(time.process_time)
    try:
        with measured(watch):
            yield
    finally:
        whole = time.process_time()
        spent = {"start": before, **dict.fromkeys(_STAGES, 0.0), **watch.spent}
        spent["other"] = whole - sum(spent.values())
        rows = (
            f"  {name:<10}{seconds:8.3f} s{seconds / whole:7.0%}" for name, seconds in spent.items()
        )
        info(
            "\n".join(["Seconds of the processor by stage:", *rows, f"  {'all':<10}{whole:8.3f} s"])
        )
