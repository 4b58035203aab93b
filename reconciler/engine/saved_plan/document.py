"""The plan as JSON, as the contract and ``schemas/plan.schema.json`` define it."""

import json
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.plan_model import Action, FieldChange, LeftAsIs, Plan
from reconciler.core.session_urls import with_secret_urls
from reconciler.core.value_text import json_text, json_value

FORMAT_VERSION = "1.0"
BESIDE = ("active_session", "updated_at")  # of an action, what is shown and does not bind


class PlanFacts(Protocol):
    """A plan and the metadata of its document."""

    @property
    def plan(self) -> Plan:
        """The plan."""

    @property
    def created_at(self) -> str:
        """The time of the plan: RFC 3339, UTC."""

    @property
    def show_unmanaged(self) -> bool:
        """Whether unmanaged resources are listed."""

    @property
    def left_out(self) -> str:
        """What the selection excludes, in words."""

    @property
    def selection(self) -> Mapping[str, Any]:
        """The selection as JSON."""

    @property
    def refusals(self) -> tuple[tuple[str, str], ...]:
        """What apply would refuse: each reason with its consent flags."""

    @property
    def made_by(self) -> str:
        """The tool and its version."""

    @property
    def commit(self) -> str:
        """The commit of the manifests."""

    @property
    def environment(self) -> str:
        """The environment of reconciler.yaml."""


@dataclass(frozen=True, slots=True)
class PlannedAgain:
    """A plan made again, to compare with a saved one."""

    plan: Plan
    created_at: str = ""
    show_unmanaged: bool = False
    left_out: str = ""
    selection: Mapping[str, Any] = field(default_factory=dict)
    refusals: tuple[tuple[str, str], ...] = ()
    made_by: str = ""
    commit: str = ""
    environment: str = ""


def _change_document(change: FieldChange) -> dict[str, Any]:
    """Return one change; ``declared_via`` names the preset or theme, if any."""
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
    """Return one action with its changes; ``reason`` only if there is one."""
    document = {
        "action": action.action,
        "kind": action.address.kind,
        "name": action.address.name,
        "id": action.id,
        "active_session": json_value(action.session and with_secret_urls(action.session)),
    }
    reason = {"reason": action.reason} if action.reason else {}
    reason |= {"updated_at": action.updated_at} if action.updated_at else {}
    return document | reason | {"changes": [_change_document(change) for change in action.changes]}


_ASIDE = (
    "created_at",
    "made_by",
    "commit",
    "environment",
    "digest",
    "summary",
    "unmanaged",
    "unread",
    "refusals",
    "suggestions",
    "left_as_is",
)


def _without(keys: Collection[str], document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in keys}


def binding(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a saved plan commits to; excludes time, sessions and extra report data."""
    bound = _without(_ASIDE, document)
    return bound | {"actions": [_without(BESIDE, action) for action in document["actions"]]}


def _digest(document: dict[str, Any]) -> str:
    import hashlib  # noqa: PLC0415  # only for plans that are saved; reports need the rest

    canonical = json.dumps(binding(document), sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _left_as_is(left: LeftAsIs) -> dict[str, Any]:
    return {
        "kind": left.address.kind,
        "name": left.address.name,
        "path": left.field,
        "value": json_value(left.value),
    }


def plan_document(report: PlanFacts) -> dict[str, Any]:
    """Return the plan as JSON values.

    ``digest`` is the SHA-256 of its ``binding`` with sorted keys, no blanks and escaped non-ASCII.
    ``presumes`` holds the digests of the manifests, state and live values behind it.
    """
    plan = report.plan
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "space": plan.space,
        "project": plan.project,
        "created_at": report.created_at,
    }
    if report.made_by:
        document["made_by"] = report.made_by
    if report.commit:
        document["commit"] = report.commit
    if report.environment:
        document["environment"] = report.environment
    document |= {
        "digest": "",  # of all the rest, so filled in last
        "summary": plan.summary,
        "actions": [action_document(action) for action in plan.actions],
    }
    if plan.digests:
        document["presumes"] = dict(sorted(plan.digests.items()))
    if report.selection:
        document["selection"] = dict(report.selection)
    if report.show_unmanaged:
        document["unmanaged"] = [str(address) for address in plan.unmanaged]
    document |= _notes(report)
    document["digest"] = _digest(document)
    return document


def _notes(report: PlanFacts) -> dict[str, Any]:
    """Return the notes of a plan beside its actions, without the empty ones."""
    plan = report.plan
    notes = {
        "unread": list(plan.unread),
        "left_out": report.left_out,
        "refusals": [{"reason": reason, "consent": consent} for reason, consent in report.refusals],
        "suggestions": [
            {"renamed_from": str(old), "to": str(new)} for old, new in plan.suggestions
        ],
        "left_as_is": [_left_as_is(one) for one in plan.left_as_is],
    }
    return {name: note for name, note in notes.items() if note}


def plan_json(report: PlanFacts) -> str:
    """Return the plan as JSON text."""
    return json_text(plan_document(report))
