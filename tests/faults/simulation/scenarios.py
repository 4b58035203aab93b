"""What is declared before and after, from one mutation to fifty; strangers stand beside, and no history may touch them."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from tests.faults.simulation.world import Image, World
from tests.integration.end_to_end.driver import KINDS, PATHS, fabric, hall, room

STRANGERS = (
    ("/rooms", {"name": "theirs", "layout": "5x5"}),
    ("/conferences", {"name": "theirs", "display_name": "Theirs"}),
    (PATHS["ConferenceRoom"], {"name": "theirs", "enable_room_previews": True}),
)


class Scenario(NamedTuple):
    """Manifests before and after, most of ``kind``. ``pages`` are small ones, so that lists have several."""

    before: str
    after: str
    pages: bool = False
    kind: str = "Room"


def _fifty() -> Scenario:
    before = (
        "".join(room(f"r{number:02}", "layout: 3x3, description: d") for number in range(34))
        + room("a")
        + room("b")
    )
    before += "".join(hall(f"h{number:02}", "size: small") for number in range(12))
    after = "".join(room(f"r{number:02}", "layout: 5x5, description: d") for number in range(12))
    after += "".join(
        room(f"n{number:02}", "layout: 5x5, description: d", renamedFrom=f"r{number:02}")
        for number in range(12, 16)
    )
    after += "".join(
        room(f"r{number:02}", "layout: 3x3, description: d") for number in range(16, 28)
    )
    after += room("b", renamedFrom="a") + room("a", renamedFrom="b")
    after += "".join(
        hall(f"h{number:02}", "size: small, tone_on_entry_and_exit: true") for number in range(5)
    )
    after += "".join(hall(f"h{number:02}", "size: small") for number in range(5, 10))
    after += "".join(room(f"c{number:02}", "max_members: 7") for number in range(8))
    after += "".join(hall(f"l{number:02}", "user_join_video_off: true") for number in range(3))
    after += room("s", "streams: [{url: '${env:KA}'}, {url: '${env:KB}'}]")
    return Scenario(before, after, pages=True)


SCENARIOS: Mapping[str, Callable[[], Scenario]] = {
    "bare": lambda: Scenario("", room("a")),
    "create": lambda: Scenario("", room("a", "layout: 3x3")),
    "hall": lambda: Scenario(room("k"), room("k") + hall("a", "size: large")),
    "twostep": lambda: Scenario(room("k"), room("k") + hall("a", "tone_on_entry_and_exit: true")),
    "update": lambda: Scenario(room("a", "layout: 3x3"), room("a", "layout: 5x5")),
    "shorten": lambda: Scenario(
        room("a", "max_members: 9"), room("a", "max_members: 9, remove_at: 2027-01-02")
    ),
    "rename": lambda: Scenario(room("a", "layout: 3x3"), room("b", "layout: 5x5", renamedFrom="a")),
    "swap": lambda: Scenario(
        room("a", "layout: 3x3") + room("b"),
        room("b", "layout: 3x3", renamedFrom="a") + room("a", renamedFrom="b"),
    ),
    "delete": lambda: Scenario(room("a") + room("k"), room("k")),
    "stream": lambda: Scenario(room("a"), room("a", "streams: [{url: '${env:KA}'}]")),
    "streams": lambda: Scenario(
        room("a", "streams: [{url: '${env:KA}'}, {url: '${env:KB}'}]"),
        room("a", "streams: [{url: '${env:KB}'}, {url: '${env:KC}'}]"),
    ),
    "child": lambda: Scenario(room("k"), room("k") + hall("a", "streams: [{url: '${env:KA}'}]")),
    "two": lambda: Scenario(room("a") + room("k"), room("b", "layout: 5x5") + room("k")),
    "five": lambda: Scenario(
        room("u", "layout: 3x3") + room("o", "max_members: 3") + room("d") + room("k"),
        room("c", "layout: 5x5, streams: [{url: '${env:KA}'}]")
        + hall("t", "tone_on_entry_and_exit: true")
        + room("u", "layout: 5x5")
        + room("n", "max_members: 3", renamedFrom="o")
        + room("k"),
    ),
    "fabric": lambda: Scenario(
        fabric("u", "layout: 3x3")
        + fabric("o", "max_members: 3")
        + fabric("d")
        + fabric("k")
        + room("r")
        + hall("h"),
        fabric("c", "layout: 5x5")
        + fabric("u", "layout: 5x5, tone_on_entry_and_exit: true")
        + fabric("n", "max_members: 3", renamedFrom="o")
        + fabric("k")
        + room("r")
        + hall("h"),
    ),
    "fifty": _fifty,
    "eight": lambda: Scenario(
        "".join(room(f"r{number}", "layout: 3x3") for number in range(8)),
        "".join(room(f"r{number}", "layout: 5x5") for number in range(8)),
    ),
    "nested": lambda: Scenario(room("k"), room("k") + room("a", "meta: {outer: {inner: 1}}")),
    "leave": lambda: Scenario(
        room("a") + room("b") + room("c", "layout: 5x5") + room("k"),
        room("c", "layout: 5x5") + room("k"),
    ),
    "beside": lambda: Scenario(
        room("a", "layout: 3x3") + room("b", "layout: 5x5") + room("k"),
        room("a", "layout: 3x3") + room("b", "layout: 5x5") + room("k"),
    ),
}
SINGLES = (
    "bare",
    "create",
    "hall",
    "twostep",
    "update",
    "rename",
    "delete",
    "stream",
    "child",
    "streams",
    "swap",
    "fabric",
)


class Prepared(NamedTuple):
    """A scenario with the world that it begins in, and the Space as it should be at the end."""

    scenario: Scenario
    image: Image
    end: dict
    boundaries: tuple[str, ...]


# Kinds whose resources may be a Room too: they take what a Room takes, so a scenario of Rooms is one of theirs.
TWINS = tuple(sorted(name for name, kind in KINDS.items() if kind.same_as))


def and_twins(*names: str, streams: bool = False) -> tuple[str, ...]:
    """The scenarios of Rooms, and each of them of every kind that takes what a Room takes: ``update@ConferenceRoom``.

    Scenarios with ``streams`` have twins only of kinds with sub-resources: the document of ConferenceRooms names none.
    """
    kinds = [kind for kind in TWINS if KINDS[kind].children or not streams]
    return (*names, *(f"{name}@{kind}" for name in names for kind in kinds))


@cache
def scenario(name: str) -> Scenario:
    base, _, kind = name.partition("@")
    found = SCENARIOS[base]()
    if not kind:
        return found
    # What an update must hold is declared, so that it is the same with and without an update.
    held = "".join(
        f"{field}: {json.dumps(value)}, " for field, value in KINDS[kind].required_on_update.items()
    )
    before, after = (
        text.replace("kind: Room\n", f"kind: {kind}\n").replace("spec: {", f"spec: {{{held}")
        for text in (found.before, found.after)
    )
    return found._replace(before=before, after=after, kind=kind)


@cache
def prepared(name: str, put: str) -> Prepared:
    """Done once: the beginning as an honest apply leaves it, the end as an undisturbed one does."""
    found = scenario(name)
    world = World(put, small_pages=found.pages)
    for path, body in STRANGERS:
        assert world.by_hand("POST", path, body) < 300
    if found.before:
        ran = world.run(found.before)
        assert ran.code == 0, ran
    world.clock.now += 3600
    image = world.image()
    world.restore(image)
    ran = world.run(found.after)
    assert ran.code == 0, ran
    return Prepared(found, image, world.shown(), tuple(ran.trail))


def begin(name: str, put: str, *, seed: int = 0) -> tuple[World, Prepared]:
    """A world at the beginning of a scenario."""
    ready = prepared(name, put)
    world = World(put, small_pages=ready.scenario.pages)
    world.clock.chance.seed(seed)
    world.restore(ready.image)
    return world, ready
