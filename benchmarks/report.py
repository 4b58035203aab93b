"""What was measured, as a page of Markdown."""

import importlib.metadata
import itertools
import math
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from goals import goals
from growth import STEP

# What no run measures anew: earlier runs beside the peer, and decisions.
REMARKS = Path(__file__).with_name("remarks.md")


class Figures(NamedTuple):
    """Medians of ``runs`` runs.

    ``starts`` by command; ``plans`` by number of rooms, each plans.Planned; ``growth`` each growth.Growth; ``created`` by number
    of workers and way, each creations.Created; ``missing`` says by name why something is not there; ``beside``
    holds each restapi.Used by its name.
    """

    latency: float
    runs: int
    creations: int
    starts: Any
    plans: Any
    growth: Any
    created: Any
    missing: Any
    beside: Any


def machine():
    """The machine and what runs on it, in a line."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        found = [
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ]
        model = f", {found[0]}" if found else ""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    libraries = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("pyyaml", "httpx")
    )
    return f"{platform.system()} {platform.machine()}{model}, {cores} cores{load}; Python {platform.python_version()}, {libraries}"


def _terraform():
    command = shutil.which("terraform")
    if command is None:
        return "no binary was found"
    return subprocess.run(
        [command, "version"], capture_output=True, text=True, check=False
    ).stdout.splitlines()[0]


def _table(head, rows):
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def _plan_rows(costs):
    parse, plan = costs.get("bare parse"), costs.get("plan")
    for name, cost in costs.items():
        times = [
            f"{cost.cpu / parse.cpu:.2f}" if parse else "",
            f"{cost.wall / plan.wall:.2f}" if plan else "",
        ]
        yield name, f"{cost.cpu:.2f}", times[0], f"{cost.wall:.2f}", times[1], f"{cost.memory:.0f}"


def _plans(figures):
    head = ["", "CPU s", "times bare parse", "wall s", "times plan", "MiB"]
    return "".join(
        f"### {size:,} rooms\n\n{_table(head, _plan_rows(found.costs))}\n"
        for size, found in figures.plans.items()
    )


def _growth(figures):
    if not figures.growth:
        return "Not measured.\n"
    sizes = max((one.sizes for one in figures.growth), key=len)
    steps = [f"{before:,} to {after:,}" for before, after in itertools.pairwise(sizes)]
    whole = [one for one in figures.growth if one.sizes == sizes]
    rows = [
        (
            f"{one.way}, {one.what}",
            *(f"{step:.3f}" for step in one.steps),
            f"{one.ratio:.2f}" if one.ratio else "",
        )
        for one in whole
    ]
    return _table([f"for each further {STEP:,} rooms", *steps, "ratio"], rows)


def _stages(figures):
    columns = {size: found.stages for size, found in figures.plans.items() if found.stages}
    names = dict.fromkeys(name for stages in columns.values() for name in stages)
    rows = [
        (name, *(f"{stages.get(name, 0):.3f}" for stages in columns.values())) for name in names
    ]
    return (
        _table(["CPU s", *(f"{size:,} rooms" for size in columns)], rows)
        if columns
        else "Not measured.\n"
    )


def _created_rows(figures):
    for workers, ways in figures.created.items():
        least = math.ceil(figures.creations / workers) * figures.latency
        for way, cost in ways.items():
            creations = [
                f"{least:.2f}",
                f"{cost.alone:.2f}",
                f"{cost.alone / least:.2f}" if least else "",
            ]
            whole = [f"{cost.wall:.2f}", f"{cost.wall / least:.2f}" if least else ""]
            process = [
                *whole,
                f"{cost.cpu:.2f}",
                f"{cost.memory:.0f}",
                f"{cost.connections:.0f}",
                f"{cost.requests:.0f}",
            ]
            yield way, workers, *creations, *process


def _created(figures):
    head = [
        "",
        "workers",
        "least possible s",
        "creations alone s",
        "ratio",
        "wall s",
        "ratio",
        "CPU s",
        "MiB",
        "connections",
        "requests",
    ]
    return _table(head, _created_rows(figures)) if figures.created else "Not measured.\n"


def _starts(figures):
    base = figures.starts["python -c pass"].cpu
    rows = [
        (f"`{name}`", f"{cost.cpu * 1000:.0f}", f"{cost.cpu / base:.1f}")
        for name, cost in figures.starts.items()
    ]
    return _table(["", "CPU ms", "times python"], rows)


def _beside(figures):
    """The run with OpenTofu or Terraform and restapi, where their binaries were given."""
    if not figures.beside:
        return ""
    head = ["", "wall s", "CPU s", "MiB, largest process", "requests", "connections"]
    rows = [
        (
            name,
            f"{used.wall:.2f}",
            f"{used.cpu:.2f}",
            f"{used.memory:.0f}",
            used.requests,
            used.connections,
        )
        for name, used in figures.beside.items()
    ]
    return f"### This run, {figures.creations:,} rooms, 10 at once\n\n{_table(head, rows)}\n"


def _missing(figures):
    """Why something is not there, each in a line."""
    if not figures.missing:
        return ""
    lines = []
    for name, why in figures.missing.items():
        told = " ".join(
            "".join(sign if sign.isprintable() else " " for sign in why).split()
        ).replace("|", "/")
        lines.append(f"- {name}: {told[:300]}\n")
    return f"\n## Not measured\n\n{''.join(lines)}"


def page(figures):
    """docs/PERFORMANCE.md."""
    return f"""\
# Performance

Written by `python3 benchmarks/run.py`, which makes its data, starts a Space of its own that answers
{figures.latency * 1000:.0f} ms late, and runs everything in turn. Medians of {figures.runs} runs, more of what is quick and
fewer of what is slow, each a whole process from its start to its end.

{machine()}.

On a busy machine the seconds of the clock say little; the ratios are of runs side by side, and of the processor's time
where nothing else is said. Memory is that of the largest process.

- *bare parse*: PyYAML's C loader reads the same files, and nothing else.
- *by hand*: that, the list over HTTP, a comparison. No schema, no state, no positions, no guards.
- *octoDNS*: a plan of as many A records, YAML on both sides, without any network.
- *Terraform*: a plan of as many rooms of the same Space, by a provider that reads each with one GET over connections that it
  keeps, ten at once, as Terraform does unless told otherwise; the provider is Python, written with `tf`. {_terraform()}.
- *terraform_data*: a plan of as many of Terraform's built-in resources, without any network.

## Goals

{_table(["", "measured", "bound", "reached"], goals(figures))}
## Plans

{_plans(figures)}![Wall and CPU seconds of a plan without changes, by the number of rooms](performance.svg)

## Growth

What a further {STEP:,} rooms take of a plan without changes, and of the bare parse, which has nothing of ours in it. Measured by
themselves, all the numbers of rooms in turn, so that a machine that changes its speed changes it for each of them:

{_growth(figures)}
## Where the time goes

`--profile` with any command prints how many seconds of the processor each of its stages took. A plan without changes:

{_stages(figures)}
## Creating {figures.creations:,} rooms

*reconciler* is `apply` from nothing to a plan that finds nothing to do, with the lock, the journal and every look that safety
asks for. *bare sockets* is what machine and Space allow: threads that send the same POSTs over sockets and nothing else; *httpx*
is the same through one client that keeps as many connections as there are threads. The least possible is rounds of as many as
there are workers, one latency each. The creations alone are what the Space saw, from the first POST's arrival until the last
one's answer: what the goals are about. The whole process starts Python, reads and plans before, and looks at the Space again after
them; a ratio says how many times the least possible each took.

{_created(figures)}
## Starting

{_starts(figures)}
{REMARKS.read_text(encoding="utf-8")}{_beside(figures)}{_missing(figures)}"""
