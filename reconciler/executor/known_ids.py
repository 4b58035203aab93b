"""The ids seen in a run, which distinguish created from existing resources."""

import threading
from collections.abc import Iterable


class KnownIds:
    """The ids in lists, records and answers. Thread-safe.

    A POST that answers with a known id did not create that resource.
    """

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._ids = set(ids)
        self._lock = threading.Lock()

    def add(self, ids: Iterable[str]) -> None:
        """Add ids, which are in lower case in lists and records."""
        with self._lock:
            self._ids.update(ids)

    def __contains__(self, resource_id: str) -> bool:
        return resource_id.lower() in self._ids

    def claim(self, resource_id: str) -> bool:
        """Add an id; whether it is new."""
        with self._lock:
            new = resource_id.lower() not in self._ids
            self._ids.add(resource_id.lower())
        return new
