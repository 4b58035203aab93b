import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

RUN = Path(__file__).parents[2] / "benchmarks" / "run.py"
PLANS = ["bare parse", "validate", "by hand", "plan", "plan, 1 % differs", "plan, all differ"]
STAGES = {
    "start",
    "load",
    "validate",
    "compose",
    "state",
    "observe",
    "plan",
    "report",
    "other",
    "all",
}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Where a run of a few rooms left its page and its plot."""
    docs = tmp_path_factory.mktemp("docs")
    flags = [
        "--sizes",
        "20,40",
        "--creations",
        "10",
        "--workers",
        "2",
        "--runs",
        "1",
        "--latency",
        "0.01",
        "--no-peers",
    ]
    done = subprocess.run(
        [sys.executable, RUN, *flags, "--docs", docs], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (docs / "PERFORMANCE.md").read_text(encoding="utf-8") + "\n"
    return docs


def tables(page):
    """The rows of each table without their heads, by the heading that stands above it."""
    found = {}
    for part in re.split(r"^#+ ", page, flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        rows = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines()
            if line.startswith("|")
        ]
        if rows:
            assert {len(row) for row in rows} == {len(rows[0])}, heading
            found[heading] = rows[2:]
    return found


def test_the_page_has_a_row_for_everything_that_was_measured(written):
    found = tables((written / "PERFORMANCE.md").read_text(encoding="utf-8"))
    stages = {row[0] for row in found.pop("Where the time goes")}
    goals = found.pop("Goals")
    assert found.pop("Terraform and OpenTofu with a generic provider")
    assert {heading: [row[0] for row in rows] for heading, rows in found.items()} == {
        "20 rooms": PLANS,
        "40 rooms": PLANS,
        "Growth": [
            f"{way}, {what}"
            for way in ("plan", "bare parse")
            for what in ("CPU s", "wall s", "MiB")
        ],
        "Creating 10 rooms": ["reconciler", "bare sockets", "httpx"],
        "Starting": [
            "`python -c pass`",
            "`reconciler --version`",
            "`reconciler validate one.yaml`",
            "`reconciler plan, 10 rooms`",
            "`reconciler validate --help`",
            "`reconciler plan --help`",
            "`reconciler apply --help`",
        ],
    }
    assert stages >= STAGES
    assert {row[1] for row in goals[:-6]} == {"not measured"}
    assert all(row[3] in ("yes", "no") for row in goals[-6:])


def test_creations_are_counted_where_they_arrive(written):
    rows = tables((written / "PERFORMANCE.md").read_text(encoding="utf-8"))["Creating 10 rooms"]
    ours, *by_hand = [
        dict(zip(("way", "workers", "connections", "requests"), (*row[:2], *row[-2:]), strict=True))
        for row in rows
    ]
    assert int(ours["connections"]) <= 2
    assert int(ours["requests"]) > 10
    assert by_hand == [
        {"way": way, "workers": "2", "connections": "2", "requests": "10"}
        for way in ("bare sockets", "httpx")
    ]


def test_the_plot_is_an_svg_with_a_line_for_each_way_to_plan(written):
    root = ET.parse(written / "performance.svg").getroot()  # noqa: S314  # our own
    names = [
        text.text for text in root.iter(f"{SVG}text") if text.get("class", "").startswith("name")
    ]
    assert (root.tag, len(root.findall(f".//{SVG}polyline"))) == (f"{SVG}svg", 6)
    assert sorted(names) == [
        "bare parse",
        "bare parse",
        "by hand",
        "by hand",
        "reconciler",
        "reconciler",
    ]
