"""Measures reconciler beside the least that could be done by hand and beside other tools: ``python3 benchmarks/run.py``.

Needs the project installed with its extras. Writes docs/PERFORMANCE.md and docs/performance.svg, and prints the same figures.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import operator_page  # noqa: E402
import plot  # noqa: E402
import report  # noqa: E402
import rooms  # noqa: E402
from creations import creations  # noqa: E402
from growth import growths  # noqa: E402
from plans import plans  # noqa: E402
from restapi import Tools, compared  # noqa: E402
from spaces import OURS, PROJECT, environment, space  # noqa: E402
from timing import cost_of, in_turn  # noqa: E402

STARTS = 15  # times as often: each takes a moment, and a moment varies
GROWTHS = 2  # times as often: a ratio of differences
WARM = 10  # rooms
TEN = 10  # rooms of the plan that is timed as a start
HELP = ("validate", "plan", "apply")  # commands whose help is timed


def starts(folder, runs):
    """The Cost of starting Python itself, and of commands that have little to do; and what is missing and why."""
    rooms.write_manifests(folder / "one", 1)
    rooms.write_manifests(folder / "ten", TEN)
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "reconciler --version": [*OURS, "--version"],
        "reconciler validate one.yaml": [*OURS, "validate", "one"],
        f"reconciler plan, {TEN} rooms": [*OURS, "plan", "ten"],
        **{f"reconciler {name} --help": [*OURS, name, "--help"] for name in HELP},
    }
    with space(TEN, 0) as where:
        rooms.write_state(folder, TEN, where, PROJECT)
        surroundings = environment(where)
        return in_turn(
            {
                name: lambda command=command: cost_of(command, folder, surroundings)
                for name, command in commands.items()
            },
            runs,
        )


def measure(options, work):
    """Everything, as report.Figures."""
    tools = None if options.no_peers else work / "tools"
    for name in ("tools", "starts", "warm", "creations", *map(str, options.sizes)):
        (work / name).mkdir()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(work / "bytecode")
    often = {"latency": options.latency, "runs": options.runs, "tools": tools}
    # Bytecode is written and programs are read from the disk before anything is measured.
    plans(work / "warm", WARM, latency=0, runs=1, tools=tools)
    started, missing = starts(work / "starts", STARTS * options.runs)
    created = {}
    if options.creations:
        created, failed = creations(
            work / "creations", options.creations, workers=options.workers, **often
        )
        missing |= failed
    planned = {size: plans(work / str(size), size, **often) for size in options.sizes}
    for size, found in planned.items():
        missing |= {f"{name}, {size:,} rooms": why for name, why in found.missing.items()}
    folders = {size: work / str(size) for size in options.sizes}
    growth, failed = growths(folders, latency=options.latency, runs=GROWTHS * options.runs)
    missing |= failed
    beside = {}
    if options.tofu and options.restapi_provider:
        beside, failed = compared(
            work / "restapi",
            options.creations,
            latency=options.latency,
            tools=Tools(options.tofu.resolve(), options.restapi_provider.resolve()),
        )
        missing |= failed
    missing = {name: why.replace(str(work), "…") for name, why in missing.items()}
    return report.Figures(
        options.latency,
        options.runs,
        options.creations,
        started,
        planned,
        growth,
        created,
        missing,
        beside,
    )


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    numbers = {
        "type": lambda text: sorted({int(part) for part in text.split(",")}),
        "metavar": "N,N",
    }
    parser.add_argument(
        "--sizes",
        default=[1_000, 10_000, 100_000],
        help="how many rooms are planned (default: 1000 to 100000)",
        **numbers,
    )
    parser.add_argument(
        "--workers",
        default=[10, 32, 64],
        help="how many workers create (default: 10,32,64)",
        **numbers,
    )
    parser.add_argument(
        "--creations",
        type=int,
        default=1_000,
        metavar="N",
        help="how many rooms are created (default: 1000); 0: none",
    )
    parser.add_argument(
        "--latency",
        type=float,
        default=0.05,
        metavar="SECONDS",
        help="how late each answer is (default: 0.05)",
    )
    parser.add_argument(
        "--runs",
        type=int,
        default=5,
        metavar="N",
        help="how often each is measured (default: 5); what is slow less often",
    )
    parser.add_argument(
        "--no-peers",
        action="store_true",
        help="leave other tools out, which are installed from PyPI",
    )
    parser.add_argument(
        "--tofu",
        type=Path,
        metavar="PATH",
        help="OpenTofu or Terraform, to create and plan the same rooms with --restapi-provider",
    )
    parser.add_argument(
        "--restapi-provider",
        type=Path,
        metavar="PATH",
        help="the binary of terraform-provider-restapi (Mastercard/restapi, version 3)",
    )
    parser.add_argument(
        "--docs",
        type=Path,
        default=HERE.parent / "docs",
        metavar="DIR",
        help="where the page and the plot go",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reconciler-benchmarks-") as work:
        figures = measure(options, Path(work))
    written = options.docs / "PERFORMANCE.md"
    page = report.page(figures)
    # benchmarks/kubernetes_operator.py measures its part by itself.
    operator = operator_page.part_of(written.read_text("utf-8")) if written.exists() else ""
    page = operator_page.replaced(page, operator) if operator else page
    written.write_text(page, encoding="utf-8")
    (options.docs / "performance.svg").write_text(plot.plot(figures.plans), encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
