"""Time and randomness of a client, which tests replace."""

import random
import time
from collections.abc import Callable
from typing import NamedTuple


class Clock(NamedTuple):
    """Time and randomness: monotonic and wall seconds, sleep, a random number in [0, 1).

    ``sleep`` None means real waiting, which ``Reader.cancel`` interrupts.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] | None = None
    random: Callable[[], float] = random.random


SYSTEM_CLOCK = Clock()
