"""A Space that is right by no document: it answers a POST with what others have, gives other names, moves what a PUT leaves alone."""

import json
from collections.abc import Iterable, Iterator

from reconciler.localspace import Settings
from tests.faults.simulation.histories import PUTS, History
from tests.faults.simulation.wire import PLAIN, status

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
