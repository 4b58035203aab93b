"""``kill -9`` of a real ``reconciler apply`` at every write that it sends, and one run more."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from reconciler import catalog
from reconciler.localspace import create_space, serve
from tests.integration.end_to_end.driver import hall, room

pytestmark = pytest.mark.long

RECONCILER = [sys.executable, "-m", "reconciler"]
BEFORE = (
    room("a", "layout: 2x2")
    + room("b", "layout: 2x2")
    + room("old", "layout: 3x3")
    + room("gone")
    + hall("hall", "size: small")
)
AFTER = (
    room("a", "layout: 5x5")
    + room("b", "layout: 5x5")
    + room("young", "layout: 3x3", renamedFrom="old")
    + "".join(room(f"new-{number}", f"max_members: {number + 2}") for number in range(5))
    + hall("hall", "size: large")
    + hall("fresh", "tone_on_entry_and_exit: true")
)
WRITES = 12


class Deadly:
    """A Space that kills whoever sends it the ``last`` write, before that takes effect or after."""

    def __init__(self, space):
        self.space, self.left, self.committed, self.victim = space, 0, False, None
        self._one_at_a_time = threading.Lock()
        self.now = space.now

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] == "GET" or not self.left:
            return self.space(environ, start_response)
        with self._one_at_a_time:
            self.left -= 1
            if self.left:
                return self.space(environ, start_response)
            answer = list(self.space(environ, start_response)) if self.committed else []
            self.victim.kill()
            self.victim.wait()
            if not answer:
                start_response("500 Internal Server Error", [("Content-Length", "0")])
            return answer


@pytest.fixture(scope="module")
def deadly():
    space = create_space(":memory:", kinds=catalog.kinds())
    trap = Deadly(space)
    with serve(trap, port=0) as server:
        trap.port = server.port
        yield trap
    space.close()


@pytest.fixture
def run(deadly, tmp_path, monkeypatch):
    """Start ``reconciler apply`` of a text in a folder of its own, against the deadly Space."""
    monkeypatch.chdir(tmp_path)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SIGNALWIRE_", "RECONCILER_"))
    }
    credentials = {
        "SIGNALWIRE_SPACE": f"127.0.0.1:{deadly.port}",
        "SIGNALWIRE_PROJECT_ID": "p",
        "SIGNALWIRE_API_TOKEN": "t",
    }

    def started(text, *flags):
        Path("rooms.yaml").write_text(text)
        return subprocess.Popen(
            [*RECONCILER, "apply", "rooms.yaml", "--yes", "--parallel", "2", *flags],
            env=kept | credentials,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    yield started
    for kind in ("rooms", "conferences"):  # the next one begins in an empty Space
        for one in seen(deadly, kind).values():
            ask(deadly, "DELETE", f"/{kind}/{one['id']}")


def ask(deadly, method, path):
    from werkzeug.test import Client  # noqa: PLC0415  # another hand in the Space

    answer = Client(deadly.space).open(f"/api/video{path}", method=method, auth=("p", "t"))
    return answer.json if answer.content_length else None


def seen(deadly, kind):
    listed = ask(deadly, "GET", f"/{kind}?page_size=1000")["data"]
    assert len({one["name"] for one in listed}) == len(listed), "something is there twice"
    return {one["name"]: one for one in listed}


def there(deadly):
    """What a person would see, without ids and times."""
    fields = {"rooms": ("layout", "max_members"), "conferences": ("size", "tone_on_entry_and_exit")}
    return {
        f"{kind}/{name}": [one[field] for field in fields[kind]]
        for kind in fields
        for name, one in seen(deadly, kind).items()
    }


def finished(process):
    out = process.communicate(timeout=60)[0]
    assert process.returncode == 0, out
    return out


def test_the_plan_has_as_many_writes_as_are_died_at(run, deadly):
    finished(run(BEFORE))
    mark = len(deadly.space.ledger)

    finished(run(AFTER))

    assert len(deadly.space.ledger) - mark == WRITES


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize("committed", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("last", range(1, WRITES + 1))
def test_one_run_after_a_kill_ends_where_it_would_have(run, deadly, last, committed):
    finished(run(BEFORE))
    ids = {name: one["id"] for name, one in seen(deadly, "rooms").items()}
    deadly.victim = run(AFTER)
    deadly.committed, deadly.left = committed, last
    deadly.victim.communicate(timeout=60)
    assert (deadly.victim.returncode, deadly.left) == (-signal.SIGKILL, 0)

    finished(run(AFTER))

    assert there(deadly) == {
        "rooms/a": ["5x5", 20],
        "rooms/b": ["5x5", 20],
        "rooms/young": ["3x3", 20],
        **{f"rooms/new-{number}": ["grid-responsive", number + 2] for number in range(5)},
        "conferences/hall": ["large", False],
        "conferences/fresh": [there(deadly)["conferences/fresh"][0], True],
    }
    assert seen(deadly, "rooms")["young"]["id"] == ids["old"]
    assert "No changes" in finished(run(AFTER))
