"""Treats values that replace a secret as secrets: reports must not show them."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from reconciler.core.normalize import ATOMS, same, sealed
from reconciler.core.resources import Sealed, Secret

_NOTHING = object()
# A shorter value is a part of ordinary words, and hiding those would hide whole reports.
_SHORTEST_COPY = 6


def _as_secrets(value: Any) -> Any:
    """Turn each text and number in ``value`` into a Secret; null stays null."""
    if value is None or isinstance(value, Secret | Sealed):
        return value
    if isinstance(value, Mapping):
        return {name: _as_secrets(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_secrets(item) for item in value]
    return Secret(value if isinstance(value, str) else f"\0{json.dumps(value)}")


def _without_texts(value: Any) -> Any:
    """Turn each text in a list's ``value`` into a Secret, as a list with one secret hides all."""
    if isinstance(value, Mapping):
        return {name: _without_texts(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_texts(item) for item in value]
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
        return _as_secrets(value)
    if isinstance(applied, Sealed):
        return value if same(value, wanted) else _as_secrets(value)
    if isinstance(value, Mapping):
        return {
            name: redacted_like(item, _inside(wanted, name), _inside(applied, name))
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        hides = holds_hidden(wanted) or (holds_hidden(applied) and not same(value, wanted))
        return _without_texts(value) if hides else value
    # An object that became a text may now be one of its own secret values.
    return _as_secrets(value) if holds_hidden(wanted) or holds_hidden(applied) else value


def secrets_in(value: Any) -> Iterator[str]:
    """Yield the text of each Secret in ``value``."""
    if isinstance(value, Secret):
        yield value.value
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from secrets_in(item)


def secret_texts(value: Any) -> frozenset[str]:
    """Return the secrets in ``value`` that are long enough to be recognised in other texts.

    The last part of a URL is a secret of its own: the key of a stream.
    """
    found: set[str] = set()
    for text in secrets_in(value):
        found.update((text, text.rsplit("/", 1)[-1]) if "://" in text else (text,))
    return frozenset(text for text in found if len(text) >= _SHORTEST_COPY)


def _has_copy(value: Any, secrets: Collection[str]) -> bool:
    if isinstance(value, str):
        return any(secret in value for secret in secrets)
    if isinstance(value, Mapping):
        return any(_has_copy(item, secrets) for item in value.values())
    return isinstance(value, list | tuple) and any(_has_copy(item, secrets) for item in value)


def without_copies(value: Any, wanted: Any, secrets: Collection[str]) -> Any:
    """Return a live ``value`` with Secrets where it differs from ``wanted`` and holds a secret.

    Outside, a secret may have been copied to where the manifest has none.
    """
    if not secrets or same(value, wanted):
        return value
    if isinstance(value, Mapping):
        return {
            name: without_copies(item, _inside(wanted, name), secrets)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return _without_texts(value) if _has_copy(value, secrets) else value
    return Secret(value) if isinstance(value, str) and _has_copy(value, secrets) else value


def sealed_like(value: Any, wanted: Any, *, key: bytes) -> Any:
    """Seal ``value`` where ``wanted``, sealed or not, has a secret, so both can be compared."""
    return sealed(redacted_like(value, wanted), key)
