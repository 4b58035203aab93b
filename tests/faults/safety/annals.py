"""One environment as histories drive it: manifests, a Space, a record on disk, and what may be held against one another."""

import contextlib
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from werkzeug.test import Client

from reconciler.core.consent import Consent
from reconciler.core.errors import UsageError
from reconciler.core.guard import refusals
from reconciler.core.mass_changes import Limits
from reconciler.core.plan_model import Plan
from reconciler.engine import apply as carrying
from reconciler.engine.clock import server_clock
from reconciler.engine.connection import Connection
from reconciler.engine.options import ApplyOptions
from reconciler.engine.partial import Progress
from reconciler.engine.plan import plan_changes
from reconciler.engine.selection import Selection
from reconciler.engine.workspace import Workspace
from reconciler.localspace import Settings, create_space
from reconciler.manifest.load import Loaded, load
from reconciler.space.client import writer
from reconciler.space.target import target
from reconciler.state.backends.local import LocalState
from reconciler.state.record import State
from tests.integration.end_to_end.driver import KINDS, Hours

SECRETS = {name: f"rtmp://{name.lower()}.example/live" for name in ("KA", "KB", "KC")}
VALUES: dict[str, dict[str, list[Any]]] = {
    "Room": {"layout": ["2x2", "3x3", "5x5"], "max_members": [3, 7, 20], "description": ["x", "y"]},
    "Conference": {
        "size": ["small", "medium", "large"],
        "tone_on_entry_and_exit": [True, False],
        "description": ["x", "y"],
    },
}
THEME = {  # so that manifests without any resource are manifests too
    "apiVersion": "reconciler.dev/v1",
    "kind": "Theme",
    "metadata": {"name": "brand"},
    "spec": {"dark": {"primary": "#102030"}},
}
SESSION = Workspace(KINDS, Path(), None, None, None, {}, None, None, None, debug=False)


class Killed(BaseException):
    """Stands for the end of the process."""


class Deadly:
    """A Space that the process does not survive: at its ``last`` write, which takes effect or does not."""

    def __init__(self, space, last, *, committed):
        self.space, self.left, self.committed = space, last, committed

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] != "GET":
            self.left -= 1
            if self.left == 0:
                if self.committed:
                    b"".join(self.space(environ, start_response))
                raise Killed
        return self.space(environ, start_response)


class Seen(NamedTuple):
    """A resource as anybody can see it in the Space."""

    kind: str
    name: str
    fields: dict[str, Any]
    occupied: bool
    streams: dict[str, str]


@dataclass
class Written:
    """A manifest as its author thinks of it. ``streams`` are names of secrets; None declares no list."""

    fields: dict[str, Any] = field(default_factory=dict)
    protect: bool = False
    streams: list[str] | None = None
    renamed: str | None = None

    def document(self, kind: str, name: str) -> dict[str, Any]:
        spec = ({"display_name": "T"} if kind == "Conference" else {}) | self.fields
        spec |= (
            {}
            if self.streams is None
            else {"streams": [{"url": f"${{env:{one}}}"} for one in self.streams]}
        )
        about = (
            {"name": name}
            | ({"protect": True} if self.protect else {})
            | ({"renamedFrom": self.renamed} if self.renamed else {})
        )
        return {"apiVersion": "reconciler.dev/v1", "kind": kind, "metadata": about, "spec": spec}


class Ended(NamedTuple):
    """What became of an apply: it was refused, it went as planned, part of it failed, or the process died."""

    how: str
    plan: Plan | None = None
    loaded: Loaded | None = None
    refused: tuple[Any, ...] = ()


class Environment:
    """The tool on one side, the Space and everybody else on the other."""

    def __init__(self, put: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name, "here.state.json")
        self.space = create_space(":memory:", kinds=KINDS, knobs=Settings(put=put, seed=1))
        self.target = target("local", project="local", token="local")
        self.client = self.writer(self.space)
        self.store = LocalState(self.path, space="local", project="local")
        self.hands = Client(self.space)
        self.manifests: dict[tuple[str, str], Written] = {}

    def close(self) -> None:
        self.client.close()
        self.space.close()
        self.folder.cleanup()

    def writer(self, application):
        return writer(self.target, application=application, clock=Hours().clock)

    def ask(self, method, path, body=None):
        answer = self.hands.open(f"/api/video{path}", method=method, json=body, auth=("p", "t"))
        return answer.status_code, (answer.json if answer.content_length else None)

    def item(self, kind, identifier):
        return f"{KINDS[kind].collection}/{identifier}"

    def look(self) -> dict[str, Seen]:
        """Everything in the Space by id, with nothing of the tool in between."""
        found = {}
        for kind in VALUES:
            for one in self.ask(
                "GET", f"{KINDS[kind].collection}?page_size=1000&include_active_session=true"
            )[1]["data"]:
                streams = self.ask("GET", f"{self.item(kind, one['id'])}/streams")[1]["data"]
                fields = {name: one[name] for name in (*KINDS[kind].attributes, "updated_at")}
                urls = {stream["id"]: stream["url"] for stream in streams}
                found[one["id"]] = Seen(
                    kind, one["name"], fields, bool(one.get("active_session")), urls
                )
        return found

    def files(self) -> dict[str, bytes]:
        return {
            path.name: path.read_bytes()
            for path in self.path.parent.iterdir()
            if path.suffix != ".lock"
        }

    def loaded(self) -> Loaded | None:
        """The manifests as the tool reads them; None where it finds them wrong."""
        documents = [
            one.document(kind, name) for (kind, name), one in sorted(self.manifests.items())
        ]
        text = "\n---\n".join(json.dumps(one) for one in [THEME, *documents])
        found = load(["-"], kinds=KINDS, variables={}, environment=SECRETS, stdin=text.encode)
        return None if any(problem.severity == "error" for problem in found.problems) else found

    def plan(self, loaded: Loaded, state: State, selection: Selection) -> Plan:
        return plan_changes(
            SESSION,
            Connection(self.target, self.client, self.store),
            loaded,
            state,
            selection=selection,
            parallel=1,
        )

    def apply(
        self,
        consent: Consent,
        selection: Selection,
        *,
        every_deletion: bool,
        death: tuple[int, bool] | None,
    ) -> Ended:
        """What ``reconciler apply`` does between its flags and its report."""
        loaded = self.loaded()
        if loaded is None:
            return Ended("invalid")
        with self.store.lock(reason="apply", since="now"):
            try:
                return self._applied(loaded, consent, selection, every_deletion, death)
            except UsageError:  # of a swap of names only one was selected
                return Ended("invalid")

    def _applied(self, loaded, consent, selection, every_deletion, death):
        state = self.store.read()
        plan = self.plan(loaded, state, selection)
        client = (
            self.writer(Deadly(self.space, death[0], committed=death[1])) if death else self.client
        )
        world = Connection(self.target, client, self.store)
        order = ApplyOptions(
            SESSION,
            lambda _world, known: self.plan(loaded, known, selection),
            consent,
            approved=True,
            parallel=1,
            reason="apply",
            selection=selection,
        )
        refused = refusals(plan, Limits(), consent)
        if every_deletion:
            flags = [
                one.consent.split(" ", 1)[1]
                for one in refused
                if one.consent.startswith("--allow-delete")
            ]
            agreed = {kind: int(number) for kind, number in (flag.split("=") for flag in flags)}
            consent = Consent(consent.adopt, consent.allow_live, agreed)
            refused = refusals(plan, Limits(), consent)
        if refused:
            return Ended("refused", plan, loaded, refused)
        if not plan.actions:
            carrying._apply_nothing(order, world, state, plan)
            return Ended("done", plan, loaded)
        if state.serial == 0:
            state = self.store.write(state)
        with contextlib.ExitStack() as stack:
            if death:
                stack.callback(client.close)
            try:
                clock = server_clock(client, order.runtime.clock.wall)
                execution = carrying._Execution(order, world, client, state, plan, clock)
                progress = Progress()
                carrying._execute(execution, progress, stack)
                outcomes = progress.outcomes
            except Killed:
                return Ended("killed", plan, loaded)
        return Ended(
            "done" if {one.status for one in outcomes} <= {"done"} else "partial", plan, loaded
        )
