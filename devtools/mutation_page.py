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


def latest(rows: Iterable[Row]) -> list[Row]:
    """One row for a mutant, the last one: a survivor may have been tried again after a new test."""
    return list({(row["at"], *_key(row)): row for row in rows}.values())


def figures(rows: Sequence[Row]) -> list[str]:
    """A table: how many mutants of each package the tests noticed."""
    tried = Counter(row["at"].split("/")[1] for row in rows)
    noticed = Counter(row["at"].split("/")[1] for row in rows if row["state"] in _NOTICED)
    lines = ["| Package | Mutants | Noticed | Share |", "| --- | ---: | ---: | ---: |"]
    for package in sorted(tried):
        share = 100 * noticed[package] / tried[package]
        lines.append(f"| {package} | {tried[package]} | {noticed[package]} | {share:.0f} % |")
    share = 100 * noticed.total() / tried.total()
    lines.append(f"| together | {tried.total()} | {noticed.total()} | {share:.0f} % |")
    return lines


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
    lines = [line for run in options.runs for line in run.read_text("utf-8").splitlines()]
    rows = latest(json.loads(line) for line in lines)
    reasons = json.loads(REASONS.read_text("utf-8"))
    PAGE.write_text(page(options.title, rows, reasons), encoding="utf-8")


if __name__ == "__main__":
    main()
