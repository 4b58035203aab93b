"""The Space that is measured against: started, told apart, asked what it saw."""

import contextlib
import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
PROJECT = "local"
SCRIPT = Path(sys.executable).with_name("reconciler")
# What users run. With "-m", Python loads modules of its own for it, a third of its own start.
OURS = [sys.executable, SCRIPT] if SCRIPT.exists() else [sys.executable, "-m", "reconciler"]


class Seen(NamedTuple):
    """What the Space saw: connections, all requests, and the seconds from the first POST's arrival to the last one's answer."""

    connections: int
    requests: int
    posts: int
    alone: float


@contextlib.contextmanager
def space(size, latency):
    """A Space of ``size`` rooms that answers ``latency`` seconds late, in a process of its own; its host and port."""
    command = [sys.executable, HERE / "server.py", str(size), str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def seen(where):
    """What the Space at ``where`` saw so far."""
    with urllib.request.urlopen(f"http://{where}/figures") as answer:
        figures = json.load(answer)
    first, last = figures["first_post"], figures["last_post_answered"]
    requests = figures["requests"]
    return Seen(
        figures["connections"],
        sum(requests.values()),
        requests.get("POST", 0),
        last - first if last else 0.0,
    )


def environment(where):
    """What reconciler is told of the Space at ``where``."""
    return {
        "PYTHONPATH": str(HERE.parent),
        "SIGNALWIRE_SPACE": where,
        "SIGNALWIRE_PROJECT_ID": PROJECT,
        "SIGNALWIRE_API_TOKEN": "none",
    }
