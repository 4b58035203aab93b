"""Who may come in and how often: Basic credentials, loopback for the control API, the limit on writes and its headers."""

import hmac
import math
import threading
from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address

from werkzeug.wrappers import Request

from reconciler.localspace.http import Refusal

WINDOW_SECONDS = 10


def is_loopback(address: str) -> bool:
    """Whether this IP address, or ``localhost``, is this machine and no other."""
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False


def is_own_name(host: str) -> bool:
    """Whether the Host of a request (``localhost:8080``, ``[::1]``) is a name of this machine alone.

    A page can have its own name lead to 127.0.0.1, and its reader's browser would come here under that name.
    """
    bare = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return is_loopback(bare.lower().removesuffix("."))


def check_credentials(request: Request, expected: tuple[str, str] | None) -> None:
    """A Refusal with 401 unless the request carries the credentials expected (None: any user and password, neither empty)."""
    given = request.authorization
    user = (given.username or "") if given is not None and given.type == "basic" else ""
    password = (given.password or "") if given is not None and given.type == "basic" else ""
    wanted = expected or (user, password)
    same = [
        hmac.compare_digest(one.encode(), other.encode())
        for one, other in zip((user, password), wanted, strict=True)
    ]
    if not user or not password or not all(same):
        raise Refusal(401, headers={"WWW-Authenticate": 'Basic realm="local Space"'})


def check_loopback(request: Request) -> None:
    """A Refusal with 403 where the request comes from another machine."""
    if not is_loopback(request.remote_addr or "127.0.0.1"):
        raise Refusal(403)


class Allowance:
    """How many writes (POST and PUT) are left in the ten seconds that run; by the Space's own clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began: datetime | None = None
        self._used = 0

    def take(self, method: str, *, limit: int, now: datetime) -> tuple[bool, Mapping[str, str]]:
        """Whether one more request of this method may pass, and the headers that tell what is left."""
        with self._lock:
            elapsed = (now - self._began).total_seconds() if self._began else WINDOW_SECONDS
            if not 0 <= elapsed < WINDOW_SECONDS:
                self._began, self._used, elapsed = now, 0, 0.0
            passes = method not in ("POST", "PUT") or self._used < limit
            self._used += passes and method in ("POST", "PUT")
            left, resets = limit - self._used, math.ceil(WINDOW_SECONDS - elapsed)
        return passes, {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(left, 0)),
            "X-RateLimit-Reset": str(resets),
        }
