"""Delayed lists: recent creations are missing in them, recent deletions are still shown."""

import threading
from collections import Counter
from datetime import datetime, timedelta

from reconciler.core.named_tuple import NamedTuple
from reconciler.localspace.settings import Settings
from reconciler.localspace.store import Record


class _Event(NamedTuple):
    record: Record
    deleted: bool
    listings: int
    moment: datetime


class View(NamedTuple):
    """Differences of a list from the store: hidden ids, and deleted records still shown."""

    hidden: tuple[str, ...] = ()
    ghosts: tuple[Record, ...] = ()


class Lag:
    """Counts listings, and remembers recent changes while the settings ask for lag.

    It holds for this process only.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listings: Counter[tuple[str, str | None]] = Counter()
        self._events: list[_Event] = []

    def changed(
        self, record: Record, knobs: Settings, now: datetime, *, deleted: bool = False
    ) -> None:
        """Remember that ``record`` was just created or deleted."""
        if knobs.lag_lists or knobs.lag_seconds:
            with self._lock:
                self._events.append(
                    _Event(record, deleted, self._listings[record.kind, record.owner], now)
                )

    def _late(self, event: _Event, knobs: Settings, now: datetime) -> bool:
        listings = self._listings[event.record.kind, event.record.owner] - event.listings
        behind = knobs.lag_lists > 0 and listings <= knobs.lag_lists
        return behind or now - event.moment < timedelta(seconds=knobs.lag_seconds)

    def view(
        self, kind: str, owner: str | None, knobs: Settings, now: datetime, *, begins: bool
    ) -> View:
        """The differences of this list now. ``begins`` is true for the first page of a listing."""
        with self._lock:
            if begins:
                self._listings[kind, owner] += 1
            self._events = [event for event in self._events if self._late(event, knobs, now)]
            here = [
                event
                for event in self._events
                if (event.record.kind, event.record.owner) == (kind, owner)
            ]
        created = {event.record.id for event in here if not event.deleted}
        ghosts = tuple(
            event.record for event in here if event.deleted and event.record.id not in created
        )
        return View(tuple(created), ghosts)
