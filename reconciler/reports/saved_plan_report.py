"""Reads a saved plan back into a report. Data that the document lacks is not shown."""

import re
from collections.abc import Mapping
from typing import Any

from reconciler.core.plan_model import Action, FieldChange, Plan
from reconciler.core.regex import regex
from reconciler.core.resources import SECRET_TEXT, Address, Origin, Place, Sealed
from reconciler.reports.text.plan import PlanReport
from reconciler.reports.text.style import RenderStyle

_FIELD = regex(r"[A-Za-z0-9_-]+")
_STEP = regex(r'\.([A-Za-z0-9_-]+)|\["(.*?)"\](?=[.\[]|$)')
_ITEM = regex(r"([A-Za-z0-9_-]+)\[\d+\]")
_PLACE = regex(r"(.*):(\d+):(\d+)", re.DOTALL)


def _value(value: Any) -> Any:
    """A value with each masked secret as Sealed, so that no format treats the mask as text."""
    if value == SECRET_TEXT:
        return Sealed("")
    if isinstance(value, Mapping):
        return {key: _value(inner) for key, inner in value.items()}
    return [_value(item) for item in value] if isinstance(value, list) else value


def _origin(change: Mapping[str, Any]) -> Origin | None:
    written = change["declared_at"]
    if not written:
        return None
    match = _PLACE.fullmatch(written)
    place = Place(match[1], int(match[2]), int(match[3])) if match else Place(written, 0, 0)
    return Origin(place, change.get("declared_via", ""))


def _change(change: Mapping[str, Any]) -> FieldChange:
    path = change["path"]
    item, field = _ITEM.fullmatch(path), _FIELD.match(path)
    steps = (
        ()
        if item or not field
        else tuple(plain or quoted for plain, quoted in _STEP.findall(path[field.end() :]))
    )
    before, after = _value(change["before"]), _value(change["after"])
    return FieldChange(
        path,
        before,
        after,
        change["origin"],
        _origin(change),
        item[1] if item else None,
        steps=steps,
    )


def _action(action: Mapping[str, Any]) -> Action:
    changes = tuple(map(_change, action["changes"]))
    named = [
        change.before
        for change in changes
        if change.path == "name" and isinstance(change.before, str)
    ]
    return Action(
        action["action"],
        Address(action["kind"], action["name"]),
        action["id"],
        changes,
        session=action["active_session"],
        reason=action.get("reason", ""),
        live_name=None if action["action"] == "create" else next(iter(named), action["name"]),
        updated_at=action.get("updated_at"),
    )


def _address(text: str) -> Address:
    kind, _, name = text.partition("/")
    return Address(kind, name)


def saved_report(document: Mapping[str, Any], look: RenderStyle) -> PlanReport:
    """The report of a saved plan, whose document is valid by its schema, styled by ``look``."""
    summary = document["summary"]
    listed = tuple(map(_address, document.get("unmanaged", ())))
    plan = Plan(
        document["space"],
        document["project"],
        tuple(map(_action, document["actions"])),
        noop=summary["noop"],
        # The document may hold only their number, and only the number is shown then.
        unmanaged=listed or (Address("", ""),) * summary["unmanaged"],
        declared=summary["noop"] + len(document["actions"]),
        suggestions=tuple(
            (_address(one["renamed_from"]), _address(one["to"]))
            for one in document.get("suggestions", ())
        ),
        digests=document.get("presumes", {}),
    )
    return PlanReport(
        plan=plan,
        created_at=document["created_at"],
        show_unmanaged="unmanaged" in document,
        left_out=document.get("left_out", ""),
        selection=document.get("selection", {}),
        refusals=tuple((one["reason"], one["consent"]) for one in document.get("refusals", ())),
        made_by=document.get("made_by", ""),
        commit=document.get("commit", ""),
        environment=document.get("environment", ""),
        **look.arguments,
    )
