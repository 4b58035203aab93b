"""A stopwatch for the stages of a run (load, validate, plan…), held by whoever asks for it; without one nothing is measured."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stopwatch:
    """Seconds spent in each stage by ``clock``; a stage inside another one counts for itself alone."""

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
        """``stage`` begins; the one around it pauses."""
        self._turn()
        self._open.append(stage)

    def end(self) -> None:
        """The stage that began last ends."""
        self._turn()
        self._open.pop()


_held: list[Stopwatch] = []


@contextmanager
def measured(watch: Stopwatch) -> Iterator[None]:
    """Stages are measured by ``watch`` meanwhile."""
    _held.append(watch)
    try:
        yield
    finally:
        _held.pop()


@contextmanager
def stage(name: str) -> Iterator[None]:
    """What is done meanwhile is the stage ``name``. For the main thread alone."""
    if not _held:
        yield
        return
    watch = _held[-1]
    watch.begin(name)
    try:
        yield
    finally:
        watch.end()
