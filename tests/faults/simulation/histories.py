"""One history: a world, the processes in it, and what was found wrong."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.faults.simulation.invariants import after_a_run, at_the_end
from tests.faults.simulation.life import Life
from tests.faults.simulation.scenarios import Prepared, begin, prepared
from tests.faults.simulation.wire import PLAIN
from tests.faults.simulation.world import Ran, World

PUTS = ("merge", "replace")
DOUBT = 120.0
GAP = 60.0  # seconds between one process and the next


class Family(NamedTuple):
    """``cases`` gives every case for a number of seeds, as lines of text; ``run`` what broke in one: nothing, if all is well.

    ``of_scenarios``: whether the second word of a case is a scenario of an apply.
    """

    cases: Callable[[int], Iterable[str]]
    run: Callable[..., list[str]]
    of_scenarios: bool = True


@dataclass
class History:
    """``serial`` is the newest that a process was told is written."""

    world: World
    ready: Prepared
    breaks: list[str] = field(default_factory=list)
    serial: int = 0

    @classmethod
    def of(cls, name: str, put: str, seed: int = 0) -> "History":
        world, ready = begin(name, put, seed=seed)
        return cls(world, ready, serial=world.recorded().serial)

    def apply(
        self, life: Life | None = None, *, power: random.Random | None = None, **words
    ) -> Ran:
        """One process, and what must hold after it; with ``power`` it ended in a power cut."""
        ran = self.world.run(self.ready.scenario.after, life=life, **words)
        if power is not None:
            self.world.disk.power_cut(power)
        self.quiet()
        self.breaks += after_a_run(self.world, ran, self.ready, serial=self.serial)
        if not self.breaks:
            self.serial = self.world.recorded().serial
        self.world.clock.now += GAP
        return ran

    def quiet(self) -> None:
        """From here on nothing goes wrong."""
        self.world.disk.strike = lambda _: None
        self.world.disk.shortened = False
        self.world.wire.trouble = lambda _method, _path: PLAIN

    def ends(self) -> list[str]:
        """Run it without faults, and hold the end against what it should be."""
        if self.breaks:
            return self.breaks
        ran = self.apply()
        if ran.code == 4 and any(
            one["status"] == "skipped" and "may still take effect" in one.get("error", "")
            for one in ran.outcomes
        ):
            self.world.clock.now += DOUBT  # what is in doubt holds up itself, for so long
            ran = self.apply()
        self.world.wire.arrive(all_of_them=True)
        return self.breaks or at_the_end(self.world, ran, self.ready)


def boundaries(name: str, put: str = "merge") -> tuple[str, ...]:
    """What an undisturbed run passes."""
    return prepared(name, put).boundaries
