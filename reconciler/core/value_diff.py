"""Differences between two canonical values; the only module that imports deepdiff."""

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.normalize import same
from reconciler.core.plan_model import ChangeOrigin
from reconciler.core.resources import Sealed


class _Missing:
    """Stands for an absent value where None is a value."""

    def __repr__(self) -> str:
        return "missing"


MISSING_VALUE = _Missing()


class Difference(NamedTuple):
    """One difference: the steps to it inside the field, and both values (None: absent)."""

    steps: tuple[str, ...]
    before: Any
    after: Any


def _keys(steps: Sequence[Any]) -> tuple[str, ...]:
    """Return the steps down to the first list: a list is one value, as indexes identify no item."""
    return tuple(itertools.takewhile(lambda step: isinstance(step, str), steps))


def _opaque(value: Any) -> Any:
    """Replace each list, and each sealed secret, by a list of one text: one value without places.

    DeepDiff takes true for 1 inside lists; their JSON texts differ.
    """
    if isinstance(value, dict):
        return {name: _opaque(item) for name, item in value.items()}
    if isinstance(value, list):
        return [json.dumps(value, sort_keys=True, default=_digest)]
    return _digest(value) if isinstance(value, Sealed) else value


def _digest(secret: Sealed) -> list[str]:
    return [secret.digest]


def _nested(before: Any, after: Any) -> Iterator[Difference]:
    from deepdiff import DeepDiff  # noqa: PLC0415  # slow to import, rarely needed

    one, other = _opaque(before), _opaque(after)
    tree = DeepDiff(
        one,
        other,
        view="tree",
        ignore_order=False,
        threshold_to_diff_deeper=0,
        ignore_private_variables=False,
    )
    # DeepDiff may report one place in two groups (a new type, a new value): it is one difference.
    places = set()
    for group in tree.values():
        for level in group:
            places.add(_keys(level.path(output_format="list")))
    for steps in sorted(places):
        here, there = value_at(before, steps), value_at(after, steps)
        yield Difference(
            steps,
            None if here is MISSING_VALUE else here,
            None if there is MISSING_VALUE else there,
        )


def differences(before: Any, after: Any) -> tuple[Difference, ...]:
    """Return the differences: none, one whole value, or places inside two objects."""
    if same(before, after):
        return ()
    if isinstance(before, dict) and isinstance(after, dict):
        return tuple(_nested(before, after))
    return (Difference((), before, after),)


def value_at(value: Any, steps: Sequence[str]) -> Any:
    """Return the value at ``steps`` inside ``value``, or MISSING_VALUE."""
    for step in steps:
        value = value.get(step, MISSING_VALUE) if isinstance(value, dict) else MISSING_VALUE
    return value


def origin_of(*, desired: Any, applied: Any, live: Any) -> ChangeOrigin:
    """Return the cause of a difference; ``applied`` is MISSING_VALUE if never applied."""
    if applied is MISSING_VALUE or same(applied, live):
        return "manifest"
    return "drift" if same(desired, applied) else "conflict"
