"""Requests and answers that go wrong, one at a time and in mixtures; and calls to the disk that do."""

import itertools
import random
from collections.abc import Iterable, Iterator

from reconciler.localspace import Settings
from tests.faults.simulation.disk import FAULTS
from tests.faults.simulation.histories import PUTS, History, boundaries
from tests.faults.simulation.inline import Baton, BatonCondition
from tests.faults.simulation.life import Life, death
from tests.faults.simulation.wire import PLAIN, Trouble, status
from tests.integration.end_to_end.driver import KINDS, PATHS

RETRY_AFTER = (
    *(
        "0",
        "1",
        "5",
        "120",
        "121",
        "999999999999",
        "-1",
        "-5",
        "1.5",
        "nan",
        "inf",
        "1e309",
        "٣",
        "",
        "soon",
        "0x10",
        "1_0",
    ),
    *(
        "Fri, 01 Jan 2027 12:00:30 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "01 Jan",
        "5, 5",
    ),
)
HTML = b"<!DOCTYPE html><html><body>It works!</body></html>"
SPOILT = (
    HTML,
    b"",
    b"[]",
    b"null",
    b"{}",
    b'"x"',
    b'{"data": []}',
    b'{"data": [], "links": {}}',
    b"\xff\xfe",
    b'{"id": "x"}',
    b'{"id": 1, "id": 2}',
)
DELAYS = (1.0, 29.0, 31.0, 33.0, 34.5)
GONE = "refused-404"  # of a reading it cannot be told from the truth: that something is gone is believed of a 404 by its id
FORBIDDEN = "refused-403"
ONLY_LISTS = tuple(PATHS.values())


def _nth(number: int, trouble: Trouble, *, writes: bool = True, times: int = 1):
    """``trouble`` for the ``number``-th request that is a write (or is none), and for the next ``times`` - 1."""
    count = itertools.count()

    def asked(method: str, _path: str) -> Trouble:
        if (method != "GET") != writes:
            return PLAIN
        return trouble if number <= next(count) < number + times else PLAIN

    return asked


def _requests(name: str, *, writes: bool) -> int:
    return sum(
        label.endswith("is sent") and label.startswith("GET") != writes
        for label in boundaries(name)
    )


TROUBLES: dict[str, Trouble] = {
    "reset-before": Trouble(commits=False, reply="reset"),
    "reset-after": Trouble(reply="reset"),
    "hang-before": Trouble(commits=False, reply="hang"),
    "hang-after": Trouble(reply="hang"),
    **{f"{code}-before": status(code) for code in (500, 502, 503, 504, 520)},
    **{f"{code}-after": status(code, commits=True) for code in (500, 502, 504)},
    **{
        f"spoilt-{number}": status(200, body=body, commits=True)
        for number, body in enumerate(SPOILT)
    },
    **{
        f"redirect-{code}": status(code, headers={"Location": "https://elsewhere.example/"})
        for code in (301, 307)
    },
    **{
        f"late-{seconds}": Trouble(late=seconds, reply=reply)
        for seconds in DELAYS
        for reply in ("hang",)
    },
    **{f"refused-{code}": status(code) for code in (400, 401, 403, 404, 409, 418, 422)},
    **{
        f"retry-{number}": status(429, headers={"Retry-After": text} if text.isascii() else {})
        for number, text in enumerate(RETRY_AFTER)
    },
    "retry-none": status(429),
}


def trouble_cases(names: Iterable[str], seeds: int) -> Iterator[str]:
    """Each trouble for each request of each kind, once and, with more seeds, in bursts."""
    for name in names:
        for put in PUTS if seeds > 1 else PUTS[:1]:
            for trouble in TROUBLES:
                for kind in ("write", "read"):
                    if kind == "read" and trouble == GONE:
                        continue
                    for number in range(_requests(name, writes=kind == "write")):
                        yield from (
                            f"trouble {name} {put} {trouble} {kind} {number} {times}"
                            for times in (1, 3, 10)[: 1 + (seeds > 1) * 2]
                        )


def _is_needed_list(history: History, path: str, which: str) -> bool:
    """Whether ``path`` is a list that a plan needs: a kind of which nothing is declared may be forbidden."""
    listed = next((kind for kind in KINDS.values() if kind.collection == path), None)
    if listed is None:
        return False
    scenario = history.ready.scenario
    return which != FORBIDDEN or f"kind: {listed.name}\n" in scenario.before + scenario.after


def trouble(name: str, put: str, which: str, kind: str, number: str, times: str) -> list[str]:
    """One kind of trouble at one request, or at a few in a row."""
    history = History.of(name, put)
    history.world.wire.trouble = _nth(
        int(number), TROUBLES[which], writes=kind == "write", times=int(times)
    )
    ran = history.apply()
    if ran.code is None:
        history.breaks.append("I8 it ended without a word")
    # What is read after the first write is the check that all has settled: no plan is made of it.
    reads = [one.path for one in itertools.takewhile(lambda one: one.method == "GET", ran.sent)]
    if (
        which.startswith("refused-")
        and kind == "read"
        and any(_is_needed_list(history, path, which) for path in reads[int(number) :][:1])
        and int(number) < len(PATHS)
        and (ran.plans or ran.ledger)
    ):
        history.breaks.append("I5 it planned with a list that it did not get")
    return history.ends()


def cut_cases(names: Iterable[str], seeds: int) -> Iterator[str]:
    """The answer to each request cut after every byte (with few seeds after every 40th)."""
    for name in names:
        for kind in ("write", "read"):
            for number in range(_requests(name, writes=kind == "write")):
                yield from (
                    f"cut {name} merge {kind} {number} {keep}"
                    for keep in range(0, 900, 1 if seeds > 3 else 90)
                )


def cut(name: str, put: str, kind: str, number: str, keep: str) -> list[str]:
    """One answer that stops after so many bytes."""
    history = History.of(name, put)
    history.world.wire.trouble = _nth(
        int(number), Trouble(reply="cut", keep=int(keep)), writes=kind == "write"
    )
    history.apply()
    return history.ends()


def revoked_cases(names: Iterable[str], seeds: int) -> Iterator[str]:
    """From each request on the credentials are refused."""
    for name in names:
        total = _requests(name, writes=True) + _requests(name, writes=False)
        yield from (
            f"revoked {name} merge {code} {number}"
            for number in range(0, total, 1 if seeds > 1 else 2)
            for code in (401, 403)
        )


def revoked(name: str, put: str, code: str, number: str) -> list[str]:
    """The token is good for so many requests and no more."""
    history = History.of(name, put)
    count = itertools.count()
    refused: list[str] = []

    def asked(method: str, _path: str) -> Trouble:
        if next(count) < int(number):
            return PLAIN
        refused.append(method)
        return status(int(code))

    history.world.wire.trouble = asked
    ran = history.apply()
    if sum(method != "GET" for method in refused) > 1 or len(refused) > 3:
        history.breaks.append(f"I9 {refused} were sent when the credentials were refused already")
    if ran.code == 0 and ran.plans and ran.plans[0].actions:
        history.breaks.append("I8 it ended well without credentials")
    return history.ends()


def mix_cases(names: Iterable[str], seeds: int) -> Iterator[str]:
    """Mixtures by seed: troubles, lagging and stale readings, workers side by side, a death."""
    for name in names:
        yield from (f"mix {name} {PUTS[seed % 2]} {seed}" for seed in range(seeds * 25))


def mix(name: str, put: str, seed: str) -> list[str]:
    """One or two processes in a bad world, then one in a good one."""
    chance = random.Random(f"{name}/{seed}")
    history = History.of(name, put, seed=int(seed))
    world = history.world
    world.clock.skew = chance.choice((0.0, 0.0, -86400.0, 86400.0, 7.5))
    chosen = chance.sample(sorted(TROUBLES), 4)
    often = chance.choice((0.02, 0.1, 0.3))
    for _ in range(chance.choice((1, 1, 2))):
        # A stream is known by its list alone: that may lag for a time, and not for ever.
        lists = chance.choice((0, 0, 1, 3)) if name in ("two", "swap", "twostep", "bare") else 0
        world.space.knobs = Settings(
            put=put, seed=1, lag_lists=lists, lag_seconds=chance.choice((0, 0, 20, 60))
        )

        def asked(method: str, path: str) -> Trouble:
            if chance.random() > often:
                return PLAIN
            if method == "GET" and chance.random() < 0.3 and path not in ONLY_LISTS:
                return Trouble(reply="stale")
            which = chance.choice(chosen)
            return PLAIN if method == "GET" and which == GONE else TROUBLES[which]

        world.wire.trouble = asked
        baton = Baton(chance.randrange(1 << 30))
        dies = (
            {chance.randrange(len(history.ready.boundaries) * 2): death}
            if chance.random() < 0.4
            else {}
        )
        words = (
            {"workers": baton.workers, "width": 3, "condition": BatonCondition(baton.give)}
            if chance.random() < 0.6
            else {}
        )
        history.apply(
            Life(dies, passing=baton.passing),
            power=chance if dies and chance.random() < 0.5 else None,
            **words,
        )
        if history.breaks:
            return history.breaks
        world.space.knobs = Settings(put=put, seed=1)
        world.clock.now += chance.choice((0.0, 0.0, 3600.0))
    return history.ends()


def disk_cases(names: Iterable[str], seeds: int) -> Iterator[str]:
    """Every call to the disk fails, once or from there on, in every way; and all writes come short."""
    for name in names:
        yield f"disk {name} merge short - 0"
        for number, fault in itertools.product(
            range(0, 130, 1 if seeds > 1 else 4), sorted(FAULTS) if seeds > 1 else ["ENOSPC"]
        ):
            yield from (f"disk {name} merge {how} {fault} {number}" for how in ("once", "on"))


def disk(name: str, put: str, how: str, fault: str, number: str) -> list[str]:
    """One call to the disk fails, or all from it on."""
    history = History.of(name, put)
    history.world.disk.shortened = how == "short"
    count = itertools.count()

    def strike(call: str) -> OSError | None:
        spot = next(count)
        struck = spot == int(number) if how == "once" else spot >= int(number)
        return (
            OSError(*FAULTS[fault])
            if struck and how != "short" and call not in ("status", "read", "lock")
            else None
        )

    history.world.disk.strike = strike
    ran = history.apply()
    if ran.code is None:
        history.breaks.append("I8 it ended without a word")
    return history.ends()
