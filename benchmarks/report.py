"""What was measured, as a page of Markdown and a plot."""

import importlib.metadata
import math
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

LINES = (("bare parse", "#888888"), ("by hand", "#b07a00"), ("plan", "#0a62c9"), ("octoDNS", "#2e8540"), ("Terraform", "#7b3fb5"))
WIDTH, HEIGHT, MARGIN = 720, 400, 60


class Figures(NamedTuple):
    """Medians of ``runs`` runs: starts and, for each number of rooms, plans by name; for each number of workers, creations."""

    latency: float
    runs: int
    creations: int
    starts: Any
    plans: Any
    created: Any


def machine():
    """The machine and what runs on it, in a line."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        found = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        model = f", {found[0]}" if found else ""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("pyyaml", "httpx"))
    return f"{platform.system()} {platform.machine()}{model}, {cores} cores{load}; Python {platform.python_version()}, {libraries}"


def _terraform():
    command = shutil.which("terraform")
    if command is None:
        return "Terraform: no binary was found, so that it is not measured."
    version = subprocess.run([command, "version"], capture_output=True, text=True, check=False).stdout.splitlines()[0]
    return f"Terraform: {version}, plans of its built-in `terraform_data`, without any network, up to 1,000."


def _table(head, rows):
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def _plan_rows(costs):
    base = costs["bare parse"].cpu
    for name, cost in costs.items():
        yield name, f"{cost.cpu:.2f}", f"{cost.cpu / base:.2f}", f"{cost.wall:.2f}", f"{cost.memory:.0f}"


def _created_rows(figures):
    for workers, cost in figures.created.items():
        least = math.ceil(figures.creations / workers) * figures.latency
        yield workers, f"{cost.wall:.2f}", f"{least:.2f}", f"{cost.wall / least:.2f}", f"{cost.cpu:.2f}", f"{cost.memory:.0f}"


def page(figures):
    """docs/PERFORMANCE.md."""
    head = ["", "CPU s", "times bare parse", "wall s", "MiB"]
    plans = "".join(f"\n### {size:,} rooms\n\n{_table(head, _plan_rows(costs))}" for size, costs in figures.plans.items())
    base = figures.starts["python -c pass"].cpu
    starts = _table(
        ["", "CPU ms", "times python"],
        [(f"`{name}`", f"{cost.cpu * 1000:.0f}", f"{cost.cpu / base:.1f}") for name, cost in figures.starts.items()],
    )
    created = _table(["workers", "wall s", "least possible", "ratio", "CPU s", "MiB"], _created_rows(figures))
    return f"""\
# Performance

Written by `python3 benchmarks/run.py`, which makes its data, starts a Space of its own that answers
{figures.latency * 1000:.0f} ms late, and runs everything in turn. Medians of {figures.runs} runs,
each a whole process from its start to its end.

{machine()}.

On a busy machine the seconds of the clock say little; the ratios are of runs side by side, and of the processor's time.

- *bare parse*: PyYAML's C loader reads the same files, and nothing else.
- *by hand*: that, the list over HTTP, a comparison. No schema, no state, no positions, no guards.
- *octoDNS*: a plan of as many A records, YAML on both sides, without any network.
- {_terraform()}

## Plans
{plans}
![CPU seconds of a plan by the number of rooms](performance.svg)

## Creating {figures.creations:,} rooms

From nothing to a plan that finds nothing to do, with the lock, the journal and every look that safety asks for. The least possible
is the creations alone: rounds of as many as there are workers, one latency each.

{created if figures.created else "Not measured."}
## Starting

{starts}
## By stage

`--profile` with any command prints how many seconds of the processor each of its stages took.
"""


def plot(figures):
    """CPU seconds by the number of rooms, both on logarithmic scales, as SVG."""
    sizes = sorted(figures.plans)
    every = [cost.cpu for costs in figures.plans.values() for name, cost in costs.items() if name in dict(LINES)]
    left, right = math.log10(sizes[0]) - 0.1, math.log10(sizes[-1]) + 0.1
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))

    def x(size):
        return MARGIN + (math.log10(size) - left) / (right - left) * (WIDTH - 3 * MARGIN)

    def y(seconds):
        return HEIGHT - MARGIN - (math.log10(seconds) - low) / (high - low) * (HEIGHT - 2 * MARGIN)

    parts = [f'<text x="{x(size):.0f}" y="{HEIGHT - MARGIN + 24}" text-anchor="middle">{size:,} rooms</text>' for size in sizes]
    for power in range(low, high + 1):
        at = y(10**power)
        parts.append(f'<line x1="{MARGIN}" x2="{WIDTH - 2 * MARGIN}" y1="{at:.0f}" y2="{at:.0f}" stroke="#ddd"/>')
        parts.append(f'<text x="{MARGIN - 8}" y="{at + 4:.0f}" text-anchor="end">{10.0**power:g} s</text>')
    for name, colour in LINES:
        points = [(x(size), y(figures.plans[size][name].cpu)) for size in sizes if name in figures.plans[size]]
        if not points:
            continue
        path = " ".join(f"{across:.0f},{down:.0f}" for across, down in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{across:.0f}" cy="{down:.0f}" r="4" fill="{colour}"/>' for across, down in points]
        parts.append(f'<text x="{points[-1][0] + 10:.0f}" y="{points[-1][1] + 4:.0f}" fill="{colour}">{name}</text>')
    body = "\n".join(parts)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">
<title>CPU seconds of a plan without changes, by the number of rooms</title>
<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>
{body}
</svg>
"""
