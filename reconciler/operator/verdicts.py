"""What a pass has to say of each resource: pure, from inputs, plan, refusals and outcomes."""

from collections.abc import Iterable, Mapping

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.plan_model import Action, Outcome, Plan
from reconciler.core.refusal import Refusal
from reconciler.core.resources import Address, Problem
from reconciler.kubernetes.admission import ALLOW_DELETE
from reconciler.operator.conditions import Verdict
from reconciler.operator.inputs import Inputs
from reconciler.operator.resources import ALLOW_UPDATE, Item

# What to do in a cluster: the fixes of the command line are about files and flags.
_FIXES: Mapping[str, str] = {
    "protected": "set spec.protect to false",
    "renamed-outside": "set spec.roomName to its new name, or rename it back in the Space",
    "foreign-children": "declare them, or remove them in the Space",
    "live-session": "it is done when the session has ended",
    "not-ours": "set spec.adoptionPolicy to IfExists to take it over",
    "managed-elsewhere": "release it there",
    "name-taken": "choose another spec.roomName, or remove that one in the Space",
    "mass-delete": f"to consent, annotate the Space: {ALLOW_DELETE}=NUMBER",
    "mass-update": f"to consent, annotate the Space: {ALLOW_UPDATE}=NUMBER",
}


@dataclass(frozen=True, slots=True)
class Results:
    """What a pass found: the whole plan, what was refused or left out, and the outcomes.

    ``left`` are addresses of actions that were only reported. ``problems`` are those of manifests,
    ``error`` is why the pass ended early ('' if it did not).
    """

    inputs: Inputs
    plan: Plan
    refusals: tuple[Refusal, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    left: frozenset[Address] = frozenset()
    problems: tuple[Problem, ...] = ()
    error: str = ""
    by_address: Mapping[Address, Action] = field(default_factory=dict)


def _refusal_text(refusal: Refusal) -> str:
    """Return a refusal in words of the cluster."""
    fix = _FIXES.get(refusal.rule, refusal.fix)
    return f"{refusal.problem}; {fix}" if fix else refusal.problem


def _refused(results: Results, address: Address) -> str:
    found = (one for one in results.refusals if address in one.addresses)
    return "; ".join(dict.fromkeys(_refusal_text(one) for one in found))


def _problem_text(problem: Problem) -> str:
    where = f"{problem.pointer}: " if problem.pointer else ""
    return f"{where}{problem.message}{f'; {problem.hint}' if problem.hint else ''}"


def _problems(results: Results, item: Item) -> str:
    found = [
        _problem_text(one)
        for one in results.problems
        if one.place.file == item.metadata.title and one.severity == "error"
    ]
    return " | ".join(found) or results.inputs.problems.get(item.metadata.uid, "")


def _outcome(results: Results, address: Address) -> Outcome | None:
    return next((one for one in results.outcomes if one.action.address == address), None)


def _of_outcome(outcome: Outcome, *, deleting: bool) -> Verdict:
    if outcome.status == "done":
        drifted = tuple(
            change.path
            for change in outcome.action.changes
            if change.origin in ("drift", "conflict")
        )
        return Verdict("Deleting" if deleting else "Synced", corrected=drifted)
    words = "; ".join(filter(None, (outcome.error, outcome.hint))) or outcome.status
    return Verdict("Failed", words)


def _pending(action: Action) -> str:
    fields = ", ".join(dict.fromkeys(change.path for change in action.changes))
    return {"create": "it is not in the Space", "delete": "it would be deleted"}.get(
        action.action, f"differs in the Space: {fields}"
    )


def _of_observed(action: Action | None) -> Verdict:
    if action is not None and action.action == "create":
        return Verdict("Missing", _pending(action))
    if action is not None and action.changes:
        return Verdict("DriftReported", _pending(action))
    return Verdict("Observed")


def _of_open_action(results: Results, action: Action) -> Verdict:
    """Return the verdict on an action that was not begun."""
    if action.address in results.left:
        return Verdict("DriftReported", _pending(action))
    return Verdict("Failed", results.error or "it was not done in this pass")


def _of_declared(results: Results, item: Item) -> Verdict:
    address = item.address
    action = results.by_address.get(address)
    if problems := _problems(results, item):
        return Verdict("Invalid", problems)
    if item.observed:
        return _of_observed(action)
    if refused := _refused(results, address):
        return Verdict("Refused", refused)
    outcome = _outcome(results, address)
    if outcome is not None:
        return _of_outcome(outcome, deleting=False)
    return Verdict("Synced") if action is None else _of_open_action(results, action)


def _of_marked(results: Results, item: Item) -> Verdict:
    held = results.inputs.held.get(item.metadata.uid)
    if held is None:
        return Verdict("Deleting", "nothing of it is in the Space")
    if refused := _refused(results, held):
        return Verdict("DeletionRefused", refused)
    outcome = _outcome(results, held)
    if outcome is not None:
        return _of_outcome(outcome, deleting=True)
    return Verdict("Deleting", results.error or "waiting to be deleted")


def verdict_of(results: Results, item: Item, *, paused: bool) -> Verdict:
    """Return the verdict on one item; ``paused`` says that nothing of it is changed."""
    owner = results.inputs.claims.losers.get(item.metadata.uid)
    if owner is not None:
        return Verdict("Conflict", f"{owner.metadata.title} has {item.room_name!r} in this Space")
    if paused:
        return Verdict("Paused", "nothing is changed while the annotation is set")
    return _of_marked(results, item) if item.metadata.deleting else _of_declared(results, item)


def by_address(actions: Iterable[Action]) -> dict[Address, Action]:
    """Return the actions by address."""
    return {action.address: action for action in actions}
