"""The next commands after a plan or a drift report, with the same flags."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.core.plan_model import MISSING, NOT_DECLARED, REPLACED, Action, Plan
from reconciler.core.refusal import Refusal
from reconciler.core.value_text import holds_secret
from reconciler.engine.selection import EVERYTHING, Selection
from reconciler.reports.text.plan import NextStep

_CONNECTION = ("env", "space", "project_id", "token_file")
_MOST_NAMED = 3
APPLY, ALLOW = "Apply", "Allow and apply"


def _connection_flags(connection: Mapping[str, Any]) -> list[str]:
    """The flags for the same Space."""
    flags: list[str] = []
    for name in _CONNECTION:
        if connection.get(name):
            flags += [f"--{name.replace('_', '-')}", connection[name]]
    return flags


def _selection_flags(selection: Selection) -> list[str]:
    flags: list[str] = []
    for target in selection.targets:
        flags += ["--target", target]
    for selector in selection.selectors:
        flags += ["--selector", selector]
    return flags if selection.prune else [*flags, "--no-prune"]


def apply_command(
    paths: Sequence[str],
    connection: Mapping[str, Any],
    *,
    saved: str | None = None,
    selection: Selection = EVERYTHING,
    consents: Sequence[str] = (),
) -> str:
    """``reconciler apply`` of the same manifests in the same Space; ``consents`` are flags with their values."""
    chosen = ["--plan", saved] if saved else _selection_flags(selection)
    words = shlex.join(["reconciler", "apply", *paths, *chosen, *_connection_flags(connection)])
    return " ".join([words, *consents])


def _may_pull(action: Action) -> bool:
    """Whether pull can write what was changed outside into a manifest."""
    if action.reason in (MISSING, NOT_DECLARED):
        return False
    return any(
        change.origin in ("drift", "conflict")
        and change.child is None
        and not (holds_secret(change.before) or holds_secret(change.after))
        for change in action.changes
    )


def _pull(
    actions: Sequence[Action],
    paths: Sequence[str],
    connection: Mapping[str, Any],
    flags: Sequence[str] = (),
) -> str:
    names = [str(action.address) for action in actions]
    chosen = names if len(names) <= _MOST_NAMED else ["--all"]
    return shlex.join(
        ["reconciler", "pull", *chosen, *paths, *flags, *_connection_flags(connection)]
    )


def keep_steps(
    plan: Plan, paths: Sequence[str], connection: Mapping[str, Any]
) -> tuple[NextStep, ...]:
    """The commands that write what was changed outside into the manifests, where pull can do that."""
    if "-" in paths:
        return ()
    from reconciler.core.drift import drifted_part  # noqa: PLC0415  # few plans keep what was changed

    drifted = drifted_part(plan).actions
    changed = [action for action in drifted if _may_pull(action)]
    missing = [action for action in drifted if action.reason == MISSING]
    steps = [NextStep("Keep", _pull(changed, paths, connection))] if changed else []
    if missing and len(missing) <= _MOST_NAMED:
        command = _pull(missing, paths, connection, ["--drop-deleted"])
        steps.append(NextStep("Let go", command))
    return tuple(steps)


def plan_steps(
    plan: Plan,
    refused: Sequence[Refusal],
    paths: Sequence[str],
    connection: Mapping[str, Any],
    *,
    saved: str | None = None,
    selection: Selection = EVERYTHING,
) -> tuple[NextStep, ...]:
    """The next steps after a plan: apply it, with the consents that it needs, or keep the changes made outside."""
    if not plan.needs_apply:
        return ()
    keep = keep_steps(plan, paths, connection)
    if any(not refusal.consent for refusal in refused):
        return keep  # no command applies this plan
    consents = tuple(dict.fromkeys(refusal.consent for refusal in refused))
    command = apply_command(paths, connection, saved=saved, selection=selection, consents=consents)
    return (NextStep(ALLOW if consents else APPLY, command), *keep)


def _adopt_consents(actions: Sequence[Action]) -> tuple[str, ...]:
    """The flags that consent to adopt these: by name, or by number where they are many."""
    if len(actions) <= _MOST_NAMED:
        return tuple(f"--adopt {shlex.quote(str(action.address))}" for action in actions)
    numbers = Counter(action.address.kind for action in actions)
    return tuple(f"--adopt {kind}={number}" for kind, number in sorted(numbers.items()))


def drift_steps(
    plan: Plan, paths: Sequence[str], connection: Mapping[str, Any]
) -> tuple[NextStep, ...]:
    """The next steps after drift: undo it, adopt what was created again, or keep what changed."""
    replaced = [action for action in plan.actions if action.reason == REPLACED]
    steps = []
    if len(replaced) < len(plan.actions):
        steps.append(NextStep("Undo", apply_command(paths, connection)))
    if replaced:  # without consent, apply refuses what it did not create
        command = apply_command(paths, connection, consents=_adopt_consents(replaced))
        steps.append(NextStep("Adopt", command))
    return (*steps, *keep_steps(plan, paths, connection))
