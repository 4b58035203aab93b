"""The part of the performance page about the operator, and the command that measures it."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import kubernetes

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def page():
    path = PROJECT / "benchmarks" / "operator_page.py"
    spec = importlib.util.spec_from_file_location("operator_page", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def figures(page, rooms, spaces, **more):
    values = {
        "interval": 30,
        "sent": 10.0,
        "ready": 20.0,
        "cpu": rooms / 100,
        "making_piece": 0.02,
        "server_cpu": 9.0,
        "posts": rooms,
        "gets": 20,
        "patches": 2 * rooms,
        "steady": rooms / 500,
        "pass_seconds": rooms / 500 / 100 * 30 / spaces,
        "steady_piece": 0.02,
        "memory": 80 + rooms / 100,
        "lists": 1.0,
        "gets_a_minute": 4.0,
        "cluster": 8.0,
    }
    return page.Figures(rooms, spaces, **{**values, **more})


def section(page, *measured):
    return page.section(measured, machine="a machine", latency=0.02)


def test_each_goal_is_held_against_its_setup(page):
    found = list(page.goals([figures(page, 1000, 10, ready=31.0, memory=150.0)]))
    assert [(words.partition(": ")[2], reached) for words, _, _, reached in found] == [
        ("all Ready, wall s", "no"),
        ("nothing changes, percent of a core", "yes"),
        ("nothing changes, MiB", "yes"),
        ("lists of a kind and interval", "yes"),
    ]


@pytest.mark.parametrize(("last", "reached"), [(100.0, "yes"), (125.0, "no")])
def test_growth_is_linear_within_a_fifth(page, last, reached):
    measured = [
        figures(page, 1000, 10, cpu=10.0),
        figures(page, 2000, 20, cpu=20.0),
        figures(page, 10_000, 100, cpu=last),
    ]
    found = {words: row for words, *row in page.goals(measured)}
    (row,) = [row for words, row in found.items() if "Ready, pieces" in words]
    assert row[-1] == reached


@pytest.mark.parametrize(("piece", "reached"), [(0.02, "no"), (0.03, "yes")])
def test_growth_is_held_against_the_speed_of_the_machine(page, piece, reached):
    """A machine that became slower takes more CPU seconds for the same work, and for the piece."""
    measured = [
        figures(page, 1000, 10),
        figures(page, 3000, 30),
        figures(page, 10_000, 100, cpu=150.0, making_piece=piece, steady_piece=piece)._replace(
            pass_seconds=0.09
        ),
    ]
    found = {words: row for words, *row in page.goals(measured)}
    rows = [row for words, row in found.items() if "pieces" in words]
    assert [row[-1] for row in rows] == [reached, reached]
    assert not any("CPU s" in words for words in found)
    for words in (
        "until all are Ready, CPU s",
        "a pass of each Space, CPU s",
        "| pieces of a pass |",
    ):
        assert words in section(page, *measured)


def test_what_was_not_measured_is_no_goal(page):
    assert list(page.goals([figures(page, 8, 2)])) == []


def test_what_is_calculated_follows_from_the_last_step(page):
    measured = [figures(page, 1000, 10), figures(page, 2000, 20)]
    # 2,000 rooms take 4 % of a core at 30 s: 0.6 CPU ms a room; 100,000 at 300 s take 20 %.
    assert "| 100,000 in 1,000 | 20 | 1,080 |" in section(page, *measured)


def test_a_part_takes_the_place_of_the_one_before(page):
    new, old = section(page, figures(page, 2000, 20)), section(page, figures(page, 1000, 10))
    text = f"# Performance\n\n## Plans\n\na\n\n{old}\n## Starting\n\nb\n"
    replaced = page.replaced(text, new)
    assert page.part_of(replaced) == f"{new.rstrip()}\n"
    assert page.replaced(replaced, old) == text
    assert replaced.startswith("# Performance\n\n## Plans\n\na\n\n## The operator\n")
    assert replaced.endswith("\n\n## Starting\n\nb\n")


def test_a_page_without_the_part_gets_it_at_its_end(page):
    new = section(page, figures(page, 1000, 10))
    assert page.part_of("# Performance\n") == ""
    text = page.replaced("# Performance\n\na\n", new)
    assert text == f"# Performance\n\na\n\n{new.rstrip()}\n"


@pytest.mark.long
def test_the_command_measures_and_writes(tmp_path):
    missing = kubernetes.why_missing("etcd", "kube-apiserver")
    if missing:
        pytest.skip(missing)
    page = tmp_path / "PERFORMANCE.md"
    page.write_text("# Performance\n")
    flags = ["--setups", "4/2,9/3", "--interval", "10", "--steady", "2", "--docs", str(tmp_path)]
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.kubernetes_operator", *flags],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert page.read_text() == f"# Performance\n\n{ran.stdout.rstrip()}\n"
    for words in ("| 4 in 2 |", "| 9 in 3 |", "| 100,000 in 1,000 |"):
        assert words in ran.stdout
