import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def growth(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    before = set(sys.modules)
    import growth  # noqa: PLC0415  # a script's neighbour, which no package holds

    yield growth
    for name in set(sys.modules) - before:
        del sys.modules[name]


def cost(size):
    return SimpleNamespace(wall=size / 1000, cpu=size / 2000, memory=50 + size / 100)


def test_growth_is_what_a_further_thousand_rooms_take(growth):
    costs = {
        (size, way): cost(size)
        for size in (10_000, 1000, 110_000)
        for way in ("plan", "bare parse")
    }
    costs[110_000, "plan"] = cost(160_000)
    sizes = (1000, 10_000, 110_000)
    assert [
        (one.way, one.what, one.sizes, one.steps, one.ratio) for one in growth.grown(costs)
    ] == [
        ("plan", "CPU s", sizes, (0.5, 0.75), 1.5),
        ("plan", "wall s", sizes, (1, 1.5), 1.5),
        ("plan", "MiB", sizes, (10, 15), 1.5),
        ("bare parse", "CPU s", sizes, (0.5, 0.5), 1),
        ("bare parse", "wall s", sizes, (1, 1), 1),
        ("bare parse", "MiB", sizes, (10, 10), 1),
    ]


def test_one_number_of_rooms_tells_nothing_and_two_no_ratio(growth):
    assert growth.grown({(1000, "plan"): cost(1000)}) == []
    [cpu, *_] = growth.grown({(size, "plan"): cost(size) for size in (1000, 3000)})
    assert (cpu.steps, cpu.ratio) == ((0.5,), None)
