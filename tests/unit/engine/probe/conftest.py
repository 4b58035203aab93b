"""A Space in memory, a clock that only sleeping moves, and a probe of it."""

from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import pytest
from werkzeug.test import Client

from reconciler import catalog
from reconciler.engine.probe.probe import ProbeOptions, run_clean, run_probe
from reconciler.engine.runtime import Runtime
from reconciler.engine.workspace import Workspace
from reconciler.localspace import Settings, create_space
from reconciler.space.clock import Clock

KINDS = catalog.kinds()


class Time:
    """Seconds since 1970 that only a sleep moves."""

    def __init__(self):
        self.seconds = datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp()

    def __call__(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds

    def moment(self):
        return datetime.fromtimestamp(self.seconds, UTC)


class Bed:
    """A Space with settings, and a working folder from which it is probed."""

    def __init__(self, folder, **settings):
        self.folder, self.time, self.notes = folder, Time(), []
        self.space = create_space(
            ":memory:", kinds=KINDS, knobs=Settings(**settings), clock=self.time.moment
        )
        self.app = self.space

    def workspace(self, **runtime):
        clock = Clock(self.time, self.time, self.time.sleep)
        return Workspace(
            KINDS, self.folder, None, None, None, {}, "local", None, None,
            debug=False,
            runtime=Runtime(clock=clock, **runtime),
            embed=lambda _database, _kinds: self.app,
        )  # fmt: skip

    def probe(self, *, allowed=5, **runtime):
        return run_probe(ProbeOptions(self.workspace(**runtime), approved=True, allowed=allowed))

    def clean(self):
        return run_clean(self.workspace())

    def ask(self, method, path, body=None):
        answer = Client(self.space).open(
            f"/api/video{path}", method=method, json=body, auth=("p", "t")
        )
        assert answer.status_code < 300, answer.text
        return answer.json if answer.content_length else None

    def all(self):
        """Everything in the Space, as it is stored."""
        return {
            record.id: (record.kind, record.name, record.attributes)
            for kind in ("Room", "Conference", "Stream")
            for record in self.space._store.page(kind)
        }

    @property
    def record(self):
        return self.folder / ".reconciler" / "local.probe.json"


@pytest.fixture
def bed(tmp_path):
    """Make beds; each has a folder of its own."""
    with ExitStack() as stack:

        def made(**settings):
            folder = tmp_path / f"bed-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            one = Bed(folder, **settings)
            stack.callback(one.space.close)
            return one

        yield made


@contextmanager
def bed_in(folder, **settings):
    one = Bed(folder, **settings)
    try:
        yield one
    finally:
        one.space.close()
