"""Limits of a watch: it deletes only what two looks in a row agree on, within hourly limits."""

from collections import Counter, deque
from collections.abc import Callable, Iterable

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.mass_changes import RecentChanges
from reconciler.core.plan_model import Outcome, Plan

_HOUR_SECONDS = 3600.0
_Removal = tuple[str, str]


def removals(plan: Plan) -> frozenset[_Removal]:
    """Return what a plan deletes, sub-resources included, by kind (or list) and id."""
    removed: set[_Removal] = set()
    for action in plan.actions:
        if action.action == "delete":
            removed.add((action.address.kind, action.id or ""))
        for change in action.changes:
            if change.child is not None and change.after is None:
                removed.add((change.child, change.child_id or ""))
    return frozenset(removed)


@dataclass(slots=True)
class Agreement:
    """Planned removals of the last two looks, and deletions and updates of the last hour.

    A manifest read during a write can be valid but incomplete; the next look reads it whole.
    """

    clock: Callable[[], float]
    _before: frozenset[_Removal] = frozenset()
    _now: frozenset[_Removal] | None = None
    _deleted: deque[tuple[float, str]] = field(default_factory=deque)
    _updated: dict[tuple[str, str], float] = field(default_factory=dict)

    def begin(self) -> None:
        """Start a new look; a look without a plan agrees with nothing."""
        self._before, self._now = self._now or frozenset(), None

    def held(
        self, plan: Plan, kept: Callable[[], Plan], *, refused: bool = False
    ) -> tuple[Plan, int]:
        """Return ``plan``, or ``kept()`` without deletions while looks disagree.

        Also returns the number of deletions held back. A refused plan stays as it is, so that it is
        reported at once and no part of it is done.
        """
        if self._now is None:
            self._now = removals(plan)
        new = self._now - self._before
        return (plan, 0) if not new or refused else (kept(), len(new))

    def note(self, outcomes: Iterable[Outcome]) -> None:
        """Count deletions and updates that took or may have taken effect."""
        now = self.clock()
        actions = [one.action for one in outcomes if one.status in ("done", "unknown")]
        for action in actions:
            if action.action == "delete":
                self._deleted.append((now, action.address.kind))
            elif action.action == "update":
                self._updated[action.address.kind, action.id or ""] = now

    @property
    def recent(self) -> RecentChanges:
        """Deletions and updates of the last hour."""
        since = self.clock() - _HOUR_SECONDS
        while self._deleted and self._deleted[0][0] <= since:
            self._deleted.popleft()
        self._updated = {one: when for one, when in self._updated.items() if when > since}
        return RecentChanges(Counter(kind for _, kind in self._deleted), frozenset(self._updated))
