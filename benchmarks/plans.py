"""Plans of rooms: ours, by hand, and those of other tools, in turn over the same data."""

import re
import statistics
import sys
from typing import Any, NamedTuple

import peers
import rooms
from spaces import HERE, OURS, PROJECT, environment, space
from timing import Failed, cost_of, in_turn

MOST_DIFFERENT = 10_000  # rooms that all differ: a plan that long is read by nobody
MOST_TERRAFORM_DATA = 1_000  # resources: it makes each of them first, for its own state
MOST_TERRAFORM = 10_000  # resources, with a GET for each: more than a minute
OFTEN_TERRAFORM = 1_000  # up to which it is measured more than once
OFTEN = 10_000  # rooms up to which everything is measured OFTENER times as often as asked for, and of more a share of that
OFTENER = 3
_STAGE = re.compile(r"^  (\S.*?) +([0-9.]+) s(?: +[0-9]+%)?$", re.MULTILINE)


class Planned(NamedTuple):
    """Of one number of rooms: the Cost of each way to plan, the stages of the plan without changes in seconds, what is missing and why."""

    costs: Any
    stages: Any
    missing: Any


def _ours(folder, size, where):
    surroundings = environment(where)

    def case(*command, codes=(0,)):
        return lambda: cost_of(command, folder, surroundings, codes=codes)

    cases = {
        "bare parse": case(sys.executable, HERE / "floor.py", "unchanged"),
        "validate": case(*OURS, "validate", "unchanged"),
        "by hand": case(sys.executable, HERE / "floor.py", "unchanged", where),
        "plan": case(*OURS, "plan", "unchanged", "--detailed-exitcode"),
        "plan, 1 % differs": case(*OURS, "plan", "some", "--detailed-exitcode", codes=(2,)),
    }
    if size <= MOST_DIFFERENT:
        cases["plan, all differ"] = case(*OURS, "plan", "every", "--detailed-exitcode", codes=(2,))
    return cases


def _theirs(folder, size, where, tools):
    """What other tools have to run, as far as they are to be had; and why the others are missing."""
    prepared = {"octoDNS": lambda: (peers.octodns(folder / "octoDNS", size, tools=tools), {})}
    if size <= MOST_TERRAFORM_DATA:
        prepared["terraform_data"] = lambda: (
            peers.terraform_data(folder / "terraform_data", size),
            peers.QUIET,
        )
    if size <= MOST_TERRAFORM:
        prepared["Terraform"] = lambda: (
            peers.terraform_rooms(folder / "Terraform", size, where, made=True),
            peers.terraform_environment(tools),
        )
    cases, missing = {}, {}
    for name, prepare in prepared.items():
        try:
            command, surroundings = prepare()
        except Failed as error:
            missing[name] = str(error)
        else:
            cases[name] = lambda name=name, command=command, around=surroundings: cost_of(
                command, folder / name, around
            )
    return cases, missing


def _stages(folder, where, runs):
    """Seconds of the processor by stage, of the plan without changes."""
    found = {}
    for _ in range(runs):
        cost_of([*OURS, "--profile", "plan", "unchanged"], folder, environment(where))
        for stage, seconds in _STAGE.findall((folder / "out.txt").read_text(encoding="utf-8")):
            found.setdefault(stage, []).append(float(seconds))
    return {stage: statistics.median(seconds) for stage, seconds in found.items()}


def plans(folder, size, *, latency, runs, tools):
    """What there is to know of ``size`` rooms, as Planned; other tools only where there is a folder for ``tools``."""
    runs = max(1, OFTENER * runs * OFTEN // max(size, OFTEN))
    for word, changed in (("unchanged", 0), ("some", max(1, size // 100)), ("every", size)):
        rooms.write_manifests(folder / word, size, changed=changed)
    with space(size, latency) as where:
        rooms.write_state(folder, size, where, PROJECT)
        others, absent = _theirs(folder, size, where, tools) if tools else ({}, {})
        slow = {"Terraform"} if size > OFTEN_TERRAFORM else set()
        costs, missing = in_turn(_ours(folder, size, where) | others, runs, once=slow)
        try:
            stages = _stages(folder, where, runs)
        except Failed as error:
            stages, absent = {}, absent | {"stages": str(error)}
    return Planned(costs, stages, absent | missing)
