"""What stands where a value from the environment is declared, or was, is treated as that value is: nobody is shown it."""

import json
from collections.abc import Mapping
from typing import Any

from reconciler.core.normalize import ATOMS, same, sealed
from reconciler.core.resources import Sealed, Secret

_NOTHING = object()


def _as_secrets(value: Any) -> Any:
    """``value`` with each text and number in it as a Secret; null is null."""
    if value is None or isinstance(value, Secret | Sealed):
        return value
    if isinstance(value, Mapping):
        return {name: _as_secrets(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_secrets(item) for item in value]
    return Secret(value if isinstance(value, str) else f"\0{json.dumps(value)}")


def _without_texts(value: Any) -> Any:
    """``value``, of a list, with each text in it as a Secret, as a list that is declared with one has them all."""
    if isinstance(value, Mapping):
        return {name: _without_texts(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_texts(item) for item in value]
    return Secret(value) if isinstance(value, str) else value


def holds_hidden(value: Any) -> bool:
    """Whether a Secret, or the digest of one, is ``value`` or anywhere in it."""
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
    """``value``, of the Space, with Secrets where ``wanted`` has some, or where the state has digests of some in ``applied``.

    A text that the manifest has in clear is in clear. Items of a list move, so that one of them hides the texts of all.
    """
    if type(wanted) in ATOMS and type(applied) in ATOMS:
        return value  # as nearly all are
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
    # (An object that is a text by now may be that text because it was one of its values.)
    return _as_secrets(value) if holds_hidden(wanted) or holds_hidden(applied) else value


def sealed_like(value: Any, wanted: Any, *, key: bytes) -> Any:
    """``value`` sealed where ``wanted``, which may be sealed itself, has a secret: the two can be compared then."""
    return sealed(redacted_like(value, wanted), key)
