"""Write what mutation runs found to ``devtools/mutation.md``: figures, and each fault that was not noticed.

``python3 -m devtools.mutation_page run.jsonl …`` takes what ``devtools.mutation`` printed. Why a
survivor is left stands in ``devtools/survivors.json`` and is written beside it.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
PAGE = _FOLDER / "mutation.md"
REASONS = _FOLDER / "survivors.json"
_NOTICED = {"killed", "endless"}
Row = Mapping[str, Any]


def _key(row: Row) -> tuple[str, str, str, str]:
    """What a survivor is known by: its line may move."""
    return row["at"].rpartition(":")[0], row["function"], row["before"], row["after"]


def read_run(lines: Iterable[str]) -> list[Row]:
    """The mutants of one run, each with the seed of its sample and the tree that it was tried on."""
    rows = [json.loads(line) for line in lines]
    sample: Row = next((row for row in rows if "sample" in row), {})
    known = {word: sample[word] for word in ("seed", "tree") if word in sample}
    return [{**row, **known} for row in rows if "sample" not in row]


def latest(rows: Iterable[Row]) -> list[Row]:
    """One row for a mutant, the last one: a survivor may have been tried again after a new test."""
    found: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key = (row["at"], *_key(row))
        found[key] = {**found.get(key, {}), **row}
    return list(found.values())


def _share(cells: Sequence[str], tried: int, noticed: int) -> str:
    figures = (str(tried), str(noticed), f"{100 * noticed / tried:.0f} %")
    return f"| {' | '.join((*cells, *figures))} |"


def figures(rows: Sequence[Row]) -> list[str]:
    """A table: how many mutants of each sample, of each package and of all the tests noticed."""
    tried: Counter[tuple[str, str, str]] = Counter()
    noticed: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        package = row["at"].split("/")[1]
        sample = (package, str(row.get("seed", "")), row.get("tree", ""))
        for key in {sample, (package, "all", ""), ("together", "", "")}:
            tried[key] += 1
            noticed[key] += row["state"] in _NOTICED
    lines = [
        "| Package | Seed | Tree | Mutants | Noticed | Share |",
        "| --- | --- | --- | ---: | ---: | ---: |",
    ]
    ordered = sorted(tried, key=lambda key: (key[0] == "together", key))
    return lines + [_share(key, tried[key], noticed[key]) for key in ordered]


def survivors(rows: Sequence[Row], reasons: Sequence[Row]) -> list[str]:
    """A list: where, what stood there, what the mutant has in its place, and why it is left."""
    known = {_key(reason): reason["why"] for reason in reasons}
    lines = []
    for row in sorted(rows, key=lambda row: str(row["at"])):
        if row["state"] not in _NOTICED:
            why = known.get(_key(row), "no test yet")
            before, after = (" ".join(row[word].split())[:100] for word in ("before", "after"))
            lines.append(f"- `{row['at']}` {row['function']}: `{before}` → `{after}`: {why}")
    return lines


def page(title: str, rows: Sequence[Row], reasons: Sequence[Row]) -> str:
    """The whole page."""
    head = [
        "# Mutants that the tests do not notice",
        "",
        "Written by `python3 -m devtools.mutation_page`; CONTRIBUTING.md says how mutants are tried.",
        "",
        title,
        "",
    ]
    return "\n".join([*head, *figures(rows), "", *survivors(rows, reasons), ""])


def main() -> None:
    """Read the runs and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", help="files with the lines of the runs")
    parser.add_argument("--title", required=True, help="date, samples and what else is to be known")
    options = parser.parse_args()
    runs = [read_run(run.read_text("utf-8").splitlines()) for run in options.runs]
    rows = latest(row for run in runs for row in run)
    reasons = json.loads(REASONS.read_text("utf-8"))
    PAGE.write_text(page(options.title, rows, reasons), encoding="utf-8")


if __name__ == "__main__":
    main()
