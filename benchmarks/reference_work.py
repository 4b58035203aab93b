"""The speed of the machine, measured beside something else: a process that repeats one piece of work.

A shared machine changes its speed by a fifth within minutes. CPU time counted in pieces that were done in the same
window says how much work it was. The pauses between pieces let other processes use the caches, as those between the
passes of an operator do.
"""

import gc
import json
import multiprocessing
import time
from typing import NamedTuple

_ROOMS = 1_500
_TEXT = json.dumps(
    [
        {"id": f"{number:032x}", "name": f"room-{number}", "layout": "2x2", "size": number % 7}
        for number in range(_ROOMS)
    ]
)
PAUSE = 0.3  # seconds


def piece():
    """Decode JSON and compare what is in it: some 20 ms of CPU."""
    declared = {one["name"]: one for one in json.loads(_TEXT)}
    found = []
    for _ in range(4):
        for one in json.loads(_TEXT):
            other = declared[one["name"]]
            found += [name for name, value in sorted(one.items()) if other[name] != value]
    return found


class Done(NamedTuple):
    """Pieces so far, and their CPU seconds."""

    pieces: int
    cpu: float

    def since(self, before):
        """CPU seconds of one piece, of those after ``before``."""
        pieces = self.pieces - before.pieces
        return (self.cpu - before.cpu) / pieces if pieces else 0.0


def _repeat(pipe, pause):
    gc.disable()  # a piece leaves nothing that refers to itself
    pieces, cpu = 0, 0.0
    while True:
        while pipe.poll(pause):
            if pipe.recv() == "end":
                return
            pipe.send(Done(pieces, cpu))
        began = time.process_time()
        piece()
        pieces, cpu = pieces + 1, cpu + time.process_time() - began


class ReferenceWork:
    """Repeats the piece with a pause after each, while in the ``with``."""

    def __init__(self, pause=PAUSE):
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_repeat, args=(other, pause), daemon=True)

    def __enter__(self):
        self._process.start()
        return self

    def __exit__(self, *_):
        self._pipe.send("end")
        self._process.join(30)

    @property
    def done(self):
        """What was done so far."""
        self._pipe.send("done")
        return self._pipe.recv()
