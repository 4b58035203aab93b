"""Every order in which the first six calls of several runs can reach the shared place: what is accepted is there, and once."""

import itertools
import threading

import pytest

from reconciler.core.errors import ReconcilerError
from reconciler.state.lease import Timing
from reconciler.state.remote import SharedState
from tests.integration.state_backends.memory import Memory, MemoryShelf
from tests.integration.state_backends.places import made

pytestmark = pytest.mark.long

STEPS = 6
STILL = Timing(lease=60.0, heartbeat=3600.0)  # nobody gives a sign of life but by writing


class Gate:
    """Lets runs through one call at a time, in a given order and then in turn."""

    def __init__(self, number):
        self.there = [threading.Event() for _ in range(number)]
        self.go = [threading.Event() for _ in range(number)]
        self.over = [False] * number

    def arrive(self, who):
        self.there[who].set()
        self.go[who].wait()
        self.go[who].clear()

    def finish(self, who):
        self.over[who] = True
        self.there[who].set()

    def step(self, who):
        self.there[who].wait()
        if not self.over[who]:
            self.there[who].clear()
            self.go[who].set()
            self.there[who].wait()

    def play(self, order):
        for who in order:
            self.step(who)
        while not all(self.over):
            for who in range(len(self.over)):
                self.step(who)


class GatedShelf(MemoryShelf):
    """A shelf whose calls wait at the gate; its clock says of every lock that it is fresh, or that it is over."""

    def __init__(self, memory, gate, who, *, silent):
        super().__init__(memory)
        self.gate, self.who, self.silent = gate, who, silent

    def load(self):
        self.gate.arrive(self.who)
        return super().load()

    def swap(self, held, snapshot):
        self.gate.arrive(self.who)
        return super().swap(held, snapshot)

    def silence(self, _):
        return 1e6 if self.silent else 0.0


def run(backend, who, accepted, noted):
    """One apply: lock, read, note, write."""
    store = SharedState(backend, space="local", project="local", timing=STILL)
    try:
        with store.lock(reason="apply", since="now"):
            state = store.read()
            store.note(state, made(f"noted{who}", 0))
            noted.append(f"noted{who}-0")
            written = store.write(store.read().with_entries(made(f"run{who}", 0)))
            accepted.append((written.serial, f"run{who}-0"))
    except ReconcilerError:
        pass
    finally:
        backend.gate.finish(who)


def played(order, contenders, *, silent):
    """What is on the page in the end; what was accepted, as the runs were told."""
    memory, accepted, noted = Memory(), [], []
    gate = Gate(contenders)
    first = SharedState(MemoryShelf(memory), space="local", project="local", timing=STILL)
    first.write(first.read())
    threads = [
        threading.Thread(
            target=run, args=(GatedShelf(memory, gate, who, silent=silent), who, accepted, noted)
        )
        for who in range(contenders)
    ]
    for thread in threads:
        thread.start()
    gate.play(order)
    for thread in threads:
        thread.join()
    found = first.read()
    return found, accepted, noted, memory.held.snapshot.head.lock


@pytest.mark.parametrize("silent", [False, True], ids=["living", "paused at every step"])
@pytest.mark.parametrize("contenders", [2, 3])
def test_in_every_order_what_was_accepted_is_there_and_was_accepted_once(contenders, silent):
    for order in itertools.product(range(contenders), repeat=STEPS):
        found, accepted, noted, lock = played(order, contenders, silent=silent)
        serials = [serial for serial, _ in accepted]
        names = {address.name for address in found.resources}
        assert sorted(serials) == list(range(2, 2 + len(serials))) != [], order
        assert {name for _, name in accepted} | set(noted) <= names, order
        assert {name for name in names if name.startswith("run")} == {
            name for _, name in accepted
        }, order
        assert (found.serial, lock) == (max(serials), None), order
