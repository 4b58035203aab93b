"""Time that only waiting moves, as the Space has it and as this machine has it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from reconciler.space.clock import Clock

BEGINNING = datetime(2027, 1, 1, 12, tzinfo=UTC)


@dataclass
class FakeClock:
    """``during`` happens in the next wait of a second or more.

    ``skew`` is how far this machine's wall clock is ahead of the Space's; ``tells`` whether the Space dates its answers."""

    seed: int = 0
    now: float = 0.0
    skew: float = 0.0
    tells: bool = True
    chance: random.Random = field(default_factory=random.Random)
    during: Callable[[], None] | None = None

    def __post_init__(self):
        self.chance.seed(self.seed)

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds
        if seconds >= 1 and self.during is not None:
            during, self.during = self.during, None
            during()

    def there(self) -> datetime:
        """The Space's time."""
        return BEGINNING + timedelta(seconds=self.now)

    @property
    def date(self) -> str:
        return format_datetime(self.there(), usegmt=True)

    @property
    def clock(self) -> Clock:
        """What the tool takes for the time."""
        wall = BEGINNING.timestamp()
        return Clock(
            lambda: self.now, lambda: wall + self.now + self.skew, self.sleep, self.chance.random
        )
