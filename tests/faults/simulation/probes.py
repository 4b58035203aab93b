"""What may happen to a probe at one of its requests, and to the cleanup after it."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.faults.simulation.life import Life, death
from tests.faults.simulation.probing import MEMORY, SPACES, Probing, create_body
from tests.faults.simulation.troubles import GONE, TROUBLES
from tests.faults.simulation.wire import PLAIN, Sent, Trouble, status
from tests.integration.end_to_end.driver import KINDS

DELAYS = (1.0, 20.0, 80.0)


class Undisturbed(NamedTuple):
    """What a probe passes to which nothing happens."""

    boundaries: tuple[str, ...]
    sent: tuple[Sent, ...]


@cache
def undisturbed(space: str) -> Undisturbed:
    """Return what a probe of this Space passes."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        probing, life = Probing(space, Path(folder)), Life()
        assert probing.probe(life).code == 0
        sent = tuple(probing.world.wire.sent)
        assert probing.ends() == []
        return Undisturbed(tuple(life.trail), sent)


def _places(space: str, *methods: str) -> list[int]:
    """Return the numbers of the requests with these methods."""
    return [n for n, one in enumerate(undisturbed(space).sent) if one.method in methods]


def _nth(number: int, trouble: Callable[[str, str], Trouble]) -> Callable[[str, str], Trouble]:
    """Return what asks ``trouble`` about the ``number``-th request alone."""
    count = iter(range(1_000_000))
    return lambda method, path: trouble(method, path) if next(count) == number else PLAIN


def _kill(probing: Probing, spot: str) -> None:
    """The process is killed at a boundary."""
    probing.probe(Life({int(spot): death}))


def _twice(probing: Probing, spot: str, second: str) -> None:
    """The process is killed at a boundary, and the cleanup after it too."""
    probing.probe(Life({int(spot): death}))
    probing.clean(Life({int(second): death}))


def _stop(probing: Probing, spot: str) -> None:
    """A signal at a boundary: the probe deletes what it created, and says that it was stopped."""
    ended = probing.probe(Life({int(spot): lambda _: probing.stop.set()}))
    probing.stop = type(probing.stop)()
    if ended.code not in (0, 130):
        probing.breaks.append(f"I8 stopped, it ended with {ended.code}: {ended.error}")
    if "nothing is left behind" in ended.error and probing.left():
        probing.breaks.append("I8 stopped, it says that nothing is left behind")


def _late(probing: Probing, number: str, delay: str) -> None:
    """The process dies while a write is on its way, and the write takes effect later."""

    def dies(_method: str, _path: str) -> Trouble:
        probing.world.wire.life.dead = True
        return Trouble(late=float(delay), reply="reset")

    probing.world.wire.trouble = _nth(int(number), dies)
    probing.probe()
    probing.world.wire.arrive()


def _trouble(probing: Probing, which: str, number: str) -> None:
    """One kind of trouble at one request: it is said how it ended, and nothing untrue."""
    probing.world.wire.trouble = _nth(int(number), lambda _method, _path: TROUBLES[which])
    ended = probing.probe()
    if ended.code is None or (ended.code == 1 and probing.wrote()):
        probing.breaks.append(f"I8 it wrote, and ended with {ended.code}: {ended.error}")
    if ended.code == 0 and not probing.entries() and probing.left():
        probing.breaks.append("I2 it ended well, and something that is not recorded is left")


def _squat(probing: Probing, number: str) -> None:
    """The process dies before a creation takes effect, and another owner takes the name."""
    asked = undisturbed(probing.space).sent[int(number)]
    probing.probe(Life({asked.boundary - 1: death}))
    entry = probing.entries()[-1]
    kind, name = entry["kind"], entry["names"][0]
    there = {(row.kind, row.name) for row in probing.world.rows()}
    if not entry["parent"] and (kind, name) not in there:
        probing.others_create(kind, name)


def _renamed(probing: Probing, spot: str) -> None:
    """The process is killed at a boundary, and another owner makes its resources theirs by other names."""
    probing.probe(Life({int(spot): death}))
    taken = [row for row in probing.left() if row.owner is None]
    for row in taken:
        kind = KINDS[row.kind]
        body = {**create_body(kind, f"mine-{row.id[:4]}"), **kind.required_on_update}
        path = kind.item.replace("{id}", row.id)
        assert probing.world.by_hand(kind.update, path, body) < 300
        probing.theirs.add(row.id)
    probing.give_up()


def _answered(probing: Probing, number: str) -> None:
    """A creation is answered with what another owner created since the probe began."""

    def theirs(_method: str, path: str) -> Trouble:
        return status(201, body=probing.answer_of_others(path))

    probing.world.wire.trouble = _nth(int(number), theirs)
    probing.probe()
    probing.give_up()


DEEDS: Mapping[str, Callable[..., None]] = {
    "kill": _kill,
    "twice": _twice,
    "stop": _stop,
    "late": _late,
    "trouble": _trouble,
    "squat": _squat,
    "renamed": _renamed,
    "answered": _answered,
}
# What a reading is answered with cannot be told from the truth, if it is an answer at all.
_READS = ("reset-after", "hang-after", "500-before", "503-before", "refused-403", "refused-422")


def _of_space(space: str, step: int) -> Iterator[str]:
    last = len(undisturbed(space).boundaries)
    for spot in range(0, last, step):
        yield f"kill {spot}"
        yield f"twice {spot} {(7 * spot) % 40}"
        yield f"stop {spot}"
        yield f"renamed {spot}"
    writes = _places(space, "POST", "PUT", "DELETE")[::step]
    yield from (f"late {number} {delay}" for number in writes for delay in DELAYS)
    for number in _places(space, "POST")[:: max(1, step // 3)]:
        yield f"squat {number}"
        yield f"answered {number}"
    for which in TROUBLES:
        yield from (f"trouble {which} {number}" for number in writes if which != GONE)
    for which in _READS:
        yield from (f"trouble {which} {number}" for number in _places(space, "GET")[::step])


def probe_cases(seeds: int) -> Iterator[str]:
    """Every deed at every request or boundary (with one seed at every third)."""
    for space in SPACES:
        yield from (f"probe {space} {words}" for words in _of_space(space, 1 if seeds > 1 else 3))


def probe(space: str, deed: str, *words: str) -> list[str]:
    """One probe to which something happens, and the cleanups after it."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        probing = Probing(space, Path(folder))
        DEEDS[deed](probing, *words)
        return probing.ends()
