"""A Space that is right by no document: it answers a POST with what others have, gives other names, moves what a PUT leaves alone."""

import itertools
import json
import re
from collections.abc import Iterable, Iterator

from reconciler.core.consent import Consent
from reconciler.localspace import Settings
from tests.faults.simulation.answers import Told, edit_of, layers
from tests.faults.simulation.histories import PUTS, History
from tests.faults.simulation.inline import Baton, BatonCondition
from tests.faults.simulation.life import Life
from tests.faults.simulation.scenarios import scenario
from tests.faults.simulation.wire import PLAIN, Trouble, status
from tests.integration.end_to_end.driver import KINDS, manifest

FULL = b'{"errors": [{"type": "validation_error", "code": "exceeds_platform_room_limit", "message": "limit", "attribute": null}]}'


def odd_cases(family: str, names: Iterable[str]) -> Iterator[str]:
    """Each scenario under both meanings of PUT."""
    yield from (f"{family} {name} {put}" for name in names for put in PUTS)


def _depths(name: str) -> range:
    """Return the layers of an answer that a field may be in: two, if the kind has an envelope."""
    return range(1 if KINDS[scenario(name).kind].envelope is None else 2)


def _with(history: History, **knobs: object) -> None:
    history.world.space.knobs = Settings(put=history.world.put, seed=1, **knobs)


def stranger(name: str, put: str) -> list[str]:
    """Find-or-create, and a list that leaves out what others have under the name: it stays theirs, now and later."""
    history = History.of(name, put)
    world, kind = history.world, KINDS[history.ready.scenario.kind]
    theirs_too = {"name": "a", "layout": "3x3", **kind.required_on_create}
    assert world.by_hand("POST", kind.collection, theirs_too) < 300
    world.clock.now += 3600
    theirs = next(row.id for row in world.rows() if row.name == "a")
    _with(history, taken="answered")

    def without(method: str, path: str, body: bytes) -> bytes:
        if method != "GET" or path != kind.collection:
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


UNREADABLE_TIMES = (1704067200, "yesterday", "2024-01-01T00:00:00", "", {"on": 1})


def timeless(name: str, put: str) -> list[str]:
    """As ``stranger``, and the time at which the stranger was made cannot be read, in no form."""
    breaks = []
    for told in UNREADABLE_TIMES:
        history = History.of(name, put)
        world, kind = history.world, KINDS[history.ready.scenario.kind]
        theirs_too = {"name": "a", "layout": "5x5", **kind.required_on_create}
        assert world.by_hand("POST", kind.collection, theirs_too) < 300
        theirs = next(row.id for row in world.rows() if row.name == "a")
        _with(history, taken="answered")

        def timed(
            _method: str, _path: str, listed: Told, *, kind=kind, told=told, theirs=theirs
        ) -> Told:
            for layer in (layer for one in listed for layer in layers(kind, one)):
                layer["created_at"] = told
            return [one for one in listed if one["id"] != theirs]

        world.wire.edited = edit_of(kind, timed)
        world.run(history.ready.scenario.after)
        if any(record.id == theirs for record in world.recorded().resources.values()):
            breaks.append(f"I3 a stranger made at {told!r} was taken over by the answer to a POST")
    return breaks


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
    there = {row.name for row in world.rows() if row.kind == history.ready.scenario.kind}
    return history.breaks + (
        [] if "a" in there else ["I3 the old one is gone, and the new one is not there"]
    )


def resets(name: str, put: str) -> list[str]:
    """A PUT moves what no request carries: it is told, and ends with 4."""
    history = History.of(name, put)
    world = history.world
    world.space.set_fields(history.ready.scenario.kind, "a", prioritize_handraise=True)
    _with(history, put_resets=("prioritize_handraise",))
    ran = world.run(history.ready.scenario.after)
    told = [one for outcome in ran.outcomes for one in outcome.get("moved", ())]
    return history.breaks + (
        []
        if ran.code == 4 and told
        else [f"I3 a field was lost without a word: it ended with {ran.code}"]
    )


def vanishes(name: str, put: str) -> list[str]:
    """A PUT removes a field from the resource and from all answers about it: it is told."""
    breaks = []
    for depth in _depths(name):
        history = History.of(name, put)
        world, kind = history.world, KINDS[history.ready.scenario.kind]

        def with_flag(
            _method: str, _path: str, listed: Told, *, world=world, kind=kind, depth=depth
        ) -> Told:
            if not any(one.method == kind.update for one in world.wire.sent):
                for one in listed:
                    layers(kind, one)[depth]["flag"] = "set in the dashboard"
            return listed

        world.wire.edited = edit_of(kind, with_flag)
        ran = world.run(history.ready.scenario.after)
        told = [one["path"] for outcome in ran.outcomes for one in outcome.get("moved", ())]
        breaks += history.breaks
        if ran.code != 4 or told != ["flag"]:
            breaks.append(f"I3 a field vanished without a word: it ended with {ran.code}, {told}")
    return breaks


def flagged(name: str, put: str) -> list[str]:
    """A flag or a note of the dashboard is set since the plan: the resource is not deleted."""
    breaks = []
    pairs = ((False, True), (None, True), ("", "keep"), ("a", "b"))
    for (before, after), depth in itertools.product(pairs, _depths(name)):
        history = History.of(name, put)
        world, kind = history.world, KINDS[history.ready.scenario.kind]
        read: list[str] = []

        def noted(
            method: str,
            path: str,
            listed: Told,
            *,
            kind=kind,
            pair=(before, after),
            depth=depth,
            read=read,
        ) -> Told:
            if method == "GET" and path != kind.collection:
                read.append(path)
            for one in listed:
                layers(kind, one)[depth]["noted"] = pair[bool(read)]
            return listed

        world.wire.edited = edit_of(kind, noted)
        ran = world.run(history.ready.scenario.after)
        if ran.code != 4 or not any(row.name == "a" for row in world.rows()):
            breaks.append(
                f"I3 what was marked {after!r} since was deleted: it ended with {ran.code}"
            )
    return breaks


def undeleted(name: str, put: str) -> list[str]:
    """A deletion is confirmed and not done: it is told, and the next run does it."""
    history = History.of(name, put)
    world = history.world
    confirmed = status(204)
    world.wire.trouble = lambda method, _: confirmed if method == "DELETE" else PLAIN
    ran = world.run(history.ready.scenario.after)
    if ran.code != 4:
        history.breaks.append(f"I4 what is still there counts as deleted: it ended with {ran.code}")
    history.quiet()
    return history.ends()


def aside(name: str, put: str) -> list[str]:
    """A stream in doubt: the next run leaves it out at once, says so, and does the rest."""
    history = History.of(name, put)
    world = history.world
    lost = Trouble(commits=False, reply="reset")
    world.wire.trouble = lambda method, path: (
        lost if method == "POST" and path.endswith("/streams") else PLAIN
    )
    world.run(history.ready.scenario.after)
    history.quiet()
    began = world.clock.now
    kind = history.ready.scenario.kind
    ran = world.run(history.ready.scenario.after + manifest(kind, "z", "layout: 5x5"))
    statuses = {one["name"]: one["status"] for one in ran.outcomes}
    there = {row.name for row in world.rows() if row.kind == kind}
    waited = world.clock.now - began
    if ran.code == 4 and statuses == {"a": "skipped", "z": "done"} and "z" in there and waited < 60:
        return history.breaks
    return [f"I4 a stream in doubt held up others: {ran.code}, {statuses}, {waited:.0f} s"]


NAMES_OF_SESSIONS = ("A", " a", "", None, 7)


def misnamed(name: str, put: str) -> list[str]:
    """A session names no room by id, and its name in another form: the room has people in it."""
    breaks = []
    for told in NAMES_OF_SESSIONS:
        history = History.of(name, put)
        world = history.world
        world.space.start_session(history.ready.scenario.kind, "a", members=2)
        _with(history, active_session="absent")

        def edited(method: str, path: str, body: bytes, *, told=told) -> bytes:
            if path != "/room_sessions":
                return body
            said = json.loads(body)
            for one in said["data"]:
                one |= {"room_id": None, "name": told}
            return json.dumps(said).encode()

        world.wire.edited = edited
        ran = world.run(history.ready.scenario.after)
        if ran.code != 3:
            breaks.append(f"I3 a session named {told!r} was ended: it ended with {ran.code}")
    return breaks


def loses(name: str, put: str) -> list[str]:
    """A PUT moves what only later rooms have, and several workers are at it: one room loses it, no more."""
    history = History.of(name, put)
    world = history.world
    holders = ["r4", "r5", "r6", "r7"]
    for holder in holders:
        world.space.set_fields(history.ready.scenario.kind, holder, prioritize_handraise=True)
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
        world.space.start_session(history.ready.scenario.kind, one, members=2)
    kind = history.ready.scenario.kind
    consent = Consent(allow_live={kind: 1}, allow_delete={kind: 2})
    ran = world.run(history.ready.scenario.after, consent=consent)
    there = {row.name for row in world.rows() if row.kind == history.ready.scenario.kind}
    if ran.code == 3 and {"a", "b"} <= there:
        return history.breaks
    return [f"I3 a consent to one session ended two: it ended with {ran.code}"]


def beside(name: str, put: str) -> list[str]:
    """A rename to a name that is in use beside the old one: refused, and the old one stays."""
    history = History.of(name, put)
    world = history.world
    kind = history.ready.scenario.kind
    text = manifest(kind, "b", "layout: 5x5", renamedFrom="a") + manifest(kind, "k")
    ran = world.run(text)
    there = {row.name for row in world.rows() if row.kind == history.ready.scenario.kind}
    if ran.code == 3 and {"a", "b"} <= there:
        return history.breaks
    return [f"I3 a rename was dropped and its resource deleted: it ended with {ran.code}"]


def echo(name: str, put: str) -> list[str]:
    """The Space has a value that it does not take back: what is declared is written all the same."""
    history = History.of(name, put)
    world = history.world
    world.space.set_fields(history.ready.scenario.kind, "a", max_members=500)
    world.run(history.ready.scenario.after)
    layout = next(row.attributes["layout"] for row in world.rows() if row.name == "a")
    return history.breaks + (
        [] if layout == "5x5" else ["I4 an update is refused for a field that nobody declared"]
    )


_ID = re.compile(rb"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
PLACES = {
    "lists": lambda body: b'"data"' in body,
    "items": lambda body: b'"data"' not in body,
    "everywhere": lambda _: True,
}


def respelled(name: str, put: str) -> list[str]:
    """From now on ids are in upper case, in some answers or in all: the same resources are meant."""
    breaks = []
    for where, is_there in PLACES.items():
        history = History.of(name, put)

        def upper(_method: str, _path: str, body: bytes, *, is_there=is_there) -> bytes:
            return _ID.sub(lambda found: found[0].upper(), body) if is_there(body) else body

        history.world.wire.edited = upper
        breaks += [f"{one} ({where})" for one in history.ends()]
    return breaks
