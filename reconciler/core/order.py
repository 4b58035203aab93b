"""The order of a plan: renames so that each name is free when it is taken, deletions last."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from heapq import heappop, heappush

from reconciler.core.plan_model import Action, FieldChange, Verb
from reconciler.core.resources import Address

_RANK: Mapping[Verb, int] = {"rename": 0, "adopt": 1, "create": 1, "update": 1, "delete": 2}
_LONGEST_NAME = 100


def _name_holders(action: Action) -> Address:
    """The address whose name the resource bears until it is renamed."""
    return Address(action.address.kind, action.live_name or "")


def _placeholder(action: Action) -> tuple[Action, Action]:
    """A rename in two steps, by way of a name that nobody has: how a ring of renames is opened.

    The state knows the resource under the passing name meanwhile, and where it is heading: a run that is cut off between
    the two steps is finished by the next one.
    """
    assert action.record is not None  # a rename has one
    passing = f"{(action.live_name or '')[: _LONGEST_NAME - 14]}-moving-{(action.id or '')[:6]}"
    there = Address(action.address.kind, passing)
    known = action.known or action.record
    first = replace(
        action,
        address=there,
        changes=(
            FieldChange(
                action.changes[0].path,
                action.live_name,
                passing,
                "manifest",
                action.changes[0].declared_at,
            ),
        ),
        reason=f"frees its name for another; goes on to {action.address.name!r}",
        body={},
        record=replace(known, address=there, rename_target=action.address.name),
    )
    renamed = replace(action.changes[0], before=passing)
    return first, replace(
        action,
        changes=(renamed, *action.changes[1:]),
        live_name=passing,
        known=first.record,
        fingerprint=None,
    )


class _Queue:
    """Renames in their order, and which of them can go: those whose new name nobody bears who is still to be renamed."""

    def __init__(self, renames: Sequence[Action]) -> None:
        self._actions: list[Action] = []
        self._held: Counter[Address] = Counter(map(_name_holders, renames))
        self._blocked: dict[Address, list[int]] = {}  # by the name that is waited for
        self._ready: list[int] = []
        self._first = 0
        self._gone: set[int] = set()
        for action in renames:
            self._line_up(action)

    def __len__(self) -> int:
        return len(self._actions) - len(self._gone)

    def _line_up(self, action: Action) -> None:
        self._actions.append(action)
        self._place(len(self._actions) - 1)

    def _place(self, spot: int) -> None:
        wanted = self._actions[spot].address
        if self._held[wanted]:
            self._blocked.setdefault(wanted, []).append(spot)
        else:
            heappush(self._ready, spot)

    def _take(self, spot: int) -> Action:
        self._gone.add(spot)
        action = self._actions[spot]
        freed = _name_holders(action)
        self._held[freed] -= 1
        if not self._held[freed]:
            for other in self._blocked.pop(freed, ()):
                heappush(self._ready, other)
        return action

    def ready(self) -> Action | None:
        """The first that can go, which leaves the queue; None where each waits for another."""
        while self._ready:
            spot = heappop(self._ready)
            if spot in self._gone:  # it stepped aside meanwhile
                continue
            if not self._held[self._actions[spot].address]:
                return self._take(spot)
            self._place(spot)  # somebody passes by way of its new name
        return None

    def step_aside(self) -> Action:
        """The first of all takes a passing name, which opens a ring, and joins the end of the queue."""
        while self._first in self._gone:
            self._first += 1
        first, rest = _placeholder(self._take(self._first))
        self._held[_name_holders(rest)] += 1
        self._line_up(rest)
        return first


def _renames(renames: Sequence[Action]) -> list[Action]:
    waiting = _Queue(renames)
    ordered: list[Action] = []
    while waiting:
        ordered.append(waiting.ready() or waiting.step_aside())
    return ordered


def in_order(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Renames first, each after the one that frees its name; then all that can go side by side; deletions last."""
    ranked = sorted(actions, key=lambda action: (_RANK[action.action], action.address))
    renames = [action for action in ranked if action.action == "rename"]
    return (*_renames(renames), *(action for action in ranked if action.action != "rename"))
