"""A Space in memory, a clock that only sleeping moves, and a probe of it."""

from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import pytest
from werkzeug.test import Client

from reconciler import catalog
from reconciler.core.kinds import kind_from, resources
from reconciler.engine.probe.probe import ProbeOptions, run_clean, run_probe
from reconciler.engine.runtime import Runtime
from reconciler.engine.workspace import Workspace
from reconciler.localspace import Settings, create_space
from reconciler.space.clock import Clock
from reconciler.space.live_resource import unwrapped
from reconciler.space.paths import whole_path
from tests.integration.end_to_end.wrapped import booth

KINDS = catalog.kinds()
# A project's own kind, with every word for another API: PATCH, an envelope, a path of its own for
# deletions.
_OWN_DOCUMENT = booth(update="PATCH", required_on_update={"lit": False})
_OWN_DOCUMENT["properties"]["metadata"]["properties"]["name"] = {
    "type": "string",
    "maxLength": 100,
    "pattern": "^[A-Za-z0-9_-]+$",
}
_OWN = [kind_from(_OWN_DOCUMENT)]
ALL_KINDS = {**KINDS, **{kind.name: kind for kind in _OWN}}


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

    def __init__(self, folder, kinds=KINDS, **settings):
        self.kinds = kinds
        self.folder, self.time, self.notes = folder, Time(), []
        self.space = create_space(
            ":memory:", kinds=kinds, knobs=Settings(**settings), clock=self.time.moment
        )
        self.app = self.space

    def workspace(self, **runtime):
        clock = Clock(self.time, self.time, self.time.sleep)
        return Workspace(
            self.kinds, self.folder, None, None, None, {}, "local", None, None,
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
            whole_path(path), method=method, json=body, auth=("p", "t")
        )
        assert answer.status_code < 300, answer.text
        return answer.json if answer.content_length else None

    def create(self, kind, name):
        """A resource of another owner."""
        title = dict.fromkeys(kind.required, name)
        body = {kind.key: name, **title, **kind.required_on_create}
        return unwrapped(kind, self.ask("POST", kind.collection, body), "POST")

    def update(self, kind, resource_id, name):
        title = dict.fromkeys(kind.required, name)
        body = {kind.key: name, **title, **kind.required_on_update}
        return self.ask(kind.update, kind.item.replace("{id}", resource_id), body)

    @property
    def resources(self):
        return resources(self.kinds)

    def all(self):
        """Everything in the Space, as it is stored."""
        return {
            record.id: (record.kind, record.name, record.attributes)
            for kind in self.kinds.values()
            if kind.type in ("resource", "child")
            for record in self.space._store.page(kind.name)
        }

    @property
    def record(self):
        return self.folder / ".reconciler" / "local.probe.json"


@pytest.fixture
def bed(tmp_path):
    """Make beds; each has a folder of its own."""
    with ExitStack() as stack:

        def made(*kinds, **settings):
            folder = tmp_path / f"bed-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            one = Bed(folder, *kinds, **settings)
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
