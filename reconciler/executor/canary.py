"""The first PUT of a kind goes alone, and no further one starts once a PUT moved what nobody asked to move."""

from reconciler.core.kinds import Kinds
from reconciler.core.plan_model import Action
from reconciler.executor.results import Result

HALTED = "not started: a PUT of a {} moved what nobody asked to move"


class Canary:
    """Which kinds a PUT of this run has proven to be well, and which not.

    A Space that resets what a PUT does not carry then loses the extra field of one resource, and not of all.
    """

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._proven: set[str] = set()
        self._halted: set[str] = set()

    def _puts(self, action: Action) -> set[str]:
        """The kinds that an action sends a PUT of: its own, and those of the sub-resources that change."""
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
        """Whether a PUT of it would be the first of a kind."""
        return bool(self._puts(action) - self._proven - self._halted)

    def halted(self, action: Action) -> str:
        """Why it is not to start; '' where it may."""
        halted = sorted(self._puts(action) & self._halted)
        return HALTED.format(halted[0]) if halted else ""

    def judge(self, result: Result) -> None:
        """Learn from what came of an action."""
        if result.outcome.moved:
            self._halted |= result.moved_kinds
        elif result.outcome.status == "done":
            self._proven |= self._puts(result.outcome.action)
