"""JSON body of a request: the only place that encodes a Secret in clear."""

import json
from typing import Any

from reconciler.core.resources import Secret

_STRICT = json.JSONEncoder(allow_nan=False)  # the standard encoder rejects a Secret


def encoded(body: Any, spoken: list[str]) -> bytes:
    """``body`` as JSON; its secrets are added to ``spoken``. TypeError or ValueError if not JSON."""

    def reveal(value: object) -> str:
        if not isinstance(value, Secret):
            raise TypeError(f"{type(value).__name__} is not a JSON value")
        spoken.append(value.value)
        return value.value

    try:
        return _STRICT.encode(body).encode()
    except TypeError:
        return json.JSONEncoder(default=reveal, allow_nan=False).encode(body).encode()
