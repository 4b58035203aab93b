"""Access and rate limits: Basic credentials, loopback for the control API, limit on writes."""

import hmac
import math
import threading
from collections.abc import Mapping
from datetime import datetime

from werkzeug.wrappers import Request

from reconciler.localspace.http import Refusal
from reconciler.space.target import is_loopback

# The window of the API's documented write limit.
_WINDOW_SECONDS = 10


def is_own_name(host: str) -> bool:
    """Whether the Host header (``localhost:8080``, ``[::1]``) names this machine only.

    A web page can point its own name at 127.0.0.1, and a browser would then send requests here
    under that name.
    """
    bare = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return is_loopback(bare.lower().removesuffix("."))


def check_credentials(request: Request, expected: tuple[str, str] | None) -> None:
    """Raises a Refusal with 401 without the ``expected`` credentials; None accepts any.

    Empty credentials are never accepted.
    """
    user = password = ""
    authorization = request.authorization
    if authorization is not None and authorization.type == "basic":
        user, password = authorization.username or "", authorization.password or ""
    valid = expected or (user, password)
    # Both are compared, in constant time, whatever the first says.
    same = [
        hmac.compare_digest(one.encode(), other.encode())
        for one, other in zip((user, password), valid, strict=True)
    ]
    if not user or not password or not all(same):
        raise Refusal(401, headers={"WWW-Authenticate": 'Basic realm="local Space"'})


def check_loopback(request: Request) -> None:
    """Raises a Refusal with 403 for a request from another machine."""
    if not is_loopback(request.remote_addr or "127.0.0.1"):
        raise Refusal(403)


_COUNTED = frozenset({"POST", "PUT", "PATCH"})


class Allowance:
    """Writes (POST, PUT and PATCH) left in the current ten seconds, by the Space's clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began: datetime | None = None
        self._used = 0

    def take(self, method: str, *, limit: int, now: datetime) -> tuple[bool, Mapping[str, str]]:
        """Whether a request of this method passes, and the headers with the rest of the limit."""
        with self._lock:
            elapsed = (now - self._began).total_seconds() if self._began else _WINDOW_SECONDS
            if not 0 <= elapsed < _WINDOW_SECONDS:
                self._began, self._used, elapsed = now, 0, 0.0
            passes = method not in _COUNTED or self._used < limit
            self._used += passes and method in _COUNTED
            rest, resets = limit - self._used, math.ceil(_WINDOW_SECONDS - elapsed)
        return passes, {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(rest, 0)),
            "X-RateLimit-Reset": str(resets),
        }
