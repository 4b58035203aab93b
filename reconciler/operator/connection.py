"""One connection to the API server for all passes."""

import threading
import time
from collections.abc import Callable

from lightkube.core.client import Client

from reconciler.state.backends.kubernetes_client import open_client

LIFETIME = 300.0


class SharedClient:
    """A client that is replaced from time to time, since credentials of a cluster are. Thread-safe.

    The one before stays open for another ``lifetime``: a pass may still use it.
    """

    def __init__(
        self,
        *,
        lifetime: float = LIFETIME,
        opened: Callable[[], Client] = open_client,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lifetime, self._opened, self._clock = lifetime, opened, clock
        self._client: Client | None = None
        self._before: Client | None = None
        self._since = 0.0
        self._lock = threading.Lock()

    def get(self) -> Client:
        """Return the client of now. StateError if no cluster is configured."""
        with self._lock:
            if self._client is None or self._clock() - self._since >= self._lifetime:
                fresh = self._opened()
                if self._before is not None:
                    self._before.close()
                self._before, self._client = self._client, fresh
                self._since = self._clock()
            return self._client

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for one in (self._before, self._client):
                if one is not None:
                    one.close()
            self._before = self._client = None
