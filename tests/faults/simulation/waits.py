"""A Space that waits at every place, and other hands that are at work meanwhile: nothing of theirs is lost, and nobody is thrown out."""

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from reconciler.localspace import Settings
from tests.faults.simulation.foreigners import target_of
from tests.faults.simulation.histories import History, boundaries
from tests.faults.simulation.wire import PLAIN, Trouble, status
from tests.faults.simulation.world import KINDS, Row, World
from tests.integration.end_to_end.driver import demanded

SECONDS = 6.0
HOWS = {
    "turned-away": status(429, headers={"Retry-After": f"{SECONDS:.0f}"}),
    "slow-before": Trouble(slow_before=SECONDS),
    "slow-after": Trouble(slow_after=SECONDS),
}
DEEDS = ("edit", "overlap", "join")
TOLD = ("told", "absent", "null", "odd")


def wait_cases(names: Iterable[str], seeds: int) -> Iterator[str]:
    """Each way to wait at each request; a write that left already is only turned away. Who is in session is told in each way."""
    for name in names:
        sent = [label for label in boundaries(name) if label.endswith("is sent")]
        for number, label in enumerate(sent):
            hows = HOWS if label.startswith("GET") else ("turned-away",)
            for how, deed in itertools.product(hows, DEEDS):
                for told in TOLD if deed == "join" and seeds > 1 else TOLD[number % 4 :][:1]:
                    yield f"waits {name} {deed} {how} {number} {told}"


class Done(NamedTuple):
    """What others did, to which room: as it was right after, and whether the plan has read it by then."""

    deed: str
    row: Row
    planned: bool
    streams: list[str]


def _streams(world: World, owner: Row) -> list[str]:
    return sorted(
        json.dumps([row.id, row.attributes], sort_keys=True)
        for row in world.rows()
        if row.owner == owner.id
    )


def _do(world: World, deed: str, number: int) -> Row | None:
    """What is done to one of the rooms that are about to be changed; the room after it."""
    chosen = [row for name in ("d", "o", "u", "a", "b") if (row := target_of(world, name))][:3]
    if not chosen:
        return None
    row = chosen[number % len(chosen)]
    if deed == "join":
        world.space.start_session(row.kind, row.name or "", members=2)
    else:
        change = {"quality": "1080p"} if deed == "edit" else {"layout": "8x8"}
        own = KINDS[row.kind]
        body = demanded(own, row.attributes) | change
        assert world.by_hand("PUT", f"{own.collection}/{row.id}", body) < 300
    return next(one for one in world.rows() if one.id == row.id)


def _lost(world: World, done: Done) -> list[str]:  # one for each of the things that can be lost
    """What is gone of what others did, or of the room that they are in."""
    row = next((row for row in world.rows() if row.id == done.row.id), None)
    if row is None:
        return ["I3 what others changed, or are in, was deleted"]
    now, then = row.attributes, done.row.attributes
    missing = not set(done.streams) <= set(_streams(world, row))
    checks = (
        ("edit", now["quality"] != "1080p", "an edit of a field that nobody declares is lost"),
        (
            "overlap",
            now["layout"] != "8x8",
            "what was set since the plan was made was written over",
        ),
        ("join", row.name != done.row.name, "a room was renamed with people in it"),
        ("join", now["remove_at"] != then["remove_at"], "people in a room are to be thrown out"),
        ("join", missing, "a stream was taken from a room with people in it"),
    )
    return [f"I3 {what}" for deed, broken, what in checks if deed == done.deed and broken]


def waits(name: str, deed: str, how: str, number: str, told: str) -> list[str]:
    """One wait at one request, and something that others do while it lasts."""
    history = History.of(name, "merge")
    world, count = history.world, itertools.count()
    world.space.knobs = Settings(seed=1, active_session=told)
    seen: list[Done] = []

    def act() -> None:
        answered = world.wire.sent if how == "slow-after" else world.wire.sent[:-1]
        row = _do(world, deed, int(number))
        listed = ("GET", KINDS[row.kind].collection if row else "")
        planned = any((one.method, one.path) == listed for one in answered)
        seen.extend([Done(deed, row, planned, _streams(world, row))] if row else [])

    def asked(_method: str, _path: str) -> Trouble:
        if next(count) != int(number):
            return PLAIN
        world.clock.during = act
        return HOWS[how]

    world.wire.trouble = asked
    history.apply()
    world.clock.during = None
    for done in seen:
        if done.planned or deed == "join":  # an edit that the plan has seen is in the plan
            history.breaks += _lost(world, done)
    if history.breaks:
        return history.breaks
    world.space.knobs = Settings(seed=1)
    again = history.apply()
    return history.breaks + (
        []
        if again.code in (0, 3)
        else [f"I4 the run after it ended with {again.code}: {again.error}"]
    )
