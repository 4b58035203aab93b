"""Optional stopwatch for the stages of a run (load, validate, plan…)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.core.deferred_dataclass import dataclass, field


@dataclass(slots=True)
class Stopwatch:
    """Seconds spent in each stage by ``clock``; a nested stage counts for itself alone."""

    clock: Callable[[], float]
    spent: dict[str, float] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _since: float = 0.0

    def _turn(self) -> None:
        now = self.clock()
        if self._open:
            self.spent[self._open[-1]] = self.spent.get(self._open[-1], 0.0) + now - self._since
        self._since = now

    def begin(self, stage: str) -> None:
        """Start ``stage`` and pause the enclosing one."""
        self._turn()
        self._open.append(stage)

    def end(self) -> None:
        """End the stage started last."""
        self._turn()
        self._open.pop()


_held: list[Stopwatch] = []


@contextmanager
def measured(watch: Stopwatch) -> Iterator[None]:
    """Measure stages with ``watch`` inside the block."""
    _held.append(watch)
    try:
        yield
    finally:
        _held.pop()


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Time the block as stage ``name``. For the main thread only."""
    if not _held:
        yield
        return
    watch = _held[-1]
    watch.begin(name)
    try:
        yield
    finally:
        watch.end()
