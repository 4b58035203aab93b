"""Refuses unsafe plans, and names the flags that consent to exactly what is refused."""

import shlex
from collections.abc import Iterator

from reconciler.core.consent import Consent, allowed
from reconciler.core.mass_changes import Limits, delete_refusals, rename_refusals, update_refusals
from reconciler.core.plan_model import Action, Plan
from reconciler.core.refusal import Refusal, consent_flags, refusal, removal_phrase
from reconciler.core.same_room import relation
from reconciler.core.session_guard import session_refusals
from reconciler.core.text import count


def _restores_name(action: Action) -> bool:
    """Whether a rename only undoes a rename that happened outside."""
    known = action.known
    return (
        action.action == "rename"
        and known is not None
        and known.address == action.address
        and known.rename_target is None
    )


def _protected(action: Action) -> Refusal | None:
    if not action.protect or action.action not in ("delete", "rename") or _restores_name(action):
        return None
    verb = "remove it" if action.action == "delete" else "rename it"
    fix = f"set metadata.protect to false, apply, and only then {verb}"
    problem = removal_phrase(action, "is protected")
    return refusal("protected", [action.address], problem, fix=f"to continue, {fix}")


def _renamed_outside(action: Action) -> Refusal | None:
    if action.action != "delete" or action.live_name == action.address.name:
        return None
    reason = (
        f"{action.address} would be deleted, but it was renamed outside to {action.live_name!r}"
    )
    fix = (
        f"declare it as {action.live_name!r} with renamedFrom: {action.address.name},"
        " or give it its old name in the Space"
    )
    return refusal("renamed-outside", [action.address], reason, fix=fix)


def _claimed_by_rename(action: Action) -> Refusal | None:
    if action.renamed_to_by is None:
        return None
    reason = (
        f"{action.address} would be deleted, while {action.renamed_to_by} says it is renamed"
        " from it and both exist"
    )
    fix = f"delete {action.renamed_to_by} in an earlier apply, or remove its renamedFrom"
    return refusal("claimed-by-rename", [action.address], reason, fix=fix)


def _foreign_children(action: Action) -> Refusal | None:
    if not action.foreign_children:
        return None
    numbers = " and ".join(
        count(number, field.removesuffix("s")) for field, number in action.foreign_children
    )
    lists = " and ".join(field for field, _ in action.foreign_children)
    reason = (
        f"{action.address} would be deleted, and with it {numbers} that this tool did not create"
    )
    fix = f"declare its {lists} and apply, or remove them in the Space; then delete it"
    return refusal("foreign-children", [action.address], reason, fix=fix)


_ACTION_CHECKS = (_protected, _renamed_outside, _claimed_by_rename, _foreign_children)


def _action_refusals(plan: Plan) -> Iterator[Refusal]:
    for check in _ACTION_CHECKS:
        for action in plan.actions:
            found = check(action)
            if found:
                yield found


def _deletions_of_others(plan: Plan) -> Iterator[Refusal]:
    """Refuse to delete what another state manages as well."""
    for action in plan.actions:
        owner = plan.elsewhere.get(action.address)
        if action.action == "delete" and owner:
            fix = f"to leave it to that one: reconciler state rm {shlex.quote(str(action.address))}"
            problem = f"{action.address} would be deleted, and it is managed by {owner} as well"
            yield refusal("managed-elsewhere", [action.address], problem, fix=fix)


def _adoption_refusals(plan: Plan, consent: Consent) -> Iterator[Refusal]:
    """Refuse to take over existing resources without consent."""
    free = []
    for action in plan.actions:
        if action.action != "adopt":
            continue
        address = action.address
        if address in plan.same_rooms:
            continue  # refused for that reason
        owner = plan.elsewhere.get(address)
        if not owner:
            free.append(address)
            continue
        command = f"reconciler state rm {shlex.quote(str(address))}"
        fix = f"change it from there, or release it there with: {command}"
        problem = f"{address} exists in the Space and is managed by {owner}"
        yield refusal("managed-elsewhere", [address], problem, fix=fix)
    lacking = allowed(consent.adopt).lacking([{address} for address in free])
    if not lacking:
        return
    refused = [free[index] for index in lacking]
    shown = ", ".join(map(str, refused[:5]))
    if len(refused) > 5:
        shown += f" and {len(refused) - 5} more"
    words = "exists in the Space and was" if len(refused) == 1 else "exist in the Space and were"
    problem = f"{shown} {words} not created by this tool"
    yield refusal("not-ours", refused, problem, consent=consent_flags("--adopt", refused))


def _same_room_refusals(plan: Plan) -> Iterator[Refusal]:
    """Refuse to manage one room as two resources, and to delete what stays managed."""
    verbs = {action.address: action.action for action in plan.actions}
    for address, same in plan.same_rooms.items():
        why = relation(same)
        if verbs[address] == "delete":
            release = f"reconciler state rm {shlex.quote(str(address))}"
            fix = f"to keep {same.other} alone: {release}"
            problem = f"{address} would be deleted, and it {why}, which stays"
            yield refusal("same-room", [address], problem, fix=fix)
            continue
        role = "managed" if same.managed else "to be taken over as well"
        release = f"reconciler state rm {shlex.quote(str(same.other))}"
        fix = "declare one of them alone"
        if same.managed:
            fix += (
                f"; to keep {address}, remove the other room from the manifests and run: {release}"
            )
        if not same.proven:
            fix += "; if they are two rooms, give one of them another name in the Space"
        problem = f"{address} exists in the Space and {why} and is {role}: one room is managed once"
        yield refusal("same-room", [address], problem, fix=fix)


def _name_refusals(plan: Plan) -> Iterator[Refusal]:
    """Refuse renames to the name of an unmanaged resource."""
    unmanaged = set(plan.unmanaged)
    for action in plan.actions:
        if action.action != "rename" or action.address not in unmanaged:
            continue
        old = f"{action.address.kind}/{action.live_name}"
        reason = f"{old} would be renamed to {action.address.name!r}, which is taken"
        fix = "remove or rename that one in the Space, or choose another name"
        yield refusal("name-taken", [action.address], reason, fix=fix)


def _skipped_rename_refusals(plan: Plan) -> Iterator[Refusal]:
    """Refuse plans that ignore a ``renamedFrom``: its id, links and tokens would be lost."""
    claimants = {action.renamed_to_by for action in plan.actions}
    for skipped in plan.passed_over:
        if skipped.address in claimants:
            continue  # the refused deletion already says so
        reason = (
            f"{skipped.address} says renamedFrom: {skipped.old.name},"
            f" which would be ignored: {skipped.reason}"
        )
        fix = (
            "remove the renamedFrom, or first rename the resource that blocks it,"
            " in an earlier apply"
        )
        yield refusal("rename-passed-over", [skipped.address], reason, fix=fix)


def refusals(plan: Plan, limits: Limits, consent: Consent) -> tuple[Refusal, ...]:
    """Return everything in ``plan`` that ``consent`` does not cover; empty means safe."""
    return (
        *_action_refusals(plan),
        *session_refusals(plan, consent),
        *_adoption_refusals(plan, consent),
        *_deletions_of_others(plan),
        *_same_room_refusals(plan),
        *_name_refusals(plan),
        *_skipped_rename_refusals(plan),
        *rename_refusals(plan, consent),
        *delete_refusals(plan, limits, consent),
        *update_refusals(plan, limits, consent),
    )
