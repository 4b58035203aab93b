"""JSON events (``--log-format json``): one line on stderr for each event."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from reconciler.core.errors import ApiError, ManifestError, ReconcilerError
from reconciler.core.resources import Problem
from reconciler.core.text import harmless_json, printable

if TYPE_CHECKING:
    from reconciler.core.plan_model import Action, Outcome, Plan

_VERSION = 1

# Fields of each event besides "v" (format version), "at" (RFC 3339 in UTC) and "event".
EVENTS: Mapping[str, str] = {
    "start": "a command begins: `command`, `version` of the tool",
    "plan": "a plan was made: `space`, `summary` as in the plan's JSON; again after an apply, with the changes that did not settle",
    "action_start": "an action begins: `action`, `kind`, `name`, `id` (null before the creation)",
    "action_done": "an action is done: the same, with the new `id` and `unsettled` fields",
    "action_failed": "an action was not done: the same, `status` (failed, unknown, skipped), `error`, `hint`",
    "waiting": "a pause before a request is repeated, or a slow Space: `message`",
    "problem": "a problem in a manifest: `file`, `line`, `column`, `severity`, `message`, `hint`",
    "message": "any other message: `message`",
    "error": "the command failed: `message`, `hint`, `exit_code`; of an API error also `status` and `request`",
    "summary": "an apply or destroy ended: how many actions are `done`, `failed`, `unknown`, `skipped`",
}


def line(event: str, at: str, **fields: Any) -> str:
    """One event as a line of JSON, safe to print on a terminal."""
    event_line = json.dumps({"v": _VERSION, "at": at, "event": event, **fields}, ensure_ascii=False)
    return harmless_json(event_line)


def about_action(action: Action) -> dict[str, Any]:
    """Fields of every event about an action."""
    return {
        "action": action.action,
        "kind": action.address.kind,
        "name": action.address.name,
        "id": action.id,
    }


def about_outcome(outcome: Outcome) -> tuple[str, dict[str, Any]]:
    """Event name and fields of an outcome."""
    fields = about_action(outcome.action)
    if outcome.status == "done":
        unsettled = [printable(change.path) for change in outcome.unsettled]
        return "action_done", fields | {
            "id": outcome.id or outcome.action.id,
            "unsettled": unsettled,
        }
    return "action_failed", fields | {
        "status": outcome.status,
        "error": printable(outcome.error),
        "hint": printable(outcome.hint),
    }


def about_plan(plan: Plan) -> dict[str, Any]:
    """Fields of an event about a plan."""
    return {"space": plan.space, "summary": plan.summary}


def about_problem(problem: Problem) -> dict[str, Any]:
    """Fields of an event about a problem in a manifest."""
    return {
        "file": printable(problem.place.file),
        "line": problem.place.line,
        "column": problem.place.column,
        "severity": problem.severity,
        "message": printable(problem.message),
        "hint": printable(problem.hint),
    }


def of_error(error: ReconcilerError, emit: Callable[..., None]) -> None:
    """Emit the problems of an error, then the error."""
    for problem in error.problems if isinstance(error, ManifestError) else ():
        emit("problem", **about_problem(problem))
    api = (
        {"status": error.status, "request": printable(error.request)}
        if isinstance(error, ApiError)
        else {}
    )
    emit(
        "error",
        message=printable(error.message),
        hint=printable(error.hint),
        exit_code=error.exit_code,
        **api,
    )
