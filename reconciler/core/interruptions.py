"""Which changes end or cut a live session: what the words of a kind's ``interrupts`` mean."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from reconciler.core.kinds import Kind
from reconciler.core.normalize import instant
from reconciler.core.plan_model import FieldChange, Interruption

# What is there before and after, the field's schema, and the moment: whether a session is interrupted.
Rule = Callable[[Any, Any, Mapping[str, Any], datetime], bool]


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(instant(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _earlier(before: Any, after: Any) -> bool:
    """Whether ``after`` comes before ``before``; what cannot be compared counts as earlier."""
    if isinstance(before, int) and isinstance(after, int):
        return after < before
    was, becomes = _moment(before), _moment(after)
    return was is None or becomes is None or becomes < was


def _sooner(before: Any, after: Any, _schema: Mapping[str, Any], _now: datetime) -> bool:
    """An end that is new, or comes earlier than it did."""
    return after is not None and (before is None or _earlier(before, after))


def _past(before: Any, after: Any, _schema: Mapping[str, Any], now: datetime) -> bool:
    """A moment that is over, where it was not before."""
    was, becomes = _moment(before), _moment(after)
    return becomes is not None and becomes <= now and (was is None or was > now)


def _future(before: Any, after: Any, _schema: Mapping[str, Any], now: datetime) -> bool:
    """A moment that is yet to come, where it was not before."""
    was, becomes = _moment(before), _moment(after)
    return becomes is not None and becomes > now and (was is None or was <= now)


def _fewer(before: Any, after: Any, _schema: Mapping[str, Any], _now: datetime) -> bool:
    """A number that goes down; who is there decides whether it is too low."""
    return isinstance(after, int) and (not isinstance(before, int) or after < before)


def _smaller(before: Any, after: Any, schema: Mapping[str, Any], _now: datetime) -> bool:
    """One of the choices that stands before the one that was: they go from the smallest to the largest."""
    choices = list(schema.get("enum", ()))
    places = [choices.index(value) if value in choices else None for value in (before, after)]
    return places[0] is None or places[1] is None or places[1] < places[0]


def _gone(before: Any, _after: Any, _schema: Mapping[str, Any], _now: datetime) -> bool:
    """A sub-resource that was there is removed, or becomes another one."""
    return before is not None


RULES: Mapping[str, Rule] = {
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
    """The changes among ``changes`` that would end or cut a live session, by the words of the kind; ``now`` has an offset."""

    def found() -> Iterator[Interruption]:
        for change in changes:
            word = kind.interrupts.get(change.field)
            if word and RULES[word](
                change.before, change.after, kind.fields.get(change.field, {}), now
            ):
                counted = word == "fewer" and isinstance(change.after, int)
                yield Interruption(change.path, change.after if counted else None)

    return tuple(found())
