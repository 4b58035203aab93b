"""Time and randomness of a client, which tests replace."""

import time
from collections.abc import Callable

from reconciler.core.named_tuple import NamedTuple


def _random() -> float:
    import random  # noqa: PLC0415  # takes longer to import than ten requests, and few requests are repeated

    return random.random()  # noqa: S311  # spreads requests


class Clock(NamedTuple):
    """Time and randomness: monotonic and wall seconds, sleep, a random number in [0, 1).

    ``sleep`` None means real waiting, which ``Reader.cancel`` interrupts.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] | None = None
    random: Callable[[], float] = _random


SYSTEM_CLOCK = Clock()
