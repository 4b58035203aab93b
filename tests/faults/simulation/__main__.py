"""The command behind ``python3 dev.py simulate``: a long sweep with its scoreboard, or one history once more."""

import argparse
import os
import sys
from pathlib import Path

from tests.faults.simulation.families import replay
from tests.faults.simulation.mutants import MUTANTS, found
from tests.faults.simulation.sweep import renew, scoreboard, swept, told

PAGE = Path(__file__).parents[3] / "docs" / "RELIABILITY.md"


def main() -> int:
    """0: nothing broke and every mutant was found."""
    parser = argparse.ArgumentParser(prog="dev.py simulate", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long to sweep (600)")
    parser.add_argument("--seed", type=int, default=0, help="the order of the cases")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--replay", metavar="CASE", help="one history, as a failure printed it")
    parser.add_argument("--no-mutants", action="store_true", help="leave out the planted bugs")
    parser.add_argument(
        "--renew", action="store_true", help="write the scoreboard into docs/RELIABILITY.md"
    )
    asked = parser.parse_args()
    if asked.replay:
        breaks = replay(asked.replay)
        told("\n".join(breaks) or "all is well")
        return 1 if breaks else 0
    tallies, seconds = swept(
        seed=asked.seed, seconds=asked.seconds, processes=asked.processes, told=told
    )
    table = scoreboard(tallies, seconds=seconds)
    survivors = (
        [] if asked.no_mutants else [mutant.name for mutant in MUTANTS if found(mutant) is None]
    )
    if not asked.no_mutants:
        table += f"\nPlanted bugs found: {len(MUTANTS) - len(survivors)} of {len(MUTANTS)}.\n"
    for name in survivors:
        told(f"the planted bug {name!r} was not found")
    if asked.renew:
        renew(PAGE, table)
    runs = sum(tally.runs for tally in tallies.values())
    broken = sum(len(tally.broken) for tally in tallies.values()) + len(survivors)
    sys.stdout.write(f"{table}\n{runs - broken:,} passed, {broken:,} failed\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
