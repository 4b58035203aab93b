"""One process as its world sees it: a count of boundaries, at each of which something can happen, death included."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


class Killed(BaseException):
    """Stands for the end of the process: nothing in the tool may catch it, and nothing that it does counts any more."""


@dataclass
class Life:
    """Every call of the tool to disk, lock and wire passes ``step``; ``events`` say what happens at which boundary."""

    events: Mapping[int, Callable[["Life"], None]] = field(default_factory=dict)
    passing: Callable[[str], None] = lambda _: None
    dead: bool = False
    trail: list[str] = field(default_factory=list)

    def step(self, label: str) -> None:
        """One boundary. Killed where the process does not live to see what comes after it."""
        self.check()
        number = len(self.trail)
        self.trail.append(label)
        if number in self.events:
            self.events[number](self)
            self.check()
        self.passing(label)
        self.check()

    def check(self) -> None:
        """The dead do nothing."""
        if self.dead:
            raise Killed

    def die(self) -> None:
        """The end, at this very boundary."""
        self.dead = True
        raise Killed


def death(life: Life) -> None:
    """The event that ends the process."""
    life.die()
