"""The ids that a run has met, by which what it just made is told from what was there before."""

import threading
from collections.abc import Iterable


class KnownIds:
    """The ids that a run has met: in lists, in the record and in answers. Safe between threads.

    An id that was met before cannot be that of a resource which a POST has just made.
    """

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._ids = set(ids)
        self._turn = threading.Lock()

    def add(self, ids: Iterable[str]) -> None:
        """Take down ids in lower case, as lists and the record have them."""
        with self._turn:
            self._ids.update(ids)

    def __contains__(self, resource_id: str) -> bool:
        return resource_id.lower() in self._ids

    def claim(self, resource_id: str) -> bool:
        """Whether the id is met for the first time; from now on it is known."""
        with self._turn:
            new = resource_id.lower() not in self._ids
            self._ids.add(resource_id.lower())
        return new
