"""Processes that die, once and twice, that are asked to stop, and that want what another has."""

import random
import signal
from collections.abc import Iterable, Iterator

from tests.faults.simulation.histories import GAP, PUTS, History, boundaries
from tests.faults.simulation.life import Life, death
from tests.faults.simulation.world import Ran


def crash_cases(names: Iterable[str], seeds: int) -> Iterator[str]:
    """Every boundary: the process killed, or the power cut with each of ``seeds`` outcomes on the disk."""
    for name in names:
        for put in PUTS:
            for spot in range(len(boundaries(name, put))):
                yield f"crash {name} {put} kill {spot}"
                yield from (f"crash {name} {put} power {spot} {seed}" for seed in range(seeds))


def crash(name: str, put: str, how: str, spot: str, seed: str = "0") -> list[str]:
    """Die at one boundary; the next run ends it."""
    history = History.of(name, put)
    history.apply(
        Life({int(spot): death}), power=random.Random(f"{seed}/{spot}") if how == "power" else None
    )
    return history.ends()


def pair_cases(names: Iterable[str], seeds: int) -> Iterator[str]:
    """Every pair of boundaries, the second in the run after the first; with few seeds every eighth of each."""
    step = max(1, 9 - seeds)
    for name in names:
        last = len(boundaries(name))
        for first in range(0, last, step):
            for second in range(first % step, last, step):
                yield f"pair {name} merge {('kill', 'power')[(first + second) // step % 2]} {first} {second}"


def pair(name: str, put: str, how: str, first: str, second: str) -> list[str]:
    """Die, and die again on the way back."""
    history = History.of(name, put)
    for spot in (first, second):
        history.apply(
            Life({int(spot): death}),
            power=random.Random(f"{spot}/{first}") if how == "power" else None,
        )
        if history.breaks:
            break
    return history.ends()


def _raise(_life: Life) -> None:
    # Outside the writing a signal ends the process at once, which is a kill.
    if callable(signal.getsignal(signal.SIGTERM)):
        signal.raise_signal(signal.SIGTERM)


def signal_cases(names: Iterable[str], seeds: int) -> Iterator[str]:
    """A signal at every boundary (with one seed at every third)."""
    for name in names:
        yield from (
            f"signal {name} merge {spot}"
            for spot in range(0, len(boundaries(name)), 1 if seeds > 1 else 3)
        )


def _writes_begun(trail: list[str]) -> int:
    return sum(label.endswith("is sent") and not label.startswith("GET") for label in trail)


def interrupted(name: str, put: str, spot: str) -> list[str]:
    """A signal at one boundary: what is under way is finished and recorded, nothing is begun, and the next run does the rest."""
    history = History.of(name, put)
    asked: list[int] = []

    def ask(life: Life) -> None:
        if callable(signal.getsignal(signal.SIGTERM)):
            asked.append(len(life.trail))
        _raise(life)

    ran = history.apply(Life({int(spot): ask}))
    if ran.code not in (0, 130):
        history.breaks.append(f"I8 interrupted, it ended with {ran.code}: {ran.error}")
    most = (
        max((1 + len(action.changes) for action in ran.plans[0].actions), default=0)
        if ran.plans
        else 0
    )
    if asked and _writes_begun(ran.trail[asked[0] :]) > most:
        history.breaks.append("I5 asked to stop, it went on with something new")
    if (
        asked
        and ran.code == 0
        and _writes_begun(ran.trail[asked[0] :]) > 0
        and any(one["status"] == "skipped" for one in ran.outcomes)
    ):
        history.breaks.append("I8 interrupted, it says that all went well")
    return history.ends()


def contender_cases(names: Iterable[str], seeds: int) -> Iterator[str]:
    """A second run at every boundary (with one seed at every fourth)."""
    for name in names:
        yield from (
            f"contender {name} merge {spot}"
            for spot in range(0, len(boundaries(name)), 1 if seeds > 1 else 4)
        )


def contender(name: str, put: str, spot: str) -> list[str]:
    """A second run comes at one boundary: while one has the lock the other writes nothing, and says so."""
    history = History.of(name, put)
    world, found = history.world, []

    def second(life: Life) -> None:
        disk = world.disk
        held, opened = dict(disk._locks), dict(disk._open)
        end, disk.end_of_process = (
            disk.end_of_process,
            lambda: None,
        )  # the first one's files and locks stay its own
        try:
            ran: Ran = world.run(history.ready.scenario.after)
        finally:
            disk.end_of_process = end
        disk._locks, disk._open = held, opened
        disk.life = world.wire.life = life
        world.foreign.update(
            range(len(world.space._store.ledger) - len(ran.ledger), len(world.space._store.ledger))
        )
        if held and (ran.code != 3 or ran.ledger):
            found.append(
                f"I5 a second run ended with {ran.code} and wrote {len(ran.ledger)} times while the first had the lock"
            )

    ran = world.run(history.ready.scenario.after, life=Life({int(spot): second}))
    world.clock.now += GAP
    return (
        found + ([] if ran.code in (0, 3) else [f"I8 the first ended with {ran.code}: {ran.error}"])
        or history.ends()
    )
