"""Everything that one history needs: a Space, a disk, a clock, and the tool as a process that may die."""

import contextlib
import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.cli.observers import ApplyObserver
from reconciler.cli.signals import giving_back, stopping_in_order
from reconciler.core.consent import Consent
from reconciler.core.errors import ReconcilerError
from reconciler.core.mass_changes import Limits, RecentChanges
from reconciler.core.plan_model import Plan
from reconciler.engine.apply import apply_connected
from reconciler.engine.connection import Connection as Opened
from reconciler.engine.options import ApplyOptions
from reconciler.engine.plan import plan_changes
from reconciler.engine.runtime import Runtime
from reconciler.localspace import Settings, create_space
from reconciler.localspace.list_lag import Lag
from reconciler.manifest.load import Loaded, load
from reconciler.space.client import writer
from reconciler.space.target import target
from reconciler.state.backends.local import LocalState
from reconciler.state.record import State
from tests.faults.safety.annals import SESSION
from tests.faults.simulation.clock import FakeClock
from tests.faults.simulation.disk import FakeDisk
from tests.faults.simulation.inline import reading_in_turn
from tests.faults.simulation.life import Killed, Life
from tests.faults.simulation.wire import Sent, Wire
from tests.integration.end_to_end.driver import KINDS

RECORD = Path("/r/.reconciler/here.state.json")
TOKEN = "PTcanary0c0ffee"
SECRETS = {
    name: f"rtmp://{name.lower()}.example/live/canary-{name}" for name in ("KA", "KB", "KC", "KD")
}
NOTHING_RECENT = RecentChanges()
CONSENT = Consent(allow_delete=dict.fromkeys(KINDS, 1000))
RESOURCES = sorted(name for name, kind in KINDS.items() if kind.type == "resource")
_ROWS = "SELECT id, kind, owner, name, attributes, seq FROM record ORDER BY seq"


@cache
def loaded(text: str) -> Loaded:
    """The manifests, as the tool reads them."""
    found = load(["-"], kinds=KINDS, variables={}, environment=SECRETS, stdin=text.encode)
    assert not [str(problem) for problem in found.problems if problem.severity == "error"]
    return found


class Row(NamedTuple):
    """One thing in the Space, with nothing of the tool in between."""

    id: str
    kind: str
    owner: str | None
    name: str | None
    attributes: dict[str, Any]


class Image(NamedTuple):
    """A world at rest, to begin again from."""

    database: bytes
    disk: FakeDisk
    now: float


@dataclass
class Ran:
    """What one process did, as far as anybody can see. ``code`` None: it did not live to say."""

    code: int | None
    error: str
    out: str
    err: str
    plans: list[Plan]
    ledger: list[Any]
    sent: list[Sent]
    trail: list[str]
    began: float
    ended: float

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        """The outcomes that it told."""
        return json.loads(self.out).get("outcomes", []) if self.out.strip() else []


def in_turn(group, carry, _width):
    """One action after the other."""
    yield from map(carry, group)


SPACE = create_space(
    ":memory:", kinds=KINDS, knobs=Settings(seed=1)
)  # made once: making it costs more than a whole history


@dataclass
class World:
    """``put`` is the meaning of PUT. ``foreign`` are the ledger's entries of other hands, by their place in it."""

    put: str = "merge"
    clock: FakeClock = field(default_factory=FakeClock)
    disk: FakeDisk = field(default_factory=FakeDisk)
    foreign: set[int] = field(default_factory=set)
    small_pages: bool = False

    def __post_init__(self):
        self.space = SPACE
        self.space._clock = self.clock.there
        self.space._lag = Lag()
        self.space._store.ledger.clear()
        self.space._requests.clear()
        self.space._store._connection.execute("DELETE FROM record")
        self.space._store._connection.execute("UPDATE counter SET value = 0")
        self.space.knobs = Settings(put=self.put, seed=1)
        self.wire = Wire(self.space, self.clock, small_pages=self.small_pages, ghosts=self.foreign)

    def image(self) -> Image:
        self.disk.rest()
        return Image(self.space._store._connection.serialize(), self.disk.copy(), self.clock.now)

    def restore(self, image: Image) -> None:
        self.space._store._connection.deserialize(image.database)
        self.disk = image.disk.copy()
        self.clock.now = image.now
        self.space._store.ledger.clear()

    def rows(self) -> list[Row]:
        """Resources and sub-resources of the kinds that manifests know."""
        found = self.space._store._connection.execute(_ROWS).fetchall()
        return [Row(*row[:4], json.loads(row[4])) for row in found if row[1] in KINDS]

    def shown(self) -> dict[tuple[str, str], Any]:
        """The Space's content without what chance made of it: fields and streams by kind and name."""
        rows = self.rows()
        owned: dict[str, list[str]] = {}
        for row in rows:
            if row.owner:
                owned.setdefault(row.owner, []).append(json.dumps(row.attributes, sort_keys=True))
        return {
            (row.kind, row.name): (row.attributes, sorted(owned.get(row.id, [])))
            for row in rows
            if row.owner is None
        }

    def by_hand(self, method: str, path: str, body: Any = None) -> int:
        """Somebody else's request, which no process of the tool sends."""
        content = json.dumps(body).encode() if body is not None else b""
        place = len(self.space._store.ledger)
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path if path.startswith("/api/") else f"/api/video{path}",
            "QUERY_STRING": "",
            "SERVER_NAME": "local",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(content),
            "CONTENT_LENGTH": str(len(content)),
            "CONTENT_TYPE": "application/json",
            "HTTP_AUTHORIZATION": "Basic cDp0",
        }
        told: list[str] = []
        b"".join(self.space(environ, lambda status, _headers, _=None: told.append(status)))
        self.foreign.update(range(place, len(self.space._store.ledger)))
        return int(told[0].split()[0])

    def store(self) -> LocalState:
        return LocalState(RECORD, space="local", project="local", disk=self.disk)

    def recorded(self) -> State:
        """The state as the next process will read it."""
        self.disk.life = Life()
        return self.store().read()

    def run(
        self,
        text: str,
        *,
        life: Life | None = None,
        workers: Callable = in_turn,
        width: int = 1,
        consent: Consent = CONSENT,
        condition: Any = None,
        form: str = "json",
        limits: Limits | None = None,
        recent: RecentChanges = NOTHING_RECENT,
    ) -> Ran:
        """One ``apply`` of the manifests in ``text``, from its lock to its report."""
        life = life or Life()
        self.disk.life = self.wire.life = life
        place, sent, began, plans = (
            len(self.space._store.ledger),
            len(self.wire.sent),
            self.clock.now,
            [],
        )
        client = writer(
            target("local", project="local", token=TOKEN),
            application=self.wire,
            clock=self.clock.clock,
            parallel=max(width, 1),
        )
        if condition is not None:  # what workers wait at in the client, where one runs at a time
            client._sender._throttle._changed = condition

        def planned(world: Opened, state: State) -> Plan:
            plans.append(plan_changes(SESSION, world, loaded(text), state, parallel=1))
            return plans[-1]

        runtime = Runtime(
            clock=self.clock.clock,
            workers=workers,
            while_connected=giving_back,
            while_writing=stopping_in_order,
        )
        workspace = replace(
            SESSION, observer=ApplyObserver(form), runtime=runtime, own_limits=limits
        )
        order = ApplyOptions(
            workspace, planned, consent, approved=True, parallel=width, recent=recent
        )
        out, err = io.StringIO(), io.StringIO()
        os.environ["GITHUB_SHA"] = "0" * 40  # so that nobody asks git
        code, error = None, ""
        try:
            with (
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
                contextlib.closing(client),
                reading_in_turn(),
            ):
                opened = Opened(target("local", project="local", token=TOKEN), client, self.store())
                apply_connected(order, opened, client)
                code = 0
        except ReconcilerError as ended:
            code, error = ended.exit_code, f"{type(ended).__name__}: {ended.message} ({ended.hint})"
        except Killed:
            pass
        finally:
            os.environ.pop("GITHUB_SHA", None)
            self.disk.end_of_process()
        ledger = [
            one
            for number, one in enumerate(self.space._store.ledger)
            if number >= place and number not in self.foreign
        ]
        return Ran(
            code,
            error,
            out.getvalue(),
            err.getvalue() + error,
            plans,
            ledger,
            self.wire.sent[sent:],
            life.trail,
            began,
            self.clock.now,
        )
