"""Commands measured from outside: wall and CPU seconds and the most memory of a whole process, medians of several runs."""

import os
import statistics
import subprocess
import sys
import time
from typing import NamedTuple


class Cost(NamedTuple):
    """What a process took: seconds on the clock, seconds of the processor, MiB of memory at most."""

    wall: float
    cpu: float
    memory: float


def cost_of(command, folder, environment, *, codes=(0,)):
    """The Cost of one run of ``command``. SystemExit where it fails."""
    begin = time.perf_counter()
    with (folder / "out.txt").open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, **environment}, stdout=out, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        sys.exit(f"{' '.join(map(str, command))}\nended with {process.returncode}:\n{(folder / 'out.txt').read_text()[-2000:]}")
    scale = 1024**2 if sys.platform == "darwin" else 1024
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / scale)


def medians(costs):
    """The median of each figure by itself."""
    return Cost(*(statistics.median(figures) for figures in zip(*costs, strict=True)))


def in_turn(cases, runs):
    """The median Cost of each of ``cases`` (name → function that runs it once), run one after the other, ``runs`` times round."""
    found = {name: [] for name in cases}
    for _ in range(runs):
        for name, once in cases.items():
            found[name].append(once())
    return {name: medians(costs) for name, costs in found.items()}
