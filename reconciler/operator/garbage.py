"""Garbage collection of a process that runs for months and keeps a resource for each room."""

import gc
from typing import Any

_EVERY_OBJECTS = (2_000, 10, 10)  # Python's own thresholds
_FULL = 2
# Every so many full collections look at all objects again.
ALL_AGAIN = 10


class _FreezeSurvivors:
    """Keeps full collections from looking at all declared resources each time.

    What outlives one is frozen: nearly all of it lives as long as its resource does. Some becomes
    garbage later; each ``ALL_AGAIN``-th collection finds it.
    """

    def __init__(self) -> None:
        self._collections = 0

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        """Take a call of ``gc.callbacks``."""
        if info["generation"] != _FULL:
            return
        if phase == "stop":
            gc.freeze()
            return
        self._collections += 1
        if self._collections % ALL_AGAIN == 0:
            gc.unfreeze()


def collect_garbage() -> None:
    """Collect garbage as often as Python does by default.

    The command line does it next to never, since its other commands end soon. An operator would keep
    all requests, answers and errors that refer to each other.
    """
    gc.callbacks.append(_FreezeSurvivors())
    gc.collect()  # what was imported stays, and is frozen
    gc.set_threshold(*_EVERY_OBJECTS)
    gc.enable()
