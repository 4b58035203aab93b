"""The part of docs/PERFORMANCE.md about the operator: figures as Markdown, and their goals."""

import itertools
from typing import NamedTuple

HEADING = "## The operator"
MOST = {"ready": 30.0, "cpu": 5.0, "memory": 150.0, "lists": 2.0, "growth": 1.2}
BASE = (1_000, 10)
FAR = ((1_000, 100), (5_000, 100))  # Spaces and the rooms of each, past what is measured
USUAL_INTERVAL = 300  # seconds, the default


class Figures(NamedTuple):
    """One setup, with ``rooms`` in ``spaces``. Seconds, MiB, and numbers of requests.

    ``making_piece`` and ``steady_piece`` are CPU seconds that a piece of the reference took in the
    same window, and ``pass_seconds`` those of one pass while nothing changes.

    ``sent`` is how long it took to declare everything, ``ready`` until all were Ready; ``cpu`` and
    ``server_cpu`` are CPU seconds of the operator and the API server meanwhile. ``steady`` is the
    operator's part of a core while nothing changes, in percent; ``lists`` the most lists of one
    kind that a Space got in an interval; ``cluster`` its requests to Kubernetes a minute.
    """

    rooms: int
    spaces: int
    interval: int
    sent: float
    ready: float
    cpu: float
    making_piece: float
    server_cpu: float
    posts: int
    gets: int
    patches: int
    steady: float
    pass_seconds: float
    steady_piece: float
    memory: float
    lists: float
    gets_a_minute: float
    cluster: float

    @property
    def cpu_pieces(self):
        """CPU until all are Ready, in pieces of the reference."""
        return self.cpu / self.making_piece

    @property
    def pass_pieces(self):
        """CPU of one pass while nothing changes, in pieces of the reference."""
        return self.pass_seconds / self.steady_piece


class Step(NamedTuple):
    """What each further 1,000 rooms take between two setups, and the ratio to the step before.

    ``bound`` says whether the ratio is held against its bound: seconds of a machine that changes
    its speed are not.
    """

    title: str
    values: tuple
    bound: bool

    @property
    def ratio(self):
        """The last step to the first; None where there are not two."""
        return self.values[-1] / self.values[0] if len(self.values) > 1 and self.values[0] else None


def steps(measured):
    """Each Step of the figures that should grow with the rooms."""
    figures = {
        "until all are Ready, CPU s": (lambda one: one.cpu, False),
        "until all are Ready, pieces": (lambda one: one.cpu_pieces, True),
        "a pass of each Space, CPU s": (lambda one: one.pass_seconds * one.spaces, False),
        "a pass of each Space, pieces": (lambda one: one.pass_pieces * one.spaces, True),
        "MiB": (lambda one: one.memory, True),
    }
    found = []
    for title, (value, bound) in figures.items():
        values = [
            (value(more) - value(less)) / (more.rooms - less.rooms) * 1000
            for less, more in itertools.pairwise(measured)
        ]
        if values:
            found.append(Step(title, tuple(values), bound))
    return found


def _table(head, rows):
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def goals(measured):
    """Title, figure, bound and whether it is reached, of each goal; those of the setup that they name."""
    base = next((one for one in measured if (one.rooms, one.spaces) == BASE), None)
    title = f"{BASE[0]:,} rooms in {BASE[1]} Spaces: "
    wanted = (
        ("all Ready, wall s", "ready", lambda: base.ready),
        ("nothing changes, percent of a core", "cpu", lambda: base.steady),
        ("nothing changes, MiB", "memory", lambda: base.memory),
        ("lists of a kind and interval", "lists", lambda: base.lists),
    )
    for words, name, value in wanted if base else ():
        found = value()
        yield title + words, f"{found:.4g}", f"≤ {MOST[name]:g}", _reached(found, MOST[name])
    for step in steps(measured):
        if step.bound and step.ratio is not None:
            words = f"each further 1,000 rooms, {step.title}: last step, times the first"
            yield (
                words,
                f"{step.ratio:.4g}",
                f"≤ {MOST['growth']}",
                _reached(step.ratio, MOST["growth"]),
            )


def _reached(found, most):
    return "yes" if found <= most else "no"


_COLUMNS = {
    "declared after s": lambda one: f"{one.sent:.1f}",
    "all Ready after s": lambda one: f"{one.ready:.1f}",
    "operator CPU s": lambda one: f"{one.cpu:.1f}",
    "CPU ms of a piece": lambda one: f"{one.making_piece * 1000:.1f}",
    "pieces": lambda one: f"{one.cpu_pieces:,.0f}",
    "API server CPU s": lambda one: f"{one.server_cpu:.1f}",
    "POSTs": lambda one: f"{one.posts:,}",
    "GETs": lambda one: f"{one.gets:,}",
    "PATCHes of rooms in the cluster": lambda one: f"{one.patches:,}",
}
_STEADY = {
    "operator, percent of a core": lambda one: f"{one.steady:.2f}",
    "CPU ms of a pass": lambda one: f"{one.pass_seconds * 1000:.1f}",
    "CPU ms of a piece": lambda one: f"{one.steady_piece * 1000:.1f}",
    "pieces of a pass": lambda one: f"{one.pass_pieces:.2f}",
    "MiB": lambda one: f"{one.memory:.0f}",
    "lists of a kind and interval": lambda one: f"{one.lists:.1f}",
    "GETs of all Spaces a minute": lambda one: f"{one.gets_a_minute:.0f}",
    "requests to the cluster a minute": lambda one: f"{one.cluster:.0f}",
}


def _measured(measured, columns):
    rows = [
        (f"{one.rooms:,} in {one.spaces}", *(value(one) for value in columns.values()))
        for one in measured
    ]
    return _table(["rooms in Spaces", *columns], rows)


def _growth(measured):
    pairs = [f"{a.rooms:,} to {b.rooms:,}" for a, b in itertools.pairwise(measured)]
    rows = [
        (
            one.title,
            *(f"{value:.3f}" for value in one.values),
            f"{one.ratio:.2f}" if one.ratio is not None else "",
        )
        for one in steps(measured)
    ]
    return _table(["for each further 1,000 rooms", *pairs, "ratio"], rows) if rows else ""


def _far(measured):
    """What more Spaces than were measured would take, from the last setup."""
    last = measured[-1]
    of_a_room = last.pass_seconds / (last.rooms / last.spaces)
    memory = next(one.values[-1] for one in steps(measured) if one.title == "MiB") / 1000
    rows = []
    for spaces, rooms in FAR:
        seconds = of_a_room * rooms * spaces
        rows.append(
            (
                f"{rooms * spaces:,} in {spaces:,}",
                f"{seconds / USUAL_INTERVAL * 100:.0f}",
                f"{last.memory + memory * (rooms * spaces - last.rooms):,.0f}",
            )
        )
    return _table(["rooms in Spaces", "percent of a core", "MiB"], rows)


def section(measured, *, machine, latency):
    """The part of the page. ``measured`` are Figures, the fewest rooms first."""
    parts = [
        f"""\
{HEADING}

Written by `python3 -m benchmarks.kubernetes_operator --docs docs`: a real API server and etcd, Spaces that answer
{latency * 1000:.0f} ms late, 16 clients that declare the rooms, and the operator, all on one machine.

{machine}.

The machine changes its speed: a process beside the operator repeats one piece of work on JSON, and CPU is also counted in its pieces.

{_table(["", "measured", "bound", "reached"], goals(measured))}
From the first declared room until all are Ready:

{_measured(measured, _COLUMNS)}
While nothing changes, at an interval of {measured[-1].interval} s:

{_measured(measured, _STEADY)}"""
    ]
    if len(measured) > 1:
        parts.append(f"{_growth(measured)}")
        parts.append(
            f"""\
Calculated, not measured: the same at the usual interval of {USUAL_INTERVAL} s, from the last line and the last step. One process uses
one core at most. Past that, divide the namespaces among several operators (`--namespace`), each with records of its own.

{_far(measured)}"""
        )
    return "\n".join(parts)


def replaced(page, part):
    """``page`` with its part about the operator replaced by ``part``, or ended by it."""
    before, _, rest = page.partition(HEADING)
    _, mark, after = rest.partition("\n## ")
    ending = f"\n{mark.lstrip()}{after}" if mark else ""
    return f"{before.rstrip()}\n\n{part.rstrip()}\n{ending}"


def part_of(page):
    """The part about the operator; '' if there is none."""
    _, heading, rest = page.partition(HEADING)
    return f"{heading}{rest.partition(chr(10) + '## ')[0].rstrip()}\n" if heading else ""
