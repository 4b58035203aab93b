"""The JSON text of a request: the one place where a Secret is spelled in clear."""

import json
from typing import Any

from reconciler.core.resources import Secret

_STRICT = json.JSONEncoder(allow_nan=False)  # which knows no Secret


def encoded(body: Any, spoken: list[str]) -> bytes:
    """``body`` as JSON; the secrets in it are added to ``spoken``. TypeError or ValueError for what is no JSON value."""

    def reveal(value: object) -> str:
        if not isinstance(value, Secret):
            raise TypeError(f"{type(value).__name__} is not a JSON value")
        spoken.append(value.value)
        return value.value

    try:
        return _STRICT.encode(body).encode()
    except TypeError:
        return json.JSONEncoder(default=reveal, allow_nan=False).encode(body).encode()
