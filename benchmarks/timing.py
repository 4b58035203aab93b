"""Commands measured from outside: wall and CPU seconds and the most memory of a whole process, medians of several runs."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

LAUNCHER = Path(__file__).resolve().parent / "launch.py"


class Cost(NamedTuple):
    """What a process took: seconds on the clock, seconds of the processor, MiB of memory at most."""

    wall: float
    cpu: float
    memory: float


class Failed(Exception):
    """A command did not end as it should; the last of what it said."""


def cost_of(command, folder, environment, *, codes=(0,)):
    """The Cost of one run of ``command`` in ``folder``, where out.txt takes what it says.

    Failed where it ends otherwise than with one of ``codes``.
    """
    # A small process starts it: the system counts the memory of whoever starts a program as that program's own.
    words = [sys.executable, "-I", "-S", LAUNCHER, folder / "out.txt", *command]
    launched = subprocess.run(
        words, cwd=folder, env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True
    )
    code, wall, cpu, memory = json.loads(launched.stdout)
    if code not in codes:
        said = (folder / "out.txt").read_text(encoding="utf-8", errors="replace").strip()[-2000:]
        raise Failed(f"ended with {code}: {said}")
    return Cost(wall, cpu, memory / (1024**2 if sys.platform == "darwin" else 1024))


def medians(figures):
    """The median of each figure by itself, of several NamedTuples of one type."""
    return type(figures[0])(*(statistics.median(column) for column in zip(*figures, strict=True)))


def in_turn(cases, runs, *, once=()):
    """The medians of each of ``cases`` (name → function that measures it), one after the other, ``runs`` times round.

    Those in ``once`` are measured in the first round only. Returns them by name, and by name why a case is missing: one that
    fails is not tried again.
    """
    found, missing = {name: [] for name in cases}, {}
    for turn in range(runs):
        for name, measured in cases.items():
            if name in missing or (turn and name in once):
                continue
            try:
                found[name].append(measured())
            except Failed as error:
                print(f"{name}: {error}", file=sys.stderr)
                missing[name] = str(error)
    return {
        name: medians(figures) for name, figures in found.items() if name not in missing
    }, missing
