"""Reports what a pass found to the cluster: status, conditions, Events, finalizers to remove."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, field, replace
from reconciler.core.errors import (
    CredentialsError,
    RateLimited,
    ReconcilerError,
    StateError,
    Unauthorized,
)
from reconciler.core.plan_model import Outcome
from reconciler.core.resources import Address
from reconciler.engine.clock import now
from reconciler.engine.resource_facts import Fact
from reconciler.operator.cluster import Cluster
from reconciler.operator.conditions import (
    Stand,
    Verdict,
    conditions,
    difference,
    drift_rows,
    status_of,
)
from reconciler.operator.events import Note, changed_outside, of_verdict
from reconciler.operator.resources import Item, Metadata, Snapshot
from reconciler.operator.verdicts import Results, verdict_of

_WRITES_AT_ONCE = 8
_Step = Callable[[], bool]  # writes to the cluster; whether its item may be gone afterwards


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a pass. ``locked`` and ``error`` say why it was not made, '' if it was.

    ``left`` is the number of resources that still need the Space.
    """

    locked: str = ""
    error: str = ""
    left: int = 0
    managed: int = 0
    drifted: int = 0
    unmanaged: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    refused: int = 0


def fact_of(results: Results, known: Mapping[Address, Fact], item: Item) -> Fact | None:
    """Return what is known of an item's own resource; None if it has none.

    Of one that is only observed and not managed, it is what was seen in the Space.
    """
    claims, uid = results.inputs.claims, item.metadata.uid
    recorded = claims.recorded.get(uid)
    if uid in claims.losers:
        # Its own resource, unless the owner of that name took it over.
        return known.get(recorded) if recorded and recorded not in claims.owners else None
    found = known.get(item.address) or (known.get(recorded) if recorded else None)
    if found is not None or not item.observed:
        return found
    action = results.by_address.get(item.address)
    if action is None or not action.id:
        return None
    changes = tuple(replace(change, origin="drift") for change in action.changes)
    name = action.live_name or item.address.name
    return Fact(item.address, action.id, name, pending=changes, session=action.session)


def is_finished(
    results: Results,
    known: Mapping[Address, Fact],
    late: Collection[Address],
    item: Item,
) -> bool:
    """Whether nothing of a marked item is left to be done, so that it may go."""
    if not item.metadata.deleting:
        return False
    held = results.inputs.held.get(item.metadata.uid)
    if held is None:
        return True
    done = held in results.inputs.delete or held in results.inputs.forget
    return done and held not in known and held not in late


def _corrections(results: Results, address: Address) -> Note | None:
    """Return the Event of what was restored in this pass."""
    for outcome in results.outcomes:
        if outcome.action.address == address and outcome.status == "done":
            drifted = (one for one in outcome.action.changes if one.origin in ("drift", "conflict"))
            return changed_outside(drifted, corrected=True)
    return None


def _counted(outcomes: Collection[Outcome]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for outcome in outcomes:
        key = outcome.action.action if outcome.status == "done" else outcome.status
        counts[key] = counts.get(key, 0) + 1
    return counts


def _reason_of(error: ReconcilerError) -> str:
    if isinstance(error, CredentialsError):
        return "CredentialsMissing"
    if isinstance(error, StateError):
        return "RecordUnusable"
    if isinstance(error, Unauthorized):
        return "Unauthorized"
    return "RateLimited" if isinstance(error, RateLimited) else "Unreachable"


def _notes(
    item: Item, verdict: Verdict, fact: Fact | None, corrected: Note | None
) -> tuple[Note, ...]:
    """Return the Events about an item."""
    rows = drift_rows(fact.drift) if fact else []
    reported = None
    if fact is not None and rows and rows != item.status.get("drift"):
        reported = changed_outside(fact.drift, corrected=False)
    found = (corrected, reported, of_verdict(verdict, item.status))
    return tuple(note for note in found if note is not None)


def _taken(steps: Collection[_Step]) -> int:
    """Take steps that write to the cluster, several at a time. Returns how many say yes."""
    if not steps:  # as in most passes, which then need no threads
        return 0
    with ThreadPoolExecutor(_WRITES_AT_ONCE) as pool:
        return sum(pool.map(_take, steps))


def _take(step: _Step) -> bool:
    return step()


@dataclass(slots=True)
class Reporter:
    """Writes what differs, and nothing else.

    ``freed`` are uids of marked items that need nothing of the Space, whether it answers or not.
    """

    snapshot: Snapshot
    cluster: Cluster
    freed: frozenset[str] = frozenset()

    def report(
        self, results: Results, known: Mapping[Address, Fact], late: Collection[Address]
    ) -> Report:
        """Write the status of every item and of the Space, Events, and release what is done."""
        moment = now()
        steps = partial(self._item_steps, results, known, late, moment)
        gone = _taken([step for step in map(steps, self.snapshot.items) if step is not None])
        left = sum(item.has_finalizer for item in self.snapshot.items) - gone
        report = Report(
            left=left,
            managed=sum(fact.exists for fact in known.values()),
            drifted=sum(bool(fact.drift) for fact in known.values()),
            unmanaged=len(results.plan.unmanaged),
            outcomes=_counted(results.outcomes),
            refused=len(results.refusals),
        )
        self._tell_space(
            [Stand("Reachable", "True", "Answered", "the Space answers"), self._readiness(left)],
            moment,
            lastSeenTime=moment,
            managed=report.managed,
            drifted=report.drifted,
            unmanaged=report.unmanaged,
        )
        return report

    def unreachable(self, error: ReconcilerError) -> Report:
        """Write why the Space was not looked at, to it and to what waits for it."""
        moment, reason = now(), _reason_of(error)
        message = f"{error.message}{f'; {error.hint}' if error.hint else ''}"
        stands = [
            Stand("Reachable", "False", reason, message),
            Stand("Ready", "False", reason, message),
        ]
        self._tell_space(stands, moment)
        for item in self.snapshot.items:
            observed = item.status.get("observedGeneration")
            if item.metadata.uid in self.freed:
                self.cluster.set_finalizer(item.metadata, present=False)
            elif item.metadata.deleting or observed != item.metadata.generation:
                self._tell_waiting(item, message, moment)
        left = sum(item.has_finalizer for item in self.snapshot.items)
        return Report(error=error.message, left=left)

    def _item_steps(
        self,
        results: Results,
        known: Mapping[Address, Fact],
        late: Collection[Address],
        moment: str,
        item: Item,
    ) -> _Step | None:
        """Return what is to be written of one item; None if nothing is."""
        if is_finished(results, known, late, item):
            return partial(self._released, item) if item.has_finalizer else None
        paused = item.metadata.paused or self.snapshot.space.metadata.paused
        verdict = verdict_of(results, item, paused=paused)
        fact = fact_of(results, known, item)
        after = status_of(
            verdict, fact, item.status, generation=item.metadata.generation, now=moment
        )
        notes = _notes(item, verdict, fact, _corrections(results, item.address))
        patch = difference(item.status, after)
        return partial(self._told, item, patch, notes) if patch or notes else None

    def _released(self, item: Item) -> bool:
        """Take the finalizer off: the item may be gone."""
        self.cluster.set_finalizer(item.metadata, present=False)
        return True

    def _told(self, item: Item, patch: Mapping[str, Any], notes: Collection[Note]) -> bool:
        """Write a status and Events; the item stays."""
        if patch:
            self.cluster.write_status(item.metadata, patch)
        for note in notes:
            self.cluster.tell(item.metadata, note)
        return False

    def _tell_waiting(self, item: Item, message: str, moment: str) -> None:
        before = item.status.get("conditions") or []
        ready = next((one for one in before if one.get("type") == "Ready"), None)
        stands = [Stand("Synced", "False", "Failed", message)]
        if not (ready and ready.get("status") == "True"):
            stands.insert(0, Stand("Ready", "False", "Failed", message))
        told = {stand.type for stand in stands}
        made = conditions(stands, before, generation=item.metadata.generation, now=moment)
        made += [dict(one) for one in before if one.get("type") not in told]
        patch = difference(item.status, {**item.status, "conditions": made})
        self._told(item, patch, _notes(item, Verdict("Failed", message), None, None))

    def _readiness(self, left: int) -> Stand:
        metadata = self.snapshot.space.metadata
        if metadata.deleting and left:
            return Stand("Ready", "False", "InUse", f"{left} resources still need this Space")
        if metadata.paused:
            return Stand("Ready", "True", "Paused", "nothing is changed while it is paused")
        return Stand("Ready", "True", "Reconciled", "its resources are reconciled")

    def _tell_space(self, stands: list[Stand], moment: str, **numbers: Any) -> None:
        space = self.snapshot.space
        metadata: Metadata = space.metadata
        before = space.status
        made = conditions(
            stands, before.get("conditions") or [], generation=metadata.generation, now=moment
        )
        after = {
            **before,
            **numbers,
            "observedGeneration": metadata.generation,
            "conditions": made,
        }
        patch = difference(before, after)
        if patch:
            self.cluster.write_status(metadata, patch)
