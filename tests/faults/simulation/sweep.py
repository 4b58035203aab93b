"""The sweeps: what is run, over how many processes, and the table that is made of it. A failure is one line that replays."""

import itertools
import multiprocessing
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.simulation.families import FAMILIES, replay

TITLES = {
    "crash": "one crash: the process killed, or the power cut, at a boundary",
    "pair": "two crashes: the run after the first one dies as well",
    "signal": "a signal at a boundary",
    "contender": "a second run at a boundary",
    "trouble": "a fault at a request: reset, hang, 5xx, 429 in every form, spoilt, late",
    "cut": "an answer cut after some byte",
    "revoked": "credentials refused from some request on",
    "mix": "mixtures by seed: faults, lag, stale readings, workers side by side, deaths",
    "ghost": "writes that land after their sender gave up or died, before or while the next run goes on",
    "squat": "look-alikes made by others after a death",
    "hidden": "lists that leave something out",
    "record": "records rolled back, or written by another hand",
    "disk": "a call to the disk fails (ENOSPC, EIO, EROFS, EDQUOT), once or from there on; short writes",
    "waits": "a wait at each request, and what others do meanwhile: edits, people who join a room",
    "stranger": "a POST that is answered with what others have",
    "suffix": "a POST that makes it under another name",
    "successor": "a look-alike that could not be made",
    "resets": "a PUT that moves what no request carries",
    "echo": "a value that the Space has and does not take back",
    "loses": "a PUT that moves what only some rooms have, with several workers",
    "masses": "more changes than the limits allow: without consent, and with consent to less",
    "nulls": "nulls that the Space adds inside values",
    "since": "a session that begins after the consent",
    "beside": "a rename to a name that is in use",
    "timeless": "a POST answered with what others have, made at an unreadable time",
    "vanishes": "a PUT that removes a field from the resource",
    "flagged": "a flag of the dashboard that is set since the plan",
    "undeleted": "a deletion that is confirmed and not done",
    "aside": "a stream in doubt beside other changes",
    "misnamed": "a session that names no room by id, and its name in another form",
    "respelled": "ids in other letters than before, in some answers or in all",
    "foreign": "other hands at a boundary: edits, deletions, renames, look-alikes",
    "probe": "a probe: killed, stopped or badly answered at a request, then its cleanup",
}


class Judged(NamedTuple):
    """One case, and what broke in it."""

    case: str
    breaks: list[str]


@dataclass
class Tally:
    """What came of one family."""

    runs: int = 0
    points: set[str] = field(default_factory=set)
    broken: list[Judged] = field(default_factory=list)


class Swept(NamedTuple):
    """What came of a sweep, and the processor time that it took (seconds, over all processes)."""

    tallies: dict[str, Tally]
    seconds: float


def _point(case: str) -> str:
    """The place in a history that a case is about, whatever its seed."""
    return " ".join(case.split()[:5]) if case.startswith("crash") else case


def cases(
    seeds: int, *, only: Iterable[str] = FAMILIES, seed: int = 0, share: float = 1.0
) -> list[str]:
    """The cases of a sweep in an order by ``seed``; ``share`` of each family."""
    found = []
    for name in only:
        listed = list(FAMILIES[name].cases(seeds))
        random.Random(f"{seed}/{name}").shuffle(listed)
        found += listed[: max(1, round(len(listed) * share))]
    random.Random(seed).shuffle(found)
    return found


def endless(seed: int) -> Iterator[str]:
    """Case after case: all of them with few seeds, then with more, then mixtures for ever."""
    seen: set[str] = set()
    for seeds in (1, 3, 9):
        for case in cases(seeds, seed=seed):
            if case not in seen:
                seen.add(case)
                yield case
    names = ("five", "two", "streams", "swap", "twostep", "bare", "fabric")
    for number in itertools.count(9 * 25):
        yield from (f"mix {name} {('merge', 'replace')[number % 2]} {number}" for name in names)


def _sweep(number: int, processes: int, seed: int, seconds: float, said: Any) -> None:
    """One process's share of the cases; what came of each goes to ``said``, and at last its processor time."""
    until = time.monotonic() + seconds
    for case in itertools.islice(endless(seed), number, None, processes):
        if time.monotonic() > until:
            break
        said.put(Judged(case, replay(case)))
    said.put(time.process_time())


def swept(*, seed: int, seconds: float, processes: int, told: Callable[[str], None]) -> Swept:
    """Run cases until the time is over; each failure is told as it comes."""
    tallies = {name: Tally() for name in FAMILIES}
    said: Any = multiprocessing.Queue()
    workers = [
        multiprocessing.Process(target=_sweep, args=(number, processes, seed, seconds, said))
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    times: list[float] = []
    while len(times) < processes:
        result = said.get(timeout=600)
        if isinstance(result, float):
            times.append(result)
            continue
        tally = tallies[result.case.split()[0]]
        tally.runs += 1
        tally.points.add(_point(result.case))
        if result.breaks:
            tally.broken.append(result)
            told(f"--replay '{result.case}'   {result.breaks[0]}")
    for worker in workers:
        worker.join()
    return Swept(tallies, sum(times))


def scoreboard(tallies: dict[str, Tally], *, seconds: float) -> str:
    """The table, as Markdown; ``seconds`` is processor time."""
    lines = ["| histories | runs | points | breaks of I1 to I9 |", "|---|---:|---:|---:|"]
    for name, tally in tallies.items():
        if tally.runs:
            lines.append(
                f"| {TITLES[name]} | {tally.runs:,} | {len(tally.points):,} | {len(tally.broken):,} |"
            )
    runs, points, broken = (
        sum(count(tally) for tally in tallies.values())
        for count in (
            lambda tally: tally.runs,
            lambda tally: len(tally.points),
            lambda tally: len(tally.broken),
        )
    )
    lines.append(f"| **all** | **{runs:,}** | **{points:,}** | **{broken:,}** |")
    rate = runs / max(seconds, 0.001)
    lines += [
        "",
        f"{runs:,} histories of one to four processes each, in {seconds:,.0f} s of processor time ({rate:.0f} a second and core).",
    ]
    return "\n".join(lines) + "\n"


def renew(page: Path, table: str) -> None:
    """Put the table between the marks of ``page``."""
    begin, end = "<!-- scoreboard -->\n", "<!-- end of scoreboard -->"
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition(begin)
    page.write_text(head + begin + table + end + rest.partition(end)[2], encoding="utf-8")


def told(line: str) -> None:
    """A line on standard error, at once."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
