"""What a further thousand rooms take of a plan without changes, and of the bare parse: every number of rooms in turn.

They are measured by themselves, so that a machine that changes its speed by the minute changes it for all of them.
"""

import contextlib
import itertools
import sys
from typing import NamedTuple

import rooms
from spaces import HERE, OURS, PROJECT, environment, space
from timing import cost_of, in_turn

STEP = 1_000  # rooms
COMMANDS = {
    "plan": [*OURS, "plan", "unchanged", "--detailed-exitcode"],
    "bare parse": [sys.executable, HERE / "floor.py", "unchanged"],
}
_FIGURES = {"cpu": "CPU s", "wall": "wall s", "memory": "MiB"}


class Growth(NamedTuple):
    """What ``way`` takes of ``what`` for each further STEP rooms, between each two numbers of ``sizes``."""

    way: str
    what: str
    sizes: tuple[int, ...]
    steps: tuple[float, ...]

    @property
    def ratio(self):
        """The last step to the one before; none where there are not two."""
        return self.steps[-1] / self.steps[-2] if len(self.steps) > 1 else None


def grown(costs):
    """Each Growth, of ``costs`` by number of rooms and way; none of a way that was measured for fewer than two numbers."""
    found = []
    for way, (figure, what) in itertools.product(COMMANDS, _FIGURES.items()):
        sizes = tuple(sorted(size for size, one in costs if one == way))
        values = [getattr(costs[size, way], figure) for size in sizes]
        pairs = itertools.pairwise(zip(sizes, values, strict=True))
        steps = tuple(
            (more - less) / (after - before) * STEP for (before, less), (after, more) in pairs
        )
        found += [Growth(way, what, sizes, steps)] if steps else []
    return found


def growths(folders, *, latency, runs):
    """Each Growth, and what is missing and why; ``folders`` by number of rooms hold their manifests, as plans.plans left them."""
    cases = {}
    with contextlib.ExitStack() as spaces:
        for size, folder in folders.items():
            where = spaces.enter_context(space(size, latency))
            rooms.write_state(folder, size, where, PROJECT)
            for way, command in COMMANDS.items():
                cases[size, way] = lambda command=command, folder=folder, where=where: cost_of(
                    command, folder, environment(where)
                )
        costs, missing = in_turn(cases, runs)
    return grown(costs), {
        f"growth, {way}, {size:,} rooms": why for (size, way), why in missing.items()
    }
