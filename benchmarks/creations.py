"""Creations of rooms: ours, by hand in two ways, and Terraform's, in turn against a Space that begins empty."""

import shutil
import sys
from typing import NamedTuple

import peers
import rooms
from spaces import HERE, OURS, environment, seen, space
from timing import Failed, cost_of, in_turn

TERRAFORM_WORKERS = 10  # its default


class Created(NamedTuple):
    """The Cost of a whole process, and what the Space saw of it.

    ``alone`` is the seconds from the first POST's arrival to the last one's answer.
    """

    wall: float
    cpu: float
    memory: float
    alone: float
    connections: int
    requests: int


def _created(folder, size, latency, prepare):
    """One run of what ``prepare`` (the Space's address → command, environment) says, in an empty ``folder``."""
    shutil.rmtree(folder, ignore_errors=True)
    with space(0, latency) as where:
        command, surroundings = prepare(folder, where)
        folder.mkdir(exist_ok=True)
        cost = cost_of(command, folder, surroundings)
        saw = seen(where)
    if saw.posts != size:
        raise Failed(f"sent {saw.posts} POSTs to create {size}")
    return Created(*cost, saw.alone, saw.connections, saw.requests)


def _ways(manifests, size, workers, tools):
    """For each name a function (folder, Space's address → command, environment)."""

    def ours(_folder, where):
        return [*OURS, "apply", manifests, "--yes", "--parallel", str(workers)], environment(where)

    def by_hand(way):
        return lambda _folder, where: (
            [sys.executable, HERE / "hand.py", way, str(size), str(workers), where],
            {},
        )

    def terraform(folder, where):
        return peers.terraform_rooms(folder, size, where, made=False), peers.terraform_environment(
            tools
        )

    ways = {"reconciler": ours, "bare sockets": by_hand("sockets"), "httpx": by_hand("httpx")}
    return ways | ({"Terraform": terraform} if tools and workers == TERRAFORM_WORKERS else {})


def creations(folder, size, *, latency, runs, workers, tools):
    """The Created of ``size`` rooms by number of workers and way, and what is missing and why; Terraform where there are ``tools``."""
    rooms.write_manifests(folder / "new", size)
    cases = {
        (number, way): lambda prepare=prepare: _created(folder / "run", size, latency, prepare)
        for number in workers
        for way, prepare in _ways(folder / "new", size, number, tools).items()
    }
    found, missing = in_turn(cases, runs, once={(TERRAFORM_WORKERS, "Terraform")})
    by_workers = {
        number: {way: created for (one, way), created in found.items() if one == number}
        for number in workers
    }
    return by_workers, {f"{way}, {number} workers": why for (number, way), why in missing.items()}
