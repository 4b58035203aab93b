"""Measures reconciler beside the least that could be done by hand and beside other tools: ``python3 benchmarks/run.py``.

Needs the project installed with its extras. Writes docs/PERFORMANCE.md and docs/performance.svg, and prints the same figures.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import peers  # noqa: E402
import report  # noqa: E402
import rooms  # noqa: E402
from timing import cost_of, in_turn, medians  # noqa: E402

PROJECT = "local"
OURS = [sys.executable, "-m", "reconciler"]
MOST_TERRAFORM = 1_000  # resources: it makes each of them first, for its own state


@contextlib.contextmanager
def space(size, latency):
    """A Space of ``size`` rooms in a process of its own; its host and port."""
    command = [sys.executable, HERE / "server.py", str(size), str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def environment(where):
    """What reconciler is told of the Space at ``where``."""
    return {
        "PYTHONPATH": str(HERE.parent),
        "SIGNALWIRE_SPACE": where,
        "SIGNALWIRE_PROJECT_ID": PROJECT,
        "SIGNALWIRE_API_TOKEN": "none",
    }


def plans(folder, size, *, latency, runs, tools):
    """The Cost of each way to plan ``size`` rooms."""
    unchanged, some, every = (folder / word for word in ("unchanged", "some", "every"))
    rooms.write_manifests(unchanged, size)
    rooms.write_manifests(some, size, changed=size // 100)
    rooms.write_manifests(every, size, changed=size)
    with space(size, latency) as where:
        rooms.write_state(folder, size, where, PROJECT)
        surroundings = environment(where)

        def case(*command, codes=(0,)):
            return lambda: cost_of(command, folder, surroundings, codes=codes)

        cases = {
            "bare parse": case(sys.executable, HERE / "floor.py", "unchanged"),
            "validate": case(*OURS, "validate", "unchanged"),
            "by hand": case(sys.executable, HERE / "floor.py", "unchanged", where),
            "plan": case(*OURS, "plan", "unchanged", "--detailed-exitcode"),
            "plan, 1 % differs": case(*OURS, "plan", "some", "--detailed-exitcode", codes=(2,)),
            "plan, all differ": case(*OURS, "plan", "every", "--detailed-exitcode", codes=(2,)),
        }
        other = {"octoDNS": peers.octodns(folder / "octodns", size, tools=tools)}
        other["Terraform"] = peers.terraform(folder / "terraform", size) if size <= MOST_TERRAFORM else None
        for name, command in other.items():
            if command:
                cases[name] = lambda name=name, command=command: cost_of(command, folder / name.lower(), {})
        return in_turn(cases, runs)


def starts(folder, runs):
    """The Cost of starting: Python itself, ``--version``, and ``validate`` of one file."""
    rooms.write_manifests(folder / "one", 1)
    surroundings = {"PYTHONPATH": str(HERE.parent)}
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "reconciler --version": [*OURS, "--version"],
        "reconciler validate one.yaml": [*OURS, "validate", "one"],
    }
    return in_turn({name: lambda command=command: cost_of(command, folder, surroundings) for name, command in commands.items()}, runs)


def creations(folder, size, *, latency, runs, workers):
    """The Cost of creating ``size`` rooms with each number of workers."""
    rooms.write_manifests(folder / "new", size)
    found = {number: [] for number in workers}
    for _ in range(runs):
        for number in workers:
            shutil.rmtree(folder / ".reconciler", ignore_errors=True)
            with space(0, latency) as where:
                command = [*OURS, "apply", "new", "--yes", "--parallel", str(number)]
                found[number].append(cost_of(command, folder, environment(where)))
    return {number: medians(costs) for number, costs in found.items()}


def measure(options, work):
    """Everything, as report.Figures."""
    tools = work / "tools"
    tools.mkdir()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(tools / "bytecode")  # so that no run is the first
    for name in ("starts", "creations", *map(str, options.sizes)):
        (work / name).mkdir()
    started = starts(work / "starts", max(options.runs, 5))
    planned = {size: plans(work / str(size), size, latency=options.latency, runs=options.runs, tools=tools) for size in options.sizes}
    created = creations(
        work / "creations", options.creations, latency=options.latency, runs=options.runs, workers=options.workers
    ) if options.creations else {}  # fmt: skip
    return report.Figures(options.latency, options.runs, options.creations, started, planned, created)


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    numbers = {"type": lambda text: [int(part) for part in text.split(",")], "metavar": "N,N"}
    parser.add_argument("--sizes", default=[1_000, 10_000], help="how many rooms are planned (default: 1000,10000)", **numbers)
    parser.add_argument("--workers", default=[10, 32, 64], help="how many workers create (default: 10,32,64)", **numbers)
    parser.add_argument("--creations", type=int, default=1_000, metavar="N", help="how many rooms are created; 0 leaves it out")
    parser.add_argument("--latency", type=float, default=0.05, metavar="SECONDS", help="how late each answer is (default: 0.05)")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="how often each is measured (default: 5)")
    parser.add_argument("--docs", type=Path, default=HERE.parent / "docs", metavar="DIR", help="where the page and the plot go")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reconciler-benchmarks-") as work:
        figures = measure(options, Path(work))
    page = report.page(figures)
    (options.docs / "PERFORMANCE.md").write_text(page, encoding="utf-8")
    (options.docs / "performance.svg").write_text(report.plot(figures), encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
