"""One list of the sessions in progress for all writes of the same second."""

import threading
import time
from collections.abc import Callable

from reconciler.core.errors import ReconcilerError
from reconciler.core.kinds import Kinds
from reconciler.space.client import Reader
from reconciler.space.occupancy import Asked, Occupancy, in_progress, occupancy, own_session
from reconciler.space.response_json import Document

# A reading of this age may be the base of a write, as for the resource itself.
_FRESH_SECONDS = 1.0


class SessionList:
    """Answers whether a session is live, from a list that is at most a second old. Thread-safe.

    For resources whose own answer is known to show their session: the list is only a check.
    """

    def __init__(
        self, reader: Reader, kinds: Kinds, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._reader = reader
        self._kinds = kinds
        self._now = now
        self._lock = threading.Lock()
        self._listed: tuple[float, list[Document]] | None = None
        self._known: dict[str, bool] = {}

    def _sessions(self) -> list[Document]:
        with self._lock:
            begun = self._now()
            if self._listed is None or begun - self._listed[0] > _FRESH_SECONDS:
                self._listed = (begun, in_progress(self._reader))
                self._known = {}
            return self._listed[1]

    def session_of(self, asked: Asked) -> Occupancy:
        """Return the live session of a resource; never raises."""
        try:
            sessions = self._sessions()
            return Occupancy(own_session(self._reader, self._kinds, asked, sessions, self._known))
        except ReconcilerError:
            return occupancy(self._reader, self._kinds, asked)
