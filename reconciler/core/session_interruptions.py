"""Decides which changes end or cut a live session, by the kind's ``interrupts`` rules."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from reconciler.core.kinds import Kind
from reconciler.core.normalize import moment_of
from reconciler.core.plan_model import FieldChange, Interruption

# Takes the value before and after, the field's schema and the time.
_Rule = Callable[[Any, Any, Mapping[str, Any], datetime], bool]


def _earlier(before: Any, after: Any) -> bool:
    """Whether ``after`` comes before ``before``; incomparable values count as earlier."""
    if isinstance(before, int) and isinstance(after, int):
        return after < before
    old, new = moment_of(before), moment_of(after)
    return old is None or new is None or new < old


def _sooner(before: Any, after: Any, _schema: Mapping[str, Any], _now: datetime) -> bool:
    """An end that is new or earlier."""
    return after is not None and (before is None or _earlier(before, after))


def _past(before: Any, after: Any, _schema: Mapping[str, Any], now: datetime) -> bool:
    """A time that has passed and had not before."""
    old, new = moment_of(before), moment_of(after)
    return new is not None and new <= now and (old is None or old > now)


def _future(before: Any, after: Any, _schema: Mapping[str, Any], now: datetime) -> bool:
    """A future time that was not set before."""
    old, new = moment_of(before), moment_of(after)
    return new is not None and new > now and (old is None or old <= now)


def _fewer(before: Any, after: Any, _schema: Mapping[str, Any], _now: datetime) -> bool:
    """A smaller maximum. Whether it is too small depends on the members present."""
    return isinstance(after, int) and (not isinstance(before, int) or after < before)


def _smaller(before: Any, after: Any, schema: Mapping[str, Any], _now: datetime) -> bool:
    """A choice further down the schema's enum, which goes from smallest to largest."""
    choices = list(schema.get("enum", ()))
    places = [choices.index(value) if value in choices else None for value in (before, after)]
    return places[0] is None or places[1] is None or places[1] < places[0]


def _gone(before: Any, _after: Any, _schema: Mapping[str, Any], _now: datetime) -> bool:
    """A sub-resource that is removed or replaced."""
    return before is not None


RULES: Mapping[str, _Rule] = {
    "sooner": _sooner,
    "past": _past,
    "future": _future,
    "fewer": _fewer,
    "smaller": _smaller,
    "gone": _gone,
}


def interruptions(
    kind: Kind, changes: Sequence[FieldChange], *, now: datetime
) -> tuple[Interruption, ...]:
    """Return the changes that would end or cut a live session. ``now`` has an offset."""
    found = []
    for change in changes:
        word = kind.interrupts.get(change.field)
        schema = kind.fields.get(change.field, {})
        if word and RULES[word](change.before, change.after, schema, now):
            is_maximum = word == "fewer" and isinstance(change.after, int)
            found.append(Interruption(change.path, change.after if is_maximum else None))
    return tuple(found)
