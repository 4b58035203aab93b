"""Orders actions: renames so that each name is free when taken, deletions last."""

from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import heappop, heappush

from reconciler.core.deferred_dataclass import replace
from reconciler.core.plan_model import Action, FieldChange, Verb
from reconciler.core.resources import Address

_RANK: Mapping[Verb, int] = {"rename": 0, "adopt": 1, "create": 1, "update": 1, "delete": 2}
_LONGEST_NAME = 100


def _occupied_address(action: Action) -> Address:
    """Return the address whose name the resource occupies until it is renamed."""
    return Address(action.address.kind, action.live_name or "")


def _placeholder(action: Action) -> tuple[Action, Action]:
    """Split a rename into two steps through an unused name, to break a cycle of renames.

    In between, the state holds the temporary name and the rename's target: after a crash the next
    run finishes it.
    """
    assert action.record is not None  # a rename has one
    temporary = f"{(action.live_name or '')[: _LONGEST_NAME - 14]}-moving-{(action.id or '')[:6]}"
    address = Address(action.address.kind, temporary)
    known = action.known or action.record
    first = replace(
        action,
        address=address,
        changes=(
            FieldChange(
                action.changes[0].path,
                action.live_name,
                temporary,
                "manifest",
                action.changes[0].declared_at,
            ),
        ),
        reason=f"frees its name for another resource; is renamed next to {action.address.name!r}",
        body={},
        record=replace(known, address=address, rename_target=action.address.name),
    )
    renamed = replace(action.changes[0], before=temporary)
    return first, replace(
        action,
        changes=(renamed, *action.changes[1:]),
        live_name=temporary,
        known=first.record,
        fingerprint=None,
    )


class _Queue:
    """Renames in order. One is ready once no pending rename occupies its new name."""

    def __init__(self, renames: Sequence[Action]) -> None:
        self._actions: list[Action] = []
        self._held: Counter[Address] = Counter(map(_occupied_address, renames))
        self._blocked: dict[Address, list[int]] = {}  # by the name they wait for
        self._ready: list[int] = []
        self._first = 0
        self._gone: set[int] = set()
        for action in renames:
            self._append(action)

    def __len__(self) -> int:
        return len(self._actions) - len(self._gone)

    def _append(self, action: Action) -> None:
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
        freed = _occupied_address(action)
        self._held[freed] -= 1
        if not self._held[freed]:
            for other in self._blocked.pop(freed, ()):
                heappush(self._ready, other)
        return action

    def ready(self) -> Action | None:
        """Remove and return the first rename that is ready; None if each waits for another."""
        while self._ready:
            spot = heappop(self._ready)
            if spot in self._gone:  # it was moved aside
                continue
            if not self._held[self._actions[spot].address]:
                return self._take(spot)
            self._place(spot)  # a temporary name now occupies its new name
        return None

    def step_aside(self) -> Action:
        """Move the first rename to a temporary name, which breaks a cycle; requeue the rest."""
        while self._first in self._gone:
            self._first += 1
        first, rest = _placeholder(self._take(self._first))
        self._held[_occupied_address(rest)] += 1
        self._append(rest)
        return first


def _renames(renames: Sequence[Action]) -> list[Action]:
    waiting = _Queue(renames)
    ordered: list[Action] = []
    while waiting:
        ordered.append(waiting.ready() or waiting.step_aside())
    return ordered


def in_order(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Return renames first, each after the one that frees its name; deletions last."""
    ranked = sorted(actions, key=lambda action: (_RANK[action.action], action.address))
    renames = [action for action in ranked if action.action == "rename"]
    return (*_renames(renames), *(action for action in ranked if action.action != "rename"))
