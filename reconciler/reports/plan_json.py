"""The plan as JSON, word for word as the contract and ``schemas/plan.schema.json`` have it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from reconciler.core.addresses import shaded
from reconciler.core.model import Action, FieldChange
from reconciler.reports.plan_text import PlanReport
from reconciler.reports.values import json_text, json_value

FORMAT_VERSION = "1.0"
BESIDE = ("active_session", "updated_at")  # of an action, what is shown and does not bind


def change_document(change: FieldChange) -> dict[str, Any]:
    """One change; ``declared_via`` names the preset or theme, where one was between."""
    at = change.declared_at
    document = {
        "path": change.path,
        "before": json_value(change.before),
        "after": json_value(change.after),
        "origin": change.origin,
        "declared_at": str(at.place) if at else None,
    }
    return document | ({"declared_via": at.via} if at and at.via else {})


def action_document(action: Action) -> dict[str, Any]:
    """One action with its changes; ``reason`` only where there is one."""
    document = {
        "action": action.action,
        "kind": action.address.kind,
        "name": action.address.name,
        "id": action.id,
        "active_session": json_value(action.session and shaded(action.session)),
    }
    reason = {"reason": action.reason} if action.reason else {}
    reason |= {"updated_at": action.updated_at} if action.updated_at else {}
    return document | reason | {"changes": [change_document(change) for change in action.changes]}


def binding(document: Mapping[str, Any]) -> dict[str, Any]:
    """What of a plan's document a saved plan stands for: not when it was made, nor who is in a room, nor what is shown beside."""
    aside = ("created_at", "made_by", "commit", "digest", "summary", "unmanaged", "unread", "refusals", "suggestions", "left_as_is")
    actions = [{key: value for key, value in action.items() if key not in BESIDE} for action in document["actions"]]
    return {key: value for key, value in document.items() if key not in aside} | {"actions": actions}


def _digest(document: dict[str, Any]) -> str:
    canonical = json.dumps(binding(document), sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def plan_document(report: PlanReport) -> dict[str, Any]:
    """The plan as JSON values. ``digest`` is the SHA-256 of its ``binding``, with keys sorted, no blanks, and non-ASCII
    characters escaped; ``presumes`` holds the digests of the manifests, the state and the live values that it is made from.
    """
    plan = report.plan
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "space": plan.space,
        "project": plan.project,
        "created_at": report.created_at,
        **({"made_by": report.made_by} if report.made_by else {}),
        **({"commit": report.commit} if report.commit else {}),
        "digest": "",
        "summary": plan.summary,
        "actions": [action_document(action) for action in plan.actions],
    }
    if plan.digests:
        document["presumes"] = dict(sorted(plan.digests.items()))
    if report.selection:
        document["selection"] = dict(report.selection)
    if report.show_unmanaged:
        document["unmanaged"] = [str(address) for address in plan.unmanaged]
    if plan.unread:
        document["unread"] = list(plan.unread)
    if report.left_out:
        document["left_out"] = report.left_out
    if report.refusals:
        document["refusals"] = [{"reason": reason, "consent": consent} for reason, consent in report.refusals]
    if plan.suggestions:
        document["suggestions"] = [{"renamed_from": str(old), "to": str(new)} for old, new in plan.suggestions]
    if plan.left_as_is:
        document["left_as_is"] = [
            {"kind": one.address.kind, "name": one.address.name, "path": one.field, "value": json_value(one.value)}
            for one in plan.left_as_is
        ]
    document["digest"] = _digest(document)
    return document


def plan_json(report: PlanReport) -> str:
    """The plan as JSON text."""
    return json_text(plan_document(report))
