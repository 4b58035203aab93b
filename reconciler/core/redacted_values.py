"""Treats values that replace a secret as secrets: reports must not show them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.core.normalize import ATOMS, same, sealed
from reconciler.core.resources import Desired, Sealed, Secret

_NOTHING = object()


def as_secrets(value: Any) -> Any:
    """Turn each text and number in ``value`` into a Secret; null stays null."""
    if value is None or isinstance(value, Secret | Sealed):
        return value
    if isinstance(value, Mapping):
        return {name: as_secrets(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_secrets(item) for item in value]
    return Secret(value if isinstance(value, str) else f"\0{json.dumps(value)}")


def without_texts(value: Any) -> Any:
    """Turn each text in a list's ``value`` into a Secret, as a list with one secret hides all."""
    if isinstance(value, Mapping):
        return {name: without_texts(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_texts(item) for item in value]
    return Secret(value) if isinstance(value, str) else value


def holds_hidden(value: Any) -> bool:
    """Whether ``value`` is or contains a Secret or Sealed."""
    if type(value) in ATOMS:
        return False
    if isinstance(value, Mapping):
        return any(map(holds_hidden, value.values()))
    return (
        any(map(holds_hidden, value))
        if isinstance(value, list | tuple)
        else isinstance(value, Secret | Sealed)
    )


def _inside(side: Any, name: str) -> Any:
    return side.get(name, _NOTHING) if isinstance(side, Mapping) else _NOTHING


def redacted_like(value: Any, wanted: Any, applied: Any = _NOTHING) -> Any:
    """Return a live ``value`` with Secrets where ``wanted`` or the record ``applied`` has secrets.

    Texts that the manifest shows stay visible. List items move, so one secret hides all texts.
    """
    if type(wanted) in ATOMS and type(applied) in ATOMS:
        return value  # the usual case
    if isinstance(wanted, Secret | Sealed):
        return as_secrets(value)
    if isinstance(applied, Sealed):
        return value if same(value, wanted) else as_secrets(value)
    if isinstance(value, Mapping):
        return {
            name: redacted_like(item, _inside(wanted, name), _inside(applied, name))
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        hides = holds_hidden(wanted) or (holds_hidden(applied) and not same(value, wanted))
        return without_texts(value) if hides else value
    # An object that became a text may now be one of its own secret values.
    return as_secrets(value) if holds_hidden(wanted) or holds_hidden(applied) else value


def secrets_in(value: Any) -> Iterator[str]:
    """Yield the text of each Secret in ``value``, and the values of variables inside of it."""
    if isinstance(value, Secret):
        if value.value != value.shown:  # a list with one secret wraps the other texts too
            yield from (value.value, *value.parts)
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            if type(item) not in ATOMS:
                yield from secrets_in(item)


def declared_secrets(resources: Iterable[Desired]) -> Iterator[str]:
    """Yield as ``secrets_in`` does what ``resources`` declare; nearly all have none."""
    for one in resources:
        if one.children or not ATOMS.issuperset(map(type, one.attributes.values())):
            yield from secrets_in([one.attributes, *one.children.values()])


def sealed_like(value: Any, wanted: Any, *, key: bytes) -> Any:
    """Seal ``value`` where ``wanted``, sealed or not, has a secret, so both can be compared."""
    return sealed(redacted_like(value, wanted), key)
