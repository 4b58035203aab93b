"""Measures the operator against a real API server: ``python -m benchmarks.kubernetes_operator --rooms 1000 --spaces 10``.

Rooms are spread over Spaces, one namespace each. Printed: the time from the first request to all
Ready, CPU time and memory of the operator, and the requests to the Spaces, also in a steady state.
Needs the programs of ``python3 -m devtools.kubernetes``.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx

from devtools import kubernetes
from reconciler import catalog
from reconciler.kubernetes.definitions import definitions
from tests.integration.kubernetes.control_plane import control_plane
from tests.integration.kubernetes.operator.conftest import install, is_served
from tests.integration.kubernetes.operator.running import Declared, LiveSpace, until

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mib(pid):
    """Memory of a process now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def started(plane, folder):
    """An operator for all namespaces."""
    log = (folder / "operator.log").open("wb")
    words = [sys.executable, "-m", "reconciler", "operator", "--state-namespace", "default"]
    environment = {**os.environ, "KUBECONFIG": str(plane.kubeconfig)}
    return subprocess.Popen(words, env=environment, stdout=log, stderr=log, cwd=ROOT)


def requests(lives):
    """Requests to the Spaces so far, by method."""
    return Counter(one.method for live in lives for one in list(live.space.requests))


def ready(api):
    """How many Rooms are Ready."""
    with suppress(httpx.TimeoutException):  # both cores may be busy
        rooms = api.get("/apis/reconciler.dev/v1/rooms")["items"]
        return ready_among(rooms)
    return 0


def ready_among(rooms):
    """How many of these are Ready."""
    return sum(
        condition["type"] == "Ready" and condition["status"] == "True"
        for room in rooms
        for condition in room.get("status", {}).get("conditions", ())
    )


def run(plane, api, lives, options, folder):
    """Start an operator, measure it, and end it."""
    namespaces = [f"team-{number}" for number in range(options.spaces)]
    for name, live in zip(namespaces, lives, strict=True):
        api.post("/api/v1/namespaces", {"metadata": {"name": name}})
        Declared(api, name).space("main", live, interval=options.interval)
    operator = started(plane, folder)
    try:
        time.sleep(options.settle)
        return measured(operator, api, lives, namespaces, options)
    finally:
        operator.send_signal(signal.SIGTERM)
        operator.wait(60)


def measured(operator, api, lives, namespaces, options):
    """Declare everything, wait, and watch the steady state."""
    each = options.rooms // options.spaces
    began, cpu = time.monotonic(), cpu_seconds(operator.pid)
    with ThreadPoolExecutor(options.senders) as pool:
        jobs = [
            pool.submit(Declared(api, name).room, f"room-{number}", layout="2x2")
            for number in range(each)
            for name in namespaces
        ]
        for job in jobs:
            job.result()
    sent = time.monotonic() - began
    until(lambda: ready(api) == each * options.spaces or None, patience=1800, pause=1.0)
    figures = {
        "rooms": each * options.spaces,
        "spaces": options.spaces,
        "declared_seconds": round(sent, 1),
        "all_ready_seconds": round(time.monotonic() - began, 1),
        "operator_cpu_seconds": round(cpu_seconds(operator.pid) - cpu, 1),
        "requests_to_spaces": dict(requests(lives)),
    }
    time.sleep(options.interval)
    cpu, before = cpu_seconds(operator.pid), requests(lives)
    time.sleep(options.steady)
    minutes = options.steady / 60
    spent = cpu_seconds(operator.pid) - cpu
    figures["steady"] = {
        "cpu_percent": round(100 * spent / options.steady, 2),
        "memory_mib": round(resident_mib(operator.pid)),
        "requests_a_minute": {
            method: round(number / minutes) for method, number in (requests(lives) - before).items()
        },
    }
    return figures


def main():
    """Measure as the flags say, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=1000)
    parser.add_argument("--spaces", type=int, default=10)
    parser.add_argument("--latency", type=float, default=0.02, help="seconds, of each Space")
    parser.add_argument("--senders", type=int, default=16, help="how many declare at once")
    parser.add_argument("--interval", type=int, default=30)
    parser.add_argument("--steady", type=float, default=120.0, help="seconds of doing nothing")
    parser.add_argument("--settle", type=float, default=10.0, help="seconds to let it start")
    options = parser.parse_args()
    missing = kubernetes.why_missing("etcd", "kube-apiserver")
    if missing:
        sys.exit(missing)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        plane = stack.enter_context(control_plane(folder / "cluster"))
        api = stack.enter_context(plane.api())
        lives = [
            stack.enter_context(LiveSpace(latency=options.latency).served())
            for _ in range(options.spaces)
        ]
        install(api, definitions(catalog.kinds()))
        until(lambda: is_served(api))
        print(json.dumps(run(plane, api, lives, options, folder), indent=1))


if __name__ == "__main__":
    main()
