"""Typed functions for programs: load, observe, plan, apply, drift, watch. They print nothing."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from wsgiref.types import WSGIApplication

from reconciler import catalog
from reconciler.core.consent import Consent
from reconciler.core.drift import drifted_part
from reconciler.core.errors import Interrupted, ManifestError, ReconcilerError
from reconciler.core.kinds import resources
from reconciler.core.plan_model import Outcome, Plan
from reconciler.core.resources import Address, Live
from reconciler.engine.apply import apply_connected
from reconciler.engine.connection import Connection
from reconciler.engine.facts import known_facts
from reconciler.engine.options import ApplyOptions
from reconciler.engine.plan import plan_changes
from reconciler.engine.refresh import refresh
from reconciler.engine.runtime import Runtime, Stop
from reconciler.engine.selection import Selection
from reconciler.engine.watch import Watch
from reconciler.engine.workspace import Workspace
from reconciler.manifest.load import Loaded
from reconciler.manifest.load import load as load_paths
from reconciler.space.client import Writer, writer
from reconciler.space.target import target
from reconciler.state.backends.local import LocalState
from reconciler.state.record import State
from reconciler.state.store import StateStore

NO_CONSENT = Consent()


def load(
    paths: Sequence[str | os.PathLike[str]], *, variables: Mapping[str, str] | None = None
) -> Loaded:
    """Load the manifests at ``paths``.

    ``${env:NAME}`` is read from the process environment, ``${var:NAME}`` from ``variables``.
    ManifestError holds every problem; warnings are in ``problems`` of the result.
    """
    found = load_paths(
        [os.fspath(path) for path in paths],
        kinds=catalog.kinds(),
        variables=variables or {},
        environment=os.environ,
    )
    if any(problem.severity == "error" for problem in found.problems):
        raise ManifestError(found.problems)
    return found


@dataclass(slots=True)
class Site:
    """One Space and its state, from ``connect``. Close it, or use it in a ``with``."""

    connection: Connection
    client: Writer
    workspace: Workspace
    parallel: int
    stopping: Stop

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.client.close()

    def observe(self, manifests: Loaded | None = None) -> tuple[Live, ...]:
        """Read the Space, with sub-resources where declared or recorded. Raises an ApiError."""
        desired = manifests.desired if manifests else ()
        state = self.connection.state.read()
        return refresh(
            self.client,
            self.workspace.kinds,
            desired=desired,
            applied=state.resources,
            parallel=self.parallel,
            needed=[kind.name for kind in resources(self.workspace.kinds)],
        )

    def plan(self, manifests: Loaded, *, prune: bool = True, only: Collection[str] = ()) -> Plan:
        """Return what ``apply`` would do; writes nothing. ``only`` names resources."""
        return self._planned(
            manifests, self.connection.state.read(), Selection(tuple(only), prune=prune)
        )

    def drift(self, manifests: Loaded) -> Plan:
        """Return the part of the plan that was caused outside."""
        return drifted_part(self.plan(manifests))

    def apply(
        self,
        manifests: Loaded,
        *,
        consent: Consent = NO_CONSENT,
        prune: bool = True,
        only: Collection[str] = (),
    ) -> tuple[Outcome, ...]:
        """Apply ``manifests`` under the lock and the journal, and check that the Space has settled.

        Refused: needs ``consent``, nothing was written. Incomplete: part was not done or has not
        settled (see its ``outcomes``); another run finishes it. Also StateError and ApiError.
        """
        selection = Selection(tuple(only), prune=prune)
        touched: set[Address] = set()

        def planned(_: Connection, state: State) -> Plan:
            plan = self._planned(manifests, state, selection, known=touched)
            touched.update(action.address for action in plan.actions)
            return plan

        options = ApplyOptions(
            self.workspace,
            planned,
            consent,
            approved=True,
            parallel=self.parallel,
            selection=selection,
        )
        return apply_connected(options, self.connection, self.client).outcomes

    def watch(
        self, load: Callable[[], Loaded], *, interval: float = 300.0, apply: bool = False
    ) -> Iterator[Plan | ReconcilerError]:
        """Yield a plan, or the error, every ``interval`` seconds until ``stop``.

        ``load`` loads the manifests for each look. With ``apply`` each plan is carried out;
        what needs consent is refused, and a deletion waits until two looks agree on it.
        """
        watch = Watch(self.workspace, load, apply=apply, connected=(self.connection, self.client))
        while not self.stopping.is_set():
            try:
                yield watch.look()
            except Interrupted:
                return
            except ReconcilerError as error:
                yield error
            self.stopping.wait(interval)

    def stop(self) -> None:
        """Stop the apply or watch that another thread runs, and every later one.

        Requests in flight are finished and recorded, nothing new starts, and ``apply`` raises
        Interrupted.
        """
        self.stopping.set()

    def _planned(
        self,
        manifests: Loaded,
        state: State,
        selection: Selection,
        *,
        known: Collection[Address] = (),
    ) -> Plan:
        return plan_changes(
            self.workspace,
            self.connection,
            manifests,
            state,
            selection=selection,
            parallel=self.parallel,
            known=known,
        )


def connect(
    space: str,
    *,
    project: str,
    token: str,
    state: str | os.PathLike[str] | StateStore,
    parallel: int = 10,
    application: WSGIApplication | None = None,
) -> Site:
    """Open the Space at ``space`` (``example.signalwire.com``, or a loopback ``HOST:PORT``).

    ``state`` is a file or a store. ``application`` is an embedded Space (``space`` is ``local``
    then). CredentialsError for unusable settings.
    """
    where = target(space, project=project, token=token)
    store = (
        state
        if not isinstance(state, str | os.PathLike)
        else LocalState(Path(state), space=where.space, project=where.project)
    )
    client = writer(where, application=application, parallel=parallel)
    stop = Stop()
    workspace = Workspace(
        catalog.kinds(),
        Path.cwd(),
        None,
        None,
        None,
        {},
        space,
        project,
        None,
        debug=False,
        runtime=Runtime(while_writing=stop.while_writing),
    )
    return Site(
        Connection(where, client, store, facts=known_facts(workspace, where)),
        client,
        workspace,
        parallel,
        stop,
    )


__all__ = ["Address", "Consent", "Live", "Loaded", "Outcome", "Plan", "Site", "connect", "load"]
