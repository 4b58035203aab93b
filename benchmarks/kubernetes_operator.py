"""Measures the operator against a real API server: ``python3 -m benchmarks.kubernetes_operator``.

Rooms are spread over Spaces, one namespace each; each setup has a cluster of its own. Writes its part
of docs/PERFORMANCE.md (``--docs``), and prints the same. Needs the programs of ``python3 -m
devtools.kubernetes`` and nothing else that runs.
"""

import argparse
import json
import os
import re
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

sys.path.append(str(Path(__file__).resolve().parent))

import operator_page
from report import machine

from benchmarks.operator_spaces import Spaces
from benchmarks.reference_work import ReferenceWork
from devtools import kubernetes
from reconciler import catalog
from reconciler.kubernetes.definitions import definitions
from tests.integration.kubernetes.control_plane import control_plane
from tests.integration.kubernetes.operator.conftest import install, is_served
from tests.integration.kubernetes.operator.running import Declared, until

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
SETUPS = ((1_000, 10), (3_000, 30), (10_000, 100))
_TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
_REQUESTS = re.compile(r"apiserver_request_total\{(.*?)\} (\S+)")
_LABEL = re.compile(r'(\w+)="(.*?)"')
_OURS = {"spaces", "rooms", "conferences", "conferencerooms", "presets", "themes", "roles", "secrets", "events"}  # fmt: skip


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


def ready(api):
    """How many Rooms are Ready; as kubectl asks for its columns, which is quick."""
    with suppress(httpx.TimeoutException):  # all cores may be busy
        answer = api.get(
            "/apis/reconciler.dev/v1/rooms", accept=_TABLE, includeObject="None", resourceVersion=0
        )
        names = [column["name"] for column in answer["columnDefinitions"]]
        return sum(row["cells"][names.index("Ready")] == "True" for row in answer["rows"])
    return 0


def seen(api):
    """How many Spaces the operator has looked at."""
    spaces = api.get("/apis/reconciler.dev/v1/spaces")["items"]
    return sum("lastSeenTime" in one.get("status", {}) for one in spaces)


def asked(api):
    """Requests to the API server about our resources so far, by verb and resource."""
    counts = Counter()
    for labels, number in _REQUESTS.findall(api.get("/metrics")):
        found = dict(_LABEL.findall(labels))
        if found.get("resource") in _OURS:
            counts[found["verb"], found["resource"]] += int(float(number))
    return counts


class Host:
    """Where a Space is."""

    def __init__(self, host):
        self.host = host


def declare(api, namespaces, each, senders):
    """Declare ``each`` rooms in each namespace, ``senders`` at a time."""
    with ThreadPoolExecutor(senders) as pool:
        jobs = [
            pool.submit(Declared(api, name).room, f"room-{number}", layout="2x2")
            for number in range(each)
            for name in namespaces
        ]
        for job in jobs:
            job.result()


def created(operator, plane, api, spaces, namespaces, options, reference):
    """Declare everything and wait until all is Ready."""
    each = options.each
    server = plane.pid("kube-apiserver")
    pieces = reference.done
    began, cpu, served = time.monotonic(), cpu_seconds(operator.pid), cpu_seconds(server)
    declare(api, namespaces, each, options.senders)
    sent = time.monotonic() - began
    wanted = each * len(namespaces)
    until(lambda: ready(api) == wanted or None, patience=3600, pause=max(0.5, wanted / 2000))
    took, cpu = time.monotonic() - began, cpu_seconds(operator.pid) - cpu
    pieces = reference.done.since(pieces)
    methods, patches = spaces.sent.methods, asked(api)["PATCH", "rooms"]
    if spaces.rooms != (wanted, wanted) or methods["POST"] != wanted:
        sys.exit(f"{wanted} rooms were declared; {spaces.rooms[0]} are there, after {methods}")
    return {
        "sent": sent,
        "ready": took,
        "cpu": cpu,
        "making_piece": pieces,
        "server_cpu": cpu_seconds(server) - served,
        "posts": methods["POST"],
        "gets": methods["GET"],
        "patches": patches,
    }


def unchanged(operator, api, spaces, options, reference):
    """Watch it while nothing changes."""
    time.sleep(1.2 * options.interval)  # what was made is looked at once more
    before, told = spaces.sent, asked(api)
    pieces, cpu = reference.done, cpu_seconds(operator.pid)
    began = time.monotonic()
    time.sleep(options.steady)
    took, cpu = time.monotonic() - began, cpu_seconds(operator.pid) - cpu
    pieces = reference.done.since(pieces)
    sent, told = spaces.sent.since(before), asked(api) - told
    looks = took / options.interval * len(spaces.hosts)
    return {
        "steady": 100 * cpu / took,
        "pass_seconds": cpu / max(1, max(sent.lists.values(), default=0)),  # a list of rooms each
        "steady_piece": pieces,
        "memory": resident_mib(operator.pid),
        "lists": max(sent.lists.values(), default=0) / looks,
        "gets_a_minute": sent.methods["GET"] * 60 / took,
        "cluster": sum(told.values()) * 60 / took,
    }


def measured(rooms, number, options):
    """Figures of ``rooms`` in ``number`` Spaces."""
    options.each = rooms // number
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        spaces = stack.enter_context(Spaces(number, options.latency))
        reference = stack.enter_context(ReferenceWork())
        plane = stack.enter_context(control_plane(folder / "cluster"))
        api = stack.enter_context(plane.api())
        install(api, definitions(catalog.kinds()))
        until(lambda: is_served(api))
        namespaces = [f"team-{one}" for one in range(number)]
        for namespace, host in zip(namespaces, spaces.hosts, strict=True):
            api.post("/api/v1/namespaces", {"metadata": {"name": namespace}})
            Declared(api, namespace).space("main", Host(host), interval=options.interval)
        operator = started(plane, folder)
        try:
            until(lambda: seen(api) == number or None, patience=300)
            making = created(operator, plane, api, spaces, namespaces, options, reference)
            steady = unchanged(operator, api, spaces, options, reference)
        finally:
            operator.send_signal(signal.SIGTERM)
            operator.wait(60)
    return operator_page.Figures(
        options.each * number, number, options.interval, **making, **steady
    )


def setups(text):
    """``1000/10,2000/20`` as pairs, the fewest rooms first."""
    return sorted(tuple(int(part) for part in one.split("/")) for one in text.split(","))


def main():
    """Measure as the flags say, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--setups", type=setups, default=SETUPS, metavar="ROOMS/SPACES,…")
    parser.add_argument("--latency", type=float, default=0.02, help="seconds, of each Space")
    parser.add_argument("--senders", type=int, default=16, help="how many declare at once")
    parser.add_argument("--interval", type=int, default=30)
    parser.add_argument("--steady", type=float, default=90.0, help="seconds of doing nothing")
    parser.add_argument("--docs", type=Path, help="the folder with PERFORMANCE.md to write into")
    options = parser.parse_args()
    missing = kubernetes.why_missing("etcd", "kube-apiserver")
    if missing:
        sys.exit(missing)
    figures, part = [], ""
    for rooms, number in options.setups:
        figures.append(measured(rooms, number, options))
        print(json.dumps(figures[-1]._asdict()), file=sys.stderr, flush=True)
        part = operator_page.section(figures, machine=machine(), latency=options.latency)
        if options.docs:  # after each setup: the next one may take an hour
            page = options.docs / "PERFORMANCE.md"
            text = operator_page.replaced(page.read_text(encoding="utf-8"), part)
            page.write_text(text, encoding="utf-8")
    print(part)


if __name__ == "__main__":
    main()
