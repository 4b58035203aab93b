"""What differs between two canonical values, field by field; the one importer of deepdiff."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from reconciler.core.normalize import same
from reconciler.core.plan_model import ChangeOrigin
from reconciler.core.resources import Sealed


class Missing:
    """Stands for 'there is no such value', where None is a value."""

    def __repr__(self) -> str:
        return "missing"


MISSING_VALUE = Missing()


class Difference(NamedTuple):
    """One place that differs: the steps to it inside the field, and both values (None: not there)."""

    steps: tuple[str, ...]
    before: Any
    after: Any


def _keys(steps: Sequence[Any]) -> tuple[str, ...]:
    """The way down to the first list: a list is one value, since an index does not name the same item on both sides."""
    return tuple(itertools.takewhile(lambda step: isinstance(step, str), steps))


def _opaque(value: Any) -> Any:
    """``value`` with each digest of a secret as a list: it is one value, and has no places inside."""
    if isinstance(value, dict):
        return {name: _opaque(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_opaque(item) for item in value]
    return [value.digest] if isinstance(value, Sealed) else value


def _nested(before: Any, after: Any) -> Iterator[Difference]:
    from deepdiff import DeepDiff  # noqa: PLC0415  # it takes its time to import, and most plans find every object equal

    one, other = _opaque(before), _opaque(after)
    tree = DeepDiff(
        one,
        other,
        view="tree",
        ignore_order=False,
        threshold_to_diff_deeper=0,
        ignore_private_variables=False,
    )
    for steps in sorted(
        {_keys(level.path(output_format="list")) for group in tree.values() for level in group}
    ):
        here, there = value_at(before, steps), value_at(after, steps)
        yield Difference(
            steps,
            None if here is MISSING_VALUE else here,
            None if there is MISSING_VALUE else there,
        )


def differences(before: Any, after: Any) -> tuple[Difference, ...]:
    """What differs between two canonical values: nothing, one whole value, or places inside two objects."""
    if same(before, after):
        return ()
    if isinstance(before, dict) and isinstance(after, dict):
        return tuple(_nested(before, after))
    return (Difference((), before, after),)


def value_at(value: Any, steps: Sequence[str]) -> Any:
    """What stands at ``steps`` inside ``value``, or MISSING_VALUE."""
    for step in steps:
        value = value.get(step, MISSING_VALUE) if isinstance(value, dict) else MISSING_VALUE
    return value


def origin_of(*, desired: Any, applied: Any, live: Any) -> ChangeOrigin:
    """Who caused a difference, from what is wanted, what was last applied (MISSING_VALUE: never), and what is."""
    if applied is MISSING_VALUE or same(applied, live):
        return "manifest"
    return "drift" if same(desired, applied) else "conflict"
