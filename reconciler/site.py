"""One Space and its state, for programs: plan, apply, delete, forget, facts, watch."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Self

from reconciler.core.consent import Consent
from reconciler.core.deferred_dataclass import dataclass, replace
from reconciler.core.errors import ApiError, Interrupted, ReconcilerError, UsageError
from reconciler.core.guard import refusals
from reconciler.core.kinds import resources
from reconciler.core.mass_changes import RecentChanges
from reconciler.core.plan_model import Outcome, Plan
from reconciler.core.refusal import Refusal
from reconciler.core.resources import Address, Live
from reconciler.engine import record_steps
from reconciler.engine.clock import now
from reconciler.engine.connection import Connection
from reconciler.engine.drift import find_drift
from reconciler.engine.plan import plan_with_live
from reconciler.engine.refresh import refresh
from reconciler.engine.resource_facts import Fact, facts
from reconciler.engine.runtime import Stop
from reconciler.engine.selection import Selection, address_of
from reconciler.engine.site_apply import Run, apply_loaded, apply_plan
from reconciler.engine.site_plan import SitePlan, site_plan
from reconciler.engine.watch import Watch
from reconciler.engine.workspace import Workspace, limits
from reconciler.manifest.load import Loaded
from reconciler.space.client import Writer
from reconciler.state.held import HeldState
from reconciler.state.record import State

_NO_CONSENT = Consent()
_NOTHING_RECENT = RecentChanges()
_NOTHING = Loaded((), {}, (), ())

_Named = Collection[Address | str]


@dataclass(slots=True)
class Site:
    """One Space and its state, from ``connect``. Close it, or use it in a ``with``.

    Timeouts are in seconds and cover all requests of a call; what does not end in time raises
    Unreachable, or Incomplete once something was written.
    """

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
        self.client.hidden.declare(desired, manifests.fragments.values() if manifests else ())
        state = self.connection.state.read()
        return refresh(
            self.client,
            self.workspace.kinds,
            desired=desired,
            applied=state.resources,
            parallel=self.parallel,
            needed=[kind.name for kind in resources(self.workspace.kinds)],
        )

    def plan(
        self,
        manifests: Loaded,
        *,
        prune: bool = True,
        only: Collection[str] = (),
        delete: _Named | None = None,
        state: State | None = None,
        timeout: float | None = None,
    ) -> SitePlan:
        """Return what ``apply`` would do; writes nothing. ``only`` names resources.

        With ``delete``, exactly these managed resources are deleted, and none because it is not
        declared. ``state`` is the record if it was just read. ApiError, StateError; Interrupted
        after ``stop``.
        """
        selection = Selection(tuple(only), prune=prune)
        exactly = None if delete is None else self._addresses(delete)
        with self._limited(timeout):
            state = state or self.connection.state.read()
            plan, live = plan_with_live(
                self.workspace,
                self.connection,
                manifests,
                state,
                selection=selection,
                parallel=self.parallel,
                delete=exactly,
            )
        return site_plan(
            plan, state=state, live=live, loaded=manifests, selection=selection, delete=exactly
        )

    def drift(self, manifests: Loaded) -> Plan:
        """Return the part of the plan that was caused outside.

        StateError if resources are declared and none is recorded.
        """
        plan = self.plan(manifests)
        return find_drift(
            plan,
            manifests.desired,
            plan.state,
            workspace=self.workspace,
            place=self.connection.state.place,
            first="apply",
        )

    def refusals(
        self, plan: Plan, *, consent: Consent = _NO_CONSENT, recent: RecentChanges = _NOTHING_RECENT
    ) -> tuple[Refusal, ...]:
        """Return what ``apply`` would refuse in ``plan``: rule, addresses, problem and fix of each.

        ``recent`` has the changes of earlier runs that count towards the limits.
        """
        allowed = replace(limits(self.workspace), recent=recent)
        return refusals(plan, allowed, consent)

    def apply(
        self,
        wanted: Loaded | SitePlan,
        *,
        consent: Consent = _NO_CONSENT,
        prune: bool = True,
        only: Collection[str] = (),
        recent: RecentChanges = _NOTHING_RECENT,
        timeout: float | None = None,
    ) -> tuple[Outcome, ...]:
        """Apply manifests, or exactly a plan of this Site, under the lock and the journal.

        A plan carries its own ``prune`` and ``only``; ``plan.without(addresses)`` leaves actions
        out. It is Refused if the record changed since; each action reads its resource again.
        Afterwards the Space is read to see that all has settled.

        Refused: needs ``consent``, nothing was written. Incomplete: part was not done or has not
        settled (see its ``outcomes``); another run finishes it. Also StateError and ApiError.
        """
        run = self._run(consent, recent)
        with self._limited(timeout):
            if isinstance(wanted, SitePlan):
                return apply_plan(run, wanted)
            return apply_loaded(run, wanted, Selection(tuple(only), prune=prune))

    def delete(
        self,
        resources: _Named,
        *,
        consent: Consent = _NO_CONSENT,
        recent: RecentChanges = _NOTHING_RECENT,
        timeout: float | None = None,
    ) -> tuple[Outcome, ...]:
        """Delete exactly these from the Space, under the lock; what is not managed is not changed.

        Refused and Incomplete as ``apply``: protection, live sessions and limits hold.
        """
        run, exactly = self._run(consent, recent), self._addresses(resources)
        with self._limited(timeout):
            return apply_loaded(run, _NOTHING, Selection(), delete=exactly)

    def forget(self, resources: _Named) -> tuple[Address, ...]:
        """Forget exactly these, under the lock: they stay in the Space, and are not managed.

        Returns those that were managed.
        """
        wanted = self._addresses(resources)
        return record_steps.forget(self.connection.state, wanted, reason="forget")

    def set_protection(self, protect: Mapping[Address, bool]) -> tuple[Address, ...]:
        """Record the protection of exactly these, under the lock. Returns those that changed."""
        return record_steps.set_protection(self.connection.state, protect, reason="protect")

    def facts(self, plan: SitePlan, outcomes: Sequence[Outcome] = ()) -> Mapping[Address, Fact]:
        """Return what is known of each managed resource after ``plan``, or after its ``outcomes``."""
        state = self.connection.state.read() if outcomes or plan.has_effect else plan.state
        return facts(state, plan.live, plan, outcomes)

    def locked(self, *, reason: str = "several steps") -> AbstractContextManager[None]:
        """Keep the lock over the steps within, for the thread that enters. Raises Locked."""
        state = self.connection.state
        assert isinstance(state, HeldState)  # connect wraps every store
        return state.keep(reason=reason, since=now())

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
        """Stop the plan, apply or watch that another thread runs, and every later one.

        Requests in flight are finished and recorded, nothing new starts, and the call raises
        Interrupted.
        """
        self.stopping.set()

    def _run(self, consent: Consent, recent: RecentChanges) -> Run:
        return Run(self.workspace, self.connection, self.client, consent, self.parallel, recent)

    def _addresses(self, named: _Named) -> frozenset[Address]:
        """Parse ``Room/a``. UsageError for an unknown kind, and for a single text."""
        if isinstance(named, str):
            raise UsageError(f"{named!r}: resources are a list, such as ['Room/a']")
        kinds = self.workspace.kinds
        return frozenset(
            one if isinstance(one, Address) else address_of(one, kinds) for one in named
        )

    @contextmanager
    def _limited(self, timeout: float | None) -> Iterator[None]:
        """Limit the time of all requests within, and let ``stop`` end them."""
        time_limit = nullcontext() if timeout is None else self.client.time_limit(timeout)
        with self.stopping.while_writing(self.client.cancel), time_limit:
            try:
                yield
            except ApiError as error:
                if not self.stopping.is_set():
                    raise
                raise Interrupted("stopped; nothing was written") from error
