"""What the project wants to reach, held against one run."""

import math
from collections.abc import Callable
from typing import NamedTuple

SMALL, LARGE, HUGE = 1_000, 10_000, 100_000
BASE = "python -c pass"
# The most that a start may take, in times of starting Python.
STARTS = (
    ("reconciler --version", 1.3),
    ("reconciler validate one.yaml", 5.5),
    ("reconciler plan, 10 rooms", 9),
    ("reconciler validate --help", 6),
    ("reconciler plan --help", 6),
    ("reconciler apply --help", 6),
)


class Goal(NamedTuple):
    """A goal: what is measured, by a function that fails where it was not, and the least or the most that it may be."""

    title: str
    measured: Callable[[], float]
    most: float = math.inf
    least: float = -math.inf


def _plans(figures):
    def cost(way, size=LARGE):
        return figures.plans[size].costs[way]

    def cpu(way, other):
        return cost(way).cpu / cost(other).cpu

    def faster(way, size):
        return cost(way, size).wall / cost("plan", size).wall

    def bound():
        """Seconds; none where the parse was not measured, and then the goal is not held against anything."""
        found = figures.plans.get(LARGE)
        parse = found and found.costs.get("bare parse")
        return math.ceil(LARGE / 1000) * figures.latency + 1.5 * parse.wall if parse else math.inf

    return [
        Goal(
            f"plan of {LARGE:,}: CPU, times the bare parse",
            lambda: cpu("plan", "bare parse"),
            most=1.25,
        ),
        Goal(
            f"plan of {LARGE:,}: wall s; the most is each page's latency and 1.5 bare parses",
            lambda: cost("plan").wall,
            most=bound(),
        ),
        Goal(f"plan of {LARGE:,}: MiB", lambda: cost("plan").memory, most=200),
        Goal(f"plan of {HUGE:,}: MiB", lambda: cost("plan", HUGE).memory, most=600),
        Goal(
            f"plan of {LARGE:,}: times faster than octoDNS, wall",
            lambda: faster("octoDNS", LARGE),
            least=4,
        ),
        Goal(
            f"plan of {SMALL:,}: times faster than Terraform, wall",
            lambda: faster("Terraform", SMALL),
            least=20,
        ),
        Goal(
            f"plan of {LARGE:,}: times faster than Terraform, wall",
            lambda: faster("Terraform", LARGE),
            least=40,
        ),
        Goal(
            f"1 % of {LARGE:,} differs: CPU, times the plan without changes",
            lambda: cpu("plan, 1 % differs", "plan"),
            most=1.2,
        ),
        Goal(
            f"all of {LARGE:,} differ: CPU, times the plan without changes",
            lambda: cpu("plan, all differ", "plan"),
            most=4,
        ),
        Goal(
            f"validate of {LARGE:,}: CPU, times the bare parse",
            lambda: cpu("validate", "bare parse"),
            most=1.3,
        ),
    ]


def _creations(figures):
    def ours(workers):
        return figures.created[workers]["reconciler"]

    def times(workers, what):
        return getattr(ours(workers), what) / (
            math.ceil(figures.creations / workers) * figures.latency
        )

    for n, most in ((10, 1.1), (32, 1.1), (64, 1.2)):
        title = f"{figures.creations:,} creations by {n} workers"
        yield Goal(
            f"{title}: the creations alone, times the least possible",
            lambda n=n: times(n, "alone"),
            most=most,
        )
        yield Goal(f"{title}: connections", lambda n=n: ours(n).connections, most=n)
    yield Goal(
        f"{figures.creations:,} creations by 32 workers: the whole process, times the least possible",
        lambda: times(32, "wall"),
        most=1.35,
    )
    title = f"{figures.creations:,} creations by 10 workers: times faster than Terraform, wall"
    yield Goal(title, lambda: figures.created[10]["Terraform"].wall / ours(10).wall, least=3)


def _growing(figures):
    def ratio(what):
        return next(
            one.ratio
            for one in figures.growth
            if (one.way, one.what, one.sizes) == ("plan", what, (SMALL, LARGE, HUGE))
        )

    for what, name in (("CPU s", "CPU"), ("wall s", "wall"), ("MiB", "memory")):
        title = f"each further room past {LARGE:,}: {name}, times that of one past {SMALL:,}"
        yield Goal(title, lambda what=what: ratio(what), most=1.15)


def _starting(figures):
    for name, most in STARTS:
        title = f"`{name}`: CPU, times `{BASE}`"
        yield Goal(
            title, lambda name=name: figures.starts[name].cpu / figures.starts[BASE].cpu, most=most
        )


def goals(figures):
    """Of each goal: what it is about, what was measured, its bound, and whether it was reached, as text."""
    for goal in (*_plans(figures), *_creations(figures), *_growing(figures), *_starting(figures)):
        try:
            found = goal.measured()
        except (
            LookupError,
            StopIteration,
            ZeroDivisionError,
        ):  # not all of it was measured in this run
            yield goal.title, "not measured", "", ""
            continue
        bound = f"≤ {goal.most:.4g}" if goal.most < math.inf else f"≥ {goal.least:.4g}"
        yield goal.title, f"{found:.4g}", bound, "yes" if goal.least <= found <= goal.most else "no"
