"""Events of a pass: only where something changed, never in each round."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.plan_model import FieldChange
from reconciler.core.value_text import plain
from reconciler.operator.conditions import Verdict, changed_values
from reconciler.operator.texts import cut

_TOLD = frozenset({"Refused", "DeletionRefused", "Invalid", "Failed", "Conflict"})
_MOST_FIELDS = 5
_LONGEST_PART = 60


class Note(NamedTuple):
    """An Event to write: its type, its reason in CamelCase, its message."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


def _shown(value: Any) -> str:
    return cut(plain(json.dumps(value, ensure_ascii=False)), _LONGEST_PART)


def changed_outside(changes: Iterable[FieldChange], *, corrected: bool) -> Note | None:
    """Return the Event of fields changed outside, with declared and live value; None for none."""
    rows = changed_values(changes)
    if not rows:
        return None
    fields = [
        f"{cut(plain(row['field']), _LONGEST_PART)} is {_shown(row.get('live'))} "
        f"and declared {_shown(row.get('declared'))}"
        for row in rows[:_MOST_FIELDS]
    ]
    more = f" and {len(rows) - _MOST_FIELDS} more" if len(rows) > _MOST_FIELDS else ""
    end = "; restored" if corrected else "; only reported"
    return Note("Warning", "ChangedOutside", f"{'; '.join(fields)}{more}{end}")


def of_verdict(verdict: Verdict, before: Mapping[str, Any]) -> Note | None:
    """Return the Event of a verdict that a person should see; None if it was reported before."""
    if verdict.reason not in _TOLD:
        return None
    message = plain(verdict.message)
    for condition in before.get("conditions") or ():
        if condition.get("type") == "Synced":
            told = (condition.get("reason"), condition.get("message"))
            if told[0] == verdict.reason and str(told[1])[:200] == message[:200]:
                return None
    return Note("Warning", verdict.reason, message)
