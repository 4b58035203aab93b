"""One pass of one Space: plan, check, apply, and report the result to the cluster."""

import contextlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.errors import (
    ApiError,
    CredentialsError,
    Incomplete,
    Locked,
    Refused,
    StateError,
)
from reconciler.core.intents import may_appear_late
from reconciler.core.kinds import Kinds
from reconciler.core.mass_changes import Limits
from reconciler.core.plan_model import Outcome
from reconciler.core.resources import Address
from reconciler.engine.resource_facts import facts
from reconciler.engine.site_plan import SitePlan
from reconciler.engine.watch_limits import Agreement
from reconciler.library import connect
from reconciler.manifest.load import Loaded
from reconciler.operator.allowed import Allowed, allowed_part
from reconciler.operator.cluster import Cluster
from reconciler.operator.inputs import Inputs, inputs
from reconciler.operator.last_loaded import LastLoaded
from reconciler.operator.newest import still_newer, with_newest
from reconciler.operator.reporting import Report, Reporter
from reconciler.operator.resources import FINALIZER, Item, Snapshot, SpaceItem
from reconciler.operator.verdicts import Results, by_address
from reconciler.site import Site
from reconciler.state.record import State
from reconciler.state.store import StateStore

_PATCHES_AT_ONCE = 8
_DEADLINE = 120.0
_OpenState = Callable[[SpaceItem, str], StateStore]


@dataclass(frozen=True, slots=True)
class _Credentials:
    """What the Secret of a Space holds."""

    project: str
    token: str = field(repr=False)


@dataclass(slots=True)
class SpaceWorker:
    """All passes of one Space; one at a time. ``open_state`` opens the record of a Space.

    It keeps the connection to the Space, the changes of the last hour, which count towards the
    limits, the ids of what it made, by uid, and the answers to what it wrote to the cluster.
    """

    kinds: Kinds
    open_state: _OpenState
    deadline: float = _DEADLINE
    agreement: Agreement = field(default_factory=lambda: Agreement(time.monotonic))
    ids: dict[str, str] = field(default_factory=dict)
    written: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _site: Site | None = None
    _opened_for: tuple[object, ...] = ()
    _last: LastLoaded = field(init=False)

    def __post_init__(self) -> None:
        self._last = LastLoaded(self.kinds)

    def run(self, snapshot: Snapshot, cluster: Cluster) -> Report:
        """Make one pass. Errors of the Space are in the report; those of the cluster are raised."""
        self.written = still_newer(snapshot, self.written)
        try:
            return self._run(with_newest(snapshot, self.written), cluster)
        finally:
            self.written |= cluster.written

    def _run(self, snapshot: Snapshot, cluster: Cluster) -> Report:
        reporter = Reporter(snapshot, cluster)
        try:
            site = self._connected(snapshot, cluster)
            return self._pass(site, snapshot, cluster, reporter)
        except Locked as error:
            return Report(locked=error.message)
        except Refused as error:  # the record moved since the plan was made
            return Report(locked=error.message)
        except (ApiError, CredentialsError, StateError) as error:
            return reporter.unreachable(error)

    def stop(self) -> None:
        """End the pass that another thread makes, as soon as its requests are answered."""
        if self._site is not None:
            self._site.stop()

    def close(self) -> None:
        """Close the connection to the Space."""
        if self._site is not None:
            self._site.close()
            self._site, self._opened_for = None, ()

    def _connected(self, snapshot: Snapshot, cluster: Cluster) -> Site:
        """Return the connection, a new one if the credentials or the Space's settings changed."""
        space = snapshot.space
        credentials = _credentials(snapshot, cluster)
        wanted = (
            space.host,
            credentials,
            space.parallel,
            space.max_delete_share,
            space.max_delete_count,
        )
        if self._site is None or self._opened_for != wanted:
            self.close()
            self._site = connect(
                space.host,
                project=credentials.project,
                token=credentials.token,
                state=self.open_state(space, credentials.project),
                parallel=space.parallel or 10,
                limits=_limits(space),
                kinds=self.kinds,
            )
            self._opened_for = wanted
        return self._site

    def _pass(self, site: Site, snapshot: Snapshot, cluster: Cluster, reporter: Reporter) -> Report:
        state = site.connection.state.read()
        wanted = inputs(
            snapshot,
            state.resources,
            kinds=self.kinds,
            read_secret=_reader(cluster, snapshot.space.metadata.namespace),
            intended={address for address, child in state.intents if not child},
            known_ids=self.ids,
        )
        loaded = self._last.of(wanted.values)
        with contextlib.ExitStack() as steps:
            known: State | None = state
            if wanted.protection or wanted.forget:
                steps.enter_context(site.locked(reason="operator"))
                site.set_protection(wanted.protection)
                site.forget(wanted.forget)
                known = None
            reporter.freed = frozenset(
                uid for uid, held in wanted.held.items() if held in wanted.forget
            )
            reporter.freed |= wanted.released
            plan = site.plan(loaded, delete=wanted.delete, state=known, timeout=self.deadline)
            allowed = self._allowed(site, plan, wanted, snapshot, cluster)
            if allowed.plan.has_effect:  # to wait for a lock takes nothing of the deadline
                steps.enter_context(site.locked(reason="operator"))
            outcomes, error = self._applied(site, allowed, snapshot, cluster)
        results = _results(wanted, loaded, plan, allowed, outcomes, error)
        after = site.connection.state.read() if plan.has_effect else plan.state
        seen = facts(after, plan.live, plan, outcomes)
        # A room may be renamed before the status with its id comes back from the cluster.
        self.ids = {
            item.metadata.uid: seen[item.address].id
            for item in snapshot.items
            if item.address in seen and wanted.claims.owns(item, item.address)
        }
        return reporter.report(results, seen, _late(after, wanted))

    def _allowed(
        self, site: Site, plan: SitePlan, wanted: Inputs, snapshot: Snapshot, cluster: Cluster
    ) -> Allowed:
        """Leave out what is refused, and what takes no finalizer: it is not made then."""
        recent = self.agreement.recent
        allowed = allowed_part(
            plan,
            wanted,
            snapshot.space,
            lambda some, consent: site.refusals(some, consent=consent, recent=recent),
        )
        lost = _add_finalizers(allowed.plan, wanted, snapshot, cluster)
        return allowed._replace(plan=allowed.plan.without(lost)) if lost else allowed

    def _applied(
        self, site: Site, allowed: Allowed, snapshot: Snapshot, cluster: Cluster
    ) -> tuple[tuple[Outcome, ...], str]:
        """Carry the plan out. Returns the outcomes, and why it ended early ('' if it did not)."""
        if not allowed.plan.has_effect:
            return (), ""
        error = ""
        for annotation in allowed.used:  # before: a consent is used up once
            cluster.remove_annotation(snapshot.space.metadata, annotation)
        try:
            outcomes = site.apply(
                allowed.plan,
                consent=allowed.consent,
                recent=self.agreement.recent,
                timeout=self.deadline,
            )
        except Incomplete as partly:
            outcomes, error = partly.outcomes, partly.message
        self.agreement.note(outcomes)
        return outcomes, error


def _credentials(snapshot: Snapshot, cluster: Cluster) -> _Credentials:
    space = snapshot.space
    found = cluster.secret(space.metadata.namespace, space.secret)
    if found is None:
        raise CredentialsError(f"the Secret {space.secret!r} is not there", hint="create it")
    metadata, texts = found
    missing = [key for key in ("project_id", "api_token") if not texts.get(key)]
    if missing:
        raise CredentialsError(f"the Secret {space.secret!r} has no {' and no '.join(missing)}")
    # Both must outlive the resources: deleting a namespace takes Secrets early, and kopf takes its
    # own finalizer off a Space that was deleted while no operator ran.
    for one in (space.metadata, metadata):
        if FINALIZER not in one.finalizers and not one.deleting:
            cluster.set_finalizer(one, present=True)
    return _Credentials(texts["project_id"], texts["api_token"])


def _reader(cluster: Cluster, namespace: str) -> Callable[[str, str], str | None]:
    """Return a function that reads a value of a Secret; each Secret is read once in a pass."""
    known: dict[str, dict[str, str]] = {}

    def read(name: str, key: str) -> str | None:
        if name not in known:
            found = cluster.secret(namespace, name) if name else None
            known[name] = found[1] if found else {}
        return known[name].get(key)

    return read


def _limits(space: SpaceItem) -> Limits:
    default = Limits()
    share, number = space.max_delete_share, space.max_delete_count
    return Limits(
        default.max_delete_share if share is None else share,
        default.max_delete_count if number is None else number,
    )


def _needs_finalizer(plan: SitePlan, wanted: Inputs, item: Item) -> bool:
    if item.metadata.deleting or item.observed or item.has_finalizer:
        return False
    if item.metadata.title not in wanted.values or item.metadata.uid in wanted.claims.losers:
        return False
    acted = any(action.address == item.address for action in plan.actions)
    return acted or item.address in plan.state.resources


def _add_finalizers(
    plan: SitePlan, wanted: Inputs, snapshot: Snapshot, cluster: Cluster
) -> set[Address]:
    """Put our finalizer on all that is about to be made or is managed. Returns those without."""
    needing = [item for item in snapshot.items if _needs_finalizer(plan, wanted, item)]
    if not needing:
        return set()

    def add(item: Item) -> bool:
        return cluster.set_finalizer(item.metadata, present=True)

    with ThreadPoolExecutor(_PATCHES_AT_ONCE) as pool:
        return {
            item.address
            for item, added in zip(needing, pool.map(add, needing), strict=True)
            if not added
        }


def _results(
    wanted: Inputs,
    loaded: Loaded,
    plan: SitePlan,
    allowed: Allowed,
    outcomes: tuple[Outcome, ...],
    error: str,
) -> Results:
    return Results(
        wanted,
        plan,
        allowed.refusals,
        outcomes,
        allowed.left,
        loaded.problems,
        error,
        by_address(plan.actions),
    )


def _late(state: State, wanted: Inputs) -> frozenset[Address]:
    """Return marked addresses that a lost request may still create."""
    moment = datetime.now(UTC)
    return frozenset(
        address
        for (address, child), intent in state.intents.items()
        if address in wanted.delete and not child and may_appear_late(intent, moment)
    )
