"""A Space that is right by no document: it answers a POST with what others have, gives other names, moves what a PUT leaves alone."""

import json
from collections.abc import Iterable, Iterator

from reconciler.core.consent import Consent
from reconciler.localspace import Settings
from tests.faults.simulation.histories import PUTS, History
from tests.faults.simulation.inline import Baton, BatonCondition
from tests.faults.simulation.life import Life
from tests.faults.simulation.wire import PLAIN, status
from tests.integration.end_to_end.driver import room

FULL = b'{"errors": [{"type": "validation_error", "code": "exceeds_platform_room_limit", "message": "limit", "attribute": null}]}'


def odd_cases(family: str, names: Iterable[str]) -> Iterator[str]:
    """Each scenario under both meanings of PUT."""
    yield from (f"{family} {name} {put}" for name in names for put in PUTS)


def _with(history: History, **knobs: object) -> None:
    history.world.space.knobs = Settings(put=history.world.put, seed=1, **knobs)


def stranger(name: str, put: str) -> list[str]:
    """Find-or-create, and a list that leaves out what others have under the name: it stays theirs, now and later."""
    history = History.of(name, put)
    world = history.world
    assert world.by_hand("POST", "/rooms", {"name": "a", "layout": "3x3"}) < 300
    world.clock.now += 3600
    theirs = next(row.id for row in world.rows() if row.name == "a")
    _with(history, taken="answered")

    def without(method: str, path: str, body: bytes) -> bytes:
        if method != "GET" or path != "/rooms":
            return body
        said = json.loads(body)
        said["data"] = [one for one in said["data"] if one["id"] != theirs]
        return json.dumps(said).encode()

    world.wire.edited = without
    ran = world.run(history.ready.scenario.after)
    if ran.code != 4 or any(record.id == theirs for record in world.recorded().resources.values()):
        history.breaks.append(
            f"I3 a stranger was taken over by the answer to a POST: it ended with {ran.code}"
        )
    return history.breaks


def suffix(name: str, put: str) -> list[str]:
    """Every POST makes it under another name: it is recorded, gets its name by the next run, and is there once."""
    history = History.of(name, put)
    _with(history, made_name="suffixed")
    history.world.run(history.ready.scenario.after)
    there = {(row.kind, row.name) for row in history.world.rows()}
    strayed = [
        address for address in history.world.recorded().resources if tuple(address) not in there
    ]
    if strayed:
        return [f"I2 {strayed[0]} is recorded, and bears another name"]
    _with(history)
    return history.ends()


def successor(name: str, put: str) -> list[str]:
    """What looks like its new name could not be made: the old one stays."""
    history = History.of(name, put)
    world = history.world
    text = history.ready.scenario.before.replace("name: a", "name: other")
    world.wire.trouble = lambda method, _: status(422, body=FULL) if method == "POST" else PLAIN
    world.run(text)
    history.quiet()
    there = {row.name for row in world.rows() if row.kind == "Room"}
    return history.breaks + (
        [] if "a" in there else ["I3 the old one is gone, and the new one is not there"]
    )


def resets(name: str, put: str) -> list[str]:
    """A PUT moves what no request carries: it is told, and ends with 4."""
    history = History.of(name, put)
    world = history.world
    world.space.set_fields("Room", "a", prioritize_handraise=True)
    _with(history, put_resets=("prioritize_handraise",))
    ran = world.run(history.ready.scenario.after)
    told = [one for outcome in ran.outcomes for one in outcome.get("moved", ())]
    return history.breaks + (
        []
        if ran.code == 4 and told
        else [f"I3 a field was lost without a word: it ended with {ran.code}"]
    )


def loses(name: str, put: str) -> list[str]:
    """A PUT moves what only later rooms have, and several workers are at it: one room loses it, no more."""
    history = History.of(name, put)
    world = history.world
    holders = ["r4", "r5", "r6", "r7"]
    for holder in holders:
        world.space.set_fields("Room", holder, prioritize_handraise=True)
    _with(history, put_resets=("prioritize_handraise",))
    baton = Baton(seed=1)
    ran = world.run(
        history.ready.scenario.after,
        life=Life({}, passing=baton.passing),
        workers=baton.workers,
        width=4,
        condition=BatonCondition(baton.give),
    )
    kept = [
        row.name
        for row in world.rows()
        if row.name in holders and row.attributes.get("prioritize_handraise")
    ]
    if ran.code == 4 and len(kept) == len(holders) - 1:
        return history.breaks
    return [f"I3 of {len(holders)} rooms {len(kept)} kept a field: it ended with {ran.code}"]


def nulls(name: str, put: str) -> list[str]:
    """The Space adds nulls inside nested values: they are equal to what is declared, for every step."""
    history = History.of(name, put)
    world = history.world

    def with_nulls(method: str, path: str, body: bytes) -> bytes:
        return body.replace(b'"inner"', b'"extra": null, "inner"')

    world.wire.edited = with_nulls
    ran = world.run(history.ready.scenario.after)
    again = world.run(history.ready.scenario.after)
    if (ran.code, again.code) == (0, 0) and not again.plans[0].actions:
        return history.breaks
    return [f"I4 a null inside a value is a change: it ended with {ran.code}, then {again.code}"]


def since(name: str, put: str) -> list[str]:
    """A second session has begun since the consent to one: nothing is written."""
    history = History.of(name, put)
    world = history.world
    for one in ("a", "b"):
        world.space.start_session("Room", one, members=2)
    consent = Consent(allow_live={"Room": 1}, allow_delete={"Room": 2})
    ran = world.run(history.ready.scenario.after, consent=consent)
    there = {row.name for row in world.rows() if row.kind == "Room"}
    if ran.code == 3 and {"a", "b"} <= there:
        return history.breaks
    return [f"I3 a consent to one session ended two: it ended with {ran.code}"]


def beside(name: str, put: str) -> list[str]:
    """A rename to a name that is in use beside the old one: refused, and the old one stays."""
    history = History.of(name, put)
    world = history.world
    text = room("b", "layout: 5x5", renamedFrom="a") + room("k")
    ran = world.run(text)
    there = {row.name for row in world.rows() if row.kind == "Room"}
    if ran.code == 3 and {"a", "b"} <= there:
        return history.breaks
    return [f"I3 a rename was dropped and its resource deleted: it ended with {ran.code}"]


def echo(name: str, put: str) -> list[str]:
    """The Space has a value that it does not take back: what is declared is written all the same."""
    history = History.of(name, put)
    world = history.world
    world.space.set_fields("Room", "a", max_members=500)
    world.run(history.ready.scenario.after)
    layout = next(row.attributes["layout"] for row in world.rows() if row.name == "a")
    return history.breaks + (
        [] if layout == "5x5" else ["I4 an update is refused for a field that nobody declared"]
    )
