"""Sends the first PUT of each kind alone; a PUT with unrequested changes halts the kind."""

from reconciler.core.kinds import Kinds
from reconciler.core.plan_model import Action
from reconciler.executor.results import Result

HALTED = "not started: an update of a {} changed fields that were not in the plan"


class Canary:
    """Knows which kinds a PUT of this run has proven safe or unsafe.

    A Space that resets the fields a PUT omits then loses them on one resource, not on all.
    """

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._proven: set[str] = set()
        self._halted: set[str] = set()

    def _puts(self, action: Action) -> set[str]:
        """Return the kinds that an action PUTs: its own, and those of changed sub-resources."""
        kind = self._kinds[action.address.kind]
        if action.action == "create":
            own = not action.body.keys().isdisjoint(kind.update_only)
        else:
            own = action.action != "delete" and (
                bool(action.body) or action.live_name != action.address.name
            )
        replaced = {
            kind.children[one.child]
            for one in action.changes
            if one.child and one.before is not None and one.after is not None
        }
        return replaced | ({kind.name} if own else set())

    def goes_alone(self, action: Action) -> bool:
        """Whether the action sends the first PUT of a kind."""
        return bool(self._puts(action) - self._proven - self._halted)

    def halted(self, action: Action) -> str:
        """Return why the action may not start; '' if it may."""
        halted = sorted(self._puts(action) & self._halted)
        return HALTED.format(halted[0]) if halted else ""

    def judge(self, result: Result) -> None:
        """Learn from the result of an action."""
        if result.outcome.moved:
            self._halted |= result.moved_kinds
        elif result.outcome.status == "done":
            self._proven |= self._puts(result.outcome.action)
