"""Plans by the number of rooms, as SVG: seconds on the clock and of the processor, every scale logarithmic."""

import math

# One colour for each line that reads on white and another for each that reads on black.
LINES = {
    "bare parse": ("#767676", "#9a9a9a"),
    "by hand": ("#9a6700", "#d4a72c"),
    "octoDNS": ("#1a7f37", "#3fb950"),
    "Terraform": ("#8250df", "#bc8cff"),
    "terraform_data": ("#bf3989", "#f778ba"),
    "plan": ("#0a62c9", "#58a6ff"),
}
LABELS = {"plan": "reconciler"}
PANELS = (("wall", "Seconds on the clock"), ("cpu", "Seconds of the processor"))
WIDTH, HEIGHT = 520, 420  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 70, 120, 50, 50
APART = 16  # between two names, so that they can be read


def _style():
    light = "".join(
        f".{_class(name)} {{ --line: {colour} }}\n" for name, (colour, _) in LINES.items()
    )
    dark = "".join(
        f".{_class(name)} {{ --line: {colour} }}\n" for name, (_, colour) in LINES.items()
    )
    return f"""\
svg {{ --paper: #ffffff; --ink: #1f2328; --grid: #d8dee4 }}
{light}@media (prefers-color-scheme: dark) {{
svg {{ --paper: #0d1117; --ink: #e6edf3; --grid: #30363d }}
{dark}}}
.paper {{ fill: var(--paper) }}
text {{ fill: var(--ink) }}
.grid {{ stroke: var(--grid) }}
polyline {{ fill: none; stroke: var(--line); stroke-width: 2 }}
circle {{ fill: var(--line) }}
.name {{ fill: var(--line); stroke: var(--paper); stroke-width: 4; paint-order: stroke }}
"""


def _class(name):
    return name.replace(" ", "-").lower()


def _spread(names):
    """The (height, name) pairs moved down until no two overlap, in order of height."""
    placed = []
    for height, name in sorted(names):
        placed.append((max(height, placed[-1][0] + APART) if placed else height, name))
    return placed


def _grid(sizes, low, high, x, y):
    for size in sizes:
        yield f'<text x="{x(size):.1f}" y="{HEIGHT - BOTTOM + 24}" text-anchor="middle">{size:,}</text>'
    yield f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">rooms</text>'
    for power in range(low, high + 1):
        at = y(10**power)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT + 12}" y1="{at:.1f}" y2="{at:.1f}"/>'
        yield f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>'


def _panel(plans, what, title):
    """One panel: the grid, a line for each way to plan, its name behind its last point."""
    sizes = sorted(plans)
    ways = {
        name: [
            (size, getattr(plans[size].costs[name], what))
            for size in sizes
            if name in plans[size].costs
        ]
        for name in LINES
    }
    every = [seconds for points in ways.values() for _, seconds in points]
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))
    left, right = math.log10(sizes[0]), max(math.log10(sizes[-1]), math.log10(sizes[0]) + 0.1)

    def x(size):
        return LEFT + 12 + (math.log10(size) - left) / (right - left) * (WIDTH - LEFT - RIGHT - 12)

    def y(seconds):
        return (
            HEIGHT
            - BOTTOM
            - (math.log10(seconds) - low) / max(high - low, 1) * (HEIGHT - TOP - BOTTOM)
        )

    yield f'<text x="{LEFT}" y="24" font-weight="bold">{title}</text>'
    yield from _grid(sizes, low, high, x, y)
    ends = {}
    for name, points in ways.items():
        if not points:
            continue
        path = " ".join(f"{x(size):.1f},{y(seconds):.1f}" for size, seconds in points)
        circles = "".join(
            f'<circle cx="{x(size):.1f}" cy="{y(seconds):.1f}" r="3.5"/>'
            for size, seconds in points
        )
        yield f'<g class="{_class(name)}"><polyline points="{path}"/>{circles}</g>'
        ends.setdefault(points[-1][0], []).append((y(points[-1][1]), name))
    for size, names in ends.items():
        for height, name in _spread(names):
            yield f'<text class="name {_class(name)}" x="{x(size) + 10:.1f}" y="{height + 4:.1f}">{LABELS.get(name, name)}</text>'


def plot(plans):
    """The plans without changes of ``plans`` (plans.Planned by number of rooms) as an SVG with a panel for each kind of second."""
    panels = "\n".join(
        f'<g transform="translate({WIDTH * number} 0)">\n'
        + "\n".join(_panel(plans, what, title))
        + "\n</g>"
        for number, (what, title) in enumerate(PANELS)
    )
    width = WIDTH * len(PANELS)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" role="img" font-family="sans-serif" font-size="13">
<title>Seconds of a plan without changes, by the number of rooms</title>
<style>
{_style()}</style>
<rect class="paper" width="{width}" height="{HEIGHT}"/>
{panels}
</svg>
"""
