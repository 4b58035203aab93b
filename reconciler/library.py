"""For programs that embed the tool: load, observe, plan, apply, as typed functions that print nothing and raise what goes wrong."""

import contextlib
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from wsgiref.types import WSGIApplication

from reconciler import catalog
from reconciler.cli.audience import Shown
from reconciler.cli.carrying import Order, carried_out
from reconciler.cli.looking import look_around
from reconciler.cli.pipeline import plan_of
from reconciler.cli.selecting import Selection
from reconciler.cli.session import Session
from reconciler.cli.worlds import World
from reconciler.core.declared import Address
from reconciler.core.errors import ManifestError
from reconciler.core.guard import Consent
from reconciler.core.kinds import resources
from reconciler.core.model import Action, Live, Outcome, Plan
from reconciler.manifest import Loaded
from reconciler.manifest import load as load_paths
from reconciler.reports import drifted_part
from reconciler.space import Writer, target, writer
from reconciler.state import LocalState, State, StateStore

NO_CONSENT = Consent()


def load(paths: Sequence[str | os.PathLike[str]], *, variables: Mapping[str, str] | None = None) -> Loaded:
    """What the manifests at ``paths`` declare. ``${env:NAME}`` comes from the process environment, ``${var:NAME}`` from ``variables``.

    ManifestError holds every problem, with its place; warnings are in ``problems`` of what is returned.
    """
    found = load_paths([os.fspath(path) for path in paths], kinds=catalog.kinds(), variables=variables or {}, environment=os.environ)
    if any(problem.severity == "error" for problem in found.problems):
        raise ManifestError(found.problems)
    return found


class _Quiet:
    """An audience that says nothing, and remembers what became of each action."""

    def __init__(self) -> None:
        self.outcomes: tuple[Outcome, ...] = ()

    def out(self, text: str) -> None:
        """Nobody reads it."""

    def wait(self, text: str) -> None:
        """Nobody wonders."""

    def can_ask(self) -> bool:
        """Nobody can be asked."""
        return False

    def confirmed(self, question: str) -> bool:  # noqa: ARG002  # what every audience is asked
        """Nobody says yes."""
        return False

    def begun(self, action: Action) -> None:
        """Nobody watches."""

    def ended(self, outcomes: Sequence[Outcome]) -> None:
        """What ``apply`` returns."""
        self.outcomes = tuple(outcomes)

    @contextlib.contextmanager
    def progress(self, total: int, *, brief: bool = False) -> Iterator[Shown]:  # noqa: ARG002  # what every audience is told
        """Nobody watches."""
        yield lambda outcome: None  # noqa: ARG005


@contextlib.contextmanager
def _never(_hurry: Callable[[], None]) -> Iterator[threading.Event]:
    """The embedding program's signals are its own."""
    yield threading.Event()


@dataclass(slots=True)
class Site:
    """One Space, and the record of what was applied to it; made by ``connect``. Close it, or use it in a ``with``."""

    world: World
    client: Writer
    session: Session
    parallel: int

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give up all connections."""
        self.client.close()

    def observe(self, manifests: Loaded | None = None) -> tuple[Live, ...]:
        """What the Space has, with streams where they are declared in ``manifests`` or recorded. Raises an ApiError."""
        desired = manifests.desired if manifests else ()
        state = self.world.state.read()
        kinds = [kind.name for kind in resources(self.session.kinds)]
        return look_around(
            self.client,
            self.session.kinds,
            desired=desired,
            applied=state.resources,
            parallel=self.parallel,
            needed=kinds,
        )

    def plan(self, manifests: Loaded, *, prune: bool = True, only: Collection[str] = ()) -> Plan:
        """What ``apply`` would do; nothing is written. ``only`` names resources (``Room/lobby``), all by default."""
        return self._planned(manifests, self.world.state.read(), Selection(tuple(only), prune=prune))

    def drift(self, manifests: Loaded) -> Plan:
        """The part of the plan that somebody outside caused."""
        return drifted_part(self.plan(manifests))

    def apply(
        self, manifests: Loaded, *, consent: Consent = NO_CONSENT, prune: bool = True, only: Collection[str] = ()
    ) -> tuple[Outcome, ...]:
        """Make the Space what ``manifests`` say, under the lock and with the journal, and look once more whether it has settled.

        Refused says what needs ``consent``, and nothing was written; Incomplete that part of it was not done or has not
        settled (its ``outcomes`` tell which), and running again finishes it. StateError and ApiError as everywhere.
        """
        selection = Selection(tuple(only), prune=prune)
        quiet = _Quiet()
        touched: set[Address] = set()

        def planned(_: World, state: State) -> Plan:
            made = self._planned(manifests, state, selection, known=touched)
            touched.update(action.address for action in made.actions)
            return made

        order = Order(
            self.session,
            planned,
            consent,
            form="json",  # nobody reads it, and a refusal says its reasons itself where no plan is printed
            yes=True,
            parallel=self.parallel,
            reason="apply",
            selection=selection,
            audience=quiet,
            stopping=_never,
        )
        carried_out(order, self.world, self.client)
        return quiet.outcomes

    def _planned(self, manifests: Loaded, state: State, selection: Selection, *, known: Collection[Address] = ()) -> Plan:
        return plan_of(self.session, self.world, manifests, state, selection=selection, parallel=self.parallel, known=known)


def connect(  # where, as whom, and what is remembered
    space: str,
    *,
    project: str,
    token: str,
    state: str | os.PathLike[str] | StateStore,
    parallel: int = 10,
    application: WSGIApplication | None = None,
) -> Site:
    """The Space at ``space`` (``example.signalwire.com``, or a loopback ``HOST:PORT``), and ``state``: the record's file, or a store.

    ``application`` is an embedded Space (``space`` is ``local`` then). CredentialsError where something cannot be.
    """
    where = target(space, project=project, token=token)
    store = state if not isinstance(state, str | os.PathLike) else LocalState(Path(state), space=where.space, project=where.project)
    client = writer(where, application=application, parallel=parallel)
    session = Session(catalog.kinds(), Path.cwd(), None, None, None, {}, space, project, None, debug=False)
    return Site(World(where, client, store), client, session, parallel)


__all__ = ["Address", "Consent", "Live", "Loaded", "Outcome", "Plan", "Site", "connect", "load"]
