"""What an apply does, without the command line: load, look, plan, carry out, keep the record; against a local Space."""

import itertools
import threading
from dataclasses import dataclass, field

from reconciler import catalog
from reconciler.core.kinds import resources
from reconciler.core.plan import make_plan
from reconciler.core.plan_model import Action, Outcome, Plan
from reconciler.core.resources import Address, Desired, Live
from reconciler.engine.refresh import refresh
from reconciler.executor.context import ExecutionContext
from reconciler.executor.results import Result
from reconciler.executor.scheduler import run
from reconciler.localspace import Settings, create_space
from reconciler.manifest.load import load
from reconciler.space.client import writer
from reconciler.space.clock import Clock
from reconciler.space.target import target
from reconciler.state.decode import decode_state
from reconciler.state.record import Entry, State, encode_state, new_state
from tests.commands.words import out_of_envelope

KINDS = catalog.kinds()


@dataclass
class Hours:
    """A clock that only sleeping moves: repeats cost no time."""

    now: float = 1000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.now, self.sleep, lambda: 0.5)


def print_nothing(_: Result) -> None:
    """What is called for each result where a test does not care."""


@dataclass
class Site:
    """One local Space, a client of it, and the state that goes with it."""

    knobs: Settings = field(default_factory=Settings)
    kinds: dict = field(default_factory=lambda: KINDS)
    parallel: int = 4

    def __post_init__(self):
        self.space = create_space(":memory:", kinds=self.kinds, knobs=self.knobs)
        self.target = target("local", project="local", token="local")
        self.client = writer(self.target, application=self.space, clock=Hours().clock)
        self.state: State = new_state("local", "local")
        self.noted: list[Result] = []
        self.stop = threading.Event()

    def writing_to(self, application):
        """A client of another application, such as one that changes what the Space answers."""
        return writer(self.target, application=application, clock=Hours().clock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()
        self.space.close()

    def declared(self, text: str, /, **environment: str) -> tuple[Desired, ...]:
        loaded = load(
            ["-"], kinds=self.kinds, variables={}, environment=environment, stdin=text.encode
        )
        assert [str(problem) for problem in loaded.problems if problem.severity == "error"] == []
        return loaded.desired

    def look(self, desired=()) -> tuple[Live, ...]:
        return refresh(
            self.client,
            self.kinds,
            desired=desired,
            applied=self.state.resources,
            parallel=self.parallel,
        )

    def plan(self, desired) -> Plan:
        live = self.look(desired)
        return make_plan(
            desired,
            self.state.resources,
            live,
            kinds=self.kinds,
            key=self.state.key,
            space="local",
            project="local",
        )

    def carry(
        self, plan: Plan, *, parallel=None, allow_live=frozenset(), on_result=print_nothing
    ) -> list[Outcome]:
        """Carry the plan out; the outcomes in the order of the plan. The state follows, by way of its own text."""
        lock = threading.Lock()

        def noted(result: Result) -> None:
            with lock:
                self.noted.append(result)
                self.state = self.state.with_entries(Entry(result.record, result.gone))
            on_result(result)

        tools = ExecutionContext(self.client, self.kinds, self.state.key, allow_live=allow_live)
        results = list(
            run(plan, tools, parallel=parallel or self.parallel, stop=self.stop, on_result=noted)
        )
        self.state = self.state.with_entries(
            *map(Entry, plan.record_updates),
            *(Entry(removed=record) for record in plan.record_removals),
        )
        assert decode_state(encode_state(self.state), where="here") == self.state
        spots = {id(action): spot for spot, action in enumerate(plan.actions)}
        return sorted(
            (result.outcome for result in results), key=lambda outcome: spots[id(outcome.action)]
        )

    def apply(self, desired, **options) -> list[Outcome]:
        return self.carry(self.plan(desired), **options)

    def give(self, text: str, /, **environment: str) -> tuple[Desired, ...]:
        """Apply the manifests in ``text``, which must go through whole."""
        desired = self.declared(text, **environment)
        assert statuses(self.apply(desired)).keys() <= {"done"}
        assert self.plan(desired).actions == ()
        return desired

    def listed(self, kind: str) -> list[dict]:
        """The resources as the Space shows them, in the API's own words, out of any envelope."""
        own = self.kinds[kind]
        pages = self.client.pages(own.collection, page_size=own.page_size)
        return [out_of_envelope(own, found) for page in pages for found in page]

    def fetch(self, kind: str, name: str) -> dict:
        return next(found for found in self.listed(kind) if found["name"] == name)

    def names(self, kind: str) -> list[str]:
        return sorted(found["name"] for found in self.listed(kind))

    def streams(self, kind: str, name: str) -> list[str]:
        if not self.kinds[kind].children:
            return []
        path = f"{self.kinds[kind].collection}/{self.fetch(kind, name)['id']}/streams"
        return [found["url"] for page in self.client.pages(path, page_size=None) for found in page]

    def outside(self, kind: str, name: str, /, **fields) -> dict:
        """Change a resource behind the tool's back."""
        found = self.fetch(kind, name)
        body = demanded(self.kinds[kind], found) | fields
        answer = self.client.put(f"{self.kinds[kind].collection}/{found['id']}", body)
        return out_of_envelope(self.kinds[kind], answer)

    def sent(self, since: int = 0) -> list[tuple]:
        """The writes that the Space received from there on, as (method, path, body)."""
        return [
            (one.method, one.path.removeprefix("/api/video"), one.body)
            for one in self.space.requests[since:]
            if one.method != "GET"
        ]

    @property
    def mark(self) -> int:
        return len(self.space.requests)


def statuses(outcomes) -> dict[str, list[str]]:
    """``{"done": ["Room/a"], …}``"""
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.status, []).append(str(outcome.action.address))
    return found


def room(name: str, spec: str = "", **metadata) -> str:
    """The manifest of a Room; ``spec`` is the inside of a flow mapping."""
    return manifest("Room", name, spec, **metadata)


def hall(name: str, spec: str = "", **metadata) -> str:
    """The manifest of a Conference with a display name."""
    return manifest(
        "Conference",
        name,
        f"display_name: Hall, {spec}" if "display_name" not in spec else spec,
        **metadata,
    )


def fabric(name: str, spec: str = "", **metadata) -> str:
    """The manifest of a room of the Fabric API."""
    return manifest("ConferenceRoom", name, spec, **metadata)


DECLARED = {"Room": room, "Conference": hall, "ConferenceRoom": fabric}
RESOURCES = [kind.name for kind in resources(KINDS)]
PATHS = {kind.name: kind.collection for kind in resources(KINDS)}


def demanded(kind, found: dict) -> dict:
    """What every update of the kind must have, as it is or as the API takes it."""
    return {field: found[field] for field in kind.required} | {
        field: value if found[field] is None else found[field]
        for field, value in kind.required_on_update.items()
    }


def created(kind) -> dict:
    """What every creation of the kind must have besides a name."""
    return dict.fromkeys(kind.required, "Hall") | dict(kind.required_on_create)


def manifest(kind: str, name: str, spec: str = "", **metadata) -> str:
    more = "".join(f", {key}: {value}" for key, value in metadata.items())
    return f"---\napiVersion: reconciler.dev/v1\nkind: {kind}\nmetadata: {{name: {name}{more}}}\nspec: {{{spec}}}\n"


def verbs(plan: Plan) -> list[tuple[str, str]]:
    return [(action.action, str(action.address)) for action in plan.actions]


def flat(pairs) -> list:
    return list(itertools.chain.from_iterable(pairs))


__all__ = [
    "DECLARED",
    "KINDS",
    "PATHS",
    "RESOURCES",
    "Action",
    "Address",
    "Site",
    "created",
    "demanded",
    "fabric",
    "flat",
    "hall",
    "manifest",
    "room",
    "statuses",
    "verbs",
]
