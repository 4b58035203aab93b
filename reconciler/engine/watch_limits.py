"""What a watch deletes: only what two looks in a row agree on; and it deletes and updates no more within an hour than one run may."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from reconciler.core.guard import Lately
from reconciler.core.plan_model import Outcome, Plan

HOUR_SECONDS = 3600.0
Removal = tuple[str, str]


def removals(plan: Plan) -> frozenset[Removal]:
    """What a plan would delete, sub-resources too, by kind (or list) and id."""
    whole = {
        (action.address.kind, action.id or "")
        for action in plan.actions
        if action.action == "delete"
    }
    parts = {
        (change.child, change.child_id or "")
        for action in plan.actions
        for change in action.changes
        if change.child is not None and change.after is None
    }
    return frozenset(whole | parts)


@dataclass(slots=True)
class Agreement:
    """What the look before and the present one would delete, and what was deleted and updated in the last hour.

    A manifest that is read while it is written can be whole and lack a part: what it lacks is back at the next look.
    """

    clock: Callable[[], float]
    _before: frozenset[Removal] = frozenset()
    _now: frozenset[Removal] | None = None
    _deleted: deque[tuple[float, str]] = field(default_factory=deque)
    _updated: dict[tuple[str, str], float] = field(default_factory=dict)

    def begin(self) -> None:
        """A new look; one that came to no plan agrees with nothing."""
        self._before, self._now = self._now or frozenset(), None

    def held(
        self, plan: Plan, kept: Callable[[], Plan], *, refused: bool = False
    ) -> tuple[Plan, int]:
        """``plan``, or that of ``kept``, which deletes nothing, while the looks do not agree; and how much is held back.

        What is ``refused`` goes on as it is, so that it is told at once, and no part of it is done before.
        """
        if self._now is None:
            self._now = removals(plan)
        new = self._now - self._before
        return (plan, 0) if not new or refused else (kept(), len(new))

    def note(self, outcomes: Iterable[Outcome]) -> None:
        """Count what was deleted or updated, or may have been."""
        now = self.clock()
        actions = [one.action for one in outcomes if one.status in ("done", "unknown")]
        self._deleted.extend((now, one.address.kind) for one in actions if one.action == "delete")
        self._updated.update(
            {(one.address.kind, one.id or ""): now for one in actions if one.action == "update"}
        )

    @property
    def lately(self) -> Lately:
        """What was deleted and updated in the last hour."""
        since = self.clock() - HOUR_SECONDS
        while self._deleted and self._deleted[0][0] <= since:
            self._deleted.popleft()
        self._updated = {one: when for one, when in self._updated.items() if when > since}
        return Lately(Counter(kind for _, kind in self._deleted), frozenset(self._updated))
