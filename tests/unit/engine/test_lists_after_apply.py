"""The lists that check a run begin before its state is written; no list is read twice."""

import threading
from collections import Counter
from contextlib import ExitStack

import pytest

import reconciler
from reconciler import catalog
from reconciler.core.errors import Incomplete, StateError
from reconciler.localspace import Fault, Settings, create_space
from reconciler.localspace.serve import serve
from reconciler.state.backends.local import LocalState

ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {{name: {}}}\nspec: {{layout: 2x2}}\n"
SECONDS = 30.0  # only a failing test waits this long
EACH_ONCE = {"/api/video/conferences": 1, "/api/video/rooms": 1}


class Watched:
    """Counts the lists that a Space is asked for since its last POST, PUT or DELETE."""

    def __init__(self, space):
        self.space = space
        self.lists = Counter()
        self.both = threading.Event()

    def __getattr__(self, name):
        return getattr(self.space, name)

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "GET":
            self.lists.clear()
            self.both.clear()
        elif path in EACH_ONCE:
            self.lists[path] += 1
            if self.lists.keys() == EACH_ONCE.keys():
                self.both.set()
        return self.space(environ, start_response)


class SlowState(LocalState):
    """Writes the state after a run only once the Space was asked for its lists."""

    watched = None
    fails = False  # whether that write ends with an error
    expected = True  # whether lists are waited for
    begun = False  # whether they were asked for

    def write(self, state):
        if state.serial:
            self.begun = self.watched.both.wait(SECONDS if self.expected else 0.0)
            if self.fails:
                raise StateError("the disk is full")
        return super().write(state)


@pytest.fixture
def run(tmp_path):
    with ExitStack() as stack:
        space = create_space(":memory:", kinds=catalog.kinds())
        stack.callback(space.close)
        watched = Watched(space)
        server = stack.enter_context(serve(watched, port=0))
        place = f"127.0.0.1:{server.port}"
        state = SlowState(tmp_path / "state.json", space=place, project="p")
        state.watched = watched
        site = stack.enter_context(reconciler.connect(place, project="p", token="t", state=state))
        manifest = tmp_path / "rooms.yaml"
        manifest.write_text("---\n".join(map(ROOM.format, "abc")))

        def applied(**options):
            return site.apply(reconciler.load([manifest]), **options)

        applied.watched, applied.state, applied.manifest = watched, state, manifest
        yield applied


def test_lists_are_on_their_way_while_the_state_is_written_and_asked_for_once(run):
    run()
    assert run.state.begun
    assert run.watched.lists == EACH_ONCE


def test_a_state_that_cannot_be_written_is_told_as_before(run):
    run.state.fails = True
    with pytest.raises((Incomplete, StateError), match="the disk is full"):
        run()


def test_a_run_in_which_an_action_failed_reads_no_list_afterwards(run):
    run.state.expected = False
    run.watched.space.knobs = Settings(faults=(Fault("POST", "/rooms$", times=1, status=422),))
    with pytest.raises(Incomplete, match="not everything was done"):
        run()
    assert not run.state.begun
    assert run.watched.lists == {}
