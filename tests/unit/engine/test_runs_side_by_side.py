"""Four runs for four Spaces in one process, in threads and under asyncio: none affects another."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest

import reconciler
from reconciler import catalog
from reconciler.core.errors import Incomplete, Interrupted
from reconciler.library import Site
from reconciler.localspace import Fault, LocalSpace, Settings, create_space

LAYOUTS = ("1x1", "2x2", "3x3", "5x5")
ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {{name: {}}}\nspec: {{layout: {}}}\n"
# Each Space fails in its own way, and only creations of rooms.
FAULTS = (
    Fault("POST", "/rooms$", times=2, status=429, headers={"Retry-After": "0"}),
    Fault("POST", "/rooms$", times=1, action="reset_after_commit"),
    Fault("POST", "/rooms$", times=1, after=1, status=422),
    Fault("POST", "/rooms$", times=1, action="truncated"),
)
SECONDS = 60.0  # only a hanging test waits this long


class Gate:
    """A WSGI application in front of a Space that holds back POSTs while it is closed."""

    def __init__(self, space):
        self.space = space
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Event()

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] == "POST":
            self.reached.set()
            assert self.open.wait(SECONDS)
        return self.space(environ, start_response)


@dataclass
class Run:
    """One Space with its manifests, state and site."""

    number: int
    space: LocalSpace
    gate: Gate
    site: Site
    folder: Path

    @property
    def layout(self):
        return LAYOUTS[self.number]

    @property
    def names(self):
        return [f"run{self.number}-{room}" for room in range(3 + self.number)]

    def load(self):
        return reconciler.load([self.folder / "rooms.yaml"])

    def layouts(self):
        return {live.address.name: live.attributes["layout"] for live in self.site.observe()}

    def recorded(self):
        document = json.loads((self.folder / "state.json").read_bytes())
        return sorted(resource["name"] for resource in document["resources"])


@pytest.fixture
def runs(tmp_path):
    started = []
    for number in range(len(LAYOUTS)):
        folder = tmp_path / str(number)
        folder.mkdir(mode=0o700)
        space = create_space(":memory:", kinds=catalog.kinds())
        gate = Gate(space)
        site = reconciler.connect(
            "local",
            project="local",
            token="local",
            state=folder / "state.json",
            application=gate,
            parallel=2,
        )
        run = Run(number, space, gate, site, folder)
        documents = [ROOM.format(name, run.layout) for name in run.names]
        (folder / "rooms.yaml").write_text("---\n".join(documents))
        started.append(run)
    yield started
    for run in started:
        run.gate.open.set()
        run.site.stop()
        run.site.close()
        run.space.close()


def addresses(plan):
    """The addresses of a plan; a watch yields an error in the place of one."""
    if not isinstance(plan, reconciler.Plan):
        raise plan
    return [str(action.address) for action in plan.actions]


def apply_until_done(run):
    """Apply again after partial runs, as users do. Returns the number of runs it took."""
    for attempt in range(1, 6):
        try:
            run.site.apply(run.load())
        except Incomplete:
            continue
        return attempt
    raise AssertionError(f"run {run.number} never completed")


def life_of(run):
    """Plan, apply under faults, find drift, repair it with a watch; returns what the run saw."""
    run.space.knobs = Settings(faults=(FAULTS[run.number],))
    planned = addresses(run.site.plan(run.load()))
    apply_until_done(run)
    before = addresses(run.site.drift(run.load()))
    changed = run.names[run.number]
    run.space.set_fields("Room", changed, layout="grid-responsive")
    drifted = addresses(run.site.drift(run.load()))
    looks = islice(run.site.watch(run.load, interval=0.0, apply=True), 2)
    watched = [addresses(look) for look in looks]
    return planned, before, drifted, watched


def expected_life(run):
    changed = [f"Room/{run.names[run.number]}"]
    return [f"Room/{name}" for name in run.names], [], changed, [changed, []]


def assert_untouched_by_others(run):
    assert run.layouts() == dict.fromkeys(run.names, run.layout)
    assert run.recorded() == run.names


def test_four_threads_plan_apply_find_drift_and_watch_four_spaces_under_faults(runs):
    together = threading.Barrier(len(runs))

    def live(run):
        together.wait(SECONDS)
        return life_of(run)

    with ThreadPoolExecutor(len(runs)) as pool:
        lives = list(pool.map(live, runs))

    assert lives == [expected_life(run) for run in runs]
    for run in runs:
        assert_untouched_by_others(run)


def test_an_asyncio_program_does_the_same_through_to_thread(runs):
    async def program():
        return await asyncio.gather(*(asyncio.to_thread(life_of, run) for run in runs))

    assert asyncio.run(program()) == [expected_life(run) for run in runs]
    for run in runs:
        assert_untouched_by_others(run)


@pytest.mark.parametrize("stopped", range(len(LAYOUTS)))
@pytest.mark.sampled(4)
def test_an_apply_is_stopped_alone(runs, stopped):
    gate = runs[stopped].gate
    gate.open.clear()
    with ThreadPoolExecutor(len(runs)) as pool:
        applies = [pool.submit(run.site.apply, run.load()) for run in runs]
        assert gate.reached.wait(SECONDS)  # a POST is in flight
        runs[stopped].site.stop()
        gate.open.set()
        with pytest.raises(Interrupted):
            applies[stopped].result(SECONDS)
        others = [apply for number, apply in enumerate(applies) if number != stopped]
        for apply in others:
            assert {outcome.status for outcome in apply.result(SECONDS)} == {"done"}

    for run in runs:
        if run.number != stopped:
            assert_untouched_by_others(run)
    # What was in flight is finished and recorded, and nothing else was started.
    assert sorted(runs[stopped].layouts()) == runs[stopped].recorded()
    assert 0 < len(runs[stopped].recorded()) < len(runs[stopped].names)


class Watcher:
    """Counts the looks of a watch that runs in another thread."""

    def __init__(self, run):
        self.run = run
        self._looks = 0
        self._changed = threading.Condition()

    def watch(self):
        for look in self.run.site.watch(self.run.load, interval=0.001, apply=True):
            assert isinstance(look, reconciler.Plan), look
            with self._changed:
                self._looks += 1
                self._changed.notify_all()
        return self._looks

    def wait_for_looks(self, number):
        """Wait for ``number`` looks from now on."""
        with self._changed:
            goal = self._looks + number
            assert self._changed.wait_for(lambda: self._looks >= goal, SECONDS)


@pytest.mark.parametrize("stopped", range(len(LAYOUTS)))
@pytest.mark.sampled(4)
def test_a_watch_is_stopped_alone_from_asyncio(runs, stopped):
    watchers = [Watcher(run) for run in runs]

    async def program():
        watches = [asyncio.create_task(asyncio.to_thread(one.watch)) for one in watchers]
        for watcher in watchers:
            await asyncio.to_thread(watcher.wait_for_looks, 1)
        runs[stopped].site.stop()
        await asyncio.wait_for(watches[stopped], SECONDS)
        for watcher in watchers:
            if watcher.run.number != stopped:
                await asyncio.to_thread(watcher.wait_for_looks, 2)
        alive = [not watch.done() for watch in watches]
        for run in runs:
            run.site.stop()
        await asyncio.gather(*watches)
        return alive

    assert asyncio.run(program()) == [run.number != stopped for run in runs]
    for run in runs:
        assert_untouched_by_others(run)
