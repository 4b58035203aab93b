"""Sends unproven PUTs alone; a PUT with unrequested changes halts its kind."""

from reconciler.core.kinds import Kinds
from reconciler.core.plan_model import Action
from reconciler.executor.results import Result

_HALTED = "not started: an update of a {} changed fields that were not in the plan"

_Trait = tuple[str, str]


class Canary:
    """Knows which PUTs of this run are proven, and which kinds are unsafe.

    A PUT is proven if a PUT of its kind sent each field that it changes, and one kept each
    field that its resource has. Each field is proven once, so few PUTs go alone however many
    resources there are. A Space that resets a field then loses it on one resource, not on all.
    """

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._proven: set[_Trait] = set()
        self._halted: set[str] = set()

    def _traits(self, action: Action) -> set[_Trait]:
        """Return what the PUTs of an action prove: kinds, changed fields, fields that must stay.

        The kinds are its own, and those of changed sub-resources.
        """
        kind = self._kinds[action.address.kind]
        if action.action == "create" and not kind.update_only:
            return set()  # a POST, and POSTs of new sub-resources
        traits: set[_Trait] = set()
        for change in action.changes:
            if change.child and change.before is not None and change.after is not None:
                traits.add((kind.children[change.child], ""))
        sent = set(action.body)
        if action.action == "create":
            # A PUT follows the POST for what that does not take.
            sent &= set(kind.update_only)
            has_put = bool(sent)
        elif action.action == "delete":
            has_put = False
        else:
            has_put = bool(sent) or action.live_name != action.address.name
        if has_put:
            traits.add((kind.name, ""))
            traits.update((kind.name, f"change {field}") for field in sent)
            traits.update((kind.name, f"keep {field}") for field in action.at_risk)
        return traits

    def goes_alone(self, action: Action) -> bool:
        """Whether the action sends a PUT that is not proven, of a kind that may go on."""
        unproven = self._traits(action) - self._proven
        return any(kind not in self._halted for kind, _ in unproven)

    def halted(self, action: Action) -> str:
        """Return why the action may not start; '' if it may."""
        if not self._halted:
            return ""
        halted = sorted({kind for kind, _ in self._traits(action)} & self._halted)
        return _HALTED.format(halted[0]) if halted else ""

    def judge(self, result: Result) -> None:
        """Learn from the result of an action."""
        if result.outcome.moved:
            self._halted |= result.moved_kinds
        elif result.outcome.status == "done":
            self._proven |= self._traits(result.outcome.action)
