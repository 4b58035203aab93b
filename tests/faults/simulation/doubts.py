"""What nobody can know at once: ghosts that land late, look-alikes, lists that leave things out, records that are not the newest."""

import json
import random
from collections.abc import Iterable, Iterator

from reconciler.state.record import Entry
from tests.faults.simulation.histories import PUTS, History, boundaries
from tests.faults.simulation.invariants import no_doubles
from tests.faults.simulation.life import Life, death
from tests.faults.simulation.wire import PLAIN, Trouble
from tests.faults.simulation.world import KINDS, RECORD
from tests.integration.end_to_end.driver import PATHS

DELAYS = (1.0, 4.0, 6.0, 12.0, 29.0)
GAPS = (0.0, 5.0, 11.0, 40.0)


def ghost_cases(names: Iterable[str], seeds: int) -> Iterator[str]:
    """Each write lost, and landing before, while or after the next run begins."""
    for name in names:
        writes = sum(
            label.endswith("is sent") and not label.startswith("GET") for label in boundaries(name)
        )
        for number in range(writes):
            for delay in DELAYS:
                yield from (
                    f"ghost {name} merge {how} {number} {delay} {gap}"
                    for gap in GAPS
                    for how in ("reset", "kill")[: 1 + (seeds > 0)]
                )


def ghost(name: str, put: str, how: str, number: str, delay: str, gap: str) -> list[str]:
    """A write whose sender hears nothing of it, or dies, and which takes effect after all; the next run begins soon."""
    history = History.of(name, put)
    world, count = history.world, iter(range(1_000_000))

    def asked(method: str, _path: str) -> Trouble:
        if method == "GET" or next(count) != int(number):
            return PLAIN
        if how == "kill":
            world.wire.life.dead = True
        return Trouble(late=float(delay), reply="reset")

    world.wire.trouble = asked
    history.apply()
    world.clock.now += float(gap) - 60.0
    if history.breaks:
        return history.breaks
    history.apply()
    world.wire.arrive(all_of_them=True)
    history.breaks += no_doubles(world)
    return history.ends()


def squat_cases(names: Iterable[str], seeds: int) -> Iterator[str]:
    """Death at every boundary before the Space has it; then somebody takes the name, with other fields, or later with the same."""
    for name in names:
        sent = next(spot for spot, label in enumerate(boundaries(name)) if label == "POST is sent")
        yield from (
            f"squat {name} merge {how} {spot}"
            for spot in range(max(0, sent - 9 * seeds), sent + 1)
            for how in ("other", "later")
        )


def squat(name: str, put: str, how: str, spot: str) -> list[str]:
    """What somebody else made stays theirs: the next run asks, and writes nothing."""
    history = History.of(name, put)
    world = history.world
    history.apply(Life({int(spot): death}))
    if how == "later":
        world.clock.now += 3600
    kind = KINDS[history.ready.scenario.kind]
    fields = {"layout": "8x8"} if how == "other" else {"layout": "3x3"}
    body = {"name": "a", **kind.required_on_create, **fields}
    assert world.by_hand("POST", kind.collection, body) < 300
    ran = history.apply()
    if ran.code != 3 or ran.ledger:
        history.breaks.append(
            f"I3 a stranger of that name: it ended with {ran.code} and wrote {len(ran.ledger)} times"
        )
    return history.breaks


def hidden_cases(names: Iterable[str], seeds: int) -> Iterator[str]:
    """Every list leaves out one of its elements, by its place; the lists of resources, or those of streams."""
    for name in names:
        yield from (
            f"hidden {name} {put} {which} {place}"
            for put in PUTS[: 1 + (seeds > 1)]
            for which in (*PATHS.values(), "/streams")
            for place in range(4)
        )


def hidden(name: str, put: str, which: str, place: str) -> list[str]:
    """That a list leaves something out proves nothing."""
    history = History.of(name, put)
    world = history.world
    if which == "/streams":
        history.apply()  # so that there are some

    def without(method: str, path: str, body: bytes) -> bytes:
        if method != "GET" or not path.endswith(which):
            return body
        said = json.loads(body)
        said["data"][int(place) : int(place) + 1] = []
        return json.dumps(said).encode()

    world.wire.edited = without
    history.apply()
    world.wire.edited = None
    return history.ends()


def record_cases(names: Iterable[str], _seeds: int) -> Iterator[str]:
    """The record is rolled back between two runs, or written by another hand at a boundary of one."""
    for name in names:
        yield f"record {name} merge rollback 0"
        yield from (f"record {name} merge leftover {seed}" for seed in range(6))
        first = next(
            spot
            for spot, label in enumerate(boundaries(name))
            if label.endswith("is sent") and not label.startswith("GET")
        )
        yield f"record {name} merge between {first}"


def record(name: str, put: str, how: str, spot: str) -> list[str]:
    """A record that is not the one that was read, or not the newest, is not written over and not believed."""
    history = History.of(name, put)
    world = history.world
    if how == "rollback":
        before = bytes(world.disk.names[RECORD].content)
        history.apply()
        world.disk.names[RECORD].content[:] = before
        ran = history.world.run(history.ready.scenario.after)
        return history.breaks + (
            []
            if ran.code == 1 and not ran.ledger
            else [f"I6 a record that was rolled back: it ended with {ran.code}"]
        )

    if how == "leftover":
        last = len(boundaries(name)) - 1
        history.apply(
            Life(
                {
                    next(
                        spot
                        for spot in range(last, 0, -1)
                        if "journal is removed" in boundaries(name)[spot]
                    ): death
                }
            )
        )
        state = world.recorded()
        gone = next(iter(state.resources.values()))
        world.disk.life = Life()
        world.store().write(state.with_entries(Entry(removed=gone)))
        world.disk.power_cut(random.Random(spot))
        return history.breaks + [
            f"I6 {gone.address} was forgotten on purpose, and is back"
            for known in [world.recorded()]
            if gone.address in known.resources
        ]

    def between(life: Life) -> None:
        world.disk.life = Life()
        store = world.store()
        store.write(store.read())
        world.disk.life = life

    ran = world.run(history.ready.scenario.after, life=Life({int(spot): between}))
    return (
        []
        if ran.code == (4 if ran.ledger else 1)
        else [f"I6 a record that another wrote: it ended with {ran.code}"]
    )
