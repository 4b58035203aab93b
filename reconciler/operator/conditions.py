"""Conditions and status of a resource, as Flux, Argo CD and ``kubectl wait`` understand them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import SECRET_TEXT, Secret
from reconciler.core.value_text import plain
from reconciler.engine.resource_facts import Fact
from reconciler.operator.texts import LONGEST_VALUE, cut

_Truth = Literal["True", "False", "Unknown"]
_MOST_DRIFT = 50
_LONGEST_MESSAGE = 1000
_LARGEST_VALUE = 4000

# Of each reason: whether a resource that exists is Ready, and whether a person must act.
_REASONS: Mapping[str, tuple[bool, bool]] = {
    "Synced": (True, False),
    "Observed": (True, False),
    "DriftReported": (True, False),
    "Paused": (True, False),
    "Failed": (True, False),
    "Deleting": (True, False),
    "Invalid": (True, True),
    "Refused": (False, True),
    "DeletionRefused": (False, True),
    "Conflict": (False, False),
    "Missing": (False, False),
}


class Verdict(NamedTuple):
    """What a pass has to say of one resource: a reason of the table above, and words for people.

    ``corrected`` are fields that were changed outside and restored in this pass.
    """

    reason: str
    message: str = ""
    corrected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stand:
    """One condition before it has times."""

    type: str
    status: _Truth
    reason: str
    message: str


def _truth(value: bool) -> _Truth:  # noqa: FBT001  # one value, and it is the truth
    return "True" if value else "False"


def _ready(verdict: Verdict, *, exists: bool) -> Stand:
    usable, _ = _REASONS[verdict.reason]
    if exists and usable:
        return Stand("Ready", "True", "Available", "it is in the Space")
    reason = verdict.reason if verdict.reason != "Synced" else "Missing"
    return Stand("Ready", "False", reason, verdict.message or "it is not in the Space yet")


def _drifted(
    verdict: Verdict, drift: tuple[FieldChange, ...], before: Mapping[str, Any] | None
) -> Stand:
    if drift:
        fields = ", ".join(change.path for change in drift[:10])
        return Stand("Drifted", "True", "ChangedOutside", f"changed outside: {fields}")
    if verdict.corrected:
        fields = ", ".join(verdict.corrected[:10])
        return Stand("Drifted", "False", "Corrected", f"changed outside and restored: {fields}")
    if before and before.get("reason") == "Corrected":
        return Stand("Drifted", "False", "Corrected", str(before.get("message", "")))
    return Stand("Drifted", "False", "AsDeclared", "as declared")


def stands(
    verdict: Verdict, fact: Fact | None, conditions: Iterable[Mapping[str, Any]]
) -> tuple[Stand, ...]:
    """Return Ready, Synced, Drifted and Stalled; ``conditions`` are those before."""
    before = {str(one.get("type")): one for one in conditions}
    exists = fact is not None and fact.exists
    _, stalled = _REASONS[verdict.reason]
    synced = verdict.reason in ("Synced", "Observed")
    message = verdict.message or ("as declared" if synced else "")
    return (
        _ready(verdict, exists=exists),
        Stand("Synced", _truth(synced), verdict.reason, message),
        _drifted(verdict, fact.drift if fact else (), before.get("Drifted")),
        Stand("Stalled", _truth(stalled), verdict.reason, message if stalled else ""),
    )


def conditions(
    wanted: Iterable[Stand],
    before: Iterable[Mapping[str, Any]],
    *,
    generation: int,
    now: str,
) -> list[dict[str, Any]]:
    """Return conditions of the API; ``lastTransitionTime`` moves with ``status`` only."""
    known = {str(one.get("type")): one for one in before}
    made = []
    for stand in wanted:
        old = known.get(stand.type, {})
        same = old.get("status") == stand.status and old.get("lastTransitionTime")
        made.append(
            {
                "type": stand.type,
                "status": stand.status,
                "reason": stand.reason,
                "message": cut(plain(stand.message), _LONGEST_MESSAGE),
                "observedGeneration": generation,
                "lastTransitionTime": old["lastTransitionTime"] if same else now,
            }
        )
    return made


def _plain(value: Any) -> Any:
    """Return a value as JSON; a secret is never among what it shows."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Secret):
        return value.shown
    return value if value is None or isinstance(value, str | bool | int | float) else SECRET_TEXT


def changed_values(changes: Iterable[FieldChange]) -> list[dict[str, Any]]:
    """Return fields with their declared and live value; a value that is not set is left out."""
    rows = []
    for change in list(changes)[:_MOST_DRIFT]:
        values = {"declared": _plain(change.after), "live": _plain(change.before)}
        known = {name: value for name, value in values.items() if value is not None}
        rows.append({"field": change.path, **known})
    return rows


def _shown(value: Any) -> Any:
    """Return a JSON value with inert texts; one that is too large becomes the start of its text."""
    if isinstance(value, str):
        return cut(plain(value), LONGEST_VALUE)
    if not isinstance(value, dict | list):
        return value
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > _LARGEST_VALUE:
        return cut(plain(text), LONGEST_VALUE)
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return {_shown(key): _shown(item) for key, item in value.items()}


def drift_rows(changes: Iterable[FieldChange]) -> list[dict[str, Any]]:
    """Return ``changed_values`` as a status holds them."""
    return [_shown(row) for row in changed_values(changes)]


def _session_row(session: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a status shows of a live session; no address of its pictures."""
    row: dict[str, Any] = {"id": _shown(str(session.get("id", "")))}
    members = session.get("members")
    if isinstance(members, int) and not isinstance(members, bool):
        row["members"] = members
    if isinstance(session.get("start_time"), str):
        row["startTime"] = _shown(session["start_time"])
    return row


def status_of(
    verdict: Verdict,
    fact: Fact | None,
    before: Mapping[str, Any],
    *,
    generation: int,
    now: str,
) -> dict[str, Any]:
    """Return the whole status of a resource."""
    old = before.get("conditions") or []
    status: dict[str, Any] = {
        "observedGeneration": generation,
        "conditions": conditions(stands(verdict, fact, old), old, generation=generation, now=now),
    }
    if fact is None:
        return status
    status |= {"id": _shown(fact.id), "name": _shown(fact.name), "protect": fact.protected}
    if fact.applied_at:
        status["lastAppliedTime"] = fact.applied_at
    if fact.drift:
        status["drift"] = drift_rows(fact.drift)
    if fact.session is not None:
        status["session"] = _session_row(fact.session)
    return status


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch from one status to the other; empty if they are equal."""
    gone: dict[str, Any] = dict.fromkeys(before.keys() - after.keys())
    return {name: value for name, value in after.items() if before.get(name) != value} | gone
